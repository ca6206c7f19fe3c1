//! The body of an answer: a stream that can be read up to a limit.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};

use super::{Cause, TransportError, Watch};

/// A source of chunks.
pub(crate) trait Chunks: Send {
    /// The next chunk, or `None` at the end.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>>;
}

/// The body of an answer. Dropping it aborts the rest.
pub(crate) struct Body {
    chunks: Box<dyn Chunks>,
    /// What the head declares.
    declared: Option<u64>,
}

impl Body {
    pub(crate) fn new(chunks: impl Chunks + 'static, declared: Option<u64>) -> Self {
        Self { chunks: Box::new(chunks), declared }
    }

    /// Reads the whole body, which may have `limit` bytes. A body that is declared longer is not read at all.
    pub(crate) async fn collect(mut self, limit: usize, watch: &mut Watch) -> Result<Bytes, TransportError> {
        let too_large = TransportError::new(Cause::TooLarge, true);
        if self.declared.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
            return Err(too_large);
        }
        let Some(first) = self.next(watch).await? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(too_large);
        }
        if self.declared == u64::try_from(first.len()).ok() {
            // The usual short answer: one chunk, that is not copied. The end is read so that the connection can be reused.
            return match self.next(watch).await? {
                None => Ok(first),
                Some(_) => Err(TransportError::new(Cause::Protocol, true)),
            };
        }
        let mut whole = BytesMut::from(first.as_ref());
        while let Some(chunk) = self.next(watch).await? {
            if chunk.len() > limit - whole.len() {
                return Err(too_large);
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    async fn next(&mut self, watch: &mut Watch) -> Result<Option<Bytes>, TransportError> {
        let chunks = &mut self.chunks;
        let next = poll_fn(move |context| chunks.poll_chunk(context));
        match watch.limit(next).await {
            Ok(chunk) => chunk.transpose(),
            Err(phase) => Err(TransportError::new(Cause::TimedOut(phase), true)),
        }
    }
}

/// The text of a JSON body: without the byte order mark that some servers begin with.
pub(crate) fn without_mark(body: &Bytes) -> Bytes {
    if body.starts_with(b"\xef\xbb\xbf") { body.slice(3..) } else { body.clone() }
}
