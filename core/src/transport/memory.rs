//! A transport in memory: answers from a script, and remembers what it was asked.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{Answer, Body, Head, Request, Sending, Transport, TransportError, body::Chunks};

/// What comes of one request.
pub(crate) enum Step {
    /// An answer with that body, in chunks; the declared length is what the headers say.
    Answer(u16, Vec<(&'static str, &'static str)>, Vec<Chunk>),
    Fail(TransportError),
    Hang,
}

/// A part of a body.
pub(crate) enum Chunk {
    Bytes(&'static [u8]),
    /// The same bytes again and again.
    Endless(&'static [u8]),
    Fail(TransportError),
    Hang,
}

#[derive(Default)]
pub(crate) struct MemoryTransport {
    script: Mutex<VecDeque<Step>>,
    seen: Mutex<Vec<Request>>,
}

impl MemoryTransport {
    pub(crate) fn playing(script: impl IntoIterator<Item = Step>) -> Self {
        Self { script: Mutex::new(script.into_iter().collect()), seen: Mutex::default() }
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl std::fmt::Debug for MemoryTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryTransport")
    }
}

impl Transport for MemoryTransport {
    fn send(&self, request: Request) -> Sending {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let step = self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Box::pin(async move {
            match step {
                Some(Step::Answer(status, lines, chunks)) => {
                    let line = |(name, value): (&'static str, _)| {
                        (HeaderName::from_static(name), HeaderValue::from_static(value))
                    };
                    let headers: HeaderMap = lines.into_iter().map(line).collect();
                    let declared =
                        headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
                    let head = Head { status: StatusCode::from_u16(status).expect("a status"), headers };
                    Ok(Answer { head, body: Body::new(Scripted(chunks.into()), declared) })
                }
                Some(Step::Fail(error)) => Err(error),
                Some(Step::Hang) => std::future::pending().await,
                None => panic!("a request that the script does not know"),
            }
        })
    }
}

struct Scripted(VecDeque<Chunk>);

impl Chunks for Scripted {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        match self.0.front() {
            Some(Chunk::Endless(bytes)) => return Poll::Ready(Some(Ok(Bytes::from_static(bytes)))),
            Some(Chunk::Hang) => return Poll::Pending,
            _ => {}
        }
        Poll::Ready(match self.0.pop_front() {
            Some(Chunk::Bytes(bytes)) => Some(Ok(Bytes::from_static(bytes))),
            Some(Chunk::Fail(error)) => Some(Err(error)),
            _ => None,
        })
    }
}
