//! One login to Appwrite, kept safely on the device, carried to every call of the app's own API gateway.
//!
//! ```no_run
//! # async fn orders() -> Result<(), appwrite_session_core::Error> {
//! use appwrite_session_core::SessionClient;
//!
//! let session = SessionClient::builder("https://fra.cloud.appwrite.io/v1", "my-project")
//!     .gateway("https://api.example.com")
//!     .build()?; // restores from the secure store; makes no request
//!
//! session.sign_in_with_email("ada@example.com", "correct horse").await?;
//! let orders: Vec<String> = session.get("/orders").send().await?.json()?;
//! session.sign_out().await?; // works offline
//! # Ok(()) }
//! ```
//!
//! [`SessionClient`] is the main type. [`SessionState`] says whether somebody is signed in, and [`Error`] what the app should do when a
//! call fails. Requests with another HTTP client are authorized by [`SessionClient::authorize`], and a 401 to them is explained by a
//! [`Verdict`]. The feature `testing` has stores, a clock and a conformance suite for the tests of an app.
//!
//! Where the documentation or a comment cites "contract §n", that section of `tests/mock-appwrite/CONTRACT.md` in the repository describes how
//! Appwrite behaves.

pub mod account;
mod accounts;
mod appwrite;
mod builder;
mod by_name;
mod callback;
mod client;
mod clock;
mod config;
mod credential;
mod date;
mod diagnosis;
mod error;
mod gateway;
pub mod host;
mod id_token;
mod json;
mod link;
mod metrics;
mod model;
mod oauth2;
mod presence;
mod random;
mod secret;
mod session;
pub mod store;
mod transport;

/// The crates whose types are part of this crate's own, in the versions that it takes.
pub use {bytes, http, serde_json};

pub use accounts::{Accounts, AccountsChanges, AccountsState, StoredAccount};
pub use builder::SessionClientBuilder;
pub use client::SessionClient;
#[cfg(feature = "testing")]
pub use clock::ManualClock;
pub use clock::{Clock, Sleep};
pub use config::{ConfigError, Gateway, Pins, Proxy, ServerTrust, Timeouts};
pub use credential::Carrier;
pub use diagnosis::{Area, Diagnosis, Finding, Level};
pub use error::{
    CallbackFault, Error, ErrorCode, FileFault, Refusal, Result, ScreenFault, SensitiveAction, Sent,
    Unsupported,
};
pub use gateway::{
    Authorization, CallBegins, CallEnded, Direction, Event, Events, GatewayHooks, GatewayRequest,
    GatewayResponse, GatewayStream, Multipart, Problem, RedirectTarget, Transfer, UnexpectedStatus,
    UploadFile, Verdict,
};
#[cfg(feature = "sockets")]
pub use host::SystemClock;
pub use host::{Cause, Phase, ProxyFault, TlsFault, TransportError};
pub use http::Method;
pub use id_token::{IdToken, IdTokenProvider, Nonce};
pub use metrics::Metrics;
pub use model::{
    Account, Factor, Identity, MfaChallenge, Passkey, PasskeyChallenge, Preferences, PushTarget, SentCode,
    Session, TotpEnrollment, User,
};
pub use oauth2::{OAuth2, OAuth2Outcome, OAuth2Start};
pub use presence::{PresencePolicy, UserPresence};
pub use secret::Secret;
pub use session::{Change, Changes, Import, SessionState, SignedOutReason};
pub use transport::Retries;
