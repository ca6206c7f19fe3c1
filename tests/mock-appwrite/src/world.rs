//! Everything the server knows, in memory: the project, its users, their sessions, and what is pending.

mod teams;

pub(crate) use teams::{Membership, Team};

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::{
    agent,
    dates::{Millis, iso},
    events::Event,
    faults::Faults,
    feed::Feed,
    journal::Journal,
    json,
    limits::Limits,
    oidc::{self, Native},
    php,
    profile::Profile,
    switches::Switches,
    webauthn::{Authenticator, Passkeys},
    webhooks::{Delivery, Webhook},
};

/// The state of one mock.
pub(crate) struct World {
    pub(crate) profile: Profile,
    /// Added to the device's clock.
    pub(crate) clock_offset: Millis,
    /// The port that the server listens on.
    pub(crate) port: u16,
    pub(crate) project: Project,
    /// Ids of projects that exist beside it, without any users.
    pub(crate) other_projects: Vec<String>,
    pub(crate) users: Vec<User>,
    pub(crate) limits: Limits,
    pub(crate) messages: Vec<Message>,
    pub(crate) teams: Vec<Team>,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    /// What the gateway's feed has said.
    pub(crate) feed: Feed,
    pub(crate) switches: Switches,
    /// The providers whose ID tokens are taken.
    pub(crate) native: Vec<Native>,
    pub(crate) passkeys: Passkeys,
    /// The software authenticators of tests, by name.
    pub(crate) authenticators: BTreeMap<String, Authenticator>,
    pub(crate) webhooks: Vec<Webhook>,
    /// Routes whose errors are pages from now on, by method and path (contract §13.1).
    pub(crate) spoilt: Vec<(&'static str, &'static str)>,
    /// What was delivered, or could not be.
    pub(crate) deliveries: Vec<Delivery>,
    /// What happened and was not told yet.
    pub(crate) happened: Vec<Event>,
}

/// What can be set about the project.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) api_keys: Vec<String>,
    pub(crate) dev_keys: Vec<String>,
    /// Host names of web, Android and Apple platforms.
    pub(crate) web_hosts: Vec<String>,
    pub(crate) android_apps: Vec<String>,
    pub(crate) apple_apps: Vec<String>,
    pub(crate) session_limit: usize,
    /// Seconds.
    pub(crate) session_duration: i64,
    pub(crate) user_limit: usize,
    pub(crate) rate_limits: bool,
    pub(crate) invalidate_sessions: bool,
    /// Switched-off sign-in methods, services and APIs.
    pub(crate) disabled: Vec<String>,
    /// OAuth2 providers that are switched on.
    pub(crate) providers: Vec<String>,
}

/// A user.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) password_updated: Option<Millis>,
    pub(crate) enabled: bool,
    pub(crate) email_verified: bool,
    pub(crate) phone_verified: bool,
    pub(crate) mfa: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) prefs: Map<String, Value>,
    pub(crate) targets: Vec<Target>,
    pub(crate) accessed: Option<Millis>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) totp: Option<Totp>,
    pub(crate) recovery_codes: Vec<String>,
    pub(crate) challenges: Vec<Challenge>,
    pub(crate) identities: Vec<Value>,
}

/// A session of a user.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) secret: String,
    pub(crate) expire: Millis,
    pub(crate) provider: String,
    pub(crate) provider_uid: String,
    pub(crate) provider_access_token: String,
    pub(crate) provider_access_token_expiry: Option<Millis>,
    pub(crate) provider_refresh_token: String,
    pub(crate) factors: Vec<String>,
    pub(crate) mfa_updated: Option<Millis>,
    pub(crate) ip: String,
    pub(crate) agent: agent::Fields,
    /// An older server does not list what an API key has made until it writes the user again.
    pub(crate) unlisted: bool,
}

/// A messaging target of a user.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) identifier: String,
    /// The messaging provider, for push targets.
    pub(crate) provider_id: String,
    /// The session that made it.
    pub(crate) session_id: Option<String>,
}

/// A token that can be exchanged for a session, or proves an e-mail or phone number.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) created: Millis,
    pub(crate) kind: TokenKind,
    pub(crate) secret: String,
    pub(crate) expire: Millis,
}

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Generic,
    EmailOtp,
    Phone,
    MagicUrl,
    Recovery,
    EmailVerification,
    OAuth2(String),
    RecoveryCode,
    EmailVerificationCode,
    Passkey,
}

