//! The live mock as the preconditions see it: the few controls that they need, by project.

mod proven;
mod settings;
mod teams;

pub(super) use teams::NewMembership;

use crate::world::{Session, Target, Token, TokenKind, World, unique_id};
use crate::{Control, MockAppwrite};
use serde_json::{Map, Value};
/// A session to set up.
#[derive(Clone, Debug, Default)]
pub(super) struct NewSession {
    /// The live user id.
    pub user: String,
    /// Its id, if it is known.
    pub id: Option<String>,
    /// Its secret, if it is known.
    pub secret: Option<String>,
    /// When it is made, in milliseconds; now if unknown.
    pub created: Option<i64>,
    /// The provider, such as `email`.
    pub provider: String,
    /// The provider's name for the user.
    pub provider_uid: Option<String>,
    /// The provider's access and refresh token.
    pub provider_tokens: [String; 2],
    /// When the access token ends.
    pub provider_expiry: Option<i64>,
    /// When it ends; after the project's duration if unknown.
    pub expire: Option<i64>,
    /// When it passed its second factor.
    pub mfa_updated: Option<i64>,
    /// The factors that it has passed.
    pub factors: Vec<String>,
    /// The user agent of its login.
    pub user_agent: Option<String>,
}

impl NewSession {
    /// A session of which nothing is known.
    pub(super) fn plain(user: &str) -> Self {
        let (provider, factors) = ("email".to_owned(), vec!["password".to_owned()]);
        Self { user: user.to_owned(), provider, factors, ..Self::default() }
    }
}

/// The mock under replay.
pub(super) struct Stage {
    control: Control,
}

/// What a trial request changes, to be put back.
pub(super) struct Snapshot {
    users: Vec<crate::world::User>,
    project: crate::world::Project,
    limits: crate::limits::Limits,
    messages: Vec<crate::world::Message>,
    teams: Vec<crate::world::Team>,
}

impl Stage {
    /// The stage on a running mock.
    pub(super) fn new(mock: &MockAppwrite) -> Self {
        Self { control: mock.control() }
    }

