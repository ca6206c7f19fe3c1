//! What can go wrong.

use appwrite_session_core::{Cause, TransportError};

/// A test asked for something that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum MisuseError {
    /// What to write instead.
    #[error("{text}")]
    Misused {
        /// A sentence for developers.
        text: String,
    },
}

impl MisuseError {
    pub(crate) fn new(text: &str) -> Self {
        Self::Misused { text: text.to_owned() }
    }
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum WireError {
    /// The URL is not one.
    #[error("the URL is not a URL")]
    NoUrl,
    /// There is no network.
    #[error("there is no network")]
    Offline,
    /// Neither Appwrite nor a gateway nor a site of the world is there.
    #[error("the world has no server at that URL")]
    NoServer,
    /// The connection was reset, before the answer or in the middle of it.
    #[error("the connection was reset")]
    Reset,
}

impl From<TransportError> for WireError {
    fn from(error: TransportError) -> Self {
        match error.cause() {
            Cause::Unreachable => Self::Offline,
            Cause::Dns => Self::NoServer,
            _ => Self::Reset,
        }
    }
}
