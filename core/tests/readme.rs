//! That the README tells the truth: its code compiles, its tables are complete, and the tests that it names exist.

use std::{fs, path::Path};

use appwrite_session_core::{
    Cause, ErrorCode, Phase, ProxyFault, SessionClient, SignedOutReason, TlsFault, Verdict,
};
use serde::Deserialize;

const README: &str = include_str!("../../README.md");

#[derive(Deserialize)]
struct Order {}

fn ask_for_code() -> String {
    String::new()
}

mod quick_start {
    #![allow(dead_code, unused_variables)]

    use super::{Order, ask_for_code};
    // README
    use appwrite_session_core::{Carrier, Error, Factor, Gateway, SessionClient, SessionState};

    async fn shop(password: &str) -> Result<Vec<Order>, Error> {
        let session = SessionClient::builder("https://fra.cloud.appwrite.io/v1", "my-project")
            .gateway("https://api.example.com") // the credential travels as a cookie
            .gateway(Gateway::new("https://live.example.com").carrier(Carrier::FallbackCookies))
            .build()?; // restores from the secure store; makes no request

        if let SessionState::SignedOut { .. } = session.restored().await {
            session.sign_in_with_email("ada@example.com", password).await?;
        }
        if let SessionState::MfaRequired { factors } = session.state() {
            let factor = factors.first().copied().unwrap_or(Factor::Totp);
            let challenge = session.create_mfa_challenge(factor).await?;
            session.complete_mfa_challenge(&challenge, &ask_for_code()).await?;
        }
        let orders: Vec<Order> = session.get("/orders").send().await?.json()?;

        let mut changes = session.changes(); // the current state first, then every change
        let now = changes.next().await;

        session.sign_out().await?; // works offline
        Ok(orders)
    }
    // README
}

mod ways_to_sign_in {
    #![allow(dead_code, clippy::print_stdout)]

    use super::ask_for_code;
    // README
    use appwrite_session_core::{
        Error, IdToken, IdTokenProvider, Nonce, OAuth2, OAuth2Outcome, SessionClient,
    };

    /// `token_of` shows Google's own screen, with the hash of the nonce in its request.
    async fn google(session: &SessionClient, token_of: impl AsyncFn(&str) -> String) -> Result<(), Error> {
        let nonce = Nonce::generate()?;
        let token = IdToken::new(IdTokenProvider::Google, token_of(&nonce.sha256()).await);
        session.sign_in_with_id_token(&token.nonce(nonce.raw().clone())).await?;
        Ok(())
    }

    /// `browser` opens a URL, and gives the URL that the app was opened with. The app may be ended in between.
    async fn github(session: &SessionClient, browser: impl AsyncFn(&str) -> String) -> Result<bool, Error> {
        let start = session.begin_oauth2(OAuth2::new("github").scopes(["read:user"])).await?;
        let opened_with = browser(start.url.expose()).await;
        let outcome = session.complete_oauth2(&opened_with).await?;
        Ok(outcome != OAuth2Outcome::Cancelled)
    }

    async fn code_by_email(session: &SessionClient, email: &str) -> Result<(), Error> {
        let sent = session.start_email_code(email, true).await?;
        println!("The message contains the words {}", sent.phrase.clone().unwrap_or_default());
        session.complete_code(&sent, &ask_for_code()).await?;
        Ok(())
    }

    /// `screen` is the platform's: WebAuthn options in, what it answers out, both JSON.
    async fn passkey(session: &SessionClient, screen: impl AsyncFn(&str) -> String) -> Result<(), Error> {
        let challenge = session.begin_passkey().await?;
        session.complete_passkey(&challenge, &screen(&challenge.options).await).await?;
        Ok(())
    }
    // README
}

mod several_accounts {
    #![allow(dead_code, clippy::print_stdout)]

    // README
    use appwrite_session_core::{Error, SessionClient};

    async fn two_accounts(password: &str) -> Result<(), Error> {
        let accounts = SessionClient::builder("https://fra.cloud.appwrite.io/v1", "my-project")
            .gateway("https://api.example.com")
            .build_accounts()?;
        for account in accounts.list().await? {
            println!("{} {}", account.user.name, if account.is_current { "(in use)" } else { "" });
        }
        let added = accounts.add().await?; // a client like any other
        added.sign_in_with_email("eve@example.com", password).await?;
        let session = accounts.switch_to(added.account_slot()).await?;
        session.get("/orders").send().await?;
        accounts.sign_out(session.account_slot()).await // the account that was added before takes its place
    }
    // README
}

mod streams_events_and_files {
    #![allow(dead_code, clippy::print_stdout)]

    // README
    use appwrite_session_core::{Error, Multipart, SessionClient, Transfer};

