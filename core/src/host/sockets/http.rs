//! Sends with reqwest: the only file that does.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
#[cfg(feature = "realtime")]
use http::StatusCode;
use http::{
    HeaderValue, Method,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, RANGE},
};
use http_body::{Body as _, Frame, SizeHint};
use reqwest::{NoProxy, redirect::Policy};
use rustls::ClientConfig;
use url::Url;

use super::{connect::Aside, fault, gzip::Gunzip};
use crate::{
    config::{ConfigError, Origin, PinSet, ProxyRoute, Timeouts, TlsOptions},
    host::{Answer, Body, Chunks, Departure, Head, Payload, Progress, Request, TransportError},
};

#[cfg(feature = "realtime")]
use crate::host::{Cause, Connection, Upgraded};

/// A long body is sent in pieces of this length, so that it is seen how it moves.
const PIECE: usize = 16 << 10;

/// The longest head of an answer by HTTP/2. By HTTP/1 it is hyper's own limit: 100 headers of 400 KB together.
const LONGEST_HEAD: u32 = 64 << 10;

/// A proxy would look for it on its own machine.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// reqwest with pooled connections, no cookie jar, no redirects and no retries of its own; nothing is sent by default but a user
/// agent and `Accept`.
pub(super) struct Http {
    clients: RwLock<Arc<Clients>>,
    timeouts: Timeouts,
    tls: TlsOptions,
    proxy: Option<ProxyRoute>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    pub(super) fn new(
        timeouts: &Timeouts,
        tls: &TlsOptions,
        proxy: Option<&ProxyRoute>,
    ) -> Result<Self, ConfigError> {
        let clients = RwLock::new(Arc::new(Clients::new(timeouts, tls, proxy)?));
        Ok(Self { clients, timeouts: *timeouts, tls: tls.clone(), proxy: proxy.cloned() })
    }

    /// Leaves the connections to clients that nobody sends with any more: reqwest cannot close those that rest. A request under way keeps
    /// its own, and the others end.
    pub(super) fn drop_idle_connections(&self) {
        // They could be built before, so they can be now. If not, there are still those of before.
        if let Ok(clients) = Clients::new(&self.timeouts, &self.tls, self.proxy.as_ref()) {
            let before = std::mem::replace(
                &mut *self.clients.write().unwrap_or_else(PoisonError::into_inner),
                Arc::new(clients),
            );
            // Not under the lock.
            drop(before);
        }
    }

