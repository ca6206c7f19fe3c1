//! Calls of the app's own gateways: the credential goes to an allowed origin, and to nothing else.

mod attach;
mod authorization;
mod call;
mod check;
mod gateways;
mod problem;
mod redirect;
mod request;
mod response;
mod target;
mod tokens;

pub use authorization::{Authorization, Verdict};
pub(crate) use check::Checked;
pub(crate) use gateways::Gateways;
pub use problem::{Problem, UnexpectedStatus};
pub use redirect::RedirectTarget;
pub use request::GatewayRequest;
pub use response::GatewayResponse;
