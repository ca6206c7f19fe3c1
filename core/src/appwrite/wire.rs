//! The bodies of the account API, and what they are to the rest of the core (contract §4).
//!
//! Only the ids are required here. A field that a version lacks, or that is null or of another type, is absent.

use std::time::SystemTime;

use crate::{
    date,
    json::Object,
    model::{Account, Factor, MfaChallenge, Session, User},
};

/// The body of `GET /account` and `POST /account`.
pub(super) fn account(body: &[u8]) -> Option<Account> {
    let body = Object::read(body)?;
    Some(Account {
        user: User {
            id: body.non_empty("$id")?,
            name: body.text("name").unwrap_or_default(),
            email: body.non_empty("email"),
        },
        phone: body.non_empty("phone"),
        email_verified: body.flag("emailVerification"),
        phone_verified: body.flag("phoneVerification"),
        mfa_enabled: body.flag("mfa"),
        labels: body.texts("labels"),
        // `[]` where PHP took an empty object for an empty list.
        preferences: body.get("prefs").unwrap_or_default(),
        registered_at: moment(&body, "registration"),
    })
}

/// The body of a session.
pub(super) fn session(body: &[u8]) -> Option<Session> {
    session_of(&Object::read(body)?)
}

/// The body of `GET /account/sessions`. Entries without ids are left out.
pub(super) fn sessions(body: &[u8]) -> Option<Vec<Session>> {
    Some(Object::read(body)?.objects("sessions")?.iter().filter_map(session_of).collect())
}

fn session_of(body: &Object<'_>) -> Option<Session> {
    let text = |name| body.text(name).unwrap_or_default();
    Some(Session {
        id: body.non_empty("$id")?,
        user_id: body.non_empty("userId")?,
        provider: text("provider"),
        current: body.flag("current"),
        factors: body.texts("factors"),
        created_at: moment(body, "$createdAt"),
        expires_at: moment(body, "expire"),
        ip: text("ip"),
        os: text("osName"),
        client: text("clientName"),
        device: text("deviceName"),
        country: text("countryName"),
    })
}

/// The body of `GET /account/mfa/factors`: the factors that the user has, in the order in which an app should offer them.
pub(super) fn factors(body: &[u8]) -> Option<Vec<Factor>> {
    let body = Object::read(body)?;
    let field = |factor: &Factor| match factor {
        Factor::Totp => "totp",
        Factor::Email => "email",
        Factor::Phone => "phone",
        Factor::RecoveryCode => "recoveryCode",
    };
    Some(Factor::ALL.iter().copied().filter(|factor| body.flag(field(factor))).collect())
}

/// The spellings of a factor in a challenge. The recovery factor has two, see
/// [`answer_challenge`](super::Appwrite::answer_challenge).
pub(super) fn factor_spellings(factor: Factor) -> &'static [&'static str] {
    match factor {
        Factor::Totp => &["totp"],
        Factor::Email => &["email"],
        Factor::Phone => &["phone"],
        Factor::RecoveryCode => &["recoveryCode", "recoverycode"],
    }
}

/// The body of a challenge that was created.
pub(super) fn challenge(body: &[u8]) -> Option<MfaChallenge> {
    let body = Object::read(body)?;
    Some(MfaChallenge { id: body.non_empty("$id")?, factor: None, expires_at: moment(&body, "expire") })
}

fn moment(body: &Object<'_>, name: &str) -> Option<SystemTime> {
    date::parse(&body.text(name)?)
}

#[cfg(test)]
mod tests;
