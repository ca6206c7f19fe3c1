//! What the calls cost in Rust that `kotlin/crossings` and `swift/crossings` measure across the border, in microseconds.
#![allow(clippy::print_stdout)] // What a measurement is for.

use std::{hint::black_box, time::Instant};

use appwrite_session_core::{Result, SessionClient, store::MemoryStore};

const ROUNDS: u32 = 20_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let session = SessionClient::builder("https://appwrite.example.com/v1", "demo")
        .store(MemoryStore::new())
        .build()?;
    session.restored().await;
    let started = Instant::now();
    for _ in 0..ROUNDS {
        black_box(session.persistence());
    }
    report("sync: persistence", started);
    let started = Instant::now();
    for _ in 0..ROUNDS {
        black_box(session.restored().await);
    }
    report("async: restored()", started);
    session.close().await;
    Ok(())
}

fn report(what: &str, started: Instant) {
    println!("| {what} | {:.2} |", started.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS));
}
