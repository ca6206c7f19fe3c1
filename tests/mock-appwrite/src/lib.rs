//! An Appwrite that answers as the real server does, in memory, with controls for tests.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use mock_appwrite::{MockAppwrite, Profile};
//!
//! let mock = MockAppwrite::start(Profile::V1_9).await?;
//! mock.control().user("ada@example.com", "correct-horse-1");
//! println!("{}", mock.endpoint());
//! # Ok(()) }
//! ```
//!
//! How the real server behaves is described in `tests/mock-appwrite/CONTRACT.md`, which the code cites as "contract §n".

#![cfg_attr(not(feature = "sockets"), allow(dead_code, reason = "realtime and the replay take sockets"))]

// Without the feature `sockets`, requests are handed over one by one, and the app of the tests gives the host. The only place that looks at it.
#[cfg(feature = "sockets")]
mod compress;
#[cfg(feature = "sockets")]
mod gateway_socket;
#[cfg(feature = "sockets")]
mod http1;
#[cfg(feature = "sockets")]
mod listening;
#[cfg(feature = "sockets")]
mod realtime;
#[cfg(feature = "sockets")]
pub mod replay;
#[cfg(feature = "sockets")]
mod server;
#[cfg(feature = "sockets")]
mod signatures;
#[cfg(feature = "sockets")]
mod sockets;
#[cfg(feature = "sockets")]
mod ui;
#[cfg(feature = "sockets")]
mod upgrade;

#[cfg(not(feature = "sockets"))]
#[path = "bare/compress.rs"]
mod compress;
#[cfg(not(feature = "sockets"))]
#[path = "bare/signatures.rs"]
mod signatures;
#[cfg(not(feature = "sockets"))]
#[path = "bare/ui.rs"]
mod ui;

mod access_token;
mod agent;
mod call;
mod carrier;
mod checks;
mod control;
mod control_browser;
mod control_http;
mod control_members;
mod control_sign_in;
mod control_switches;
mod cookies;
mod dates;
mod errors;
mod events;
mod exchange;
mod faults;
mod feed;
mod form;
mod format;
mod gateway;
pub mod host;
mod html;
mod journal;
pub mod json;
mod jwt;
mod limits;
mod locale;
mod mock;
mod oidc;
mod origin;
mod params;
mod php;
mod pipeline;
mod profile;
mod redirects;
mod render;
mod request;
mod respond;
mod routes;
mod shared;
mod switches;
mod totp;
mod webauthn;
mod webhooks;
mod world;

pub use control::{Control, NewUser, SessionInfo};
pub use exchange::{Outgoing, Rendered, Rest};
pub use faults::{Aim, Fault};
pub use feed::{BrokenOff, Feeding};
pub use journal::{Carried, Entry};
pub use mock::MockAppwrite;
pub use profile::Profile;
pub use request::RawRequest;
pub use totp::code as totp_code;
pub use webhooks::{Delivery, Webhook, signature as webhook_signature};
