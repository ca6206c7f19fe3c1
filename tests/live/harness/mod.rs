//! Everything around the client under test: servers that see what it sends, and a way to prepare users.

pub(crate) mod admin;
pub(crate) mod gateway;
pub(crate) mod http;
pub(crate) mod introduction;
pub(crate) mod journal;
pub(crate) mod ledger;
pub(crate) mod leftovers;
pub(crate) mod limits;
pub(crate) mod outcome;
pub(crate) mod owner;
pub(crate) mod relay;
pub(crate) mod totp;
pub(crate) mod world;
