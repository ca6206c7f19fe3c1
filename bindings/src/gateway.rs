//! Calls of the app's gateways, and the headers for requests that the app sends by itself.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use appwrite_session_core::{self as core, Method};
use http::HeaderMap;
use tokio::{sync::watch, task::AbortHandle};

use crate::{error::CoreError, runtime::RuntimeLease, verdict::Verdict};

/// One header line.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Header {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// What a call of a gateway sends.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct GatewayRequestOptions {
    /// The method, in capitals.
    pub method: String,
    /// A path of the default gateway, or a URL of an allowed one.
    pub target: String,
    /// The app's own headers.
    pub headers: Vec<Header>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// The time for the whole request, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Whether the request is idempotent although its method does not say so.
    pub repeatable: bool,
    /// How many bytes the body of the answer may have, in place of the client's limit.
    #[uniffi(default = None)]
    pub response_limit: Option<u64>,
}

/// A gateway's answer.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct GatewayReply {
    /// The URL that answered: the one that was called, or what its redirects led to.
    pub url: String,
    /// Whether a redirect was followed.
    pub redirected: bool,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Vec<u8>,
}

/// One call of a gateway, to be sent once.
#[derive(uniffi::Object)]
pub struct GatewayCall {
    request: Mutex<Option<core::GatewayRequest>>,
    runtime: RuntimeLease,
    cancelled: watch::Sender<bool>,
}

impl GatewayCall {
    pub(crate) fn new(
        client: &core::SessionClient,
        runtime: RuntimeLease,
        options: GatewayRequestOptions,
    ) -> Result<Self, core::Error> {
        let method = Method::from_bytes(options.method.as_bytes()).map_err(|_| core::ConfigError::Method)?;
        let mut request = client.request(method, &options.target).body(options.body);
        for header in &options.headers {
            request = request.append_header(&header.name, &header.value);
        }
        if let Some(timeout) = options.timeout_ms {
            request = request.timeout(Duration::from_millis(timeout));
        }
        if let Some(limit) = options.response_limit {
            request = request.response_limit(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        if options.repeatable {
            request = request.idempotent();
        }
        Ok(Self { request: Mutex::new(Some(request)), runtime, cancelled: watch::channel(false).0 })
    }
}

#[uniffi::export]
impl GatewayCall {
    /// Sends the call and reads the whole answer. Nothing if it was cancelled, or sent before. Dropping the future cancels, too.
    pub async fn send(&self) -> Result<Option<GatewayReply>, CoreError> {
        let Some(request) = self.request.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(None);
        };
        let mut cancelled = self.cancelled.subscribe();
        let task = self.runtime.spawn(Box::pin(request.send()));
        let _abort = AbortOnDrop(task.abort_handle());
        tokio::select! {
            biased;
            _ = cancelled.wait_for(|cancelled| *cancelled) => Ok(None),
            response = task.result() => Ok(Some(response?.into())),
        }
    }

    /// Aborts the call, and with it its connection. The session is not touched by that.
    pub fn cancel(&self) {
        self.cancelled.send_replace(true);
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl From<core::GatewayResponse> for GatewayReply {
    fn from(response: core::GatewayResponse) -> Self {
        let (url, redirected) = (response.url().to_owned(), response.is_redirected());
        let (status, headers) = (response.status().as_u16(), lines(response.headers()));
        // Not copied unless somebody else holds it: an answer can be a good part of a phone's memory.
        Self { url, redirected, status, headers, body: Vec::from(response.into_bytes()) }
    }
}

/// The headers that authorize one request which the app sends by itself.
#[derive(uniffi::Object)]
pub struct Authorization(pub(crate) core::Authorization);

#[uniffi::export]
impl Authorization {
    /// The headers, with the credential: to be put on that one request as they are.
    pub fn headers(&self) -> Vec<Header> {
        lines(self.0.headers())
    }

    /// The id of the user whom the credential names.
    pub fn user_id(&self) -> String {
        self.0.user_id().to_owned()
    }
}

/// Whether a request that was refused with 401 may be sent once more with a new authorization: if the verdict says so, and if the
/// method is idempotent or the gateway says, by the header `X-Problem-Type` of its answer, that its service did not see the request.
#[uniffi::export]
pub fn allows_repetition(verdict: Verdict, method: String, problem_type: Option<String>) -> bool {
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return false };
    core::Verdict::from(verdict).allows_repetition(&method, problem_type.as_deref())
}

/// Header lines as text; bytes that are not UTF-8 become replacement characters.
fn lines(headers: &HeaderMap) -> Vec<Header> {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| Header {
        name: name.to_string(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    headers.iter().map(line).collect()
}
