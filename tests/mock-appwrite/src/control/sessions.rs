//! Sessions and tokens behind the client's back.

use serde_json::Value;

use super::Control;
use crate::{
    dates::iso,
    json,
    world::{Session, Token, TokenKind, digits, hex, unique_id},
};

/// A session that was made or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its id.
    pub session_id: String,
    /// The blob that proves it.
    pub credential: String,
    /// Its end, in milliseconds since 1970.
    pub expire: i64,
    /// The factors that were proven.
    pub factors: Vec<String>,
    /// How it was created, such as `email`.
    pub provider: String,
    /// Its beginning, in milliseconds since 1970.
    pub created: i64,
}

impl SessionInfo {
    fn of(user_id: &str, session: &Session) -> Self {
        Self {
            session_id: session.id.clone(),
            credential: session.blob(user_id),
            expire: session.expire,
            factors: session.factors.clone(),
            provider: session.provider.clone(),
            created: session.created,
        }
    }
}

impl Control {
    /// Opens a session of a user, as a sign-in by e-mail would.
    pub fn create_session(&self, user_id: &str) -> Option<SessionInfo> {
        self.change(|world| {
            let now = world.now();
            let expire = now + world.project.session_duration * 1000;
            let user = world.user_mut(user_id)?;
            let session = Session {
                id: unique_id(now),
                created: now,
                updated: now,
                secret: hex(128),
                expire,
                provider: "email".to_owned(),
                provider_uid: user.email.clone().unwrap_or_default(),
                provider_access_token: String::new(),
                provider_access_token_expiry: None,
                provider_refresh_token: String::new(),
                factors: vec!["password".to_owned()],
                mfa_updated: None,
                ip: "127.0.0.1".to_owned(),
                agent: Default::default(),
                unlisted: false,
            };
            let info = SessionInfo::of(user_id, &session);
            user.sessions.push(session);
            Some(info)
        })
    }

    /// Changes a session as `{"provider", "factors", "expire"}` says, the last in milliseconds since 1970, and gives it.
    pub fn update_session(&self, user_id: &str, session_id: &str, change: &Value) -> Option<SessionInfo> {
        self.change(|world| {
            let sessions = &mut world.user_mut(user_id)?.sessions;
            let session = sessions.iter_mut().find(|session| session.id == session_id)?;
            if let Some(provider) = change.get("provider").and_then(Value::as_str) {
                provider.clone_into(&mut session.provider);
            }
            if let Some(factors) = change.get("factors").and_then(Value::as_array) {
                session.factors =
                    factors.iter().filter_map(|factor| factor.as_str().map(str::to_owned)).collect();
            }
            session.expire = change.get("expire").and_then(Value::as_i64).unwrap_or(session.expire);
            Some(SessionInfo::of(user_id, session))
        })
    }

    /// The sessions of a user, the oldest first.
    pub fn sessions(&self, user_id: &str) -> Vec<SessionInfo> {
        let world = self.0.world();
        let of = |session| SessionInfo::of(user_id, session);
        world.user(user_id).map(|user| user.sessions.iter().map(of).collect()).unwrap_or_default()
    }

    /// All users with their sessions, as the HTTP controls list them.
    pub(crate) fn users(&self) -> Value {
        let world = self.0.world();
        let users = world.users.iter().map(|user| {
            let sessions: Vec<Value> = user
                .sessions
                .iter()
                .map(|each| json!({ "sessionId": each.id, "expire": iso(each.expire) }))
                .collect();
            json!({
                "userId": user.id, "name": user.name, "email": user.email, "phone": user.phone,
                "password": user.password, "emailVerification": user.email_verified,
                "phoneVerification": user.phone_verified, "labels": user.labels, "prefs": user.prefs,
                "status": user.enabled, "mfa": user.mfa, "sessions": sessions,
            })
        });
        users.collect()
    }

    /// The sessions of all users.
    pub fn all_sessions(&self) -> Vec<SessionInfo> {
        let world = self.0.world();
        let of = |user: &crate::world::User| {
            user.sessions.iter().map(|each| SessionInfo::of(&user.id, each)).collect()
        };
        world.users.iter().flat_map(|user| -> Vec<SessionInfo> { of(user) }).collect()
    }

    /// Revokes a session.
    pub fn revoke_session(&self, user_id: &str, session_id: &str) {
        self.change(|world| {
            world.user_mut(user_id).map(|user| user.sessions.retain(|each| each.id != session_id))
        });
    }

    /// Revokes all sessions of a user.
    pub fn revoke_sessions(&self, user_id: &str) {
        self.change(|world| world.user_mut(user_id).map(|user| user.sessions.clear()));
    }

    /// Lets a session expire.
    pub fn expire_session(&self, user_id: &str, session_id: &str) {
        self.change(|world| {
            let past = world.now() - 1000;
            let session = world.user_mut(user_id)?.sessions.iter_mut().find(|each| each.id == session_id)?;
            session.expire = past;
            Some(())
        });
    }

    /// Makes a token that can be exchanged for a session, of `length` characters, valid for `seconds`.
    pub fn create_token(&self, user_id: &str, length: usize, seconds: i64) -> Option<String> {
        self.change(|world| {
            let now = world.now();
            let secret = if length == 6 { digits(6) } else { hex(length.div_ceil(2))[..length].to_owned() };
            let token = Token {
                id: unique_id(now),
                created: now,
                kind: TokenKind::Generic,
                secret,
                expire: now + seconds * 1000,
            };
            let secret = token.secret.clone();
            world.user_mut(user_id)?.tokens.push(token);
            Some(secret)
        })
    }
}