impl TokenKind {
    /// Whether it can be exchanged for a session.
    pub(crate) fn opens_session(&self) -> bool {
        !matches!(
            self,
            Self::Recovery | Self::RecoveryCode | Self::EmailVerification | Self::EmailVerificationCode
        )
    }
}

/// An authenticator app.
#[derive(Clone, Debug)]
pub(crate) struct Totp {
    pub(crate) secret: String,
    pub(crate) verified: bool,
}

/// A pending challenge.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) id: String,
    pub(crate) factor: String,
    /// What was sent, for e-mail and phone.
    pub(crate) code: String,
    pub(crate) expire: Millis,
}

/// What would have been sent by e-mail or SMS.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) kind: &'static str,
    pub(crate) user_id: String,
    pub(crate) secret: String,
    pub(crate) url: Option<String>,
}

impl Message {
    /// What the user opens: the app's URL with the id and the secret.
    pub(crate) fn link(&self) -> Option<String> {
        let mut url = php::Url::parse(self.url.as_ref()?);
        url.set("userId", &self.user_id);
        url.set("secret", &self.secret);
        Some(url.text(false))
    }
}

/// The beginning of the year 9000.
const LATEST: Millis = 221_845_392_000_000;

fn device_now() -> Millis {
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    Millis::try_from(now).unwrap_or_default()
}

impl World {
    pub(crate) fn new(profile: Profile) -> Self {
        Self {
            profile,
            clock_offset: 0,
            port: 80,
            project: Project::new(profile),
            other_projects: Vec::new(),
            users: Vec::new(),
            limits: Limits::default(),
            messages: Vec::new(),
            teams: Vec::new(),
            journal: Journal::default(),
            faults: Faults::default(),
            feed: Feed::default(),
            switches: Switches::new(profile),
            native: oidc::providers(),
            passkeys: Passkeys::default(),
            authenticators: BTreeMap::new(),
            webhooks: Vec::new(),
            spoilt: Vec::new(),
            deliveries: Vec::new(),
            happened: Vec::new(),
        }
    }

    /// The server's time.
    pub(crate) fn now(&self) -> Millis {
        device_now() + self.clock_offset
    }

    /// Sets the server's time, from which it goes on: not before 1970, and not so late that what is reckoned from it has no date.
    pub(crate) fn set_now(&mut self, now: Millis) {
        self.clock_offset = now.clamp(0, LATEST) - device_now();
    }

    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(crate) fn user_mut(&mut self, id: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// Deletes a user with everything that is the user's: somebody who gets the same id later inherits nothing.
    pub(crate) fn delete_user(&mut self, id: &str) {
        self.users.retain(|user| user.id != id);
        self.passkeys.list.retain(|passkey| passkey.user_id != id);
        self.passkeys.handles.remove(id);
    }

    pub(crate) fn user_by_email(&self, email: &str) -> Option<&User> {
        // The database takes no notice of case, nor of blanks behind a text.
        let bare = |text: &str| text.trim_end_matches(' ').to_lowercase();
        self.users.iter().find(|user| user.email.as_deref().map(bare) == Some(bare(email)))
    }

    /// Whether somebody has a messaging target with that identifier.
    pub(crate) fn is_targeted(&self, identifier: &str) -> bool {
        let same = |target: &Target| target.identifier.eq_ignore_ascii_case(identifier);
        self.users.iter().any(|user| user.targets.iter().any(same))
    }

    /// Whether another user has an identity with that e-mail.
    pub(crate) fn is_identified(&self, email: &str, own: Option<&str>) -> bool {
        let others = self.users.iter().filter(|user| Some(user.id.as_str()) != own);
        let same = |known: &Value| known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(email));
        others.flat_map(|user| &user.identities).any(|identity| same(&identity["providerEmail"]))
    }

    /// A new user; whether one may be added is the caller's question.
    pub(crate) fn add_user(&mut self, id: Option<String>, email: Option<String>, name: &str) -> &mut User {
        let now = self.now();
        let targets = email.iter().map(|email| Target::new(now, "email", email)).collect();
        self.users.push(User {
            id: id.unwrap_or_else(|| unique_id(now)),
            created: now,
            updated: now,
            name: name.to_owned(),
            email,
            phone: None,
            password: None,
            password_updated: None,
            enabled: true,
            email_verified: false,
            phone_verified: false,
            mfa: false,
            labels: Vec::new(),
            prefs: Map::new(),
            targets,
            accessed: Some(now),
            sessions: Vec::new(),
            tokens: Vec::new(),
            totp: None,
            recovery_codes: Vec::new(),
            challenges: Vec::new(),
            identities: Vec::new(),
        });
        let last = self.users.len() - 1;
        &mut self.users[last]
    }
}

