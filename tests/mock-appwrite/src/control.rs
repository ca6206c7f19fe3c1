//! The controls: what a test does to the server behind the client's back.

use std::{fmt, sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    dates::iso,
    faults::{Aim, Fault},
    journal::Entry,
    profile::Profile,
    shared::Shared,
    totp,
    webhooks::{Delivery, Webhook},
    world::{Session, Token, TokenKind, Totp, World, digits, hex, unique_id},
};

/// A handle on a running mock. Clones are handles of the same one; the same can be done over HTTP (see the README).
#[derive(Clone)]
pub struct Control(pub(crate) Arc<Shared>);

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

/// A user to be made. What is left out is empty.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// The id; a new one if `None`.
    pub user_id: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The name.
    pub name: String,
}

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
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut self.0.world());
        self.0.ring();
        result
    }

    /// Back to the beginning: no users, no journal, no faults, the device's time. Keys stay.
    pub fn reset(&self) {
        let profile = self.0.world().profile;
        self.reset_as(profile);
    }

    /// As [`reset`](Self::reset), and a server of that profile from now on.
    pub fn reset_as(&self, profile: Profile) {
        self.change(|world| {
            let keys = (world.project.api_keys.clone(), world.project.dev_keys.clone());
            *world = World { port: world.port, ..World::new(profile) };
            (world.project.api_keys, world.project.dev_keys) = keys;
        });
    }

    /// Makes a user and gives the id.
    pub fn create_user(&self, new: NewUser) -> String {
        self.change(|world| {
            let now = world.now();
            let email = new.email.map(|email| email.to_lowercase());
            let user = world.add_user(new.user_id, email, &new.name);
            user.accessed = None;
            user.password_updated = new.password.as_ref().map(|_| now);
            user.password = new.password;
            user.id.clone()
        })
    }

    /// Which of these a user has already: the id, or the e-mail address.
    pub(crate) fn taken<'a>(&self, user_id: Option<&'a str>, email: Option<&'a str>) -> Option<&'a str> {
        let world = self.0.world();
        let has_email = |email: &&str| {
            world.users.iter().any(|user| user.email.as_deref() == Some(email.to_lowercase().as_str()))
        };
        user_id.filter(|id| world.user(id).is_some()).or_else(|| email.filter(has_email))
    }

    /// Makes a user with e-mail and password, and gives the id.
    pub fn user(&self, email: &str, password: &str) -> String {
        let (email, password) = (Some(email.to_owned()), Some(password.to_owned()));
        self.create_user(NewUser { email, password, ..NewUser::default() })
    }

    /// Deletes a user.
    pub fn delete_user(&self, user_id: &str) {
        self.change(|world| world.delete_user(user_id));
    }

    /// Blocks a user, or lifts the block.
    pub fn block(&self, user_id: &str, blocked: bool) {
        self.change(|world| world.user_mut(user_id).map(|user| user.enabled = !blocked));
    }

    /// Gives a user a verified authenticator, requires it at sign-in, and gives its secret.
    pub fn require_mfa(&self, user_id: &str) -> String {
        self.change(|world| {
            let secret = totp::new_secret();
            if let Some(user) = world.user_mut(user_id) {
                user.totp = Some(Totp { secret: secret.clone(), verified: true });
                user.mfa = true;
            }
            secret
        })
    }

    /// Gives a user new recovery codes, and gives them.
    pub fn make_recovery_codes(&self, user_id: &str) -> Vec<String> {
        self.change(|world| {
            let codes = crate::routes::new_recovery_codes();
            if let Some(user) = world.user_mut(user_id) {
                user.recovery_codes.clone_from(&codes);
            }
            codes
        })
    }

    /// Changes a user as `{"status", "mfa", "totp", "emailVerification", "phoneVerification", "prefs", "name", "email", "phone",
    /// "password", "labels"}` says, and gives the authenticator's secret, if one was made.
    pub fn update_user(&self, user_id: &str, change: &Value) -> Option<String> {
        self.change(|world| {
            let user = world.user_mut(user_id)?;
            let flag = |name: &str| change.get(name).and_then(Value::as_bool);
            let text = |name: &str| change.get(name).and_then(Value::as_str).map(str::to_owned);
            user.enabled = flag("status").unwrap_or(user.enabled);
            user.mfa = flag("mfa").unwrap_or(user.mfa);
            user.email_verified = flag("emailVerification").unwrap_or(user.email_verified);
            user.phone_verified = flag("phoneVerification").unwrap_or(user.phone_verified);
            user.name = text("name").unwrap_or_else(|| user.name.clone());
            if let Some(email) = text("email").map(|email| email.to_lowercase()) {
                user.retarget("email", &email);
                user.email = Some(email);
            }
            user.phone = text("phone").or_else(|| user.phone.clone());
            user.password = text("password").or_else(|| user.password.clone());
            if let Some(Value::Object(prefs)) = change.get("prefs") {
                user.prefs.clone_from(prefs);
            }
            if let Some(Value::Array(labels)) = change.get("labels") {
                user.labels = labels.iter().filter_map(|label| label.as_str().map(str::to_owned)).collect();
            }
            let enrolled = flag("totp")?.then(totp::new_secret);
            user.totp = enrolled.clone().map(|secret| Totp { secret, verified: true });
            enrolled
        })
    }

    /// The authenticator code that is valid now.
    pub fn totp_code(&self, user_id: &str) -> Option<String> {
        let world = self.0.world();
        let totp = world.user(user_id)?.totp.as_ref()?;
        Some(totp::code(&totp.secret, world.now() / 1000))
    }

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

    /// What would have been sent by e-mail or SMS, the oldest first: `{"kind", "userId", "secret", "url"}`.
    pub fn messages(&self) -> Vec<Value> {
        let json = |each: &crate::world::Message| json!({ "kind": each.kind, "userId": each.user_id, "secret": each.secret, "url": each.url });
        self.0.world().messages.iter().map(json).collect()
    }

    /// Makes a webhook for these events, and gives it; `None` if the server would refuse one of their names. A new one is named
    /// `test` and has a key of its own, unless they are given.
    pub fn create_webhook(
        &self,
        url: &str,
        events: &[&str],
        name: Option<&str>,
        key: Option<&str>,
    ) -> Option<Webhook> {
        if events.is_empty() || !events.iter().all(|name| crate::events::is_name(name)) {
            return None;
        }
        self.change(|world| {
            let webhook = Webhook {
                id: unique_id(world.now()),
                name: name.unwrap_or("test").to_owned(),
                url: url.to_owned(),
                key: key.map_or_else(|| hex(64), str::to_owned),
                events: events.iter().map(|name| (*name).to_owned()).collect(),
                enabled: true,
                attempts: 0,
            };
            world.webhooks.push(webhook.clone());
            Some(webhook)
        })
    }

    /// The webhooks as they are now.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.0.world().webhooks.clone()
    }

    /// Switches a webhook on, with no failures, or off.
    pub fn enable_webhook(&self, id: &str, enabled: bool) {
        self.change(|world| {
            if let Some(webhook) = world.webhooks.iter_mut().find(|webhook| webhook.id == id) {
                (webhook.enabled, webhook.attempts) = (enabled, 0);
            }
        });
    }

    /// Deletes a webhook.
    pub fn delete_webhook(&self, id: &str) {
        self.change(|world| world.webhooks.retain(|webhook| webhook.id != id));
    }

    /// What was delivered to webhooks, or could not be, the oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.0.world().deliveries.clone()
    }

    /// Waits until so many deliveries were tried.
    pub async fn wait_for_deliveries(&self, count: usize) {
        self.0.wait_until(|world| world.deliveries.len() >= count).await;
    }

    /// The server's time in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.0.world().now()
    }

    /// Moves the server's clock on.
    pub fn advance_clock(&self, duration: Duration) {
        self.change(|world| world.clock_offset += i64::try_from(duration.as_millis()).unwrap_or_default());
    }

    /// Sets the server's clock, from which it goes on.
    pub fn set_clock(&self, millis: i64) {
        self.change(|world| world.clock_offset += millis - world.now());
    }

    /// Switches rate limits on or off.
    pub fn rate_limits(&self, on: bool) {
        self.change(|world| world.project.rate_limits = on);
    }

    /// Forgets what the rate limits have counted.
    pub fn clear_rate_limits(&self) {
        self.change(|world| world.limits.clear());
    }

    /// Changes the project as `{"sessionLimit", "sessionDuration", "rateLimits", "invalidateSessions", "userLimit", "disabled",
    /// "providers", "webHosts", "androidApps", "appleApps", "apiKeys", "devKeys", "id"}` says.
    pub fn update_project(&self, change: &Value) {
        self.change(|world| {
            let project = &mut world.project;
            let number =
                |name: &str| change.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
            let flag = |name: &str| change.get(name).and_then(Value::as_bool);
            let list = |name: &str, into: &mut Vec<String>| {
                if let Some(Value::Array(values)) = change.get(name) {
                    *into = values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
                }
            };
            project.session_limit = number("sessionLimit").unwrap_or(project.session_limit);
            project.user_limit = number("userLimit").unwrap_or(project.user_limit);
            project.session_duration =
                change.get("sessionDuration").and_then(Value::as_i64).unwrap_or(project.session_duration);
            project.rate_limits = flag("rateLimits").unwrap_or(project.rate_limits);
            project.invalidate_sessions = flag("invalidateSessions").unwrap_or(project.invalidate_sessions);
            list("disabled", &mut project.disabled);
            list("providers", &mut project.providers);
            list("webHosts", &mut project.web_hosts);
            list("androidApps", &mut project.android_apps);
            list("appleApps", &mut project.apple_apps);
            list("apiKeys", &mut project.api_keys);
            list("devKeys", &mut project.dev_keys);
            if let Some(id) = change.get("id").and_then(Value::as_str) {
                id.clone_into(&mut project.id);
            }
        });
    }

    /// Every request since the last clearing.
    pub fn journal(&self) -> Vec<Entry> {
        self.journal_since(0)
    }

    /// Every request after number `seq`.
    pub fn journal_since(&self, seq: u64) -> Vec<Entry> {
        self.0.world().journal.since(seq)
    }

    /// Forgets the requests so far. Their numbers are not used again.
    pub fn clear_journal(&self) {
        self.change(|world| world.journal.clear());
    }

    /// Waits until the journal satisfies `wanted`.
    pub async fn wait_for_journal(&self, wanted: impl Fn(&[Entry]) -> bool) {
        self.0.wait_until(|world| wanted(&world.journal.since(0))).await;
    }

    /// Orders a fault for the next `times` requests that it is aimed at, and gives its id.
    pub fn fault(&self, aim: Aim, times: u32, fault: Fault) -> u64 {
        self.change(|world| world.faults.order(aim, times, fault))
    }

    /// How many requests a fault has struck.
    pub fn hits(&self, fault: u64) -> u32 {
        self.0.world().faults.hits(fault)
    }

    /// Waits until a fault has struck `hits` requests.
    pub async fn wait_for_hits(&self, fault: u64, hits: u32) {
        self.0.wait_until(|world| world.faults.hits(fault) >= hits).await;
    }

    /// Whether a fault holds nothing any more.
    pub fn is_released(&self, fault: u64) -> bool {
        self.0.world().faults.is_released(fault)
    }

    /// Lets go of what a fault holds.
    pub fn release(&self, fault: u64) {
        self.change(|world| world.faults.release(fault));
    }

    /// Forgets all faults, and lets go of what they hold.
    pub fn clear_faults(&self) {
        self.change(|world| world.faults.clear());
    }
}