    fn with<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.control.0.world())
    }

    /// Makes sure that a project exists, or not; whether its users can be set up.
    pub(super) fn enter(&self, project: &str, exists: bool) -> bool {
        self.with(|world| {
            if project == world.project.id {
                return true;
            }
            let known = world.other_projects.iter().any(|id| id == project);
            if exists && !known && project != "console" && !project.is_empty() {
                world.other_projects.push(project.to_owned());
            }
            false
        })
    }

    /// The mock's present, in milliseconds.
    pub(super) fn now(&self) -> i64 {
        self.with(|world| world.now())
    }

    /// Moves the clock to a moment, unless that second is the present one already.
    pub(super) fn advance_to(&self, moment: i64) {
        self.with(|world| {
            let now = world.now();
            if now / 1000 != moment / 1000 {
                world.clock_offset += moment - now;
            }
        });
    }

    /// Whether a user with this id exists.
    pub(super) fn has_user(&self, id: &str) -> bool {
        self.with(|world| world.user(id).is_some())
    }

    /// Whether a user has an e-mail address.
    pub(super) fn has_email(&self, id: &str) -> bool {
        self.with(|world| world.user(id).is_some_and(|user| user.email.is_some()))
    }

    /// Whether a user has something to prove a second factor with.
    pub(super) fn has_second_factor(&self, id: &str) -> bool {
        self.with(|world| world.user(id).is_some_and(crate::world::User::has_second_factor))
    }

    /// Whether a user is not blocked.
    pub(super) fn is_enabled(&self, id: &str) -> bool {
        self.with(|world| world.user(id).is_none_or(|user| user.enabled))
    }

    /// The spelling of the recovery factor that completes a challenge.
    pub(super) fn recovery_factor(&self) -> &'static str {
        self.with(|world| world.profile.traits().recovery_factor)
    }

    /// The id of the user with an e-mail.
    pub(super) fn user_with_email(&self, email: &str) -> Option<String> {
        let email = email.to_lowercase();
        self.with(|world| world.user_by_email(&email).map(|user| user.id.clone()))
    }

    /// Makes a user with the id of the recording.
    pub(super) fn make_user(&self, id: &str, created: Option<i64>, fields: &Map<String, Value>) {
        if self.has_user(id) {
            return;
        }
        let email = fields.get("email").and_then(Value::as_str).map(str::to_lowercase);
        self.with(|world| {
            let id = (id != "unique()").then(|| id.to_owned());
            let user = world.add_user(id, email, "");
            user.created = created.unwrap_or(user.created);
            user.updated = user.created;
            user.accessed = fields.get("accessed").and_then(Value::as_i64);
            fill(user, fields);
        });
    }

    /// Names a user who has no name.
    pub(super) fn name_user(&self, id: &str, name: &str) {
        self.with(|world| {
            if let Some(user) = world.user_mut(id).filter(|user| user.name.is_empty()) {
                user.name = name.to_owned();
            }
        });
    }

    /// Changes a user.
    pub(super) fn change_user(&self, id: &str, fields: &Value) {
        let Some(fields) = fields.as_object() else { return };
        self.with(|world| {
            let now = world.now();
            if let Some(user) = world.user_mut(id) {
                fill(user, fields);
                user.updated = now;
            }
        });
    }

    /// Makes a session.
    pub(super) fn make_session(&self, new: &NewSession) {
        self.with(|world| {
            let now = world.now();
            let newer = world.profile.traits().newer_fields;
            let created = new.created.unwrap_or(now);
            let expire = new.expire.unwrap_or(created + world.project.session_duration * 1000);
            let Some(user) = world.user_mut(&new.user) else { return };
            let uid = new.provider_uid.clone().or_else(|| user.email.clone());
            user.sessions.push(Session {
                id: new.id.clone().unwrap_or_else(|| unique_id(now)),
                created,
                updated: created,
                secret: new.secret.clone().unwrap_or_else(|| crate::world::hex(128)),
                expire,
                provider: new.provider.clone(),
                provider_uid: uid.unwrap_or_default(),
                provider_access_token: new.provider_tokens[0].clone(),
                provider_access_token_expiry: new.provider_expiry,
                provider_refresh_token: new.provider_tokens[1].clone(),
                factors: new.factors.clone(),
                mfa_updated: new.mfa_updated,
                ip: "127.0.0.1".to_owned(),
                agent: crate::agent::parse(new.user_agent.as_deref().unwrap_or_default(), newer),
                unlisted: false,
            });
            user.sessions.sort_by_key(|session| session.created);
        });
    }

    /// Leaves a user the newest sessions only.
    pub(super) fn drop_oldest_sessions(&self, user: &str, most: usize) {
        self.with(|world| {
            if let Some(user) = world.user_mut(user) {
                let surplus = user.sessions.len().saturating_sub(most);
                user.sessions.drain(..surplus);
            }
        });
    }

    /// How many sessions a user has.
    pub(super) fn session_count(&self, user: &str) -> usize {
        self.with(|world| world.user(user).map_or(0, |user| user.sessions.len()))
    }

    /// Signs a JWT as the server would.
    pub(super) fn sign_jwt(&self, user: &str, session: &str, expires: i64) -> String {
        crate::jwt::mint(user, session, expires)
    }

    /// The code that the mock sent last to a user for a purpose.
    pub(super) fn sent_code(&self, user: &str, kind: &str) -> Option<String> {
        let wanted = kinds(kind);
        self.with(|world| {
            let mut sent = world.messages.iter().rev();
            sent.find(|message| message.user_id == user && wanted.contains(&message.kind))
                .map(|message| message.secret.clone())
        })
    }

    /// Makes a token with a recorded secret, as an API key or an unrecorded request would have.
    pub(super) fn make_code(&self, user: &str, kind: &str, code: &str) -> Option<String> {
        let kind = match kind {
            "token" => TokenKind::Generic,
            "magic-url" => TokenKind::MagicUrl,
            "phone" => TokenKind::Phone,
            "recovery" => TokenKind::Recovery,
            "verification" => TokenKind::EmailVerification,
            "email-otp" => TokenKind::EmailOtp,
            kind => TokenKind::OAuth2(kind.strip_prefix("oauth2:")?.to_owned()),
        };
        // As long as the requests that send one make it last.
        let short = matches!(kind, TokenKind::Generic | TokenKind::Phone | TokenKind::EmailOtp);
        let minutes = if short { 15 } else { 60 };
        self.with(|world| {
            let now = world.now();
            let token = Token {
                id: unique_id(now),
                created: now,
                kind,
                secret: code.to_owned(),
                expire: now + minutes * 60 * 1000,
            };
            world.user_mut(user)?.tokens.push(token);
            Some(code.to_owned())
        })
    }

    /// Takes a secret away from a user.
    pub(super) fn drop_token(&self, user: &str, secret: &str) {
        self.with(|world| {
            if let Some(user) = world.user_mut(user) {
                user.tokens.retain(|token| token.secret != secret);
            }
        });
    }

    /// The one-time password of an authenticator secret at a time in seconds.
    pub(super) fn totp(&self, secret: &str, seconds: i64) -> String {
        crate::totp::code(secret, seconds)
    }

    /// Whether a successful login empties its counter.
    pub(super) fn login_resets(&self) -> bool {
        self.with(|world| world.profile.traits().login_resets_limit)
    }

    /// Remembers what a request can change.
    pub(super) fn snapshot(&self) -> Snapshot {
        self.with(|world| Snapshot {
            users: world.users.clone(),
            project: world.project.clone(),
            limits: world.limits.clone(),
            messages: world.messages.clone(),
            teams: world.teams.clone(),
        })
    }

    /// Puts a remembered state back.
    pub(super) fn restore(&self, state: Snapshot) {
        self.with(|world| {
            (world.users, world.project, world.limits) = (state.users, state.project, state.limits);
            (world.messages, world.teams) = (state.messages, state.teams);
        });
    }

    /// The counters that a request was held against last.
    pub(super) fn last_counters(&self) -> Vec<(String, i64)> {
        self.with(|world| world.limits.last().to_vec())
    }

    /// Counts more requests on these counters.
    pub(super) fn count(&self, counters: &[(String, i64)], times: i64) {
        self.with(|world| world.limits.add(counters, u32::try_from(times).unwrap_or_default()));
    }

    /// Waits until a user has no more sessions than the limit: the oldest go a moment after the answer to a login.
    pub(super) async fn settle(&self, user: &str) {
        for _ in 0..50 {
            let surplus = self.with(|world| {
                let limit = world.project.session_limit;
                limit > 0 && world.user(user).is_some_and(|user| user.sessions.len() > limit)
            });
            if !surplus {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Empties the table of limits.
    pub(super) fn clear_limits(&self) {
        self.with(|world| world.limits.clear());
    }
}

/// The kinds of messages that carry a code for a purpose.
fn kinds(purpose: &str) -> &'static [&'static str] {
    match purpose {
        "token" => &["email-otp", "otp", "sms", "phone", "magic-url"],
        "magic-url" => &["magic-url"],
        "phone" => &["phone", "sms", "phone-verification"],
        "recovery" => &["recovery"],
        "verification" => &["verification", "email-verification"],
        "invite" => &["invite", "invitation", "membership"],
        _ => &["mfa", "mfa-email", "mfa-phone", "challenge", "mfa-challenge"],
    }
}

/// A messaging target as an account shows it.
fn target(shown: &Value) -> Option<Target> {
    let text = |name: &str| shown.get(name).and_then(Value::as_str).map(str::to_owned);
    let kind =
        ["email", "sms", "push"].into_iter().find(|kind| text("providerType").as_deref() == Some(kind))?;
    let date = |name: &str| super::shape::date_ms(&text(name)?);
    let created = date("$createdAt")?;
    Some(Target {
        id: text("$id")?,
        created,
        updated: date("$updatedAt").unwrap_or(created),
        name: text("name")?,
        kind,
        identifier: text("identifier")?,
        provider_id: text("providerId").unwrap_or_default(),
        session_id: None,
    })
}

fn fill(user: &mut crate::world::User, fields: &Map<String, Value>) {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let flag = |name: &str| fields.get(name).and_then(Value::as_bool);
    user.name = text("name").unwrap_or_else(|| user.name.clone());
    if let Some(email) = text("email") {
        user.email = Some(email.to_lowercase()).filter(|email| !email.is_empty());
    }
    if let Some(phone) = text("phone") {
        user.phone = Some(phone).filter(|phone| !phone.is_empty());
    }
    if let Some(password) = text("password") {
        user.password = Some(password);
        user.password_updated.get_or_insert(user.created);
    }
    user.enabled = flag("status").unwrap_or(user.enabled);
    user.email_verified = flag("emailVerification").unwrap_or(user.email_verified);
    user.phone_verified = flag("phoneVerification").unwrap_or(user.phone_verified);
    user.mfa = flag("mfa").unwrap_or(user.mfa);
    if let Some(prefs) = fields.get("prefs").and_then(Value::as_object) {
        user.prefs = prefs.clone();
    }
    if let Some(targets) = fields.get("targets").and_then(Value::as_array) {
        user.targets = targets.iter().filter_map(target).collect();
    }
    if let Some(labels) = fields.get("labels").and_then(Value::as_array) {
        user.labels = labels.iter().filter_map(|label| label.as_str().map(str::to_owned)).collect();
    }
}
