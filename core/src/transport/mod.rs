//! What is done with the host's HTTP: attempts, deadlines and limits (`exchange`), and the cookies of gateways.

mod collect;
mod cookies;
mod exchange;
mod rest;
mod retry;
mod watch;

pub(crate) use collect::without_mark;
pub(crate) use cookies::{CookieJars, is_session_cookie};
pub(crate) use exchange::{Exchanged, Http, Plan, Response, Stopped};
pub(crate) use rest::Rest;
pub use retry::Retries;
pub(crate) use retry::{Outcome, is_passing, wait_hint};
pub(crate) use watch::{Watch, by};