    async fn documents(session: &SessionClient) -> Result<(), Error> {
        let mut export = session.get("/export").stream().await?.error_for_status()?;
        while let Some(chunk) = export.next().await {
            println!("{} bytes", chunk?.len());
        }

        let mut events = session.get("/news").events().await?; // server-sent events
        while let Some(event) = events.next().await {
            println!("{}", event?.data);
        }

        let show = |transfer: Transfer| println!("{} bytes", transfer.bytes);
        session.put("/photo").file("photo.jpg").on_progress(show).send().await?.error_for_status()?;
        let form = Multipart::new().text("title", "Summer").file("photo", "photo.jpg");
        session.post("/photos").multipart(form).send().await?.error_for_status()?;
        session.get("/archive").download_to("archive.zip").await?.error_for_status()?;
        Ok(())
    }
    // README
}

mod own_requests {
    #![allow(dead_code, unused_variables)]

    // README
    use appwrite_session_core::{Method, SessionClient};

    async fn feed(
        session: &SessionClient,
        client: &reqwest::Client, // must not follow redirects
    ) -> Result<reqwest::Response, Box<dyn std::error::Error>> {
        let url = "https://live.example.com/feed";
        let authorization = session.authorize(url).await?;
        let response = client.get(url).headers(authorization.headers().clone()).send().await?;
        if response.status() != 401 {
            return Ok(response);
        }
        let verdict = session.report_unauthorized(&authorization).await;
        let problem_type = response.headers().get("x-problem-type").and_then(|value| value.to_str().ok());
        if verdict.allows_repetition(&Method::GET, problem_type) {
            let renewed = session.authorize(url).await?;
            if renewed.user_id() == authorization.user_id() {
                return Ok(client.get(url).headers(renewed.headers().clone()).send().await?);
            }
        }
        Ok(response)
    }
    // README
}

mod web_sockets {
    #![allow(dead_code, clippy::print_stdout)]

    // README
    use appwrite_session_core::SessionClient;
    use futures_util::StreamExt;
    use tokio_tungstenite::{
        connect_async,
        tungstenite::{Message, client::IntoClientRequest},
    };

    /// Whether to open the socket again.
    async fn listen(session: &SessionClient) -> Result<bool, Box<dyn std::error::Error>> {
        let url = "wss://api.example.com/live";
        let authorization = session.authorize(url).await?;
        let mut request = url.into_client_request()?;
        authorization.apply(request.headers_mut());
        let (mut socket, _) = connect_async(request).await?;
        while let Some(message) = socket.next().await {
            match message? {
                Message::Close(Some(frame)) if u16::from(frame.code) == 4401 => {
                    return Ok(session.report_unauthorized(&authorization).await.should_try_again());
                }
                message => println!("{message}"),
            }
        }
        Ok(true)
    }
    // README
}

mod tests_of_an_app {
    #![allow(dead_code, unused_variables)]

    // README
    use appwrite_session_core::{Error, SessionClient, store::*};
    use mock_appwrite::{MockAppwrite, Profile};

    #[tokio::test]
    async fn a_locked_store_sends_nothing() -> Result<(), Box<dyn std::error::Error>> {
        let mock = MockAppwrite::start(Profile::V1_9).await?;
        mock.control().user("ada@example.com", "correct-horse-1");
        let store = FaultyStore::new(MemoryStore::new());
        store.fail(Operation::Load, StoreError::Locked);
        let session = SessionClient::builder(&mock.endpoint(), mock.project())
            .gateway(mock.gateway())
            .store(store.clone())
            .build()?;

        let refused = session.get("/gateway/whoami").send().await;
        assert_eq!(refused.err(), Some(Error::StorageLocked));
        assert!(mock.control().journal().is_empty());

        store.recover();
        session.resume().await;
        session.sign_in_with_email("ada@example.com", "correct-horse-1").await?;
        assert!(session.get("/gateway/whoami").send().await?.is_success());
        Ok(())
    }
    // README
}

mod certificates_and_proxies {
    #![allow(dead_code)]

    // README
    use appwrite_session_core::{Error, Gateway, Pins, Proxy, Secret, SessionClient};

    fn company(root: &str, pins: [String; 2], user: &str, password: Secret) -> Result<SessionClient, Error> {
        SessionClient::builder("https://fra.cloud.appwrite.io/v1", "my-project")
            .gateway(Gateway::new("https://api.example.com").pins(Pins::new(pins))) // the key in use and a backup
            .root_certificates(root) // a company's own authority
            .proxy(Proxy::at("http://proxy.example.com:3128").credentials(user, password))
            .build()
    }
    // README
}

/// What compiles here is, but for the indentation, what the README shows.
#[test]
fn every_rust_example_compiles() {
    let here = include_str!("readme.rs").split("    // README\n").skip(1).step_by(2);
    let here: Vec<_> = here.map(|snippet| plain(snippet, "    ")).collect();
    let shown = README.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next());
    let shown: Vec<_> = shown.map(|snippet| plain(snippet, "")).collect();
    assert_eq!(here, shown);
    assert_eq!(shown.len(), 8);
}

/// The lines of a snippet without its indentation.
fn plain<'a>(snippet: &'a str, indentation: &str) -> Vec<&'a str> {
    snippet.trim_end().lines().map(|line| line.strip_prefix(indentation).unwrap_or(line)).collect()
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

