//! What an app sees of Appwrite's users and sessions: domain types without wire names.
//!
//! All of them can be built, so that an app can test its own code without a server.

/// Methods that set one field each, as `method: field = argument: type, value;`.
macro_rules! setters {
    ($($(#[$doc:meta])* $method:ident: $field:ident = $value:ident: $type:ty, $into:expr;)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $method(mut self, $value: $type) -> Self {
            self.$field = $into;
            self
        })+
    };
}

pub(crate) use setters;

mod code;
mod identity;
mod passkey;

use std::time::SystemTime;

pub use code::{SentCode, TotpEnrollment};
pub use identity::{Identity, PushTarget};
pub use passkey::{Passkey, PasskeyChallenge};

use serde_json::{Map, Value};

/// The preferences of a user: JSON that the app itself chose.
pub type Preferences = Map<String, Value>;

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

/// The account of the signed-in user, as `GET /account` answers it (contract §4).
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
    pub preferences: Preferences,
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
    /// How it was created: `email`, `anonymous`, `token`, an OAuth2 provider's name; empty if unknown.
    pub provider: String,
    /// Whether it is the session of this device.
    pub current: bool,
    /// The factors that its user has proven.
    pub factors: Vec<String>,
    /// When it was created.
    pub created_at: Option<SystemTime>,
    /// When it ends unless it is extended. Appwrite is the judge: the core never ends a session by this time.
    pub expires_at: Option<SystemTime>,
    /// The address that it was created from; empty if unknown.
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
#[non_exhaustive]
pub enum Factor {
    /// A code of an authenticator app.
    Totp,
    /// A code sent by e-mail.
    Email,
    /// A code sent by phone.
    Phone,
    /// One of the recovery codes that the user wrote down.
    RecoveryCode,
    /// A code that the app's own servers deliver, because Appwrite does not. Since Appwrite 2.0.
    Custom,
}

/// A challenge that waits for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MfaChallenge {
    /// The challenge's id.
    pub id: String,
    /// The factor that was asked for; `None` if the challenge was made from its id alone.
    pub factor: Option<Factor>,
    /// When it can no longer be answered.
    pub expires_at: Option<SystemTime>,
}

impl User {
    /// A user without name and e-mail address.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), name: String::new(), email: None }
    }

    setters! {
        /// The user with this name.
        with_name: name = name: impl Into<String>, name.into();
        /// The user with this e-mail address.
        with_email: email = email: impl Into<String>, Some(email.into());
    }
}

impl Account {
    /// The account of `user`, with nothing verified and nothing else known.
    pub fn new(user: User) -> Self {
        Self {
            user,
            phone: None,
            email_verified: false,
            phone_verified: false,
            mfa_enabled: false,
            labels: Vec::new(),
            preferences: Preferences::new(),
            registered_at: None,
        }
    }

    setters! {
        /// The account with this phone number.
        with_phone: phone = phone: impl Into<String>, Some(phone.into());
        /// The account with a verified e-mail address, or with one that is not.
        with_email_verified: email_verified = verified: bool, verified;
        /// The account with a verified phone number, or with one that is not.
        with_phone_verified: phone_verified = verified: bool, verified;
        /// The account that asks for a second factor at sign-in, or does not.
        with_mfa_enabled: mfa_enabled = enabled: bool, enabled;
        /// The account with these labels.
        with_labels: labels = labels: impl IntoIterator<Item = impl Into<String>>, labels.into_iter().map(Into::into).collect();
        /// The account with these preferences.
        with_preferences: preferences = preferences: Preferences, preferences;
        /// The account of a user who signed up at this time.
        with_registered_at: registered_at = time: SystemTime, Some(time);
    }
}

impl Session {
    /// A session of the user `user_id` on another device, with nothing else known.
    pub fn new(id: impl Into<String>, user_id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            user_id: user_id.into(),
            provider: String::new(),
            current: false,
            factors: Vec::new(),
            created_at: None,
            expires_at: None,
            ip: String::new(),
            os: String::new(),
            client: String::new(),
            device: String::new(),
            country: String::new(),
        }
    }

    setters! {
        /// The session that was created in this way: `email`, `anonymous`, `token` or an OAuth2 provider's name.
        with_provider: provider = provider: impl Into<String>, provider.into();
        /// The session as that of this device, or of another.
        with_current: current = current: bool, current;
        /// The session whose user has proven these factors.
        with_factors: factors = factors: impl IntoIterator<Item = impl Into<String>>, factors.into_iter().map(Into::into).collect();
        /// The session that was created at this time.
        with_created_at: created_at = time: SystemTime, Some(time);
        /// The session that ends at this time.
        with_expires_at: expires_at = time: SystemTime, Some(time);
        /// The session that was created from this address.
        with_ip: ip = ip: impl Into<String>, ip.into();
        /// The session on this operating system.
        with_os: os = os: impl Into<String>, os.into();
        /// The session of this client, such as a browser's name.
        with_client: client = client: impl Into<String>, client.into();
        /// The session on this device.
        with_device: device = device: impl Into<String>, device.into();
        /// The session that was created in this country.
        with_country: country = country: impl Into<String>, country.into();
    }
}

impl Factor {
    /// All factors that this version knows, in the order in which an app should offer them.
    pub const ALL: &'static [Self] =
        &[Self::Totp, Self::Email, Self::Phone, Self::Custom, Self::RecoveryCode];

    /// The factor's stable name, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::RecoveryCode => "recovery_code",
            Self::Custom => "custom",
        }
    }

    /// The factor of that name; `None` if this version knows no such factor.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|factor| factor.as_str() == name)
    }
}

impl MfaChallenge {
    /// The challenge of that id, for an app that was restarted between challenge and code.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), factor: None, expires_at: None }
    }

    setters! {
        /// The challenge of this factor.
        with_factor: factor = factor: Factor, Some(factor);
        /// The challenge that can be answered until this time.
        with_expires_at: expires_at = time: SystemTime, Some(time);
    }
}
