//! What Kotlin and Swift tests see of a world without sockets: a mock Appwrite, the servers of the test, the network, the clock, and the
//! device. Nothing is decided here.
//!
//! This library contains what apps see of appwrite-session as well, unchanged, and takes the place of the apps' own library in tests. The
//! app builds its clients as ever. Those whose endpoint a [`TestWorld`] has claimed live in that world.

mod failure;
mod home;
mod models;
mod runner;
mod servers;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]
mod tests;
mod world;

pub use failure::{MisuseError, WireError};
pub use models::{ControlAnswer, Identity, Line, RawAnswer, RawRequest, StoreFault, WireEntry};
pub use servers::{AskedRequest, HandlerError, SiteHandler};
pub use world::TestWorld;

uniffi::setup_scaffolding!();
// Without it, the linker leaves out what only Kotlin and Swift call.
appwrite_session::uniffi_reexport_scaffolding!();
