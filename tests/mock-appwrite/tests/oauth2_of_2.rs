//! What 2.x changed about OAuth2: the app's own state, and what becomes of the session of a caller who is signed in
//! (contract §2x.2.4).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by unwrapping it")]

mod http;

use http::{Answer, call, newest, signed_in};
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::json;

/// A mock that may send the browser to its own provider.
async fn set_up() -> MockAppwrite {
    let mock = newest().await;
    mock.control().update_project(&json!({ "webHosts": ["localhost", "127.0.0.1"] }));
    mock
}

fn start(flow: &str) -> String {
    format!(
        "/account/{flow}/oauth2/mock?project=demo&success=http://localhost/yes&failure=http://localhost/no"
    )
}

fn location(answer: &Answer) -> String {
    answer.header("location").unwrap_or_else(|| panic!("{answer:?} does not redirect")).to_owned()
}

/// Follows a redirect of the mock to itself; the port is its own, whatever the URL says.
async fn follow(mock: &MockAppwrite, url: &str, credential: Option<&str>) -> Answer {
    let (_, path) = url.split_once("/v1").unwrap_or_else(|| panic!("{url:?} does not lead back"));
    let request = call(mock, "GET", path);
    credential.map_or(request.clone(), |credential| request.session(credential)).send().await
}

/// Goes to the provider and back, up to the URL that signs in.
async fn to_the_end(mock: &MockAppwrite, start: &str) -> String {
    let page = location(&call(mock, "GET", start).send().await);
    let back = location(&follow(mock, &page, None).await);
    location(&follow(mock, &back, None).await)
}

/// A part of the query of a URL.
fn part(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let pairs = query.trim_end_matches('#').split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

#[tokio::test]
async fn the_state_of_an_app_comes_back_in_both_urls() {
    let mock = set_up().await;
    for flow in ["sessions", "tokens"] {
        let last = to_the_end(&mock, &format!("{}&state=a%20%7Eb", start(flow))).await;
        let failed = location(&follow(&mock, &last.replace("code=abcdef", "code=wrong"), None).await);
        assert!(failed.starts_with("http://localhost/no?"), "{failed}");
        assert_eq!(part(&failed, "state").as_deref(), Some("a+%7Eb"), "{failed}");
        let done = location(&follow(&mock, &last, None).await);
        assert!(done.starts_with("http://localhost/yes?"), "{done}");
        assert_eq!(part(&done, "state").as_deref(), Some("a+%7Eb"), "{done}");
    }
    let long = "x".repeat(257);
    for state in [long.as_str(), "%C3%A9", "%0A"] {
        let refused = call(&mock, "GET", &format!("{}&state={state}", start("tokens"))).send().await;
        assert_eq!(refused.status, 400, "{state}");
    }
    mock.control().update_switches(&json!({ "lacks": ["state"] }));
    let last = to_the_end(&mock, &format!("{}&state=mine", start("tokens"))).await;
    let done = location(&follow(&mock, &last, None).await);
    assert_eq!(part(&done, "state"), None, "an older server drops it");
}

#[tokio::test]
async fn a_token_flow_attaches_the_identity_and_leaves_the_session() {
    let mock = set_up().await;
    let (user, own) = signed_in(&mock, "ada@example.com");
    let last = to_the_end(&mock, &start("tokens")).await;
    let done = location(&follow(&mock, &last, Some(&own)).await);
    assert_eq!(part(&done, "userId"), Some(user.clone()));
    let identities = call(&mock, "GET", "/account/identities").session(&own).send().await;
    assert_eq!(
        identities.body["identities"][0]["providerIdToken"], "",
        "the session lives, the identity is there"
    );
    let body = json!({ "userId": user, "secret": part(&done, "secret") });
    let exchange = call(&mock, "POST", "/account/sessions/token").body(body);
    assert_eq!(exchange.clone().session(&own).send().await.outcome(), (401, "user_session_already_exists"));
    mock.control().update_switches(&json!({ "tokenBesideSession": true }));
    let session = exchange.session(&own).send().await;
    assert_eq!((session.status, &session.body["factors"]), (201, &json!(["email", "oauth2"])));
    for credential in [&own, &session.credential()] {
        assert_eq!(call(&mock, "GET", "/account").session(credential).send().await.status, 200);
    }
}

#[tokio::test]
async fn a_session_flow_replaces_the_session() {
    let mock = set_up().await;
    let (user, own) = signed_in(&mock, "ada@example.com");
    let last = to_the_end(&mock, &start("sessions")).await;
    assert_eq!(follow(&mock, &last, Some(&own)).await.status, 301);
    assert_eq!(call(&mock, "GET", "/account").session(&own).send().await.status, 401);
    assert_eq!(mock.control().sessions(&user).len(), 1);
}

#[tokio::test]
async fn after_a_reset_the_providers_page_is_still_on_the_servers_own_port() {
    let mock = newest().await;
    mock.control().reset();
    mock.control().update_project(&json!({ "webHosts": ["localhost", "127.0.0.1"] }));
    let page = location(&call(&mock, "GET", &start("sessions")).send().await);
    let port = mock.url().rsplit_once(':').unwrap().1.to_owned();
    assert!(page.contains(&format!(":{port}/v1/mock/tests/general/oauth2?")), "{page}");
}

#[tokio::test]
async fn a_browser_goes_through_the_sign_in_or_declines_and_leaves_no_trace_in_the_journal() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let url = format!(
            "{}/account/tokens/oauth2/mock?project=demo&success=http://localhost/in?flow=x&failure=http://localhost/out",
            mock.endpoint()
        );
        let done = mock.control().browse(&url, false).await.unwrap();
        assert!(done.contains("localhost/in?flow=x") && part(&done, "secret").is_some(), "{done}");
        let declined = mock.control().browse(&url, true).await.unwrap();
        assert!(declined.contains("localhost/out?") && declined.contains("access_denied"), "{declined}");
        assert!(mock.control().journal().is_empty());
        let page = mock.control().browse(&format!("{}/account", mock.endpoint()), false).await;
        assert_eq!(page, Err("the browser ends on a page with the status 401".to_owned()));
        assert_eq!(mock.control().browse("my-app://x", false).await.as_deref(), Ok("my-app://x"));
    }
}
