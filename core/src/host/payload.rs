//! What a request carries.

use bytes::{Bytes, BytesMut};

use super::{Body, TransportError};

/// The body of a request.
pub enum Payload {
    /// All of it. Empty if there is none.
    Whole(Bytes),
    /// A stream, as of a file. Its declared length is what it has; without one, its end says how long it was. If it fails, the request must
    /// be aborted, and must not look complete to the server.
    Stream(Body),
}

impl Payload {
    /// How many bytes it has, if that is known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Whole(bytes) => Some(bytes.len() as u64),
            Self::Stream(body) => body.declared(),
        }
    }

    /// All of it, for a host that sends no streams. It is held in memory.
    ///
    /// # Errors
    ///
    /// If the stream fails. Nothing must be sent then.
    pub async fn whole(self) -> Result<Bytes, TransportError> {
        let mut body = match self {
            Self::Whole(bytes) => return Ok(bytes),
            Self::Stream(body) => body,
        };
        let mut whole = BytesMut::new();
        while let Some(chunk) = body.next().await {
            whole.extend_from_slice(&chunk?);
        }
        Ok(whole.freeze())
    }
}

impl<T: Into<Bytes>> From<T> for Payload {
    fn from(bytes: T) -> Self {
        Self::Whole(bytes.into())
    }
}
