//! What Kotlin and Swift see of `appwrite-session-core`: annotations, shims and docs. Nothing is decided here.
//!
//! The names are for the hand-written API of each language, which stands in front of what is generated from this crate. Secrets
//! cross only as arguments and as the result of [`Authorization::headers`], never in a record or an error.

mod accounts;
mod client;
mod error;
mod gateway;
mod log;
mod models;
mod observe;
mod options;
mod presence;
mod redirect;
mod runtime;
mod storage;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]
mod tests;
mod trust;
mod verdict;
mod ways_out;

use appwrite_session_core as core;

pub use accounts::{AccountsStream, CoreAccounts};
pub use client::CoreClient;
pub use error::{CoreError, failure_causes, screen_faults};
pub use gateway::{
    Authorization, CoreTransfer, FileSource, FormContent, FormField, GatewayBody, GatewayBodyReader,
    GatewayCall, GatewayEvent, GatewayEventReader, GatewayReply, GatewayRequestOptions, Header, HostFile,
    HostFileError, SentFile, TransferDirection, allows_repetition,
};
pub use log::{LogField, LogLevel, LogReader, LogRecord};
pub use models::{
    CoreAccount, CoreChange, CoreMfaChallenge, CoreSession, CoreState, CoreUser, Factor, Import, Persistence,
    SignedOutReason,
};
pub use observe::ChangeStream;
pub use options::{Carrier, ClientOptions, GatewayOptions};
pub use presence::{HostPresence, HostPresenceError, PresencePolicy};
pub use redirect::{RedirectTarget, kept_headers};
pub use storage::{HostStore, HostStoreError};
pub use trust::{HostTrust, HostTrustError};
pub use verdict::Verdict;
pub use ways_out::{CoreProxy, PinOptions};

uniffi::setup_scaffolding!();

// The lists of names, for the tests that compare them across languages.

/// The stable codes of all errors.
#[uniffi::export]
pub fn error_codes() -> Vec<String> {
    core::ErrorCode::ALL.iter().map(|code| code.as_str().to_owned()).collect()
}

/// The stable names of all states.
#[uniffi::export]
pub fn state_names() -> Vec<String> {
    core::SessionState::NAMES.iter().map(|name| (*name).to_owned()).collect()
}

/// The stable names of all reasons why nobody is signed in.
#[uniffi::export]
pub fn signed_out_reasons() -> Vec<String> {
    core::SignedOutReason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect()
}

/// The stable names of all verdicts on a gateway's 401.
#[uniffi::export]
pub fn verdict_names() -> Vec<String> {
    verdict::ALL.iter().map(|verdict| verdict.as_str().to_owned()).collect()
}

/// The stable names of all second factors.
#[uniffi::export]
pub fn factor_names() -> Vec<String> {
    core::Factor::ALL.iter().map(|factor| factor.as_str().to_owned()).collect()
}

/// The names of all operations that a client performs by name.
#[uniffi::export]
pub fn operation_names() -> Vec<String> {
    core::SessionClient::OPERATIONS.iter().map(|name| (*name).to_owned()).collect()
}
