//! The program as a test in another language starts it: its options, where it listens, and when it ends.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use serde_json::Value;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-appwrite"));
    command.args(arguments);
    command
}

fn output(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = program(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A program that serves, and what it has said. It is killed when the test ends.
struct Serving {
    child: Child,
    said: Value,
}

impl Serving {
    fn start(arguments: &[&str]) -> Result<Self, String> {
        let mut command = program(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let mut fault = String::new();
            child.stderr.take().unwrap().read_to_string(&mut fault).unwrap();
            child.wait().unwrap();
            return Err(fault);
        }
        Ok(Self { child, said: serde_json::from_str(&line).unwrap() })
    }

    fn says(&self, name: &str) -> &str {
        self.said[name].as_str().unwrap()
    }

    fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `GET /_mock` answers to a client that calls this machine `host`.
fn description(address: &str, host: &str) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /_mock HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn help_and_version_are_printed_to_standard_output() {
    for arguments in
        [&["--help"][..], &["-h"], &["help"], &["serve", "--help"], &["replay", "--profile", "1.5", "-h"]]
    {
        let (status, said, fault) = output(arguments);
        assert_eq!((status, fault.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(said.contains("mock-appwrite serve") && said.contains("--while-stdin-is-open"), "{said}");
    }
    let version = format!("mock-appwrite {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(output(&["--version"]), (Some(0), version.clone(), String::new()));
    assert_eq!(output(&["-V"]), (Some(0), version, String::new()));
}

#[test]
fn a_wrong_argument_is_named_in_one_line() {
    for (arguments, named) in [
        (&[][..], "a command is missing"),
        (&["start"], "there is no command start"),
        (&["serve", "--port", "1"], "serve has no option --port"),
        (&["serve", "--groups"], "serve has no option --groups"),
        (&["replay", "--listen", "127.0.0.1:0"], "replay has no option --listen"),
        (&["serve", "--profile", "3"], "there is no profile 3; use 1.5, 1.9 or 2.7"),
        (&["serve", "--profile"], "--profile needs a value"),
        (&["serve", "--listen", "8080"], "8080 is no IP address with a port, such as 127.0.0.1:9501"),
        (&["serve", "now"], "now is one argument too many"),
        (&["replay"], "a transcript is missing"),
        (&["replay", "--halves", "x", "FILE"], "x is no seed; use a number"),
    ] {
        let fault = format!("mock-appwrite: {named}; see mock-appwrite --help\n");
        assert_eq!(output(arguments), (Some(2), String::new(), fault), "{arguments:?}");
    }
}

#[test]
fn on_every_interface_it_says_where_a_client_reaches_it() {
    // Three ports in a row that nobody uses are looked for, because a container publishes ports that are fixed.
    let serving = (40_000..65_000)
        .step_by(97)
        .find_map(|port| Serving::start(&["serve", "--listen", &format!("0.0.0.0:{port}")]).ok())
        .unwrap();
    let port: u16 = serving.says("url").rsplit_once(':').unwrap().1.parse().unwrap();
    assert_eq!(serving.says("url"), format!("http://127.0.0.1:{port}"));
    assert_eq!(serving.says("endpoint"), format!("http://127.0.0.1:{port}/v1"));
    assert_eq!(serving.says("gateway"), format!("http://127.0.0.1:{}", port + 1));
    assert_eq!(serving.says("foreign"), format!("http://127.0.0.1:{}", port + 2));

    // A client in another container, or in an emulator, has another name for this machine.
    let seen = description(&format!("127.0.0.1:{}", port + 1), &format!("10.0.2.2:{}", port + 1));
    assert_eq!(seen["endpoint"], format!("http://10.0.2.2:{port}/v1"));
    assert_eq!(seen["gateway"], format!("http://10.0.2.2:{}", port + 1));
    assert_eq!(seen["foreign"], format!("http://10.0.2.2:{}", port + 2));
    let seen = description(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:{port}"));
    assert_eq!(seen, serving.said);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let first = Serving::start(&["serve"]).unwrap();
    let taken = first.says("url").trim_start_matches("http://").to_owned();
    let fault = Serving::start(&["serve", "--listen", &taken]).err().unwrap();
    assert!(fault.starts_with(&format!("mock-appwrite: cannot listen on {taken}: ")), "{fault}");
    let fault = Serving::start(&["serve", "--listen", "127.0.0.1:65535"]).err().unwrap();
    assert!(fault.contains("there is no port 1 after that of 127.0.0.1:65535"), "{fault}");
}

#[test]
fn it_ends_with_the_process_that_holds_its_standard_input() {
    let mut serving = Serving::start(&["serve", "--while-stdin-is-open"]).unwrap();
    let mut stdin = serving.child.stdin.take().unwrap();
    stdin.write_all(b"what is written is not looked at\n").unwrap();
    let address = serving.says("url").trim_start_matches("http://").to_owned();
    assert_eq!(description(&address, &address), serving.said);
    drop(stdin);
    assert!(serving.ended().success());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_while_its_standard_input_is_open() {
    let mut serving = Serving::start(&["serve", "--while-stdin-is-open"]).unwrap();
    let killed = Command::new("kill").arg(serving.child.id().to_string()).status().unwrap();
    assert!(killed.success());
    assert!(serving.ended().success());
}

#[cfg(unix)]
#[test]
fn it_outlives_its_standard_input_unless_it_is_told_otherwise() {
    let mut serving = Serving::start(&["serve"]).unwrap();
    drop(serving.child.stdin.take());
    let address = serving.says("url").trim_start_matches("http://").to_owned();
    assert_eq!(description(&address, &address), serving.said);
    let killed = Command::new("kill").arg(serving.child.id().to_string()).status().unwrap();
    assert!(killed.success());
    assert!(serving.ended().success());
}
