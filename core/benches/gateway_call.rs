//! What a gateway call costs beside the bare HTTP client: `cargo bench -p appwrite-session-core`.
//!
//! Both clients make the same calls, by HTTP/1 on the loopback, of a server on a thread of its own that answers from memory. They
//! take turns, round by round, and the median of the rounds' ratios counts, so that it holds on any machine; the times alone do not.
//! Both runtimes have one thread. The bare client has a timeout, as a call of an app should.
//!
//! Three runs on two cores that had nothing else to do:
//!
//! | body | in flight | ours | bare | ratios | aim |
//! |---|---|---|---|---|---|
//! | 0 B | 1 | 96.8 µs | 94.0 µs | 1.05, 1.07, 1.07 | 1.04 |
//! | 0 B | 64 | 17.1 µs | 15.9 µs | 1.07, 1.07, 1.07 | 1.10 |
//! | 10 KB | 1 | 102.0 µs | 97.4 µs | 1.06, 1.07, 1.07 | 1.04 |
//! | 10 KB | 64 | 19.0 µs | 18.1 µs | 1.05, 1.05, 1.05 | 1.10 |
//!
//! With one call in flight both threads go to sleep between its steps, which is most of the time, and what runs after waking is slower
//! than at 64: the same work costs some 5 µs more there, and 1 µs at 64. Both clients make the same calls of the system.
//!
//! Of the rest, 0.4 µs are what `authorize` does as well: the URL, the origin rule, the view and the carrier. The others are the boxed
//! request and body, the `Accept-Encoding` that the bare client does not send, and the larger future that the attempts, hops and
//! time limits live in.
#![allow(clippy::print_stdout, clippy::expect_used)] // What a benchmark is for, and how it fails.

use std::{
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use appwrite_session_core::{SessionClient, http::HeaderMap, store::MemoryStore};
use mock_appwrite::{MockAppwrite, Profile};
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 41;
const CALLS: usize = 640;

struct Clients {
    session: SessionClient,
    bare: reqwest::Client,
    url: String,
    headers: HeaderMap,
}

fn main() {
    // The bare client asks for one; ours has its own.
    rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mocks = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    println!("{:>8} {:>6} {:>10} {:>10} {:>7}", "body", "flight", "ours", "bare", "ratio");
    for length in [0, 10 << 10] {
        let clients = clients(&runtime, &mocks, serve(length));
        for flight in [1, 64] {
            let (ours, bare, ratio) = compare(&runtime, &clients, flight);
            println!("{length:>8} {flight:>6} {ours:>7.1} µs {bare:>7.1} µs {ratio:>7.3}");
        }
        parts(&runtime, &clients);
    }
}

/// A server that answers each request with so many bytes; its origin.
fn serve(length: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + length, b'x');
    // Polls its connections in turns, so that it needs no thread for each.
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            listener.set_nonblocking(true).expect("not blocking");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let answer = answer.clone();
                tokio::spawn(async move { answer_each(stream, &answer).await });
            }
        });
    });
    origin
}

async fn answer_each(mut stream: tokio::net::TcpStream, answer: &[u8]) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    stream.set_nodelay(true).expect("no delay");
    let mut head = Vec::with_capacity(4096);
    loop {
        head.clear();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_buf(&mut head).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}

fn clients(runtime: &Runtime, mocks: &Runtime, gateway: String) -> Clients {
    // Appwrite is there for the sign-in only.
    let mock = mocks.block_on(MockAppwrite::start(Profile::V1_9)).expect("the mock starts");
    mock.control().user("ada@example.com", "correct-horse-1");
    runtime.block_on(async {
        let session = SessionClient::builder(&mock.endpoint(), mock.project())
            .gateway(gateway.as_str())
            .store(MemoryStore::new())
            .build()
            .expect("a client");
        session.sign_in_with_email("ada@example.com", "correct-horse-1").await.expect("signed in");
        let bare = reqwest::Client::builder().no_proxy().build().expect("a bare client");
        let url = format!("{gateway}/orders");
        // The bare client carries the same header, so that both send and the server reads the same bytes.
        let headers = session.authorize(&url).await.expect("headers").headers().clone();
        Clients { session, bare, url, headers }
    })
}

/// The median times of a call, in microseconds, and the median ratio.
fn compare(runtime: &Runtime, clients: &Clients, flight: usize) -> (f64, f64, f64) {
    let (mut ours, mut bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS + 2 {
        let our = || runtime.block_on(round_of(clients, flight, true));
        let their = || runtime.block_on(round_of(clients, flight, false));
        let (our, their) = if round % 2 == 0 {
            (our(), their())
        } else {
            let their = their();
            (our(), their)
        };
        // The first rounds make connections.
        if round >= 2 {
            ours.push(per_call(our));
            bare.push(per_call(their));
            ratios.push(our.as_secs_f64() / their.as_secs_f64());
        }
    }
    (median(ours), median(bare), median(ratios))
}

async fn round_of(clients: &Clients, flight: usize, ours: bool) -> Duration {
    let started = Instant::now();
    let tasks: Vec<_> = (0..flight)
        .map(|_| {
            let session = clients.session.clone();
            let (bare, url, headers) = (clients.bare.clone(), clients.url.clone(), clients.headers.clone());
            tokio::spawn(async move {
                for _ in 0..CALLS / flight {
                    if ours {
                        let answer = session.get("/orders").send().await.expect("an answer");
                        assert!(answer.is_success());
                    } else {
                        let call = bare.get(&url).headers(headers.clone());
                        let call = call.timeout(Duration::from_secs(60));
                        let answer = call.send().await.expect("an answer");
                        assert!(answer.status().is_success() && answer.bytes().await.is_ok());
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("calls");
    }
    started.elapsed()
}

/// Where the rest goes: parts of a call alone.
fn parts(runtime: &Runtime, clients: &Clients) {
    runtime.block_on(async {
        let started = Instant::now();
        for _ in 0..CALLS {
            clients.session.authorize("/orders").await.expect("headers");
        }
        println!("{:>15} {:>10.2} µs", "authorize", per_call(started.elapsed()));
        let started = Instant::now();
        for _ in 0..CALLS {
            let request = clients.bare.get(&clients.url).headers(clients.headers.clone()).build();
            assert!(request.is_ok());
        }
        println!("{:>15} {:>10.2} µs", "bare request", per_call(started.elapsed()));
    });
}

fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

fn per_call(round: Duration) -> f64 {
    round.as_secs_f64() * 1e6 / CALLS as f64
}
