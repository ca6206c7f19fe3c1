//! The core and the mock Appwrite as one WebAssembly module, without sockets, threads or files: what the tests of React Native apps run in
//! place of the native module.
//!
//! JavaScript hands [`Module::tell`] one command in JSON at a time, and [`Module::run`] gives back what has happened. `border` is the
//! little that is left between JSON and the memory of WebAssembly. Timers are JavaScript's own; gateways and other sites are JavaScript,
//! too, which is asked by an event and answers by a command.

mod accounts;
#[cfg(target_family = "wasm")]
mod border;
mod clients;
mod config;
mod executor;
mod failure;
mod gateway;
mod models;
mod module;
mod numbered;
mod outside;
mod sites;
mod timers;
mod world;

pub use module::Module;
pub use outside::Outside;
