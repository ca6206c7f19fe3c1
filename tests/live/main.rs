//! The end-to-end promises against a real Appwrite: `tests/run live`.
//!
//! Prints for each promise whether it is held, broken, or not testable there and why. Exit status: 0 all held, 1 one is broken,
//! 2 there is no Appwrite to try them on. "Contract §n" in the comments is a section of `tests/mock-appwrite/CONTRACT.md`.
#![allow(clippy::print_stdout)] // what this program is for

mod harness;
mod promises;
mod report;
mod settings;

use std::process::ExitCode;

fn main() -> ExitCode {
    let target = match settings::read(|name| std::env::var(name).ok()) {
        Ok(target) => target,
        Err(text) => {
            println!("{text}");
            return ExitCode::from(report::Ending::NoAppwrite.status());
        }
    };
    match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => {
            let ending = runtime.block_on(report::run(&target, promises::PROMISES, &mut std::io::stdout()));
            ExitCode::from(ending.status())
        }
        Err(error) => {
            println!("The runtime could not be started: {error}");
            ExitCode::from(report::Ending::NoAppwrite.status())
        }
    }
}
