//! A call of a gateway, from the app's side.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use serde::Serialize;

use super::{
    Events, GatewayResponse, GatewayStream, Gateways, Multipart, Transfer, UploadFile,
    call::is_idempotent,
    content::{Content, Piece},
    download::download,
    transfer::Observer,
};
use crate::{
    config::{ConfigError, is_reserved, parse_header, shown},
    error::{Error, Result},
    host::Body,
};

/// A call of a gateway. [`send`](GatewayRequest::send) sends it, and reports what is wrong with its headers, body or limits.
#[must_use = "a request does nothing until it is sent"]
pub struct GatewayRequest {
    gateways: Gateways,
    pub(super) parts: Parts,
    fault: Option<Error>,
}

/// What the app wants to send.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Content,
    pub(super) query: Vec<(String, String)>,
    pub(super) timeout: Option<Duration>,
    /// What the app says; if it says nothing, the method does.
    pub(super) idempotent: Option<bool>,
    pub(super) response_limit: Option<usize>,
    pub(super) observer: Option<Observer>,
}

impl Parts {
    /// A call without a body, of which nothing more was said.
    pub(super) fn new(method: Method, target: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: Content::Whole(Bytes::new()),
            query: Vec::new(),
            timeout: None,
            idempotent: None,
            response_limit: None,
            observer: None,
        }
    }

    /// Whether `Content-Length`, if the app sets it, is that of the body. HTTP/1 writes what it says: with another length, the next
    /// request on the connection would be read as the rest of this one, or the other way round.
    pub(super) fn states_its_length(&self) -> bool {
        let length = self.body.length().map(|length| length.to_string());
        let right = |line: &HeaderValue| length.as_ref().is_some_and(|length| line == length.as_str());
        let mut lines = self.headers.get_all(CONTENT_LENGTH).iter();
        lines.next().is_none_or(right) && lines.next().is_none()
    }

    /// Whether sending it twice does no more than sending it once.
    pub(super) fn is_idempotent(&self) -> bool {
        self.idempotent.unwrap_or_else(|| is_idempotent(&self.method))
    }
}

impl GatewayRequest {
    pub(crate) fn new(gateways: Gateways, method: Method, target: &str) -> Self {
        Self { gateways, parts: Parts::new(method, target), fault: None }
    }