#[test]
fn every_cause_and_verdict_is_in_the_tables_in_order() {
    use {Phase::*, ProxyFault::*, TlsFault::*};
    let tls = [Expired, NotYetValid, WrongHost, UnknownIssuer, Revoked, Pin, Other].map(Cause::Tls);
    let proxy = [Credentials, Refused].map(Cause::Proxy);
    let late = [Connect, Idle, Total].map(Cause::TimedOut);
    let causes = [Cause::Dns, Cause::Refused, Cause::Unreachable, Cause::Reset].into_iter();
    let causes = causes.chain(tls).chain(proxy).chain(late).chain([Cause::Protocol, Cause::TooLarge]);
    assert_eq!(listed("\n## Errors\n", "cause"), causes.map(Cause::as_str).collect::<Vec<_>>());
    let verdicts = [
        Verdict::TryAgain,
        Verdict::SessionLives,
        Verdict::MfaRequired,
        Verdict::SignedOut,
        Verdict::OtherUser,
        Verdict::Undecided,
    ];
    assert_eq!(listed("\n## Quick start in Rust\n", "verdict"), verdicts.map(Verdict::as_str));
}

/// `path/file.rs` and `path/file.rs::test_name`, wherever a page of the repository names one.
#[test]
fn every_number_is_in_the_table_in_order() {
    let metrics = include_str!("../src/metrics/mod.rs");
    let counters = metrics.split_once("counters! {\n").map_or("", |(_, rest)| rest);
    let counters = counters.split_once("\n}").map_or("", |(counters, _)| counters);
    let names: Vec<_> = counters.lines().filter_map(|line| line.trim().strip_suffix(',')).collect();
    assert!(names.len() > 20);
    assert_eq!(listed("### When something fails", "number"), names);
}

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

/// The names in backticks in a column of the table under `heading`.
fn column(heading: &str, column: usize) -> Vec<Vec<&'static str>> {
    let section =
        README.split(heading).nth(1).and_then(|rest| rest.split("\n### ").next()).unwrap_or_default();
    let table = section.lines().skip_while(|line| !line.starts_with('|')).skip(2);
    let cells = table.take_while(|line| line.starts_with('|')).filter_map(|line| line.split('|').nth(column));
    cells.map(|cell| cell.split('`').skip(1).step_by(2).collect()).collect()
}

/// A name in the core's own spelling.
fn snake(camel: &str) -> String {
    let name = camel.replace("OAuth2", "Oauth2");
    name.chars().fold(String::new(), |mut text, letter| {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
        text
    })
}

/// All the text of the files with this ending below a folder of the repository, tests and what is installed left out.
#[allow(clippy::unwrap_used, reason = "a folder of the repository that cannot be read ends the test")]
fn sources(folder: &str, ending: &str) -> String {
    fn collect(folder: &Path, ending: &str, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            let is_other = ["test", "target", "node_modules", "__tests__", "build"].contains(&&*name);
            if entry.file_type().unwrap().is_dir() && !is_other {
                collect(&path, ending, text);
            } else if name.ends_with(ending) {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut text = String::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder), ending, &mut text);
    text
}

#[test]
fn every_way_to_sign_in_is_there_in_every_language() {
    let table = "is an outcome and no error:\n";
    let declared = |name: &str, text: &str, forms: [&str; 2]| {
        forms.iter().any(|form| text.contains(&form.replace('#', name)))
    };
    for (place, folder, ending, forms) in [
        (2, "bindings/kotlin", ".kt", ["fun #(", "fun SessionClient.#("]),
        (3, "bindings/swift/Sources", ".swift", ["func #(", "func #("]),
        (4, "react-native/src", ".ts", ["readonly #: (", "readonly #: ("]),
    ] {
        let (ways, text) = (column(table, place), sources(folder, ending));
        assert_eq!(ways.len(), 9, "the table has a row for each way");
        for name in ways.concat() {
            assert!(declared(name, &text, forms), "{folder} has no {name}");
        }
        assert!(ways.iter().all(|names| !names.is_empty()), "{folder} lacks a way");
    }
}

#[test]
fn every_operation_is_in_the_tables_of_ways_and_handles() {
    // Those that are no operations: every language had them before.
    let older = ["sign_up_with_email", "sign_in_with_email", "sign_in_anonymously", "sign_in_with_token"];
    let ways = column("\n### Ways to sign in\n", 2).concat();
    let mut listed: Vec<String> =
        ways.iter().filter(|name| !older.contains(name)).map(|name| (*name).to_owned()).collect();
    let handles = column("\n### The account\n", 1).into_iter().zip(column("\n### The account\n", 2));
    for (handle, methods) in handles {
        let handle = handle.concat().trim_end_matches("()").to_owned();
        listed.extend(methods.iter().map(|method| format!("{handle}.{method}")));
    }
    listed.extend(["diagnose", "metrics"].map(str::to_owned));
    let mut operations: Vec<String> = SessionClient::OPERATIONS.iter().map(|name| snake(name)).collect();
    listed.sort();
    operations.sort();
    assert_eq!(listed, operations);
}
