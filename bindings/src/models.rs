//! What an app sees of states, users and sessions, in types that can cross.

use std::time::{SystemTime, UNIX_EPOCH};

use appwrite_session_core as core;

/// Where the user stands.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CoreState {
    /// The secure store is being read. Ends by itself, without a request.
    Restoring,
    /// The secure store is locked, so nobody knows yet.
    StorageLocked,
    /// Nobody is signed in.
    SignedOut {
        /// Why.
        reason: SignedOutReason,
    },
    /// A session is kept, and Appwrite wants another factor before it is of use.
    MfaRequired {
        /// The factors that the user can choose from; empty if Appwrite could not be asked.
        factors: Vec<Factor>,
    },
    /// A session is kept.
    SignedIn {
        /// Who it is, as far as is known.
        user: Option<CoreUser>,
        /// Whether Appwrite has confirmed the session since the app started.
        verified: bool,
    },
}

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SignedOutReason {
    /// Nothing is stored on this device.
    NoSession,
    /// The app signed out.
    SignedOut,
    /// Appwrite said that the session is no more.
    SessionEnded,
    /// The stored session could not be read for good, and was set aside.
    StorageLost,
    /// The secure store cannot be reached.
    StorageUnavailable,
}

/// How long what is held will last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Persistence {
    /// It outlives the process.
    Durable,
    /// It is gone when the process ends.
    MemoryOnly,
}

/// A second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Factor {
    /// A code of an authenticator app.
    Totp,
    /// A code sent by e-mail.
    Email,
    /// A code sent by phone.
    Phone,
    /// A code that the app's own servers deliver.
    Custom,
    /// One of the recovery codes that the user wrote down.
    RecoveryCode,
}

/// What came of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Import {
    /// The session is held, and stored.
    Imported,
    /// The very session is held already.
    AlreadyHeld,
    /// Another session is held, which stays.
    Declined,
    /// There was no session of this project in what was passed.
    NothingFound,
}

/// One published state.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CoreChange {
    /// Counts the changes of one client from 0.
    pub number: u64,
    /// Where the user stands.
    pub state: CoreState,
    /// Whether what is held would survive the process.
    pub persistence: Persistence,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CoreUser {
    /// The user's id.
    pub id: String,
    /// The name; empty if none was given.
    pub name: String,
    /// The e-mail address; none for an anonymous user.
    pub email: Option<String>,
}

/// The account of the signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CoreAccount {
    /// Who it is.
    pub user: CoreUser,
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
    /// The user's preferences, as a JSON object.
    pub preferences_json: String,
    /// When the user signed up, in milliseconds since 1970.
    pub registered_at_ms: Option<i64>,
}

/// One session of the signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CoreSession {
    /// The session's id: a name, not a credential.
    pub id: String,
    /// The id of its user.
    pub user_id: String,
    /// How it was created.
    pub provider: String,
    /// Whether it is the session of this device.
    pub current: bool,
    /// The factors that its user has completed.
    pub factors: Vec<String>,
    /// When it was created, in milliseconds since 1970.
    pub created_at_ms: Option<i64>,
    /// When it ends unless it is extended, in milliseconds since 1970.
    pub expires_at_ms: Option<i64>,
    /// The address that it was created from.
    pub ip: String,
    /// The operating system's name; empty if unknown.
    pub os: String,
    /// The client's name; empty if unknown.
    pub client: String,
    /// The device's name; empty if unknown.
    pub device: String,
    /// The country; empty if unknown.
    pub country: String,
}

/// A challenge of a second factor that has not been answered yet.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CoreMfaChallenge {
    /// The challenge's id.
    pub id: String,
    /// When it can no longer be answered, in milliseconds since 1970.
    pub expires_at_ms: Option<i64>,
}

impl From<core::SessionState> for CoreState {
    fn from(state: core::SessionState) -> Self {
        match state {
            core::SessionState::Restoring => Self::Restoring,
            core::SessionState::StorageLocked => Self::StorageLocked,
            core::SessionState::SignedOut { reason } => Self::SignedOut { reason: reason.into() },
            core::SessionState::MfaRequired { factors } => {
                Self::MfaRequired { factors: factors.into_iter().filter_map(Factor::of_core).collect() }
            }
            core::SessionState::SignedIn { user, verified } => {
                Self::SignedIn { user: user.map(CoreUser::from), verified }
            }
            // The core and this library are built together, so there is no other; what it would be is not known yet.
            _ => Self::Restoring,
        }
    }
}

