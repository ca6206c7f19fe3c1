//! Sends one request and reads the whole answer; retries what can be repeated without harm.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use reqwest::{Certificate, redirect::Policy};
use url::Url;

use super::{Outcome, Retries, ServerTrust, retry, trust};
use crate::{
    clock::Clock,
    config::{ConfigError, Origin, Timeouts},
    error::Error,
};

/// One request, ready to leave.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// In place of the client's total timeout.
    pub(crate) timeout: Option<Duration>,
    /// Whether sending it twice does no more than sending it once.
    pub(crate) repeatable: bool,
}

/// A whole answer.
#[derive(Clone)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no whole answer. Holds no text: what an HTTP library says of a failure can name the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TransportError {
    /// It took too long.
    pub(crate) timed_out: bool,
    /// The request may have reached the server.
    pub(crate) sent: bool,
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        if error.timed_out { Self::Timeout } else { Self::Network }
    }
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        Self { timed_out: error.is_timeout(), sent: !error.is_connect() && !error.is_builder() }
    }
}

/// Which servers are trusted.
#[derive(Clone, Default)]
pub(crate) struct TlsOptions {
    /// Root certificates in PEM that are trusted beside the platform's.
    pub(crate) root_certificates: Vec<Vec<u8>>,
    /// In place of the platform's own judgement.
    pub(crate) server_trust: Option<Arc<dyn ServerTrust>>,
}

impl TlsOptions {
    fn applied_to(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, ConfigError> {
        let mut roots = Vec::new();
        for pem in &self.root_certificates {
            roots.extend(trust::roots(pem)?);
        }
        if let Some(host) = &self.server_trust {
            let config = trust::client_config(host.clone(), roots)?;
            return Ok(builder.tls_backend_preconfigured(config));
        }
        if cfg!(target_os = "android") {
            return Err(ConfigError::NoServerTrust);
        }
        // An app may have installed a provider of its own, and then that one is used: a second install is no error.
        let _ = rustls::crypto::ring::default_provider().install_default();
        if roots.is_empty() {
            return Ok(builder);
        }
        let roots: Result<Vec<_>, _> = roots.iter().map(|root| Certificate::from_der(root)).collect();
        Ok(builder.tls_certs_merge(roots.map_err(|_| ConfigError::RootCertificate)?))
    }
}

/// The HTTP client: pooled connections, no cookie jar of its own, no redirects of its own, nothing sent by default but a user
/// agent.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    http: reqwest::Client,
    retries: Retries,
    clock: Arc<dyn Clock>,
}

impl HttpClient {
    pub(crate) fn new(
        timeouts: Timeouts,
        retries: Retries,
        tls: &TlsOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("appwrite-session/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            // A proxy of the environment would see what is meant for this machine only.
            .no_proxy()
            .connect_timeout(timeouts.connect)
            .read_timeout(timeouts.idle)
            .timeout(timeouts.total);
        let http = tls.applied_to(builder)?.build().map_err(|_| ConfigError::Tls)?;
        Ok(Self { http, retries, clock })
    }

    /// Sends `request`, again where the retry policy says so. Dropping the future aborts the request.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let mut attempt = 1;
        loop {
            let result = self.send_once(request).await;
            let outcome = match &result {
                Ok(response) => {
                    Outcome::Answered(response.status, retry::wait_hint(&response.headers, self.clock.now()))
                }
                Err(error) => Outcome::Failed(*error),
            };
            let Some(delay) = self.retries.delay(attempt, outcome, request.repeatable, fastrand::f64())
            else {
                return result;
            };
            tracing::debug!(attempt, delay_ms = delay.as_millis() as u64, "trying again");
            self.clock.sleep(delay).await;
            attempt += 1;
        }
    }

    async fn send_once(&self, request: &Request) -> Result<Response, TransportError> {
        let mut outgoing = self
            .http
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone())
            .body(request.body.clone());
        if let Some(timeout) = request.timeout {
            outgoing = outgoing.timeout(timeout);
        }
        let origin = Origin::of(&request.url);
        let mut answer = outgoing.send().await.map_err(|error| failed(error, request, &origin))?;
        let status = answer.status();
        let headers = std::mem::take(answer.headers_mut());
        let body = answer.bytes().await.map_err(|error| failed(error, request, &origin))?;
        tracing::debug!(method = %request.method, %origin, status = status.as_u16(), "answered");
        Ok(Response { status, headers, body })
    }
}

fn failed(error: reqwest::Error, request: &Request, origin: &Origin) -> TransportError {
    let error = TransportError::from(error);
    tracing::debug!(method = %request.method, %origin, timed_out = error.timed_out, sent = error.sent, "failed");
    error
}
