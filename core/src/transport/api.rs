//! The one trait that everything above HTTP is written against.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::{Body, Progress, TransportError};

/// One request, ready to be sent.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Where the transport notes that bytes of a long body were sent.
    pub(crate) progress: Option<Arc<Progress>>,
    /// Where the transport notes that the request leaves.
    pub(crate) departure: Option<Arc<Departure>>,
}

/// Whether a request still waits for its connection. That can take long, and until then it can be called back.
#[derive(Debug, Default)]
pub(crate) struct Departure {
    /// The number of the credential that the waiting request carries; zero if none waits, or if it carries none.
    waiting: AtomicU64,
    departed: AtomicBool,
}

impl Departure {
    /// A request that carries this credential, if any, is handed to the transport.
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

/// The first part of an answer.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// An answer as soon as its head has arrived; the body is still to be read.
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: Body,
}

/// A whole answer.
#[derive(Clone)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A request that is being sent. Dropping it aborts the request.
pub(crate) type Sending = Pin<Box<dyn Future<Output = Result<Answer, TransportError>> + Send>>;

/// Sends requests, each exactly once: no retries, no redirects, no cookies.
pub(crate) trait Transport: Send + Sync + fmt::Debug {
    /// Sends `request`, and ends when the head of the answer has arrived.
    fn send(&self, request: Request) -> Sending;
}
