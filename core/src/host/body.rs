//! The body of an answer, as a stream.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};

use bytes::Bytes;

use super::TransportError;

/// A source of chunks.
pub trait Chunks: Send {
    /// The next chunk, or `None` at the end.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>>;
}

/// A body in chunks. Dropping that of an answer aborts the rest.
pub struct Body {
    chunks: Box<dyn Chunks>,
    declared: Option<u64>,
}

impl Body {
    /// A body of these chunks. `declared` is the length that it should have: what the head of an answer says, if it does.
    pub fn new(chunks: impl Chunks + 'static, declared: Option<u64>) -> Self {
        Self { chunks: Box::new(chunks), declared }
    }

    /// The length that it should have, if that is known.
    pub fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// The next chunk, which is not empty, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, TransportError>> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// As [`next`](Self::next), for whoever polls.
    pub(crate) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, TransportError>>> {
        match ready!(self.chunks.poll_chunk(context)) {
            // No byte has come: a server can go on with this for ever. Limits, and whoever else runs here, get their turn.
            Some(Ok(chunk)) if chunk.is_empty() => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            other => Poll::Ready(other),
        }
    }
}
