//! Calls of the app's own gateways: the credential goes to an allowed origin, and to nothing else.

mod attach;
mod authorization;
mod call;
mod check;
mod content;
mod download;
mod event_stream;
mod events;
mod gateways;
mod hooks;
mod multipart;
mod problem;
mod redirect;
mod request;
mod response;
mod stream;
mod target;
mod tokens;
mod trace;
mod transfer;

pub use authorization::{Authorization, Verdict};
pub(crate) use check::Checked;
pub use event_stream::Event;
pub use events::Events;
pub(crate) use gateways::{Calling, Gateways};
pub(crate) use hooks::Hooks;
pub use hooks::{CallBegins, CallEnded, GatewayHooks};
pub use multipart::{Multipart, UploadFile};
pub use problem::{Problem, UnexpectedStatus};
pub use redirect::RedirectTarget;
pub use request::GatewayRequest;
pub use response::GatewayResponse;
pub use stream::GatewayStream;
pub use transfer::{Direction, Transfer};
