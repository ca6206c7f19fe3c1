//! What is sent and what is answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::{Body, Payload};

/// One request, ready to be sent.
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: Url,
    /// The headers. They hold credentials, so a host must not log them.
    pub headers: HeaderMap,
    /// The body.
    pub body: Payload,
    /// Where the host notes that bytes of a long body were sent.
    pub(crate) progress: Option<Arc<Progress>>,
    /// Where the host notes that the request leaves.
    pub(crate) departure: Option<Arc<Departure>>,
}

impl Request {
    pub(crate) fn new(method: Method, url: Url, headers: HeaderMap, body: impl Into<Payload>) -> Self {
        let body = body.into();
        Self { method, url, headers, body, progress: None, departure: None }
    }

    /// Notes that so many bytes of the body were handed over, so that a long upload that moves does not end at the limit for silence.
    pub fn moves(&self, sent: u64) {
        if let Some(progress) = &self.progress {
            progress.moved(sent, self.body.length().is_some_and(|length| sent >= length));
        }
    }

    /// Notes that the request is written now. Until then it can be called back, because its connection is still being made.
    pub fn departs(&self) {
        if let Some(departure) = &self.departure {
            departure.departs();
        }
    }
}

/// Whether a request still waits for its connection. That can take long, and until then it can be called back.
#[derive(Debug, Default)]
pub(crate) struct Departure {
    /// The number of the credential that the waiting request carries; zero if none waits, or if it carries none.
    waiting: AtomicU64,
    departed: AtomicBool,
}

impl Departure {
    /// A request that carries this credential, if any, is handed to the host.
    pub(crate) fn expect(&self, credential: Option<u64>) {
        self.waiting.store(credential.unwrap_or_default(), Ordering::SeqCst);
    }

    /// The request has its connection, and is written now.
    pub(crate) fn departs(&self) {
        self.departed.store(true, Ordering::SeqCst);
        self.waiting.store(0, Ordering::SeqCst);
    }

    /// The credential of the request that waits.
    pub(crate) fn waiting(&self) -> Option<u64> {
        Some(self.waiting.load(Ordering::SeqCst)).filter(|credential| *credential != 0)
    }

    /// Whether any request was written.
    pub(crate) fn has_departed(&self) -> bool {
        self.departed.load(Ordering::SeqCst)
    }
}

/// What may still be in the buffers of HTTP and TCP when the last byte of an upload was handed over.
const BUFFERED: u64 = 5 << 20;

/// Is told how many bytes of an upload were handed over.
pub(crate) type Watcher = Arc<dyn Fn(u64) + Send + Sync>;

/// How far an upload has come, as the host notes it.
pub(crate) struct Progress {
    started: Instant,
    /// Milliseconds after `started` when bytes were last handed over.
    moved: AtomicU64,
    /// Milliseconds after that moment in which buffered bytes may still be on their way.
    draining: AtomicU64,
    watcher: Option<Watcher>,
}

impl Progress {
    pub(crate) fn start(watcher: Option<Watcher>) -> Arc<Self> {
        let (moved, draining) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { started: Instant::now(), moved, draining, watcher })
    }

    /// Notes that bytes were handed over: `sent` so far, and whether they were the last.
    pub(crate) fn moved(&self, sent: u64, last: bool) {
        let now = millis(self.started.elapsed());
        self.moved.store(now, Ordering::Relaxed);
        if last {
            // The buffers empty as fast as the body did: nothing tells how far they are.
            let draining = now.saturating_mul(BUFFERED.min(sent)) / sent.max(1);
            self.draining.store(draining, Ordering::Relaxed);
        }
        if let Some(watcher) = &self.watcher {
            watcher(sent);
        }
    }

    /// When bytes last moved, as far as that is known.
    pub(crate) fn last(&self) -> Instant {
        let after = self.moved.load(Ordering::Relaxed).saturating_add(self.draining.load(Ordering::Relaxed));
        later(self.started, Duration::from_millis(after))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// `instant` plus `duration`, or a far future where that would overflow.
pub(crate) fn later(instant: Instant, duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    instant + duration.min(YEAR)
}

/// The first part of an answer.
#[derive(Clone)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The headers. They hold credentials, so a host must not log them.
    pub headers: HeaderMap,
}

/// An answer as soon as its head has arrived; the body is still to be read.
pub struct Answer {
    /// Status and headers.
    pub head: Head,
    /// The body, as a stream.
    pub body: Body,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_an_upload_are_no_idle_time() {
        let started = Instant::now();
        let (moved, draining) = (AtomicU64::new(0), AtomicU64::new(0));
        let upload = Progress { started, moved, draining, watcher: None };
        upload.moved.store(5_000, Ordering::Relaxed);
        assert_eq!(upload.last(), started + Duration::from_secs(5));
        upload.draining.store(1_000, Ordering::Relaxed);
        assert_eq!(upload.last(), started + Duration::from_secs(6));
    }

    #[test]
    fn no_time_overflows() {
        let now = Instant::now();
        assert!(later(now, Duration::MAX) > now);
    }
}
