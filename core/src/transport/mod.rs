//! HTTP: one trait (`api`), what is done with it (`exchange`: attempts, deadline, limits), and reqwest behind it (`adapter`).

mod adapter;
mod api;
mod body;
mod connect;
mod cookies;
mod error;
mod exchange;
mod fault;
mod gzip;
#[cfg(test)]
mod memory;
mod retry;
mod trust;
mod watch;

pub(crate) use adapter::ReqwestTransport;
pub(crate) use api::{Answer, Departure, Head, Request, Response, Sending, Transport};
pub(crate) use body::{Body, without_mark};
pub(crate) use cookies::{CookieJars, is_session_cookie};
pub use error::{Cause, Phase, TlsFault, TransportError};
pub(crate) use exchange::{Exchanged, Http, Plan, Stopped};
pub use retry::Retries;
pub(crate) use retry::{Outcome, is_passing, wait_hint};
pub use trust::ServerTrust;
pub(crate) use trust::TlsOptions;
pub(crate) use watch::{Progress, Watch, later};
