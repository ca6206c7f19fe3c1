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

mod agent;
mod call;
mod carrier;
mod checks;
mod compress;
mod control;
mod control_http;
mod control_sign_in;
mod control_switches;
mod cookies;
mod dates;
mod errors;
mod events;
mod faults;
mod format;
mod gateway;
mod html;
mod http1;
mod journal;
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
mod realtime;
mod redirects;
mod render;
pub mod replay;
mod request;
mod respond;
mod routes;
mod server;
mod shared;
mod switches;
mod totp;
mod webauthn;
mod webhooks;
mod world;

pub use control::{Control, NewUser, SessionInfo};
pub use faults::{Aim, Fault};
pub use journal::{Carried, Entry};
pub use mock::MockAppwrite;
pub use profile::Profile;
pub use totp::code as totp_code;
pub use webhooks::{Delivery, Webhook, signature as webhook_signature};
