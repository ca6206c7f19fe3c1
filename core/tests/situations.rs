//! What `tests/integration/README.md` says about tests, and the few situations that no request shows.

#![allow(clippy::panic, reason = "a test says what it expects")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use appwrite_session_core::{
    Account, Change, Error, MfaChallenge, Problem, Refusal, Session, SessionState, UnexpectedStatus, User,
    http::StatusCode, store::Persistence,
};

const PAGE: &str = "tests/integration/README.md";

fn root() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), ".."].iter().collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the page's tables, cell by cell.
fn rows(page: &str) -> Vec<Vec<&str>> {
    page.lines()
        .filter(|line| {
            line.starts_with('|') && !line.starts_with("|---") && !line.starts_with("| situation |")
        })
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

/// The names between backticks: `file::test`, and nothing else.
fn tests(cell: &str) -> Vec<(String, String)> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(|name| {
            let (file, test) = name.split_once("::").unwrap_or_else(|| panic!("{name} is no test"));
            let file =
                if file.contains('/') { file.to_owned() } else { format!("tests/integration/{file}.rs") };
            (file, test.to_owned())
        })
        .collect()
}

/// Whether `source` has this test, which is marked as one just before.
fn has_test(file: &str, source: &str, test: &str) -> bool {
    let (mark, head) = match file.rsplit_once('.') {
        Some((_, "rs")) => ("test]", format!("fn {test}(")),
        Some((_, "kt")) => ("@Test", format!("fun `{test}`(")),
        Some((_, "swift")) => ("@Test", format!("func {test}(")),
        _ => return false,
    };
    source.match_indices(&head).any(|(at, _)| {
        let before: Vec<_> = source[..at].lines().rev().take(4).collect();
        before.iter().any(|line| line.contains(mark))
    })
}

#[test]
fn every_test_that_the_table_of_situations_names_exists() {
    let page = read(PAGE);
    let rows = rows(&page);
    assert!(rows.len() > 80, "{} situations", rows.len());
    let mut situations = BTreeSet::new();
    for row in rows {
        let [situation, right, named] = row[..] else { panic!("three cells: {row:?}") };
        assert!(situations.insert(situation), "twice: {situation}");
        assert!(situation.ends_with('.') && right.ends_with('.'), "whole sentences: {situation}");
        let named = tests(named);
        assert!(!named.is_empty(), "no test: {situation}");
        for (file, test) in named {
            assert!(has_test(&file, &read(&file), &test), "{file} has no test {test}");
        }
    }
}

#[test]
fn a_name_that_is_no_test_is_noticed() {
    let source = "#[test]\nfn is_one() {\n}\n\nfn helper() {\n}\n";
    assert!(has_test("a.rs", source, "is_one"));
    assert!(!has_test("a.rs", source, "is_on") && !has_test("a.rs", source, "is_none"));
    assert!(!has_test("a.rs", &source.replace("#[test]\n", ""), "is_one"));
    assert!(has_test("A.kt", "@Test\nfun `it holds`() = 1", "it holds"));
    assert!(!has_test("A.swift", "func itHolds() {", "itHolds"));
}

#[test]
fn no_manifest_chooses_for_the_other_crates_of_an_app() {
    for manifest in ["Cargo.toml", "core/Cargo.toml"] {
        // How hosts with letters beyond ASCII are read is one version for the whole app.
        assert!(!read(manifest).lines().any(|line| line.starts_with("idna")), "{manifest}");
    }
}

#[test]
fn no_text_of_a_configuration_error_is_for_one_language() {
    let source = read("core/src/config/error.rs");
    for name in ["Kotlin", "Swift", "React", "AppwriteSession", "SessionClient", "initialize"] {
        let texts = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        assert_eq!(texts.filter(|line| line.contains(name)).count(), 0, "{name}");
    }
}

#[test]
fn an_apps_tests_can_build_what_the_client_returns() {
    let account = Account::new(User::new("ada"));
    let session = Session::new("s1", account.user.id.clone());
    assert_eq!((session.user_id.as_str(), session.current), ("ada", false));
    assert_eq!(MfaChallenge::new("c1").id, "c1");
    assert_eq!(Change::new(0, SessionState::Restoring, Persistence::Durable).number, 0);
}

#[test]
fn an_apps_tests_can_build_errors_with_their_details() {
    let refusal = Refusal::new(400, "general_argument_invalid").map(Error::InvalidInput);
    assert_eq!(refusal.as_ref().and_then(Error::refusal).map(Refusal::status), Some(400));
    let problem = Problem::new("sold_out").with_detail("No more cups.");
    let answer = UnexpectedStatus::new(StatusCode::CONFLICT).with_problem(problem);
    assert_eq!(answer.problem().and_then(Problem::detail), Some("No more cups."));
    assert!(!Error::UnexpectedStatus(Box::new(answer)).is_retryable());
}
