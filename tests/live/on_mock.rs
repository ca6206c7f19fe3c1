//! The end-to-end promises against the mock, through the very code that plays them against a real Appwrite: over HTTP, with the
//! mock's API key, knowing nothing else of it.
#![allow(clippy::expect_used, reason = "a test says what it expects by unwrapping it")]

mod harness;
mod plan;
mod promises;
mod report;
mod settings;

#[path = "on_mock/limits.rs"]
mod limits;
#[path = "on_mock/mock.rs"]
mod mock;
#[path = "on_mock/refusals.rs"]
mod refusals;

use harness::{outcome::Stop, totp, world::Target};
use mock::{play, settings, start};
use mock_appwrite::Profile;
use promises::{PROMISES, Promise};
use report::Ending;
use settings::Settings;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_promise_fails_the_run_and_an_untestable_one_alone_does_not_pass_it() {
    const HELD: Promise =
        Promise { name: "held", says: "", needs: &[], check: |_| Box::pin(async { Ok(()) }) };
    const BROKEN: Promise = Promise {
        name: "broken",
        says: "",
        needs: &[],
        check: |_| Box::pin(async { Err(Stop::Broken("seen".to_owned())) }),
    };
    const PANICS: Promise =
        Promise { name: "panics", says: "", needs: &[], check: |_| Box::pin(async { panic!("as planned") }) };
    const UNTRIED: Promise = Promise {
        name: "untried",
        says: "",
        needs: &[],
        check: |_| Box::pin(async { Err(Stop::NotTestable("because".to_owned())) }),
    };
    for (promises, expected, counts) in [
        (&[HELD, UNTRIED][..], Ending::Held, "1 held, 0 broken, 1 not"),
        (&[HELD, BROKEN], Ending::Broken, "1 held, 1 broken, 0 not"),
        (&[HELD, PANICS], Ending::Broken, "1 held, 1 broken, 0 not"),
        (&[UNTRIED], Ending::NothingTried, "0 held, 0 broken, 1 not"),
    ] {
        let mock = start(Profile::V1_9).await;
        let (ending, told) = play(&settings(&mock), promises).await;
        assert_eq!(ending, expected, "{told}");
        assert!(told.contains(counts), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_or_no_appwrite_at_all_is_said_before_anything_is_tried() {
    let mock = start(Profile::V1_9).await;
    let right = settings(&mock);
    let wrong_key = Target { key: "wrong".to_owned(), ..right.target.clone() };
    let nobody = Target { endpoint: "http://127.0.0.1:1/v1".parse().expect("a URL"), ..right.target.clone() };
    for (target, expected) in [(wrong_key, "users.write"), (nobody, "could not be tried")] {
        let (ending, told) = play(&Settings { target, ..right.clone() }, PROMISES).await;
        assert_eq!(ending, Ending::NothingTried);
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
    for (name, value) in [("APPWRITE_LIVE_PATIENCE", "soon"), ("APPWRITE_LIVE_CLEAN", "yes")] {
        let given = |asked: &str| match asked {
            "APPWRITE_ENDPOINT" => Some("https://appwrite.example.com/v1".to_owned()),
            "APPWRITE_PROJECT" | "APPWRITE_API_KEY" => Some("demo".to_owned()),
            asked => (asked == name).then(|| value.to_owned()),
        };
        assert!(settings::read(given).err().expect("refused").contains(name));
    }
}

#[test]
fn endings_have_their_exit_status() {
    assert_eq!([Ending::Held, Ending::Broken, Ending::NothingTried].map(Ending::status), [0, 1, 2]);
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
