//! What a gateway call costs beside the bare HTTP client: `cargo bench -p appwrite-session-core`.
//!
//! Both clients make the same calls of the same server in turns, so that the ratio holds on any machine; the times alone do not.
#![allow(clippy::print_stdout, clippy::expect_used)] // What a benchmark is for, and how it fails.

use std::time::{Duration, Instant};

use appwrite_session_core::{SessionClient, store::MemoryStore};
use mock_appwrite::{MockAppwrite, Profile};

const ROUNDS: usize = 20;
const CALLS: usize = 200;

#[tokio::main]
async fn main() {
    let mock = MockAppwrite::start(Profile::V1_9).await.expect("the mock starts");
    mock.control().user("ada@example.com", "correct-horse-1");
    let session = SessionClient::builder(&mock.endpoint(), mock.project())
        .gateway(mock.gateway())
        .store(MemoryStore::new())
        .build()
        .expect("a client");
    session.sign_in_with_email("ada@example.com", "correct-horse-1").await.expect("signed in");
    let bare = reqwest::Client::builder().no_proxy().build().expect("a bare client");
    let url = format!("{}/gateway/open", mock.gateway());
    // The bare client carries the same header, so that both send and the server reads the same bytes.
    let headers = session.authorize(&url).await.expect("headers");

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for _ in 0..CALLS {
            let answer = session.get("/gateway/open").send().await.expect("an answer");
            assert!(answer.status().is_success());
        }
        ours.push(started.elapsed());
        let started = Instant::now();
        for _ in 0..CALLS {
            let answer = bare.get(&url).headers((*headers).clone()).send().await.expect("an answer");
            assert!(answer.bytes().await.is_ok());
        }
        theirs.push(started.elapsed());
        mock.control().clear_journal();
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("gateway call  {:>8.1} µs", per_call(ours));
    println!("bare reqwest  {:>8.1} µs", per_call(theirs));
    println!("ratio         {:>8.2}", ours.as_secs_f64() / theirs.as_secs_f64());
}

fn median(mut rounds: Vec<Duration>) -> Duration {
    rounds.sort_unstable();
    rounds[rounds.len() / 2]
}

fn per_call(round: Duration) -> f64 {
    round.as_secs_f64() * 1e6 / CALLS as f64
}
