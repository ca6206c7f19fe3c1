//! What an answer proves about a user or a session, set up.

use super::Stage;
use crate::world::{Challenge, Session, Totp, User};

impl Stage {
    fn user<T>(&self, id: &str, change: impl FnOnce(&mut User) -> T) -> Option<T> {
        self.with(|world| world.user_mut(id).map(change))
    }

    fn session<T>(&self, user: &str, secret: &str, change: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.user(user, |user| user.sessions.iter_mut().find(|each| each.secret == secret).map(change))
            .flatten()
    }

    /// Makes sure that a user has an authenticator, verified or not, and gives its secret.
    pub(in crate::replay) fn authenticator(&self, user: &str, verified: bool) -> Option<String> {
        self.user(user, |user| {
            let totp = user.totp.get_or_insert_with(|| Totp { secret: crate::totp::new_secret(), verified });
            totp.verified |= verified;
            totp.secret.clone()
        })
    }

    /// Makes sure that a session has passed as many factors as its user needs.
    pub(in crate::replay) fn pass_factors(&self, user: &str, secret: &str) {
        let needed = self.user(user, |user| user.needed_factors()).unwrap_or_default();
        self.session(user, secret, |session| {
            if session.factors.len() < needed {
                session.factors.push("totp".to_owned());
            }
        });
    }

    /// Notes when a session passed its challenge, if nothing is known of that.
    pub(in crate::replay) fn challenged_at(&self, user: &str, id: &str, at: crate::dates::Millis) {
        self.user(user, |user| {
            let session = user.sessions.iter_mut().find(|session| session.id == id);
            if let Some(session) = session {
                session.mfa_updated.get_or_insert(at);
            }
        });
    }

    /// Ends the sessions of a user that are not among these and that a list would have.
    pub(in crate::replay) fn keep_sessions(&self, user: &str, ids: &[String]) {
        self.user(user, |user| {
            user.sessions.retain(|session| session.unlisted || ids.contains(&session.id));
        });
    }

    /// Whether a user has a session of that id.
    pub(in crate::replay) fn has_session(&self, user: &str, id: &str) -> bool {
        self.user(user, |user| user.sessions.iter().any(|session| session.id == id)).unwrap_or_default()
    }

    /// Makes sure that a session has passed no other factors than these.
    pub(in crate::replay) fn only_factors(&self, user: &str, secret: &str, factors: &[String]) {
        self.session(user, secret, |session| session.factors.retain(|factor| factors.contains(factor)));
    }

    /// Makes sure that a user has a password.
    pub(in crate::replay) fn need_password(&self, user: &str) {
        self.user(user, |user| {
            let created = user.created;
            user.password.get_or_insert_with(|| "never shown by the transcript".to_owned());
            user.password_updated.get_or_insert(created);
        });
    }

    /// Whether a user has a phone number.
    pub(in crate::replay) fn has_phone(&self, user: &str) -> bool {
        self.user(user, |user| user.phone.is_some()).unwrap_or_default()
    }

    /// Makes sure that a session has passed a factor.
    pub(in crate::replay) fn add_factor(&self, user: &str, secret: &str, factor: &str) {
        self.session(user, secret, |session| {
            if !session.factors.iter().any(|known| known == factor) {
                session.factors.push(factor.to_owned());
            }
        });
    }

    /// Makes sure that a session has passed one factor only.
    pub(in crate::replay) fn lack_factors(&self, user: &str, secret: &str) {
        self.session(user, secret, |session| session.factors.truncate(1));
    }

    /// Notes that a session passed a challenge a moment ago, unless it is known to have done so.
    pub(in crate::replay) fn challenged(&self, user: &str, secret: &str, at: i64) {
        self.session(user, secret, |session| *session.mfa_updated.get_or_insert(at));
    }

    /// The recovery codes of a user.
    pub(in crate::replay) fn recovery_codes(&self, user: &str) -> Vec<String> {
        self.user(user, |user| user.recovery_codes.clone()).unwrap_or_default()
    }

    /// Gives a user recovery codes.
    pub(in crate::replay) fn set_recovery_codes(&self, user: &str, codes: Vec<String>) {
        self.user(user, |user| user.recovery_codes = codes);
    }

    /// Makes a challenge, unless there is one with this id.
    pub(in crate::replay) fn challenge(&self, user: &str, id: &str, factor: &str, code: &str) {
        let expire = self.now() + 3_600_000;
        self.user(user, |user| {
            if !user.challenges.iter().any(|each| each.id == id) {
                let [id, factor, code] = [id, factor, code].map(str::to_owned);
                user.challenges.push(Challenge { id, factor, code, expire });
            }
        });
    }

    /// The factors that a session has passed.
    pub(in crate::replay) fn factors(&self, user: &str, secret: &str) -> Vec<String> {
        self.session(user, secret, |session| session.factors.clone()).unwrap_or_default()
    }

    /// Gives a user the identities that an answer shows, unless there are as many.
    pub(in crate::replay) fn identities(&self, user: &str, shown: &[serde_json::Value]) {
        self.user(user, |user| {
            if user.identities.len() < shown.len() {
                user.identities = shown.to_vec();
            }
        });
    }

    /// Lets the session that has this secret expire, or deletes the one that has this id.
    pub(in crate::replay) fn end_session(&self, user: &str, mark: &str) {
        let now = self.now();
        self.session(user, mark, |session| session.expire = session.expire.min(now - 1000));
        self.user(user, |user| user.sessions.retain(|each| each.id != mark));
    }
}
