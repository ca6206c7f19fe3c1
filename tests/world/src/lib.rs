//! The world that apps test in: the mock Appwrite, the servers of a test, the network between them and the clients, the clock and the
//! device. There are no sockets.
//!
//! What hands it to a language is elsewhere: `react-native/fake` to JavaScript, `bindings/testing` to Kotlin and Swift. Each brings
//! what runs tasks ([`Runner`]) and who answers for the servers of a test ([`Servers`]).

mod clock;
mod device;
mod host;
mod journal;
mod network;
mod runner;
mod sites;
mod store;
mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use clock::WorldClock;
pub use device::{Device, DeviceUser};
pub use host::WorldHost;
pub use journal::Exchange;
pub use mock_appwrite::json;
pub use mock_appwrite::{Outgoing, Profile, RawRequest, Rendered, Rest};
pub use network::{APPWRITE, GATEWAY, Sent};
pub use runner::Runner;
pub use sites::{Asked, Servers};
pub use store::DeviceStore;
pub use world::World;

/// What a mutex holds. Nothing here is left half done by a panic, so that a poisoned one is used like any other.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
