//! Where the user stands, as an app sees it. What leads from one state to the next is the `machine`'s.

use crate::model::{Factor, User};

/// Where the user stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionState {
    /// The secure store is being read. This state ends by itself, without a request.
    Restoring,
    /// The secure store is locked, so it is not known whether there is a session. It is read again by itself, and at `resume`.
    StorageLocked,
    /// Nobody is signed in.
    SignedOut {
        /// Why.
        reason: SignedOutReason,
    },
    /// There is a session, and Appwrite wants a second factor before it can be used.
    MfaRequired {
        /// The factors that the user can choose from; empty if Appwrite could not be asked.
        factors: Vec<Factor>,
    },
    /// There is a session.
    SignedIn {
        /// The user, if known.
        user: Option<User>,
        /// Whether Appwrite has confirmed the session since the app started.
        verified: bool,
    },
}

impl SessionState {
    /// The names of all states.
    pub const NAMES: &'static [&'static str] =
        &["restoring", "storage_locked", "signed_out", "mfa_required", "signed_in"];

    /// The state's stable name, the same in every language.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Restoring => "restoring",
            Self::StorageLocked => "storage_locked",
            Self::SignedOut { .. } => "signed_out",
            Self::MfaRequired { .. } => "mfa_required",
            Self::SignedIn { .. } => "signed_in",
        }
    }
}

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignedOutReason {
    /// Nothing is stored on this device.
    NoSession,
    /// The app signed out.
    SignedOut,
    /// Appwrite said that the session is no more: revoked, expired, or its user deleted.
    SessionEnded,
    /// The stored session could not be read for good (a restored backup, a lost key). It was set aside.
    StorageLost,
    /// The secure store cannot be reached. A sign-in works, and lasts until the process ends or the store is back.
    StorageUnavailable,
}

impl SignedOutReason {
    /// Every reason there is.
    pub const ALL: &'static [Self] =
        &[Self::NoSession, Self::SignedOut, Self::SessionEnded, Self::StorageLost, Self::StorageUnavailable];

    /// The reason's stable name, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSession => "no_session",
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_ended",
            Self::StorageLost => "storage_lost",
            Self::StorageUnavailable => "storage_unavailable",
        }
    }
}
