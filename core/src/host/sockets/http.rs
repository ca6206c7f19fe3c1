//! Sends with reqwest: the only file that does.

use std::{
    pin::Pin,
    sync::{Arc, PoisonError, RwLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderValue, Method,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, RANGE},
};
use http_body::{Body as _, Frame, SizeHint};
use reqwest::redirect::Policy;

use super::{connect::Aside, fault, gzip::Gunzip};
use crate::{
    config::{ConfigError, Origin, Timeouts, TlsOptions},
    host::{Answer, Body, Chunks, Departure, Head, Progress, Request, TransportError},
};

/// A long body is sent in pieces of this length, so that it is seen how it moves.
const PIECE: usize = 16 << 10;

/// The longest head of an answer by HTTP/2. By HTTP/1 it is hyper's own limit: 100 headers of 400 KB together.
const LONGEST_HEAD: u32 = 64 << 10;

/// reqwest with pooled connections, no cookie jar, no redirects and no retries of its own; nothing is sent by default but a user
/// agent and `Accept`.
pub(super) struct Http {
    client: RwLock<reqwest::Client>,
    timeouts: Timeouts,
    tls: TlsOptions,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    pub(super) fn new(timeouts: &Timeouts, tls: &TlsOptions) -> Result<Self, ConfigError> {
        let client = RwLock::new(Self::client(timeouts, tls)?);
        Ok(Self { client, timeouts: *timeouts, tls: tls.clone() })
    }

    /// Leaves the connections to a client that nobody sends with any more: reqwest cannot close those that rest. A request under way keeps
    /// its own, and the others end.
    pub(super) fn drop_idle_connections(&self) {
        // It could be built before, so it can be now. If not, there is still the one before.
        if let Ok(client) = Self::client(&self.timeouts, &self.tls) {
            let before =
                std::mem::replace(&mut *self.client.write().unwrap_or_else(PoisonError::into_inner), client);
            // Not under the lock.
            drop(before);
        }
    }

    fn client(timeouts: &Timeouts, tls: &TlsOptions) -> Result<reqwest::Client, ConfigError> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("appwrite-session/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            // A second sending could carry a credential that is not held any more.
            .retry(reqwest::retry::never())
            // A proxy of the environment would see what is meant for this machine only.
            .no_proxy()
            .connect_timeout(timeouts.connect)
            // A connection that does not answer a ping is given up, so that at most the calls on it fail. No ping is sent while
            // no call is in flight: it would wake a phone's radio.
            .http2_keep_alive_interval(ping_after(timeouts))
            .http2_keep_alive_timeout(ping_timeout(timeouts))
            .http2_max_header_list_size(LONGEST_HEAD)
            .tls_backend_preconfigured(tls.client_config()?);
        // HTTP/1 has no ping; where the system can, it gives up a connection whose bytes nobody confirms.
        #[cfg(any(target_os = "android", target_os = "linux"))]
        let builder = builder.tcp_user_timeout(ping_after(timeouts) + ping_timeout(timeouts));
        let builder = if tls.may_block() { builder.connector_layer(Aside::new()) } else { builder };
        builder.build().map_err(|_| ConfigError::Tls)
    }

    pub(super) fn send(
        &self,
        mut request: Request,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send + use<> {
        let unpacks = asks_for_gzip(&mut request);
        let mut outgoing = reqwest::Request::new(request.method, request.url);
        *outgoing.headers_mut() = request.headers;
        if request.progress.is_some() || request.departure.is_some() {
            let Request { body, progress, departure, .. } = request;
            *outgoing.body_mut() =
                Some(reqwest::Body::wrap(Upload { rest: body, sent: 0, progress, departure }));
        } else if !request.body.is_empty() || !matches!(*outgoing.method(), Method::GET | Method::HEAD) {
            // Also the empty body of a POST, whose length of zero some servers insist on.
            *outgoing.body_mut() = Some(request.body.into());
        }
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner).clone();
        let sending = client.execute(outgoing);
        async move {
            let mut answer = sending.await.map_err(failed)?;
            let mut head = Head { status: answer.status(), headers: std::mem::take(answer.headers_mut()) };
            tracing::debug!(origin = %Origin::of(answer.url()), status = head.status.as_u16(), "answered");
            let declared = declared_length(&head);
            let body: http::Response<reqwest::Body> = answer.into();
            let body = Download(body.into_body());
            if !(unpacks && is_gzip(&head)) {
                return Ok(Answer { head, body: Body::new(body, declared) });
            }
            // They are of what was sent, and not of what the caller gets.
            head.headers.remove(CONTENT_ENCODING);
            head.headers.remove(CONTENT_LENGTH);
            Ok(Answer { head, body: Body::new(Gunzip::new(body), None) })
        }
    }
}

/// After how long a silent connection is pinged.
fn ping_after(timeouts: &Timeouts) -> Duration {
    (timeouts.idle / 3).min(Duration::from_secs(10))
}

/// How long an answer to a ping may take.
fn ping_timeout(timeouts: &Timeouts) -> Duration {
    (timeouts.idle / 6).min(Duration::from_secs(5))
}

/// Asks for a packed answer, unless the caller says what it wants or asks for a part. Whether the answer is to be unpacked.
fn asks_for_gzip(request: &mut Request) -> bool {
    let headers = &mut request.headers;
    if request.method == Method::HEAD || headers.contains_key(ACCEPT_ENCODING) || headers.contains_key(RANGE)
    {
        return false;
    }
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    true
}

fn is_gzip(head: &Head) -> bool {
    let encoding = head.headers.get(CONTENT_ENCODING).map(|encoding| encoding.as_bytes().trim_ascii());
    encoding.is_some_and(|encoding| {
        encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip")
    })
}

fn failed(error: reqwest::Error) -> TransportError {
    let failure = fault::read(&error);
    if let Some(url) = error.url() {
        tracing::debug!(origin = %Origin::of(url), cause = failure.cause().as_str(), "failed");
    }
    failure
}

fn declared_length(head: &Head) -> Option<u64> {
    head.headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// The body of an answer.
struct Download(reqwest::Body);

impl Chunks for Download {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        loop {
            return Poll::Ready(match ready!(Pin::new(&mut self.0).poll_frame(context)) {
                None => None,
                Some(Err(error)) => Some(Err(failed(error))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(chunk) => Some(Ok(chunk)),
                    // Trailers: nobody asked for them.
                    Err(_) => continue,
                },
            });
        }
    }
}

/// A body that notes when it is sent, and a long one how far.
struct Upload {
    rest: Bytes,
    sent: u64,
    progress: Option<Arc<Progress>>,
    departure: Option<Arc<Departure>>,
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let Some(progress) = self.progress.clone() else {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.rest)))));
        };
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.sent += piece.len() as u64;
        progress.moved(self.sent, self.rest.is_empty());
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        // First asked when the head of the request is written, by HTTP/1 and by HTTP/2: a request without a body is told apart by this.
        if let Some(departure) = &self.departure {
            departure.departs();
        }
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