    /// Sets a header, in place of those of the same name. The credential's own headers, `Host` and `Transfer-Encoding` cannot be set,
    /// and `Content-Length` only to the length of the body.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Some((name, value)) = self.checked(name, value) {
            self.parts.headers.insert(name, value);
        }
        self
    }

    /// Adds a header beside those of the same name. What [`header`](Self::header) refuses is refused here as well.
    pub fn append_header(mut self, name: &str, value: &str) -> Self {
        if let Some((name, value)) = self.checked(name, value) {
            self.parts.headers.append(name, value);
        }
        self
    }

    /// Appends parameters to the URL's query, percent-encoded. A name can be given several times.
    pub fn query<N: AsRef<str>, V: AsRef<str>>(
        mut self,
        parameters: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let owned = |(name, value): (N, V)| (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.parts.query.extend(parameters.into_iter().map(owned));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.parts.body = Content::Whole(body.into());
        self
    }

    /// Sets the body to a file, and the content type to that of the file, unless there is one. It is read when it is sent, a part at a
    /// time, and again if the call is sent again. Its length must not change meanwhile.
    pub fn file(mut self, file: impl Into<UploadFile>) -> Self {
        let file = file.into();
        self.parts.body = Content::Pieces(vec![Piece::File(file.open, None)]);
        match HeaderValue::try_from(file.content_type) {
            Ok(kind) => drop(self.parts.headers.entry(CONTENT_TYPE).or_insert(kind)),
            Err(_) => self.fail(ConfigError::Header { name: CONTENT_TYPE.as_str().to_owned() }),
        }
        self
    }

    /// Sets the body to a form with files, and the content type to `multipart/form-data`.
    pub fn multipart(mut self, form: Multipart) -> Self {
        let content = form.content().and_then(|(kind, body)| {
            let kind = HeaderValue::try_from(kind).map_err(|_| Error::Internal)?;
            self.parts.headers.insert(CONTENT_TYPE, kind);
            self.parts.body = body;
            Ok(())
        });
        if let Err(fault) = content {
            self.fault.get_or_insert(fault);
        }
        self
    }

    /// Sets the body to a stream, whose `length` the gateway is told if it is known. `make` makes it, once for each time that the call is
    /// sent. One that cannot be made again must fail then.
    pub fn body_stream(
        mut self,
        length: Option<u64>,
        make: impl Fn() -> Body + Send + Sync + 'static,
    ) -> Self {
        self.parts.body = Content::Pieces(vec![Piece::Stream(Arc::new(make), length)]);
        self
    }

    /// Observes how far the body of the request, and the file of a [download](Self::download_to), have come. The observer is called where
    /// bytes move, so it must not wait for anything.
    pub fn on_progress(mut self, observer: impl Fn(Transfer) + Send + Sync + 'static) -> Self {
        self.parts.observer = Some(Observer::new(observer));
        self
    }

    /// Sets the body to `value` as JSON, and the content type to `application/json`.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => {
                self.parts.body = Content::Whole(body.into());
                self.parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            Err(_) => self.fail(ConfigError::Body),
        }
        self
    }

    /// Sets the body to the fields of a form, and the content type to `application/x-www-form-urlencoded`.
    pub fn form<N: AsRef<str>, V: AsRef<str>>(mut self, fields: impl IntoIterator<Item = (N, V)>) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.parts.body = Content::Whole(body.into());
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.parts.headers.insert(CONTENT_TYPE, kind);
        self
    }

    /// The time for the whole call, in place of [`Timeouts::total`](crate::Timeouts::total): attempts, redirects, the body of the
    /// answer and the arbitration of a 401.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if timeout.is_zero() {
            self.fail(ConfigError::ZeroTimeout);
        }
        self.parts.timeout = Some(timeout);
        self
    }

    /// Says that sending this request twice does no more than sending it once, so that it may be retried; for a POST or PATCH
    /// that the gateway takes only once, by an idempotency key for example.
    pub fn idempotent(mut self) -> Self {
        self.parts.idempotent = Some(true);
        self
    }

    /// How many bytes the body of the answer may have, in place of the client's
    /// [`response_limit`](crate::SessionClientBuilder::response_limit). The body is held in memory.
    pub fn response_limit(mut self, bytes: usize) -> Self {
        if bytes == 0 {
            self.fail(ConfigError::ZeroLimit);
        }
        self.parts.response_limit = Some(bytes);
        self
    }

    /// Sends the request with the credential, and reads the whole answer.
    ///
    /// Every HTTP status is an answer, not an error. The credential is looked up before every attempt and every redirect, and again if
    /// it changes while the connection is being made, so that nothing is sent with it once a sign-out has returned, and nothing of one
    /// user is sent as another. A request that was sent before the sign-out comes to its answer.
    ///
    /// A 401 is arbitrated first: Appwrite is asked, once for all calls, whether the session lives. If it does, the gateway's 401 is
    /// returned as it is; if it does not, the call fails with [`Error::SignedOut`]; if another factor is missing, with
    /// [`Error::MfaRequired`]. If the same user has another credential by then, the refused request is sent once more with that,
    /// provided that it is idempotent or that the gateway says that it refused it unseen.
    ///
    /// Dropping the future aborts the request; the session is not touched by that. Retries: [`Retries`](crate::Retries).
    ///
    /// # Errors
    ///
    /// [`Error::OriginNotAllowed`], [`Error::Config`], [`Error::PresenceRequired`] and [`Error::StorageLocked`] come before anything
    /// was sent, and usually [`Error::SignedOut`] and [`Error::MfaRequired`], too. [`Error::Network`], [`Error::Timeout`],
    /// [`Error::Untrusted`], [`Error::Proxy`], [`Error::InvalidResponse`] and [`Error::ResponseTooLarge`] say why there is no whole answer;
    /// [`Error::may_have_arrived`] says whether the request may have arrived. [`Error::InvalidRedirect`] is a redirect that is not
    /// followed. [`Error::Superseded`]: another user signed in before the request could be sent again.
    pub async fn send(self) -> Result<GatewayResponse> {
        let (gateways, parts) = self.checked_parts()?;
        gateways.send(parts).await
    }

    /// Sends the request as [`send`](Self::send) does, and returns when the head of the answer is there. The body of a success (2xx) is
    /// read from what is returned, chunk by chunk.
    ///
    /// Unless [`timeout`](Self::timeout) was set, which then limits the whole, the body may take any time as long as its bytes come: without
    /// one for [`Timeouts::idle`](crate::Timeouts::idle) it ends with [`Error::Timeout`]. The limit of the answer does not apply, because
    /// nothing of it is held.
    ///
    /// # Errors
    ///
    /// As those of [`send`](Self::send).
    pub async fn stream(self) -> Result<GatewayStream> {
        let (gateways, parts) = self.checked_parts()?;
        gateways.open(parts, None).await
    }

    /// Asks for server-sent events (`text/event-stream`), and returns when they begin.
    ///
    /// A call that is idempotent is made again when its stream ends or breaks, after the wait that the server asks for, with
    /// `Last-Event-ID` and the credential that the same user has at that moment, until the server answers with 204; so events reach the
    /// app across a lost network. Streams that bring no event are asked for ever more seldom, up to
    /// [`Retries::longest`](crate::Retries::longest). The events of any other call, such as a POST to a language model, end with its stream. One event may be as long as
    /// [`response_limit`](Self::response_limit).
    ///
    /// # Errors
    ///
    /// As those of [`send`](Self::send); [`Error::UnexpectedStatus`] if the answer is no success, and [`Error::InvalidResponse`] if it is no
    /// stream of events.
    pub async fn events(self) -> Result<Events> {
        let (gateways, parts) = self.checked_parts()?;
        let limit = parts.response_limit.unwrap_or(gateways.response_limit());
        Events::open(gateways, parts, limit).await
    }

    /// Sends the request as [`send`](Self::send) does, and writes the body of a success (2xx) to a file, in place of one that is there.
    /// An answer that is no success is returned with its body, and nothing is written.
    ///
    /// The file appears when it is whole: until then the bytes are in a hidden file beside it, which is removed if the download fails or
    /// is dropped. An idempotent call whose connection breaks goes on from where it broke, if the gateway says by `ETag` or
    /// `Last-Modified` which version it sends and takes `Range` with `If-Range`; it begins again otherwise. Time limits are those of
    /// [`stream`](Self::stream). [`response_limit`](Self::response_limit), if it was set on this request, limits the file.
    ///
    /// # Errors
    ///
    /// As those of [`send`](Self::send) and [`GatewayStream::next`]; [`Error::FileFailed`] if the file cannot be written.
    pub async fn download_to(self, path: impl Into<PathBuf>) -> Result<GatewayResponse> {
        let (gateways, mut parts) = self.checked_parts()?;
        let limit = parts.response_limit.take().map(|limit| limit as u64);
        download(&gateways, parts, path.into(), limit).await
    }

    fn checked_parts(self) -> Result<(Gateways, Parts)> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok((self.gateways, self.parts)),
        }
    }

    fn checked(&mut self, name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
        match parse_header(name, value) {
            Ok((parsed, _)) if is_reserved(&parsed) => {
                self.fail(ConfigError::ReservedHeader { name: shown(name) });
            }
            Ok(parsed) => return Some(parsed),
            Err(fault) => self.fail(fault),
        }
        None
    }

    fn fail(&mut self, fault: ConfigError) {
        self.fault.get_or_insert(fault.into());
    }
}

impl fmt::Debug for GatewayRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The target, the headers and the body are the app's data, and can hold anything.
        f.debug_struct("GatewayRequest").field("method", &self.parts.method).finish_non_exhaustive()
    }
}
