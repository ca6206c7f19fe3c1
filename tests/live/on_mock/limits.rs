//! Runs on a mock whose rate limits are on: what they cost, and what a run does when nothing is left.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use bytes::Bytes;
use http::Request;
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::Value;

use super::mock::{play, set_clock, settings, start};
use crate::{
    harness::{
        http::Http,
        introduction::Server,
        limits::{Limited, Need},
        world::Run,
    },
    plan::{self, News, Result},
    promises::{PROMISES, Promise},
    report::Ending,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_an_hour_hold_everything_and_a_third_leaves_out_the_rest_on_1_5() {
    // 1.5 counts the challenges of all users together.
    three_runs(Profile::V1_5, &["extends_a_session", "completes_with_a_recovery_code"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_an_hour_hold_everything_and_a_third_leaves_out_the_rest_on_1_9() {
    three_runs(Profile::V1_9, &["extends_a_session"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_an_hour_hold_everything_and_a_third_leaves_out_the_rest_on_2_7() {
    three_runs(Profile::V2_7, &["extends_a_session"]).await;
}

/// Nothing is excused on the mock: it can be made to do all that a promise needs.
async fn three_runs(profile: Profile, left_out: &[&str]) {
    let mock = start(profile).await;
    for run in 1..=3 {
        let left_out = if run == 3 { left_out } else { &[] };
        let (ending, told) = play(&settings(&mock), PROMISES).await;
        assert_eq!(ending, Ending::Held, "run {run}\n{told}");
        let held = PROMISES.len() - left_out.len();
        let counts = format!("\n{held} held, 0 broken, 0 not testable there, {} left out", left_out.len());
        assert!(told.contains(&counts), "run {run}\n{told}");
        let names: Vec<_> = table(&told).filter(|line| line.contains("  left out: ")).collect();
        assert!(
            names.iter().zip(left_out).all(|(line, name)| line.starts_with(&format!("{name} "))),
            "{names:#?}"
        );
        assert!(names.iter().all(|line| line.contains(" left, this promise needs ")), "{names:#?}");
        let again = format!("again at {:02}:00 UTC", (mock.control().now() / 3_600_000 + 1) % 24);
        assert!(names.iter().all(|line| line.ends_with(&again)), "{again}: {names:#?}");
    }
    assert_eq!(refused(&mock), 0, "the answers told of the limits before one was reached");
    for entry in mock.control().journal() {
        assert_eq!(entry.header("x-appwrite-dev-key"), None, "{} {}", entry.method, entry.path);
        let prepares = entry.path.starts_with("/v1/users");
        assert_eq!(entry.header("x-appwrite-key").is_some(), prepares, "{} {}", entry.method, entry.path);
    }
    assert_eq!(mock.control().all_sessions().len(), 0, "no user is left behind");
}

/// The lines of the table at the end.
fn table(told: &str) -> impl Iterator<Item = &str> {
    let begins = told.rfind("\n\n").and_then(|end| told[..end].rfind("\n\n")).unwrap_or_default();
    told[begins..].lines()
}

fn refused(mock: &MockAppwrite) -> usize {
    mock.control().journal().iter().filter(|entry| entry.status == Some(429)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_costs_what_it_declares() {
    let mut most: BTreeMap<&str, BTreeMap<Limited, u32>> = BTreeMap::new();
    for profile in Profile::ALL {
        let mock = start(profile).await;
        let run = run(&mock);
        let mut tried = "";
        plan::play(&run, PROMISES, Duration::ZERO, &mut |news| match news {
            News::Begins(promise) => {
                tried = promise.name;
                mock.control().clear_journal();
            }
            News::Ended(_) => {
                let costs = most.entry(tried).or_default();
                for (limited, count) in counted(&mock) {
                    let known = costs.entry(limited).or_default();
                    *known = count.max(*known);
                }
            }
            _ => {}
        })
        .await;
    }
    for promise in PROMISES {
        let declared: BTreeMap<Limited, u32> = promise.needs.iter().copied().collect();
        assert_eq!(most[promise.name], declared, "{}", promise.name);
        assert!(promise.needs.iter().all(|(limited, count)| *count <= limited.most()), "{}", promise.name);
    }
}

/// The limited requests that a mock received: of each route, or the most of one e-mail or user if nothing else is counted together.
fn counted(mock: &MockAppwrite) -> BTreeMap<Limited, u32> {
    let mut counts: BTreeMap<(Limited, String), u32> = BTreeMap::new();
    for entry in mock.control().journal() {
        let path = entry.path.strip_prefix("/v1").unwrap_or_default();
        let Some(limited) = Limited::of(&entry.method, path) else { continue };
        let body: Value = serde_json::from_str(&entry.body).unwrap_or_default();
        let own = match limited.is_shared() {
            true => String::new(),
            false => format!("{}{}", body["email"], body["userId"]),
        };
        *counts.entry((limited, own)).or_default() += 1;
    }
    let mut most = BTreeMap::new();
    for ((limited, _), count) in counts {
        let known: &mut u32 = most.entry(limited).or_default();
        *known = count.max(*known);
    }
    most
}

#[test]
fn the_readme_has_the_costs() {
    let mut table = String::from("| request | limit an hour | a run makes |\n|---|---|---|\n");
    for limited in
        [Limited::SignUp, Limited::SignInAnonymously, Limited::ExtendSession, Limited::DeleteSession]
            .into_iter()
            .chain([Limited::DeleteSessions, Limited::CreateChallenge, Limited::CompleteChallenge])
    {
        let (route, counted_by) = limited.shown();
        let of_run: u32 = PROMISES.iter().flat_map(|promise| needs(promise, limited)).sum();
        writeln!(table, "| `{route}` | {} {counted_by} | {of_run} |", limited.most()).expect("text");
    }
    assert!(include_str!("../README.md").contains(&table), "README.md needs this table:\n{table}");
}

fn needs(promise: &Promise, wanted: Limited) -> impl Iterator<Item = u32> + use<> {
    let needs: &'static [Need] = promise.needs;
    needs.iter().filter(move |(limited, _)| *limited == wanted).map(|(_, count)| *count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_429_leaves_a_promise_out_and_breaks_nothing() {
    let mock = start(Profile::V1_9).await;
    let somebody = run(&mock);
    for _ in 0..50 {
        spend(&somebody, "POST", "/account/sessions/anonymous", "").await;
    }
    let (ending, told) = play(&settings(&mock), &only(&["signs_in_anonymously"])).await;
    assert_eq!(ending, Ending::NothingTried, "{told}");
    let why = "allows 50 per hour from this address; a request was answered 429; again at ";
    assert!(told.contains(why) && told.contains("1 left out"), "{told}");
    assert_eq!(refused(&mock), 1, "one request tells it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_that_ends_soon_is_waited_for() {
    let mock = start(Profile::V1_9).await;
    let run = run(&mock);
    let user = mock.control().user("ada@example.com", "correct horse");
    let session = mock.control().create_session(&user).expect("a session").credential;
    for _ in 0..10 {
        spend(&run, "DELETE", "/account/sessions/unknown", &session).await;
    }
    let promise = only(&["extends_a_session"]);
    let mut waits = Vec::new();
    let results =
        plan::play(&run, &promise, Duration::from_secs(10), &mut |news| waits.extend(waited(&news))).await;
    assert!(matches!(results[..], [Result::LeftOut(_)]) && waits.is_empty(), "half an hour is too long");

    set_clock(&mock, 3597);
    spend(&run, "DELETE", "/account/sessions/unknown", &session).await;
    let results =
        plan::play(&run, &promise, Duration::from_secs(10), &mut |news| waits.extend(waited(&news))).await;
    assert!(matches!(results[..], [Result::Held]) && waits.len() == 1, "{waits:?}");
    assert_eq!(refused(&mock), 0);
}

fn waited(news: &News<'_>) -> Option<Duration> {
    if let News::Waits(wait) = news { Some(*wait) } else { None }
}

fn run(mock: &MockAppwrite) -> Run {
    let target = settings(mock).target;
    let http = Http::new(&target.endpoint).expect("a client");
    Run { target, http, server: Server::default() }
}

/// Makes a request that a limit counts, as somebody else behind the same address would.
async fn spend(run: &Run, method: &str, path: &str, session: &str) {
    let request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", run.target.endpoint))
        .header("x-appwrite-project", &run.target.project)
        .header("x-appwrite-session", session)
        .body(Bytes::new())
        .expect("a request");
    let answer = run.http.send(request).await.expect("an answer");
    assert!(answer.headers().contains_key("x-ratelimit-remaining"), "{} is limited", answer.status());
}

fn only(names: &[&str]) -> Vec<Promise> {
    PROMISES.iter().filter(|promise| names.contains(&promise.name)).copied().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_that_are_off_leave_nothing_out() {
    let mock = start(Profile::V1_9).await;
    mock.control().rate_limits(false);
    for _ in 0..12 {
        let (ending, told) = play(&settings(&mock), &only(&["extends_a_session"])).await;
        assert_eq!(ending, Ending::Held, "{told}");
    }
}
