//! A body that is read by and by, by whoever asked for it.

use bytes::Bytes;

use super::{Watch, collect::next};
use crate::host::{Body, Cause, TransportError};

/// The body of an answer whose head was taken already. Dropping it aborts the rest.
pub(crate) struct Rest {
    body: Body,
    declared: Option<u64>,
    read: u64,
}

impl Rest {
    pub(super) fn new(body: Body, declared: Option<u64>) -> Self {
        Self { body, declared, read: 0 }
    }

    /// How many bytes the head declares.
    pub(crate) fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// The next chunk, or `None` where the body ends as its head has declared it.
    pub(super) async fn next(&mut self, watch: &mut Watch<'_>) -> Result<Option<Bytes>, TransportError> {
        let chunk = next(&mut self.body, watch).await?;
        self.read += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        match self.declared {
            Some(declared) if self.read > declared => Err(TransportError::new(Cause::Protocol, true)),
            // An end that a host takes for one, as hyper does where HTTP/2 breaks a stream off without an error.
            Some(declared) if chunk.is_none() && self.read < declared => {
                Err(TransportError::new(Cause::Reset, true))
            }
            _ => Ok(chunk),
        }
    }
}
