//! The session: where the user stands (`state`), who may change that (`manager`), and who is told (`publisher`).

mod admission;
mod breaker;
mod flight;
mod import;
mod installation;
mod manager;
mod probe;
mod publisher;
mod reconcile;
mod record;
mod sessions;
mod sign_in;
mod state;
mod tasks;
mod upkeep;
mod vault;

pub(crate) use admission::Door;
pub use import::Import;
pub(crate) use installation::Installation;
pub(crate) use manager::Manager;
pub(crate) use publisher::Held;
pub use publisher::{Change, Changes};
#[cfg(test)]
pub(crate) use state::Epoch;
pub use state::{SessionState, SignedOutReason};
pub(crate) use tasks::Tasks;
pub(crate) use vault::{Access, Vault};
