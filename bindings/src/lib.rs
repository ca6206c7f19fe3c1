//! What Kotlin and Swift see of `appwrite-session-core`: annotations, shims and docs. Nothing is decided here.
//!
//! The names are for the hand-written API of each language, which stands in front of what is generated from this crate. Secrets
//! cross only as arguments and as the result of [`Authorization::headers`], never in a record or an error.

mod client;
mod error;
mod gateway;
mod models;
mod observe;
mod options;
mod runtime;
mod storage;
mod trust;

pub use client::CoreClient;
pub use error::CoreError;
pub use gateway::{Authorization, GatewayCall, GatewayReply, GatewayRequestOptions, Header};
pub use models::{
    CoreAccount, CoreChange, CoreMfaChallenge, CoreSession, CoreState, CoreUser, Factor, Persistence,
    SignedOutReason,
};
pub use observe::ChangeStream;
pub use options::{Carrier, ClientOptions, GatewayOptions};
pub use storage::{HostStore, HostStoreError};
pub use trust::{HostTrust, HostTrustError};

uniffi::setup_scaffolding!();

/// The stable codes of all errors, for the test that compares them across languages.
#[uniffi::export]
pub fn error_codes() -> Vec<String> {
    appwrite_session_core::ErrorCode::ALL.iter().map(|code| code.as_str().to_owned()).collect()
}
