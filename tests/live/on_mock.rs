//! The end-to-end promises against the mock, through the very code that plays them against a real Appwrite: over HTTP, with the
//! mock's API key, knowing nothing else of it.
#![allow(clippy::expect_used, reason = "a test says what it expects by unwrapping it")]

mod harness;
mod promises;
mod report;
mod settings;

use harness::{
    totp,
    world::{Stop, Target},
};
use mock_appwrite::{MockAppwrite, Profile};
use promises::{PROMISES, Promise};
use report::Ending;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_are_held_on_1_5() {
    all_are_held(Profile::V1_5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_are_held_on_1_9() {
    all_are_held(Profile::V1_9).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_are_held_on_2_7() {
    all_are_held(Profile::V2_7).await;
}

/// Nothing is excused on the mock: it can be made to do all that a promise needs.
async fn all_are_held(profile: Profile) {
    let (ending, told) = play(profile, PROMISES).await;
    assert_eq!(ending, Ending::Held, "\n{told}");
    assert!(told.contains(&format!("\n{} held, 0 broken, 0 not testable there", PROMISES.len())), "\n{told}");
}

async fn play(profile: Profile, promises: &[Promise]) -> (Ending, String) {
    let mock = MockAppwrite::start(profile).await.expect("the mock starts");
    let target = target(&mock);
    let mut told = Vec::new();
    let ending = report::run(&target, promises, &mut told).await;
    (ending, String::from_utf8(told).expect("text"))
}

/// As a person would name the mock in the environment.
fn target(mock: &MockAppwrite) -> Target {
    settings::read(|name| {
        Some(match name {
            "APPWRITE_ENDPOINT" => mock.endpoint().to_string(),
            "APPWRITE_PROJECT" => mock.project().to_string(),
            _ => mock.api_key().to_string(),
        })
    })
    .expect("the mock can be named")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_promise_fails_the_run_and_an_untestable_one_alone_does_not_pass_it() {
    const HELD: Promise = Promise { name: "held", says: "", check: |_| Box::pin(async { Ok(()) }) };
    const BROKEN: Promise = Promise {
        name: "broken",
        says: "",
        check: |_| Box::pin(async { Err(Stop::Broken("seen".to_owned())) }),
    };
    const PANICS: Promise =
        Promise { name: "panics", says: "", check: |_| Box::pin(async { panic!("as planned") }) };
    const UNTRIED: Promise = Promise {
        name: "untried",
        says: "",
        check: |_| Box::pin(async { Err(Stop::NotTestable("because".to_owned())) }),
    };
    for (promises, expected, counts) in [
        (&[HELD, UNTRIED][..], Ending::Held, "1 held, 0 broken, 1 not"),
        (&[HELD, BROKEN], Ending::Broken, "1 held, 1 broken, 0 not"),
        (&[HELD, PANICS], Ending::Broken, "1 held, 1 broken, 0 not"),
        (&[UNTRIED], Ending::Broken, "0 held, 0 broken, 1 not"),
    ] {
        let (ending, told) = play(Profile::V1_9, promises).await;
        assert_eq!(ending, expected, "{told}");
        assert!(told.contains(counts), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_or_no_appwrite_at_all_is_said_before_anything_is_tried() {
    let mock = MockAppwrite::start(Profile::V1_9).await.expect("the mock starts");
    let wrong_key = Target { key: "wrong".to_owned(), ..target(&mock) };
    let nobody = Target { endpoint: "http://127.0.0.1:1/v1".parse().expect("a URL"), ..target(&mock) };
    for (target, expected) in [(wrong_key, "users.write"), (nobody, "could not be tried")] {
        let mut told = Vec::new();
        assert_eq!(report::run(&target, PROMISES, &mut told).await, Ending::NoAppwrite);
        let told = String::from_utf8(told).expect("text");
        assert!(told.contains(expected) && !told.contains("wrong\""), "{told}");
    }
}

#[test]
fn missing_variables_are_named() {
    let text = settings::read(|name| (name == "APPWRITE_PROJECT").then(|| "demo".to_owned()))
        .err()
        .expect("refused");
    assert!(text.contains("APPWRITE_ENDPOINT") && text.contains("APPWRITE_API_KEY"), "{text}");
    assert!(!text.contains("APPWRITE_PROJECT"), "{text}");
    let text = settings::read(|_| Some("https://appwrite.example.com".to_owned())).err().expect("refused");
    assert!(text.contains("/v1"), "{text}");
}

#[test]
fn endings_have_their_exit_status() {
    assert_eq!([Ending::Held, Ending::Broken, Ending::NoAppwrite].map(Ending::status), [0, 1, 2]);
}

/// RFC 6238, appendix B: the last six digits of its eight.
#[test]
fn the_codes_are_those_of_the_standard() {
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    for (seconds, code) in
        [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
    {
        assert_eq!(totp::code_at(secret, seconds).as_deref(), Some(code));
    }
    assert_eq!(totp::left(59), 1);
    assert!(totp::code_at("not base32!", 0).is_none());
}
