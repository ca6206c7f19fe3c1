//! The session: what is remembered (`machine`), the task that owns it (`actor`), what takes several steps (`flows`), and who is
//! told (`publisher`). The page `README.md` beside this file explains how they fit together.

mod actor;
mod admission;
mod attempt;
mod belongings;
mod breaker;
mod browser;
mod flight;
mod flow_store;
mod flows;
mod handle;
mod installation;
mod machine;
mod publisher;
mod record;
mod state;
mod tasks;
mod vault;

pub(crate) use admission::Door;
pub(crate) use belongings::Belongings;
pub(crate) use flight::SingleFlight;
pub(crate) use flows::Ending;
pub use flows::Import;
pub(crate) use handle::Session;
pub(crate) use installation::Installation;
pub(crate) use machine::Epoch;
pub(crate) use publisher::Held;
pub use publisher::{Change, Changes};
pub use state::{SessionState, SignedOutReason};
pub(crate) use tasks::Tasks;
pub(crate) use vault::{Access, Vault};
