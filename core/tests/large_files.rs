//! That files are never held in memory: the peak of this process while one is sent and received.
//!
//! `LARGE_FILE_MIB` is the length of the file, 256 unless it is set; the long form is `LARGE_FILE_MIB=2048`.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it expects by unwrapping it"
)]

use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use appwrite_session_core::{SessionClient, store::MemoryStore};
use mock_appwrite::{MockAppwrite, Profile};

const MIB: u64 = 1 << 20;

/// So much may a transfer take beside what the process has.
const ALLOWED: u64 = 64 * MIB;

/// The peak of this process's memory since [`forget_peak`].
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// A gateway that takes a PUT and counts it, and answers a GET with as many bytes.
fn gateway(length: u64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap(), length);
        }
    });
    origin
}

fn serve(mut stream: TcpStream, length: u64) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap() == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let mut buffer = vec![0; 1 << 20];
    if head.starts_with(b"PUT") {
        let mut left = length;
        while left > 0 {
            left -= stream.read(&mut buffer).unwrap() as u64;
        }
        stream.write_all(b"HTTP/1.1 204 Taken\r\nConnection: close\r\n\r\n").unwrap();
        return;
    }
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    for _ in 0..length / MIB {
        stream.write_all(&buffer).unwrap();
    }
}

#[test]
fn a_large_file_takes_no_memory() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(up_and_down());
}

async fn up_and_down() {
    let length = env::var("LARGE_FILE_MIB").map_or(256, |text| text.parse::<u64>().unwrap()) * MIB;
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    mock.control().user("ada@example.com", "correct horse battery");
    let builder = SessionClient::builder(&mock.endpoint(), mock.project()).gateway(gateway(length));
    let client = builder.store(MemoryStore::new()).build().unwrap();
    client.sign_in_with_email("ada@example.com", "correct horse battery").await.unwrap();
    let folder = env::temp_dir().join(format!("appwrite-session-large-{:016x}", fastrand::u64(..)));
    fs::create_dir(&folder).unwrap();
    let (up, down) = (folder.join("up"), folder.join("down"));
    // A file with a hole, which takes no room.
    fs::File::create(&up).unwrap().set_len(length).unwrap();

    forget_peak();
    let idle = peak();
    let sent = client.put("/photo").file(up.as_path()).send().await;
    let after_up = peak();
    let received = client.get("/archive").download_to(&down).await;
    let after_down = peak();
    let written = fs::metadata(&down).map(|about| about.len());
    fs::remove_dir_all(&folder).unwrap();
    assert!(sent.unwrap().is_success() && received.unwrap().is_success());
    assert_eq!(written.unwrap(), length);
    let over = |peak: u64| peak.saturating_sub(idle);
    println!("over idle: {} KiB up, {} KiB down", over(after_up) / 1024, over(after_down) / 1024);
    assert!(over(after_up) < ALLOWED && over(after_down) < ALLOWED);
    assert!(length > 2 * ALLOWED, "a file that fits would show nothing");
}
