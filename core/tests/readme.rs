//! That the README tells the truth: its code compiles, its tables are complete, and the tests that it names exist.

use std::{fs, path::Path};

use appwrite_session_core::{ErrorCode, SignedOutReason};
use serde::Deserialize;

const README: &str = include_str!("../../README.md");

#[derive(Deserialize)]
struct Order {}

mod snippet {
    #![allow(dead_code, unused_variables)]

    use super::Order;
    // README
    use appwrite_session_core::{Carrier, Error, Gateway, SessionClient, SessionState};

    async fn shop(password: &str) -> Result<Vec<Order>, Error> {
        let session = SessionClient::builder("https://fra.cloud.appwrite.io/v1", "my-project")
            .gateway("https://api.example.com") // the credential travels as a cookie
            .gateway(Gateway::new("https://live.example.com").carrier(Carrier::FallbackCookies))
            .build()?; // restores from the secure store; makes no request

        if let SessionState::SignedOut { .. } = session.restored().await {
            session.sign_in_with_email("ada@example.com", password).await?;
        }
        let orders: Vec<Order> = session.get("/orders").send().await?.json()?;

        let headers = session.authorize("https://live.example.com/feed").await?; // for a client of your own
        let mut changes = session.changes(); // the current state first, then every change
        let now = changes.next().await;

        session.sign_out().await?; // works offline
        Ok(orders)
    }
    // README
}

/// What compiles here is, but for the indentation, what the README shows.
#[test]
fn the_quick_start_compiles() {
    let here = include_str!("readme.rs").split("// README\n").nth(1).expect("the snippet");
    let here = here.trim_end().lines().map(|line| line.strip_prefix("    ").unwrap_or(line));
    let shown =
        README.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a Rust block");
    assert_eq!(here.collect::<Vec<_>>().join("\n").trim(), shown.trim());
}

/// The names in the first column of the table under `heading` whose first column is called `column`.
fn listed(heading: &str, column: &str) -> Vec<&'static str> {
    // Without the section there is nothing to compare, and the comparison fails.
    let section =
        README.split(heading).nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
    section
        .lines()
        .skip_while(|line| !line.starts_with(&format!("| {column} |")))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.split('`').nth(1))
        .collect()
}

#[test]
fn every_error_code_is_in_the_table_in_order() {
    let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(listed("\n## Errors\n", "code"), codes);
}

#[test]
fn every_reason_and_state_is_in_the_tables_in_order() {
    assert_eq!(
        listed("\n## States\n", "reason"),
        SignedOutReason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>()
    );
    let machine = include_str!("../src/session/README.md");
    let head = machine.lines().find(|line| line.starts_with("| event |")).expect("the table of states");
    let states: Vec<_> = head.trim_matches('|').split('|').skip(1).map(str::trim).collect();
    assert_eq!(listed("\n## States\n", "state"), states);
}

/// `path/file.rs` and `path/file.rs::test_name`, wherever a page of the repository names one.
#[test]
fn every_file_and_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for page in ["README.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root.join(page)).expect("a page");
        let named = text.split('`').filter(|name| name.starts_with("tests/") || name.starts_with("core/"));
        let mut count = 0;
        for name in named.filter(|name| !name.contains([' ', '\n', '*'])) {
            let (path, test) = name.split_once("::").map_or((name, None), |(path, test)| (path, Some(test)));
            let path = root.join(path);
            assert!(path.exists(), "{page} names {name}");
            if let Some(test) = test {
                let source = fs::read_to_string(&path).expect("a source");
                assert!(source.contains(&format!("fn {test}(")), "{page} names {name}");
            }
            count += 1;
        }
        assert!(count > 3, "{page} names {count} files");
    }
}
