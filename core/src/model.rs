//! What an app sees of Appwrite's users and sessions: domain types without wire names.

use std::time::SystemTime;

use serde_json::{Map, Value};

/// Who is signed in: the part of the account that is kept with the session, for the first screen after a cold start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The user's id.
    pub id: String,
    /// The name; empty if none was given.
    pub name: String,
    /// The e-mail address; `None` for an anonymous user.
    pub email: Option<String>,
}

/// The account of the signed-in user, as `GET /account` tells it (contract §4).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Account {
    /// Who it is.
    pub user: User,
    /// The phone number, if there is one.
    pub phone: Option<String>,
    /// Whether the e-mail address is verified.
    pub email_verified: bool,
    /// Whether the phone number is verified.
    pub phone_verified: bool,
    /// Whether a second factor is asked for at sign-in.
    pub mfa_enabled: bool,
    /// Labels that the app's servers gave the user.
    pub labels: Vec<String>,
    /// The user's preferences.
    pub preferences: Map<String, Value>,
    /// When the user signed up.
    pub registered_at: Option<SystemTime>,
}

/// One session of the signed-in user, on this device or another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The session's id: a name, not a credential.
    pub id: String,
    /// The id of its user.
    pub user_id: String,
    /// How it was created: `email`, `anonymous`, `token`, an OAuth2 provider's name.
    pub provider: String,
    /// Whether it is the session of this device.
    pub current: bool,
    /// The factors that its user has proven.
    pub factors: Vec<String>,
    /// When it was created.
    pub created_at: Option<SystemTime>,
    /// When it ends unless it is extended. Appwrite is the judge: the core never ends a session by this time.
    pub expires_at: Option<SystemTime>,
    /// The address that it was created from.
    pub ip: String,
    /// The operating system's name, as Appwrite reads the user agent; empty if unknown.
    pub os: String,
    /// The client's name, likewise.
    pub client: String,
    /// The device's name, likewise.
    pub device: String,
    /// The country, as Appwrite reads the address; empty if unknown.
    pub country: String,
}

/// A second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Factor {
    /// A code of an authenticator app.
    Totp,
    /// A code sent by e-mail.
    Email,
    /// A code sent by phone.
    Phone,
    /// One of the recovery codes that the user wrote down.
    RecoveryCode,
}

impl Factor {
    /// All factors, in the order in which an app should offer them.
    pub const ALL: [Self; 4] = [Self::Totp, Self::Email, Self::Phone, Self::RecoveryCode];

    /// The factor's stable name, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// The factor of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.as_str() == name)
    }
}

/// A challenge that waits for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MfaChallenge {
    /// The challenge's id.
    pub id: String,
    /// When it can no longer be answered.
    pub expires_at: Option<SystemTime>,
}

impl MfaChallenge {
    /// The challenge of that id, for an app that was restarted between challenge and code.
    pub fn with_id(id: impl Into<String>) -> Self {
        Self { id: id.into(), expires_at: None }
    }
}