impl From<core::SignedOutReason> for SignedOutReason {
    fn from(reason: core::SignedOutReason) -> Self {
        match reason {
            core::SignedOutReason::NoSession => Self::NoSession,
            core::SignedOutReason::SignedOut => Self::SignedOut,
            core::SignedOutReason::SessionEnded => Self::SessionEnded,
            core::SignedOutReason::StorageLost => Self::StorageLost,
            core::SignedOutReason::StorageUnavailable => Self::StorageUnavailable,
            // As above.
            _ => Self::NoSession,
        }
    }
}

impl From<core::store::Persistence> for Persistence {
    fn from(persistence: core::store::Persistence) -> Self {
        match persistence {
            core::store::Persistence::Durable => Self::Durable,
            // What is not known here promises no more than this.
            _ => Self::MemoryOnly,
        }
    }
}

impl From<Persistence> for core::store::Persistence {
    fn from(persistence: Persistence) -> Self {
        match persistence {
            Persistence::Durable => Self::Durable,
            Persistence::MemoryOnly => Self::MemoryOnly,
        }
    }
}

impl Factor {
    /// The factor as it crosses; `None` for one that is not known here, which a host could not ask for either.
    fn of_core(factor: core::Factor) -> Option<Self> {
        match factor {
            core::Factor::Totp => Some(Self::Totp),
            core::Factor::Email => Some(Self::Email),
            core::Factor::Phone => Some(Self::Phone),
            core::Factor::Custom => Some(Self::Custom),
            core::Factor::RecoveryCode => Some(Self::RecoveryCode),
            _ => None,
        }
    }
}

impl From<Factor> for core::Factor {
    fn from(factor: Factor) -> Self {
        match factor {
            Factor::Totp => Self::Totp,
            Factor::Email => Self::Email,
            Factor::Phone => Self::Phone,
            Factor::Custom => Self::Custom,
            Factor::RecoveryCode => Self::RecoveryCode,
        }
    }
}

impl From<core::Import> for Import {
    fn from(import: core::Import) -> Self {
        match import {
            core::Import::Imported => Self::Imported,
            core::Import::AlreadyHeld => Self::AlreadyHeld,
            core::Import::Declined => Self::Declined,
            core::Import::NothingFound => Self::NothingFound,
        }
    }
}

impl From<core::Change> for CoreChange {
    fn from(change: core::Change) -> Self {
        Self { number: change.number, state: change.state.into(), persistence: change.persistence.into() }
    }
}

impl From<core::User> for CoreUser {
    fn from(user: core::User) -> Self {
        Self { id: user.id, name: user.name, email: user.email }
    }
}

impl From<core::Account> for CoreAccount {
    fn from(account: core::Account) -> Self {
        Self {
            user: account.user.into(),
            phone: account.phone,
            email_verified: account.email_verified,
            phone_verified: account.phone_verified,
            mfa_enabled: account.mfa_enabled,
            labels: account.labels,
            preferences_json: serde_json::Value::Object(account.preferences).to_string(),
            registered_at_ms: account.registered_at.map(millis),
        }
    }
}

impl From<core::Session> for CoreSession {
    fn from(session: core::Session) -> Self {
        Self {
            id: session.id,
            user_id: session.user_id,
            provider: session.provider,
            current: session.current,
            factors: session.factors,
            created_at_ms: session.created_at.map(millis),
            expires_at_ms: session.expires_at.map(millis),
            ip: session.ip,
            os: session.os,
            client: session.client,
            device: session.device,
            country: session.country,
        }
    }
}

impl From<core::MfaChallenge> for CoreMfaChallenge {
    fn from(challenge: core::MfaChallenge) -> Self {
        Self { id: challenge.id, expires_at_ms: challenge.expires_at.map(millis) }
    }
}

/// Milliseconds since 1970.
pub(crate) fn millis(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    }
}
