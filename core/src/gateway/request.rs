//! A call of a gateway, from the app's side.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{CONTENT_TYPE, HOST},
};
use serde::Serialize;

use super::{GatewayResponse, Gateways};
use crate::{
    config::ConfigError,
    credential::Carrier,
    error::{Error, Result},
};

/// A call to be sent with [`send`](GatewayRequest::send). What is wrong with it is said there.
#[must_use = "a request does nothing until it is sent"]
pub struct GatewayRequest {
    gateways: Gateways,
    pub(super) parts: Parts,
    fault: Option<Error>,
}

/// What the app wants to send.
pub(super) struct Parts {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) timeout: Option<Duration>,
    pub(super) repeatable: bool,
}

impl GatewayRequest {
    pub(crate) fn new(gateways: Gateways, method: Method, target: &str) -> Self {
        let repeatable =
            matches!(method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE);
        let parts = Parts {
            method,
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout: None,
            repeatable,
        };
        Self { gateways, parts, fault: None }
    }

    /// Sets a header, in place of one of the same name. The credential's own headers cannot be set.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let parsed = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        match parsed.filter(|(name, _)| !is_reserved(name)) {
            Some((name, value)) => {
                self.parts.headers.insert(name, value);
            }
            None => self.fail(ConfigError::Header { name: name.escape_debug().take(64).collect() }),
        }
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.parts.body = body.into();
        self
    }

    /// Sets the body to `value` as JSON, and the content type to `application/json`.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => {
                self.parts.body = body.into();
                self.parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            Err(_) => self.fail(ConfigError::Body),
        }
        self
    }

    /// The time for the whole request, in place of the client's `total` timeout. A retry starts anew.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if timeout.is_zero() {
            self.fail(ConfigError::ZeroTimeout);
        }
        self.parts.timeout = Some(timeout);
        self
    }

    /// Says that sending this request twice does no more than sending it once, so that it may be retried; for a POST or PATCH
    /// that the gateway takes only once, by an idempotency key for example.
    pub fn repeatable(mut self) -> Self {
        self.parts.repeatable = true;
        self
    }

    /// Sends the request with the credential, and reads the whole answer.
    ///
    /// Every HTTP status is an answer, not an error. A 401 is arbitrated first: Appwrite is asked, once for all calls, whether the
    /// session lives. If it does, the gateway's 401 is returned as it is; if it does not, the call fails with
    /// [`Error::SignedOut`]; if another factor is missing, with [`Error::MfaRequired`].
    ///
    /// Dropping the future aborts the request; the session is not touched by that. Retries: [`Retries`](crate::Retries).
    ///
    /// # Errors
    ///
    /// [`Error::OriginNotAllowed`], [`Error::Config`], [`Error::SignedOut`], [`Error::MfaRequired`] and [`Error::StorageLocked`]
    /// come before anything was sent; [`Error::Network`], [`Error::Timeout`] and [`Error::InvalidRedirect`] may come after.
    pub async fn send(self) -> Result<GatewayResponse> {
        match self.fault {
            Some(fault) => Err(fault),
            None => self.gateways.send(self.parts).await,
        }
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

/// Headers that the client or HTTP itself sets.
fn is_reserved(name: &HeaderName) -> bool {
    let carriers = [Carrier::FallbackCookies, Carrier::SessionHeader].map(Carrier::header_name);
    carriers.contains(name) || *name == HOST || name.as_str() == "x-appwrite-jwt"
}
