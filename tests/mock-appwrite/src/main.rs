//! `mock-appwrite serve` for tests in any language, `mock-appwrite replay` to compare the mock with the real server.
#![allow(clippy::print_stdout)] // The line that `serve` prints is its interface.

use std::{io::Write as _, net::SocketAddr, process::ExitCode};

use mock_appwrite::{MockAppwrite, Profile, replay::Split};

const USAGE: &str = "\
mock-appwrite serve  [--profile 1.5|1.9|2.7] [--listen 127.0.0.1:0]   serve until a signal; prints one JSON line with its URLs
mock-appwrite replay [--profile 1.5|1.9] [--groups | --exchanges | --halves SEED | --half-exchanges SEED] FILE
                                                                       replay a transcript, or each part of it alone, and compare";

struct Arguments {
    command: String,
    profile: Profile,
    listen: SocketAddr,
    split: Split,
    file: Option<String>,
}

fn parse(mut given: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let command = given.next().ok_or("a command is missing")?;
    let mut arguments = Arguments {
        command,
        profile: Profile::V1_9,
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        split: Split::Whole,
        file: None,
    };
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--profile" => {
                let name = value()?;
                arguments.profile = Profile::parse(&name)
                    .ok_or(format!("there is no profile {name}; use 1.5, 1.9 or 2.7"))?;
            }
            "--listen" => {
                let address = value()?;
                arguments.listen =
                    address.parse().map_err(|_| format!("{address} is no address; use 127.0.0.1:0"))?;
            }
            "--groups" => arguments.split = Split::Groups,
            "--exchanges" => arguments.split = Split::Exchanges,
            "--halves" | "--half-exchanges" => {
                let seed = value()?;
                let seed = seed.parse().map_err(|_| format!("{seed} is no seed; use a number"))?;
                arguments.split = match argument.as_str() {
                    "--halves" => Split::HalvesOfGroups(seed),
                    _ => Split::HalvesOfExchanges(seed),
                };
            }
            other if other.starts_with('-') => return Err(format!("there is no option {other}")),
            _ => arguments.file = Some(argument),
        }
    }
    Ok(arguments)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(fault) => return refuse(&fault),
    };
    match (arguments.command.as_str(), &arguments.file) {
        ("serve", None) => serve(&arguments).await,
        ("replay", Some(file)) => {
            mock_appwrite::replay::run(arguments.profile, file.as_ref(), arguments.split).await
        }
        ("replay", None) => refuse("a transcript is missing"),
        _ => refuse("that is no command"),
    }
}

fn refuse(fault: &str) -> ExitCode {
    eprintln!("{fault}\n\n{USAGE}");
    ExitCode::from(2)
}

async fn serve(arguments: &Arguments) -> ExitCode {
    match MockAppwrite::start_on(arguments.profile, arguments.listen).await {
        Ok(mock) => {
            println!("{}", mock.describe());
            let _ = std::io::stdout().flush();
            ended().await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot listen on {}: {error}", arguments.listen);
            ExitCode::FAILURE
        }
    }
}

/// Waits for a signal that asks the process to end.
async fn ended() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}
