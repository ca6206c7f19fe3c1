//! The promises of the core, shown through its public face, over real sockets, against the mock Appwrite.
//!
//! One module per topic. Every test runs on the profiles where its outcome could differ (`support::on_all`), within a minute,
//! and ends with `journal::assert_credential_stayed_home`. "Contract §n" is a section of `tests/mock-appwrite/CONTRACT.md`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it expects by unwrapping it, and its helpers do so for it"
)]

mod accounts;
mod arbitration;
mod arrival;
mod bounds;
mod by_hand;
mod by_name;
mod callbacks;
mod calls;
mod captive;
mod carriers;
mod chaos;
mod codes;
mod crash;
mod diagnosis;
mod durability;
mod event_streams;
mod factors;
mod files;
mod forward;
mod hooks;
mod id_tokens;
mod import;
mod journal;
mod leaks;
mod limits;
mod metrics;
mod mfa;
mod network;
mod network_changes;
mod oauth2;
mod observe;
mod order;
mod outside;
mod passkeys;
mod pins;
mod presence;
mod processes;
mod profile;
mod proxy;
mod quarantine;
#[cfg(feature = "realtime")]
mod realtime;
mod redirects;
mod reinstall;
mod restore;
mod retries;
mod runtimes;
mod server;
mod sessions;
mod sign_in;
mod sign_out;
mod sockets;
mod storage;
mod streams;
mod support;
mod tls;
mod token_faults;
mod tokens;
mod trust;
mod ways_out;
mod wire;