    pub(super) fn send(
        &self,
        mut request: Request,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send + use<> {
        let unpacks = asks_for_gzip(&mut request);
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner).clone();
        let client = clients.of(&request.url);
        let mut outgoing = reqwest::Request::new(request.method, request.url);
        *outgoing.headers_mut() = request.headers;
        match request.body {
            Payload::Whole(bytes) if request.progress.is_none() && request.departure.is_none() => {
                // Also the empty body of a POST, whose length of zero some servers insist on.
                if !bytes.is_empty() || !matches!(*outgoing.method(), Method::GET | Method::HEAD) {
                    *outgoing.body_mut() = Some(bytes.into());
                }
            }
            body => {
                let Request { progress, departure, .. } = request;
                *outgoing.body_mut() = Some(reqwest::Body::wrap(Upload::new(body, progress, departure)));
            }
        }
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

#[cfg(feature = "realtime")]
impl Http {
    /// Asks for a WebSocket, over a connection of its own: by HTTP/2 there is none.
    pub(super) fn upgrade(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Upgraded, TransportError>> + Send + use<> {
        let clients = Clients::by_http1(&self.timeouts, &self.tls, self.proxy.as_ref());
        async move {
            // They could be built when this was, so they can be now.
            let clients = clients.map_err(|_| TransportError::new(Cause::Protocol, false))?;
            let mut outgoing = reqwest::Request::new(request.method, request.url);
            *outgoing.headers_mut() = request.headers;
            let client = clients.of(outgoing.url());
            let mut answer = client.execute(outgoing).await.map_err(failed)?;
            let head = Head { status: answer.status(), headers: std::mem::take(answer.headers_mut()) };
            let connection: Option<Connection> = match head.status {
                StatusCode::SWITCHING_PROTOCOLS => Some(Box::new(answer.upgrade().await.map_err(failed)?)),
                _ => None,
            };
            Ok(Upgraded { head, connection })
        }
    }
}

/// What sends, with its connections.
struct Clients {
    all: reqwest::Client,
    /// For each origin with pins a client of its own, whose connections nobody else uses.
    pinned: Vec<(Origin, reqwest::Client)>,
}

impl Clients {
    fn new(timeouts: &Timeouts, tls: &TlsOptions, proxy: Option<&ProxyRoute>) -> Result<Self, ConfigError> {
        Self::that_speak(&[b"h2", b"http/1.1"], timeouts, tls, proxy)
    }

    /// Clients for WebSockets.
    #[cfg(feature = "realtime")]
    fn by_http1(
        timeouts: &Timeouts,
        tls: &TlsOptions,
        proxy: Option<&ProxyRoute>,
    ) -> Result<Self, ConfigError> {
        Self::that_speak(&[b"http/1.1"], timeouts, tls, proxy)
    }

    fn that_speak(
        protocols: &[&[u8]],
        timeouts: &Timeouts,
        tls: &TlsOptions,
        proxy: Option<&ProxyRoute>,
    ) -> Result<Self, ConfigError> {
        let trust = tls.trust()?;
        let aside = tls.may_block().then(Aside::new);
        let client = |mut config: ClientConfig| {
            config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
            client(timeouts, config, proxy, aside.clone())
        };
        let pinned = |(origin, pins): &(Origin, PinSet)| {
            Ok((origin.clone(), client(trust.pinned_config(origin, pins.clone(), proxy)?)?))
        };
        Ok(Self {
            all: client(trust.config()?)?,
            pinned: tls.pins.iter().map(pinned).collect::<Result<_, ConfigError>>()?,
        })
    }

    /// The client whose TLS is that for `url`.
    fn of(&self, url: &Url) -> &reqwest::Client {
        let pinned = self.pinned.iter().find(|(origin, _)| origin.is_of(url));
        pinned.map_or(&self.all, |(_, client)| client)
    }
}

/// A client with this TLS.
fn client(
    timeouts: &Timeouts,
    tls: ClientConfig,
    proxy: Option<&ProxyRoute>,
    aside: Option<Aside>,
) -> Result<reqwest::Client, ConfigError> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("appwrite-session/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        // A second sending could carry a credential that is not held any more.
        .retry(reqwest::retry::never())
        // No proxy that the app has not asked for.
        .no_proxy()
        .connect_timeout(timeouts.connect)
        // A connection that does not answer a ping is given up, so that at most the calls on it fail. No ping is sent while
        // no call is in flight: it would wake a phone's radio.
        .http2_keep_alive_interval(ping_after(timeouts))
        .http2_keep_alive_timeout(ping_timeout(timeouts))
        .http2_max_header_list_size(LONGEST_HEAD)
        .tls_backend_preconfigured(tls);
    // HTTP/1 has no ping; where the system can, it gives up a connection whose bytes nobody confirms.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(ping_after(timeouts) + ping_timeout(timeouts));
    let builder = match proxy {
        Some(route) => builder.proxy(self::proxy(route)?),
        None => builder,
    };
    let builder = match aside {
        Some(aside) => builder.connector_layer(aside),
        None => builder,
    };
    builder.build().map_err(|_| ConfigError::Tls)
}

/// The proxy as reqwest takes it. Its URL, which reqwest logs, is without credentials.
fn proxy(route: &ProxyRoute) -> Result<reqwest::Proxy, ConfigError> {
    let direct = format!("{THIS_MACHINE},{}", route.direct);
    let proxy = reqwest::Proxy::all(route.url.clone()).map_err(|_| ConfigError::Proxy)?;
    let proxy = proxy.no_proxy(NoProxy::from_string(&direct));
    let Some(authorization) = &route.authorization else { return Ok(proxy) };
    // Exposed to be sent to the proxy.
    let mut value =
        HeaderValue::from_str(authorization.expose()).map_err(|_| ConfigError::ProxyCredentials)?;
    value.set_sensitive(true);
    Ok(proxy.custom_http_auth(value))
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
    /// Never locked while it is sent: reqwest wants to share what nobody shares.
    rest: Mutex<Payload>,
    sent: u64,
    progress: Option<Arc<Progress>>,
    departure: Option<Arc<Departure>>,
}

impl Upload {
    fn new(rest: Payload, progress: Option<Arc<Progress>>, departure: Option<Arc<Departure>>) -> Self {
        Self { rest: Mutex::new(rest), sent: 0, progress, departure }
    }

    fn rest(&self) -> MutexGuard<'_, Payload> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece, which is short enough to see how the body moves.
    fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<(Bytes, bool), TransportError>>> {
        Poll::Ready(match self.rest.get_mut().unwrap_or_else(PoisonError::into_inner) {
            Payload::Whole(bytes) if bytes.is_empty() => None,
            Payload::Whole(bytes) => {
                let length = if self.progress.is_some() { bytes.len().min(PIECE) } else { bytes.len() };
                let piece = bytes.split_to(length);
                Some(Ok((piece, bytes.is_empty())))
            }
            Payload::Stream(body) => match ready!(body.poll_next(context)) {
                Some(Ok(chunk)) => {
                    let sent = self.sent + chunk.len() as u64;
                    let is_last = body.declared() == Some(sent);
                    Some(Ok((chunk, is_last)))
                }
                Some(Err(error)) => Some(Err(error)),
                None => None,
            },
        })
    }
}

/// The source of a body failed. Why is known where it is made.
#[derive(Debug, thiserror::Error)]
#[error("the source of the body failed")]
struct SourceFailed;

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = SourceFailed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(match ready!(self.poll_piece(context)) {
            None => None,
            Some(Err(_)) => Some(Err(SourceFailed)),
            Some(Ok((piece, is_last))) => {
                self.sent += piece.len() as u64;
                if let Some(progress) = &self.progress {
                    progress.moved(self.sent, is_last);
                }
                Some(Ok(Frame::data(piece)))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        // First asked when the head of the request is written, by HTTP/1 and by HTTP/2: a request without a body is told apart by this.
        if let Some(departure) = &self.departure {
            departure.departs();
        }
        match &*self.rest() {
            Payload::Whole(bytes) => bytes.is_empty(),
            Payload::Stream(body) => body.declared() == Some(self.sent),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest();
        let left = rest.length().map(|length| match *rest {
            Payload::Whole(_) => length,
            Payload::Stream(_) => length.saturating_sub(self.sent),
        });
        left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
