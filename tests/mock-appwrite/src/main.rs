//! `mock-appwrite serve` for tests in any language, `mock-appwrite replay` to compare the mock with the real server.
#![allow(clippy::print_stdout)] // The line that `serve` prints is its interface.

use std::{
    io::{self, Read as _, Write as _},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use mock_appwrite::{MockAppwrite, Profile, replay::Split};
use tokio::sync::oneshot;

const HELP: &str = "\
An Appwrite for tests. It answers as the real server does and keeps everything in memory.

Usage:
  mock-appwrite serve [--profile PROFILE] [--listen ADDRESS] [--while-stdin-is-open]
  mock-appwrite replay [--profile PROFILE] [--groups | --exchanges | --halves SEED | --half-exchanges SEED] FILE
  mock-appwrite --help | --version

serve prints one line of JSON with its URLs, and runs until it receives a signal.
  --profile PROFILE       the Appwrite that it is: 1.5, 1.9 (the default) or 2.7
  --listen ADDRESS        where Appwrite listens; 127.0.0.1:0 by default, which is any free port. With a port other than 0
                          the app's gateway and the foreign origin listen on the next two ports
  --while-stdin-is-open   ends also when its standard input is closed, that is, when the process that started it has ended

replay replays exchanges that were recorded from a real server, and names every deviation.
  --groups                replays each group of exchanges alone
  --exchanges             replays each exchange alone
  --halves SEED           replays two random halves of the groups
  --half-exchanges SEED   replays two random halves of the exchanges
";

#[derive(Debug, PartialEq)]
enum Command {
    Serve { profile: Profile, listen: SocketAddr, while_stdin_is_open: bool },
    Replay { profile: Profile, split: Split, file: PathBuf },
    Help,
    Version,
}

fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.into_iter();
    let name = arguments.next().ok_or("a command is missing")?;
    match name.as_str() {
        "serve" | "replay" => {}
        "--help" | "-h" | "help" => return Ok(Command::Help),
        "--version" | "-V" => return Ok(Command::Version),
        other => return Err(format!("there is no command {other}")),
    }
    let serves = name == "serve";
    let mut profile = Profile::V1_9;
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut while_stdin_is_open = false;
    let mut split = Split::Whole;
    let mut file = None;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--profile" => {
                let name = value()?;
                profile = Profile::parse(&name)
                    .ok_or(format!("there is no profile {name}; use 1.5, 1.9 or 2.7"))?;
            }
            "--listen" if serves => {
                let address = value()?;
                listen = address
                    .parse()
                    .map_err(|_| format!("{address} is no IP address with a port, such as 127.0.0.1:9501"))?;
            }
            "--while-stdin-is-open" if serves => while_stdin_is_open = true,
            "--groups" if !serves => split = Split::Groups,
            "--exchanges" if !serves => split = Split::Exchanges,
            "--halves" if !serves => split = Split::HalvesOfGroups(seed(&value()?)?),
            "--half-exchanges" if !serves => split = Split::HalvesOfExchanges(seed(&value()?)?),
            option if option.starts_with('-') => return Err(format!("{name} has no option {option}")),
            _ if !serves && file.is_none() => file = Some(PathBuf::from(argument)),
            _ => return Err(format!("{argument} is one argument too many")),
        }
    }
    if serves {
        return Ok(Command::Serve { profile, listen, while_stdin_is_open });
    }
    Ok(Command::Replay { profile, split, file: file.ok_or("a transcript is missing")? })
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no seed; use a number"))
}

#[tokio::main]
async fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Command::Serve { profile, listen, while_stdin_is_open }) => {
            serve(profile, listen, while_stdin_is_open).await
        }
        Ok(Command::Replay { profile, split, file }) => {
            mock_appwrite::replay::run(profile, &file, split).await
        }
        Ok(Command::Help) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Command::Version) => {
            println!("mock-appwrite {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("mock-appwrite: {fault}; see mock-appwrite --help");
            ExitCode::from(2)
        }
    }
}

async fn serve(profile: Profile, listen: SocketAddr, while_stdin_is_open: bool) -> ExitCode {
    let started = MockAppwrite::start_on(profile, listen).await;
    // From before the line is printed, because whoever has read it may end the process at once.
    let (mock, signal) = match started.and_then(|mock| Ok((mock, signal()?))) {
        Ok(both) => both,
        Err(error) => {
            eprintln!("mock-appwrite: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", mock.describe());
    let _ = io::stdout().flush();
    if while_stdin_is_open {
        tokio::select! {
            () = signal => {}
            () = stdin_closed() => {}
        }
    } else {
        signal.await;
    }
    ExitCode::SUCCESS
}

/// A wait for a signal that asks the process to end. From now on the signals do not end it by themselves.
#[cfg(unix)]
fn signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// A wait for a signal that asks the process to end.
#[cfg(not(unix))]
fn signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Waits until standard input is closed. It is read in a thread of its own, because the runtime would wait for a thread of its
/// own that still reads when a signal ends the process.
async fn stdin_closed() {
    let (closed, wait) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _closed = closed;
        let mut stdin = io::stdin().lock();
        while stdin.read(&mut [0; 256]).is_ok_and(|read| read > 0) {}
    });
    let _ = wait.await;
}
