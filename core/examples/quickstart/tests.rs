//! That the example is what it claims to be: every check counts, no secret is shown, wrong arguments are told apart.

use crate::{
    args::{self, Command, Target},
    headers, real,
    stage::{EMAIL, PASSWORD, Stage},
    story,
    teller::Teller,
};

async fn played(sabotaged: Option<usize>) -> (bool, usize, String) {
    let mut text = Vec::new();
    let mut teller = Teller::new(&mut text, false);
    if let Some(check) = sabotaged {
        teller = teller.sabotage(check);
    }
    story::play(&mut teller).await;
    let (all, checks) = (teller.finish(), teller.checks());
    (all, checks, String::from_utf8(text).expect("text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_holds_and_each_of_its_checks_counts() {
    let (all, checks, text) = played(None).await;
    assert!(all && checks >= 20, "{text}");
    for check in 0..checks {
        let (all, _, text) = played(Some(check)).await;
        assert!(!all && text.contains("✗ not so"), "check {check} does not count:\n{text}");
    }
}

#[tokio::test]
async fn a_step_that_fails_early_fails_the_story() {
    let mut teller = Teller::new(Vec::new(), false);
    let mut stage = Stage::set().await.expect("a stage");
    let told = story::tell(&mut teller, &mut stage, "not the password").await;
    teller.conclude(told.map_err(|error| error.to_string()));
    assert!(!teller.finish());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_shows_no_secret() {
    let (_, _, text) = played(None).await;
    assert!(!text.contains(PASSWORD));
    assert!(text.contains("Cookie: a_session_demo=eyJ…[redacted, 396 characters]"), "{text}");
    assert!(
        text.contains(r#"X-Fallback-Cookies: {"a_session_demo":"eyJ…[redacted, 396 characters]"}"#),
        "{text}"
    );
    let longest = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max();
    assert!(longest < Some(40), "something long is shown:\n{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readme_shows_what_is_printed() {
    let (_, _, text) = played(None).await;
    let readme = include_str!("../../../README.md");
    let excerpt =
        readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an excerpt");
    assert!(excerpt.lines().count() > 10 && text.contains(excerpt), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_against_a_real_appwrite_holds_on_one_that_is_none() {
    let stage = Stage::set().await.expect("a stage");
    let nobody = "http://127.0.0.1:1".to_owned();
    for (password, gateway, expected) in [
        (PASSWORD, stage.mock.gateway(), true),
        ("not the password", stage.mock.gateway(), false),
        (PASSWORD, nobody, false),
    ] {
        let target = Target {
            endpoint: stage.mock.endpoint(),
            project: stage.mock.project().to_owned(),
            email: EMAIL.to_owned(),
            password: password.to_owned(),
            gateway,
            path: "/gateway/whoami".to_owned(),
        };
        let mut text = Vec::new();
        let mut teller = Teller::new(&mut text, false);
        real::play(&mut teller, &target).await;
        assert_eq!(teller.finish(), expected, "{}", String::from_utf8_lossy(&text));
        assert!(!String::from_utf8_lossy(&text).contains(password));
    }
    assert_eq!(stage.sessions(), 0, "a session was left behind");
}

#[test]
fn a_secret_is_hidden_wherever_it_stands() {
    for (name, value) in [
        ("cookie", "a_session_demo=canary; lb=canary;canary"),
        ("COOKIE", "canary"),
        ("x-fallback-cookies", r#"{"a_session_demo":"canary"}"#),
        ("x-fallback-cookies", r#"["canary"]"#),
        ("x-fallback-cookies", "canary"),
        ("x-appwrite-session", "canary"),
        ("x-appwrite-jwt", "canary"),
        ("authorization", "Bearer canary"),
        ("x-canary", "canary"),
    ] {
        let shown = headers::shown([(name, value)]).concat();
        assert!(!shown.to_lowercase().replace("x-canary", "").contains("canary"), "{name}: {shown}");
    }
}

#[test]
fn colours_are_only_where_they_are_wanted() {
    for (colours, expected) in [(true, true), (false, false)] {
        let mut text = Vec::new();
        let mut teller = Teller::new(&mut text, colours);
        teller.step("a", "b");
        teller.check(true, "c");
        assert_eq!(text.contains(&0x1b), expected);
    }
}

fn parsed(line: &str) -> Result<Command, String> {
    args::parse(line.split_whitespace().map(str::to_owned))
}

#[test]
fn arguments_are_read() {
    assert_eq!(parsed(""), Ok(Command::Demo));
    assert_eq!(parsed("--help"), Ok(Command::Help));
    let line =
        "--endpoint=https://a.test/v1 --project p --email a@b.c --password=pa=ss --gateway https://g.test";
    let Ok(Command::Real(target)) = parsed(line) else { panic!("not read") };
    assert_eq!((target.password.as_str(), target.path.as_str()), ("pa=ss", "/"));
    assert!(!format!("{target:?}").contains("pa=ss"));
}

#[test]
fn wrong_arguments_are_told_apart() {
    for (line, expected) in [
        ("--frobnicate", "--frobnicate"),
        ("demo", "options only"),
        ("--endpoint", "--endpoint needs a value"),
        ("--endpoint https://a.test/v1", "--project is missing"),
        ("--endpoint e --project p --email a --password b --gateway g --path orders", "--path"),
    ] {
        let problem = parsed(line).expect_err(line);
        assert!(problem.contains(expected), "{problem}");
    }
}
