//! Answers are not compressed where nobody reads them off a socket.

use crate::profile::Traits;

/// No coding is ever picked.
pub(crate) fn pick(_accepted: &str, _length: usize, _traits: &Traits) -> Option<&'static str> {
    None
}

/// A body as it is.
pub(crate) fn encode(_coding: &str, body: &[u8]) -> Vec<u8> {
    body.to_vec()
}
