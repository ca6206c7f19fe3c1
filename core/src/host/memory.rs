//! A host in memory: answers from a script, and remembers what it was asked.

use std::{
    collections::VecDeque,
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{Answer, Body, Chunks, Head, Host, Request, Sending, Task, TransportError, Work};
use crate::clock::{Clock, Sleep};

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
pub(crate) struct MemoryHost {
    script: Mutex<VecDeque<Step>>,
    seen: Mutex<Vec<Request>>,
}

impl MemoryHost {
    pub(crate) fn playing(script: impl IntoIterator<Item = Step>) -> Self {
        Self { script: Mutex::new(script.into_iter().collect()), seen: Mutex::default() }
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl std::fmt::Debug for MemoryHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryHost")
    }
}

impl Host for MemoryHost {
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

    fn spawn(&self, task: Task) {
        tokio::spawn(task);
    }

    fn run_blocking(&self, work: Work) {
        work();
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(DeviceClock)
    }

    fn read_marker(&self, _: &Path) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn write_marker(&self, _: &Path, _: &str) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct DeviceClock;

impl Clock for DeviceClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
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
