//! HTTP: the only place that knows reqwest, its TLS and its cookie jar.

mod client;
mod cookies;
mod retry;
mod trust;

pub(crate) use client::{HttpClient, Request, Response, TlsOptions, TransportError};
pub(crate) use cookies::{CookieJars, is_session_cookie};
pub use retry::Retries;
pub(crate) use retry::{Outcome, wait_hint};
pub use trust::ServerTrust;
