//! A host's check of user presence (biometrics or the device passcode), as the core's.

use std::{sync::Arc, time::Duration};

use appwrite_session_core as core;

/// The host could not ask, which counts as not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostPresenceError {
    /// Why is the host's own matter.
    #[error("failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostPresenceError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

/// Asks the user for biometrics or the device passcode. Called on a thread that may block, one at a time.
#[uniffi::export(foreign)]
pub trait HostPresence: Send + Sync {
    /// Shows the platform's dialog and waits for its end: whether the user has confirmed.
    fn confirm(&self) -> Result<bool, HostPresenceError>;
}

/// How long a confirmation of user presence is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PresencePolicy {
    /// Until the process ends.
    Default,
    /// For the calls that wait for it.
    Always,
    /// For so long.
    Session {
        /// In milliseconds.
        timeout_ms: u64,
    },
    /// Until the app has been in the background for longer than that.
    Lifecycle {
        /// In milliseconds.
        timeout_ms: u64,
    },
}

/// A host's user in the core's terms.
pub(crate) struct HostPresenceAdapter(pub(crate) Arc<dyn HostPresence>);

impl core::UserPresence for HostPresenceAdapter {
    fn confirm(&self) -> bool {
        self.0.confirm().unwrap_or(false)
    }
}

impl From<PresencePolicy> for core::PresencePolicy {
    fn from(policy: PresencePolicy) -> Self {
        match policy {
            PresencePolicy::Default => Self::Default,
            PresencePolicy::Always => Self::Always,
            PresencePolicy::Session { timeout_ms } => Self::Session(Duration::from_millis(timeout_ms)),
            PresencePolicy::Lifecycle { timeout_ms } => Self::Lifecycle(Duration::from_millis(timeout_ms)),
        }
    }
}
