//! The end-to-end promises against a real Appwrite: `tests/run live`.
//!
//! Prints for each promise whether it is held, broken, not testable there, or left out because of a rate limit, and why. Exit status:
//! 0 all that were tried are held, 1 one is broken, 2 none could be tried. `README.md` says what a run needs and costs. "Contract §n" in the comments is a section of `tests/mock-appwrite/CONTRACT.md`.
#![allow(clippy::print_stdout)] // what this program is for

mod harness;
mod plan;
mod promises;
mod report;
mod settings;

use std::process::ExitCode;

fn main() -> ExitCode {
    let settings = match settings::read(|name| std::env::var(name).ok()) {
        Ok(settings) => settings,
        Err(text) => {
            println!("{text}");
            return ExitCode::from(report::Ending::NothingTried.status());
        }
    };
    match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => {
            let ending = runtime.block_on(report::run(&settings, promises::PROMISES, &mut std::io::stdout()));
            ExitCode::from(ending.status())
        }
        Err(error) => {
            println!("The runtime could not be started: {error}");
            ExitCode::from(report::Ending::NothingTried.status())
        }
    }
}
