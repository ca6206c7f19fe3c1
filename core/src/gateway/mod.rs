//! Calls of the app's own gateways: the credential goes to an allowed origin, and to nothing else.

mod attach;
mod calls;
mod problem;
mod redirect;
mod request;
mod response;
mod target;

pub use attach::Authorization;
pub(crate) use calls::Gateways;
pub use request::GatewayRequest;
pub use response::GatewayResponse;