impl Project {
    pub(crate) fn new(profile: Profile) -> Self {
        let traits = profile.traits();
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            id: "demo".to_owned(),
            api_keys: vec![format!("standard_{}", hex(64))],
            dev_keys: vec![hex(64)],
            web_hosts: owned(&["localhost"]),
            android_apps: owned(&["com.example.app"]),
            apple_apps: owned(&["com.example.app"]),
            session_limit: traits.session_limit,
            session_duration: 31_536_000,
            user_limit: 0,
            rate_limits: true,
            invalidate_sessions: traits.invalidates_sessions,
            disabled: Vec::new(),
            providers: owned(&["mock"]),
        }
    }

    pub(crate) fn allows(&self, what: &str) -> bool {
        !self.disabled.iter().any(|name| name == what)
    }
}

impl User {
    /// The factors that count towards a second one: an authenticator, a verified e-mail or phone (contract §3.3).
    pub(crate) fn has_second_factor(&self) -> bool {
        self.email_verified || self.phone_verified || self.totp.as_ref().is_some_and(|totp| totp.verified)
    }

    /// Points the user's target of a kind elsewhere, if there is one.
    pub(crate) fn retarget(&mut self, kind: &str, identifier: &str) {
        for target in self.targets.iter_mut().filter(|target| target.kind == kind) {
            target.identifier = identifier.to_owned();
        }
    }

    /// Gives the user's target of a kind another identifier, makes it, or takes it away if that is empty.
    pub(crate) fn reach(&mut self, kind: &'static str, identifier: &str, now: Millis) {
        if identifier.is_empty() {
            self.targets.retain(|target| target.kind != kind);
        } else if self.targets.iter().any(|target| target.kind == kind) {
            self.retarget(kind, identifier);
        } else {
            self.targets.push(Target::new(now, kind, identifier));
        }
    }

    /// How many factors a session needs.
    pub(crate) fn needed_factors(&self) -> usize {
        if self.needs_two_factors() { 2 } else { 1 }
    }

    /// Whether the user has switched MFA on and has what it takes.
    pub(crate) fn needs_two_factors(&self) -> bool {
        self.mfa && self.has_second_factor()
    }
}

impl Session {
    /// The blob that proves this session of `user_id` (contract §1.1).
    pub(crate) fn blob(&self, user_id: &str) -> String {
        blob(user_id, &self.secret)
    }
}

/// A secret of a user in the form of a credential (contract §1.1).
pub(crate) fn blob(user_id: &str, secret: &str) -> String {
    let id = json!(user_id);
    BASE64_STANDARD.encode(format!(r#"{{"id":{id},"secret":"{secret}"}}"#))
}

impl Token {
    /// What a client sees of it: all but the secret.
    pub(crate) fn body(&self, user_id: &str) -> Value {
        json!({
            "$id": self.id, "$createdAt": iso(self.created), "userId": user_id, "secret": "",
            "expire": iso(self.expire), "phrase": "",
        })
    }
}

impl Target {
    pub(crate) fn new(now: Millis, kind: &'static str, identifier: &str) -> Self {
        Self {
            id: unique_id(now),
            created: now,
            updated: now,
            name: String::new(),
            kind,
            identifier: identifier.to_owned(),
            provider_id: String::new(),
            session_id: None,
        }
    }
}

/// An id as the server makes them: 13 hexadecimal digits of time and 7 of chance.
pub(crate) fn unique_id(now: Millis) -> String {
    format!("{:08x}{:05x}{}", now / 1000, fastrand::u32(0..0xf_ffff), hex(4).get(..7).unwrap_or_default())
}

/// `bytes` random bytes in hexadecimal.
pub(crate) fn hex(bytes: usize) -> String {
    (0..bytes).map(|_| format!("{:02x}", fastrand::u8(..))).collect()
}

/// A code of `length` digits.
pub(crate) fn digits(length: usize) -> String {
    (0..length).map(|_| char::from(b'0' + fastrand::u8(0..10))).collect()
}
