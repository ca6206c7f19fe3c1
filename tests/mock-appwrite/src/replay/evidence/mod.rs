//! What a transcript shows as a whole, read before the replay begins: users, sessions, tokens, keys.

mod route;
mod sessions;
mod users;

pub use route::{
    authenticated, changes_user, creates_user, is_read, keyed, looks_issued, needs_account, project,
    shown_user,
};
pub use sessions::{JwtFacts, SessionFacts, Sessions};
pub use users::{Sighting, UserFacts, Users};

use super::credential::{self, Credential};
use super::transcript::{Exchange, Response, all, percent_decode};
use serde_json::Value;

/// Everything that the exchanges show about the state behind them.
#[derive(Debug, Default)]
pub struct Evidence {
    /// The users, by project and id.
    pub users: Users,
    /// The sessions and JWTs.
    pub sessions: Sessions,
}

impl Evidence {
    /// Reads a whole transcript.
    pub fn read(exchanges: &[Exchange]) -> Self {
        let mut evidence = Self::default();
        for (index, exchange) in exchanges.iter().enumerate() {
            evidence.sessions.read(index, exchange);
            evidence.users.read(index, exchange);
        }
        evidence.sessions.link_listed();
        evidence.sessions.link_refused(exchanges);
        evidence.sessions.link_ended(exchanges);
        evidence.users.place_blocked_logins();
        evidence
    }
}

/// The session credential that a response sets, in a cookie or in the fallback header.
pub fn issued_credential(response: &Response) -> Option<Credential> {
    let cookies = all(&response.headers, "set-cookie");
    cookies.chain(all(&response.headers, "x-fallback-cookies")).find_map(|value| {
        let value = percent_decode(value);
        let at = value.find(credential::BLOB_START)?;
        credential::decode(value.get(at..)?)
    })
}

/// Whether a response deletes the session cookie.
pub fn deletes_cookie(response: &Response) -> bool {
    all(&response.headers, "set-cookie").any(|value| value.contains("=deleted"))
}

/// Whether a value is a session as the API shows it.
pub fn is_session(value: &Value) -> bool {
    ["$id", "userId", "provider", "expire", "clientType"].iter().all(|key| value.get(key).is_some())
}

/// Whether a value is an account or a user as the API shows it.
pub fn is_user(value: &Value) -> bool {
    ["$id", "registration", "prefs"].iter().all(|key| value.get(key).is_some())
}

/// When an id was made, in milliseconds: the server's ids begin with the time.
pub fn id_moment(id: &str) -> Option<i64> {
    if id.len() != 20 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let seconds = i64::from_str_radix(id.get(..8)?, 16).ok()?;
    let micros = i64::from_str_radix(id.get(8..13)?, 16).ok()?;
    (seconds > 1_500_000_000).then_some(seconds * 1000 + micros / 1000)
}

#[cfg(test)]
mod tests;
