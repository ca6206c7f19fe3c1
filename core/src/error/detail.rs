//! What more is known of some errors.

use std::{fmt, io};

use super::Refusal;

/// Why Appwrite does not support what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    refusal: Option<Refusal>,
    since: Option<&'static str>,
}

impl Unsupported {
    /// This Appwrite lacks a route that it has `since` a version.
    pub(crate) fn before(since: &'static str) -> Self {
        Self { refusal: None, since: Some(since) }
    }

    /// What Appwrite answered, if it refused in its own words.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// The first version of Appwrite that supports it, if the server is too old.
    pub fn since(&self) -> Option<&'static str> {
        self.since
    }
}

impl From<Refusal> for Unsupported {
    fn from(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), since: None }
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.refusal, self.since) {
            (Some(refusal), _) => refusal.fmt(f),
            (None, Some(since)) => write!(f, "it needs Appwrite {since} or newer"),
            (None, None) => f.write_str("no reason is known"),
        }
    }
}

/// What Appwrite wants a recent sign-in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SensitiveAction {
    /// Registering a passkey.
    AddPasskey,
    /// Deleting a passkey.
    DeletePasskey,
    /// Something else.
    Other,
}

impl SensitiveAction {
    /// The stable name, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddPasskey => "add_passkey",
            Self::DeletePasskey => "delete_passkey",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for SensitiveAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddPasskey => "a passkey is added",
            Self::DeletePasskey => "a passkey is deleted",
            Self::Other => "this",
        })
    }
}

/// Why a URL does not complete a sign-in in the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallbackFault {
    /// It is no URL, is longer than 16 KiB, or lacks what an answer has.
    Malformed,
    /// It is not of the callback that was configured: another scheme, host or path. It may be another link of the app.
    Foreign,
    /// No sign-in in the browser waits for it: none was begun, a later one was, or somebody made the URL up.
    Unexpected,
    /// It was used before. The sign-in that it completed is not undone.
    Replayed,
    /// The sign-in was begun too long ago. Begin a new one.
    Expired,
}

impl CallbackFault {
    /// The stable name, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Foreign => "foreign",
            Self::Unexpected => "unexpected",
            Self::Replayed => "replayed",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for CallbackFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why the platform's screen for a sign-in could not do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScreenFault {
    /// The app does not contain the optional module that shows this screen. Add it.
    NotLinked,
    /// This device or this version of its system has no such screen. Offer another way to sign in.
    NotSupported,
    /// The screen has nothing to offer: no account of the provider is on the device, or no passkey for this app. Offer another way.
    NothingToOffer,
    /// The app is not set up for it: a wrong client id, a missing entitlement or association with its domain. Mend the set-up.
    NotSetUp,
    /// It was interrupted or is busy: no screen of the app is in front, or another sign-in is shown. Try again.
    Interrupted,
}

impl ScreenFault {
    /// All faults.
    pub const ALL: &'static [Self] =
        &[Self::NotLinked, Self::NotSupported, Self::NothingToOffer, Self::NotSetUp, Self::Interrupted];

    /// The stable name, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotLinked => "not_linked",
            Self::NotSupported => "not_supported",
            Self::NothingToOffer => "nothing_to_offer",
            Self::NotSetUp => "not_set_up",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the same call can work later without anybody changing anything.
    pub(crate) fn is_retryable(self) -> bool {
        matches!(self, Self::Interrupted)
    }

    /// The end of a sentence for developers.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::NotLinked => "the app does not contain the module that shows it",
            Self::NotSupported => "this device or its system has none",
            Self::NothingToOffer => "it has no account or passkey to offer",
            Self::NotSetUp => "the app is not set up for it",
            Self::Interrupted => "it was interrupted, or the app is not in front",
        }
    }
}

/// Why a file of the app could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileFault {
    /// There is none, or no folder for it.
    NotFound,
    /// The app may not read or write it.
    NotPermitted,
    /// It is a folder, or something else that has no length.
    NotAFile,
    /// There is no room for it.
    NoSpace,
    /// It became shorter while it was sent, or a stream has another length than was said.
    Changed,
    /// Something else.
    Other,
}

impl FileFault {
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::NotPermitted,
            io::ErrorKind::IsADirectory => Self::NotAFile,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::NoSpace
            }
            _ => Self::Other,
        }
    }

    /// The stable name, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotPermitted => "not_permitted",
            Self::NotAFile => "not_a_file",
            Self::NoSpace => "no_space",
            Self::Changed => "changed",
            Self::Other => "other",
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::NotFound => "there is none, or no folder for it",
            Self::NotPermitted => "the app may not read or write it",
            Self::NotAFile => "it is a folder, or has no length",
            Self::NoSpace => "there is no room for it",
            Self::Changed => "its length changed while it was sent",
            Self::Other => "the system refused it",
        }
    }
}
