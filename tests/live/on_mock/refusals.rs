//! What a server refuses, and the ways in which it is not as expected: each is said in words, and breaks no promise.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Request;
use mock_appwrite::{Aim, Fault, MockAppwrite, Profile};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::mock::{play, settings, start};
use crate::{
    harness::{
        http::{Http, serve},
        world::Target,
    },
    promises::{PROMISES, Promise},
    report::Ending,
    settings::Settings,
};

fn only(name: &str) -> Settings {
    let endpoint = "http://127.0.0.1:1/v1".parse().expect("a URL");
    let target = Target { endpoint, project: String::new(), key: String::new() };
    Settings { target, patience: Duration::ZERO, only: vec![name.to_owned()], clean: false }
}

/// Tries the one promise, and returns how that ended and the line of it in the table.
async fn outcome(mock: &MockAppwrite, name: &str) -> (Ending, String) {
    let settings = Settings { target: settings(mock).target, ..only(name) };
    let (ending, told) = play(&settings, PROMISES).await;
    let line = told.lines().rev().find(|line| line.starts_with(name)).unwrap_or_default();
    (ending, line.to_owned())
}

/// Tries the one promise, and expects that it is not testable, for a reason that names all of `why`.
async fn is_not_testable(mock: &MockAppwrite, name: &str, why: &[&str]) {
    let (ending, line) = outcome(mock, name).await;
    assert_eq!(ending, Ending::NothingTried, "{line}");
    assert!(line.contains("not testable there: ") && why.iter().all(|why| line.contains(why)), "{line}");
}

