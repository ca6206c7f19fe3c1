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

/// The body of an answer. Dropping it aborts the rest.
pub struct Body {
    chunks: Box<dyn Chunks>,
    declared: Option<u64>,
}

impl Body {
    /// A body of these chunks. `declared` is the length that the head declares, if it does.
    pub fn new(chunks: impl Chunks + 'static, declared: Option<u64>) -> Self {
        Self { chunks: Box::new(chunks), declared }
    }

    /// The length that the head declares.
    pub(crate) fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// The next chunk, which is not empty, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, TransportError>> {
        poll_fn(|context| match ready!(self.chunks.poll_chunk(context)) {
            // No byte has come: a server can go on with this for ever. Limits, and whoever else runs here, get their turn.
            Some(Ok(chunk)) if chunk.is_empty() => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            other => Poll::Ready(other),
        })
        .await
    }
}
