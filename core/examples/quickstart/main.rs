//! The whole story of a login, played over real sockets: `cargo run -p appwrite-session-core --example quickstart`.
//!
//! Without arguments it brings its own Appwrite and gateway, on loopback. With them it plays against a real Appwrite.
//! Exit status: 0 every step was as it should be, 1 one was not, 2 the arguments make no sense.
#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

mod args;
mod headers;
mod real;
mod stage;
mod story;
mod teller;
#[cfg(test)]
mod tests;

use std::{
    io::{IsTerminal, stdout},
    process::ExitCode,
};

use args::Command;
use teller::Teller;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let command = match args::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            println!("quickstart: {problem}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    let colours = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut teller = Teller::new(stdout(), colours);
    match command {
        Command::Help => {
            println!("{}", args::USAGE);
            return ExitCode::SUCCESS;
        }
        Command::Demo => story::play(&mut teller).await,
        Command::Real(target) => real::play(&mut teller, &target).await,
    }
    if teller.finish() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