fn refusal(kind: &str, status: u16) -> Fault {
    Fault::Refusal { kind: kind.to_owned(), status: Some(status) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_methods_that_are_switched_off_leave_the_other_promises() {
    let mock = start(Profile::V1_9).await;
    mock.control().update_project(&json!({ "disabled": ["anonymous", "email-password"] }));
    let (ending, told) = play(&settings(&mock), PROMISES).await;
    assert_eq!(ending, Ending::Held, "{told}");
    let table = told.rsplit("\n\n").nth(1).unwrap_or_default();
    let off = "not testable there: the project has switched this off (501 user_auth_method_unsupported)";
    let untestable: Vec<_> =
        table.lines().filter(|line| line.ends_with(off)).filter_map(|line| line.split(' ').next()).collect();
    let expected = [
        "signs_up",
        "signs_in_directly",
        "signs_in_anonymously",
        "refuses_a_wrong_password",
        "tells_of_a_blocked_user",
        "completes_a_second_factor",
        "sends_nothing_on_a_login_call",
    ];
    assert_eq!(untestable, expected, "{told}");
    assert!(told.contains(" 0 broken, 7 not testable there, 0 left out"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_cannot_do_is_said_with_its_own_words() {
    let mock = start(Profile::V2_7).await;
    for (off, why) in [("mfa-email", "501 user_auth_method_unsupported"), ("smtp", "503")] {
        mock.control().update_project(&json!({ "disabled": [off] }));
        is_not_testable(&mock, "tells_of_an_unverified_email", &[why]).await;
    }
    mock.control().update_project(&json!({ "disabled": ["account"] }));
    let (ending, told) = play(&settings(&mock), PROMISES).await;
    assert_eq!(ending, Ending::NothingTried);
    assert!(told.contains("GET /account answered 403 general_service_disabled"), "{told}");
    mock.control().update_project(&json!({ "disabled": [] }));

    // 1.9.0 extends no other session.
    let extend = Aim::at("PATCH", "/v1/account/sessions/current");
    mock.control().fault(extend, 1, refusal("project_provider_unsupported", 400));
    is_not_testable(&mock, "extends_a_session", &["400 project_provider_unsupported", "OAuth2"]).await;

    for missing in [Fault::Html(404), refusal("general_route_not_found", 404)] {
        mock.control().fault(Aim::at("POST", "/v1/account/sessions/anonymous"), 1, missing);
        is_not_testable(&mock, "signs_in_anonymously", &["does not have the route", "404"]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_that_keeps_one_session_leaves_out_what_needs_two() {
    let mock = start(Profile::V1_9).await;
    mock.control().update_project(&json!({ "sessionLimit": 1 }));
    let (ending, told) = play(&settings(&mock), PROMISES).await;
    assert_eq!(ending, Ending::Held, "{told}");
    for name in ["lists_sessions", "ends_when_another_device_revokes", "signs_out_everywhere"] {
        let line = told.lines().rev().find(|line| line.starts_with(name)).unwrap_or_default();
        assert!(line.contains("keeps one session for each user"), "{line}");
    }
    assert!(told.contains(" 0 broken, 3 not testable there, 0 left out"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_end_during_a_promise_break_nothing() {
    let mock = start(Profile::V1_9).await;
    mock.control().update_project(&json!({ "sessionDuration": 1 }));
    is_not_testable(&mock, "extends_a_session", &["sessions of this project live for 1 s"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_that_the_key_lacks_is_named() {
    let mock = start(Profile::V1_9).await;
    for (message, scope) in [
        (
            r#"app (role: applications) missing scopes ([\"users.write\",\"sessions.write\"])"#,
            "users.write or sessions.write",
        ),
        ("app (role: applications) missing scope (sessions.write)", "sessions.write"),
    ] {
        let body = format!(r#"{{"message":"{message}","code":401,"type":"general_unauthorized_scope"}}"#);
        mock.control().fault(Aim::at("POST", "/v1/users/*"), 1, Fault::Answer { status: 401, body });
        let (ending, told) = play(&settings(&mock), PROMISES).await;
        assert_eq!(ending, Ending::NothingTried);
        assert!(told.contains(&format!("the key lacks the scope {scope} ")), "{told}");
    }
    assert!(mock.control().all_sessions().is_empty(), "nothing is left of the attempt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_server_is_waited_for() {
    let mock = start(Profile::V1_9).await;
    mock.control().fault(Aim::path("/v1/*"), 1000, Fault::Delay(Duration::from_millis(700)));
    let (ending, line) = outcome(&mock, "signs_out_here_and_there").await;
    assert_eq!(ending, Ending::Held, "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_can_be_behind_a_path() {
    let mock = start(Profile::V1_9).await;
    let (origin, http) = (mock.endpoint().replace("/v1", ""), Http::new(&only("").target.endpoint));
    let http = http.expect("a client");
    let proxy = serve(move |request: Request<Bytes>| {
        let (origin, http) = (origin.clone(), http.clone());
        async move {
            let (mut head, body) = request.into_parts();
            let below = head.uri.path_and_query()?.as_str().strip_prefix("/appwrite")?.to_owned();
            head.uri = format!("{origin}{below}").parse().ok()?;
            head.headers.remove("host");
            http.send(Request::from_parts(head, body)).await.ok()
        }
    });
    let proxy = proxy.await.expect("a server");
    let mut settings = settings(&mock);
    settings.target.endpoint = format!("{}/appwrite/v1", proxy.origin()).parse().expect("a URL");
    for name in ["keeps_two_accounts_apart", "signs_in_directly", "asks_once_for_many", "lists_sessions"] {
        let (ending, told) =
            play(&Settings { only: vec![name.to_owned()], ..settings.clone() }, PROMISES).await;
        assert_eq!(ending, Ending::Held, "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_not_trusted_is_said_with_what_helps() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the usual versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a usable certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(acceptor.accept(stream).await);
        }
    });
    let mut settings = only("signs_in_directly");
    settings.target.endpoint = format!("https://localhost:{port}/v1").parse().expect("a URL");
    let (ending, told) = play(&settings, PROMISES).await;
    assert_eq!(ending, Ending::NothingTried);
    assert!(
        told.contains("does not trust the server's certificate") && told.contains("SSL_CERT_FILE"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_aborted_runs_are_named_and_removed_if_that_is_wanted_and_nobody_else_is() {
    let mock = start(Profile::V1_9).await;
    let control = mock.control();
    let old = control.user("promise-0123456789abcdef@example.com", "correct horse");
    let others = [
        "promise-0123456789abcdef@example.org",
        "promise-0123456789abcde@example.com",
        "a-promise-0123456789abcdef@example.com",
        "promise-of-somebody@example.com",
    ]
    .map(|email| control.user(email, "correct horse"));
    control.advance_clock(Duration::from_secs(11 * 60));
    let of_a_running_suite = control.user("promise-fedcba9876543210@example.com", "correct horse");
    let exists = |id: &String| control.create_session(id).is_some();

    let nothing: &[Promise] = &[];
    let (_, told) = play(&settings(&mock), nothing).await;
    assert!(told.contains("1 users of earlier runs are there still") && exists(&old), "{told}");
    let (_, told) = play(&Settings { clean: true, ..settings(&mock) }, nothing).await;
    assert!(told.contains("1 users of earlier runs were removed") && !exists(&old), "{told}");
    assert!(others.iter().all(exists) && exists(&of_a_running_suite));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_is_reached_in_the_middle_leaves_the_promise_out() {
    let mock = start(Profile::V1_9).await;
    let limited = Fault::RateLimited { retry_after: None, reset: Some(mock.control().now() / 1000 + 1800) };
    mock.control().fault(Aim::at("DELETE", "/v1/account/sessions/*"), 1000, limited);
    let (ending, line) = outcome(&mock, "signs_out_here_and_there").await;
    assert_eq!(ending, Ending::NothingTried, "{line}");
    assert!(line.contains("left out: ") && line.contains("DELETE /account/sessions/*"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_answers_guests_with_a_page_can_be_tried() {
    let mock = start(Profile::V1_5).await;
    // It never forgets that it was asked for the account by a host of functions.
    let request =
        Request::get(format!("{}/account", mock.endpoint())).header("host", "x.functions.localhost");
    let request = request.header("x-appwrite-project", mock.project()).body(Bytes::new()).expect("a request");
    let http = Http::new(&settings(&mock).target.endpoint).expect("a client");
    assert_eq!(http.send(request).await.expect("an answer").status(), 404);
    for name in ["ends_when_the_key_revokes", "ends_with_its_user", "tells_every_change"] {
        let (ending, line) = outcome(&mock, name).await;
        assert_eq!(ending, Ending::Held, "{line}");
    }
    let asked =
        Request::get(format!("{}/account", mock.endpoint())).header("x-appwrite-project", mock.project());
    let answer = http.send(asked.body(Bytes::new()).expect("a request")).await.expect("an answer");
    assert!(answer.body().starts_with(b"<"), "guests are answered with a page");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_that_there_is_not_cannot_be_asked_for() {
    let (ending, told) = play(&only("signs_nobody_in"), PROMISES).await;
    assert_eq!(ending, Ending::NothingTried);
    assert!(told.contains("signs_nobody_in"), "{told}");
}
