//! What takes several steps: a request to Appwrite, then an event for the machine. A flow decides nothing about the session.

mod account;
mod import;
mod jwt;
mod oauth2;
mod operate;
mod passkey;
mod probe;
#[cfg(feature = "realtime")]
mod realtime;
mod revoke;
mod sign_in;
mod sign_out;

pub use import::Import;
pub(crate) use operate::Ending;
pub(super) use probe::Probed;
