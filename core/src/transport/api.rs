//! The one trait that everything above HTTP is written against.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

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
