//! Controls that tests of apps use, and servers of those tests beside the mock, request by request and without sockets.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by unwrapping it")]

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use mock_appwrite::{
    Aim, Fault, MockAppwrite, Outgoing, Profile, RawRequest, Rendered,
    host::{Serving, Site},
};
use serde_json::{Value, json};

async fn whole(outgoing: impl Future<Output = Outgoing>) -> (u16, Value) {
    match outgoing.await {
        Outgoing::Whole(answer) => (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default()),
        other => panic!("no whole answer: {other:?}"),
    }
}

fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &Value) -> RawRequest {
    RawRequest {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
        ..RawRequest::default()
    }
}

async fn control(mock: &MockAppwrite, method: &str, path: &str, body: Value) -> (u16, Value) {
    whole(mock.exchange("appwrite", request(method, &format!("/_mock{path}"), &[], &body))).await
}

async fn account(mock: &MockAppwrite, credential: &str) -> (u16, Value) {
    let headers = [("X-Appwrite-Project", "demo"), ("X-Appwrite-Session", credential)];
    whole(mock.exchange("appwrite", request("GET", "/v1/account", &headers, &Value::Null))).await
}

#[tokio::test]
async fn a_reset_can_make_it_another_server() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    mock.control().user("ada@example.com", "correct-horse-1");
    assert_eq!(control(&mock, "POST", "/reset", json!({ "profile": "1.5" })).await.0, 204);
    assert_eq!(mock.describe()["profile"], "1.5");
    assert_eq!(control(&mock, "GET", "/users", Value::Null).await, (200, json!([])));
    assert_eq!(control(&mock, "POST", "/reset", Value::Null).await.0, 204);
    assert_eq!(mock.describe()["profile"], "1.5");
    assert_eq!(control(&mock, "POST", "/reset", json!({ "profile": "0.1" })).await.0, 400);
}

#[tokio::test]
async fn what_is_changed_of_a_user_is_in_the_list_and_in_the_account() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    let made = json!({ "email": "ada@example.com", "password": "correct-horse-1", "labels": ["staff"] });
    let (_, made) = control(&mock, "POST", "/users", made).await;
    let user = made["userId"].as_str().unwrap();
    let change = json!({ "email": "Countess@example.com", "labels": ["owner"], "prefs": { "a": 1 } });
    assert_eq!(control(&mock, "PATCH", &format!("/users/{user}"), change).await.0, 200);
    let (_, users) = control(&mock, "GET", "/users", Value::Null).await;
    assert_eq!(
        (&users[0]["email"], &users[0]["password"], &users[0]["labels"], &users[0]["prefs"]),
        (&json!("countess@example.com"), &json!("correct-horse-1"), &json!(["owner"]), &json!({ "a": 1 }))
    );
    let session = mock.control().create_session(user).unwrap();
    let (_, account) = account(&mock, &session.credential).await;
    assert_eq!((&account["email"], &account["labels"]), (&json!("countess@example.com"), &json!(["owner"])));
}

#[tokio::test]
async fn a_session_is_made_and_changed_as_it_is_wanted() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    let user = mock.control().user("ada@example.com", "correct-horse-1");
    mock.control().require_mfa(&user);
    let sessions = format!("/users/{user}/sessions");
    let wanted = json!({ "provider": "anonymous", "factors": ["password", "totp"] });
    let (status, made) = control(&mock, "POST", &sessions, wanted).await;
    assert_eq!((status, &made["provider"]), (201, &json!("anonymous")));
    let credential = made["credential"].as_str().unwrap();
    assert_eq!(account(&mock, credential).await.0, 200);

    let one = format!("{sessions}/{}", made["sessionId"].as_str().unwrap());
    assert_eq!(control(&mock, "PATCH", &one, json!({ "factors": ["password"] })).await.0, 200);
    assert_eq!(account(&mock, credential).await.1["type"], "user_more_factors_required");
    let over = json!({ "factors": ["password", "totp"], "expire": mock.control().now() - 1 });
    assert_eq!(control(&mock, "PATCH", &one, over).await.0, 200);
    assert_eq!(account(&mock, credential).await.1["type"], "general_unauthorized_scope");
    assert_eq!(control(&mock, "PATCH", &format!("{sessions}/none"), json!({})).await.0, 400);
}

/// Answers with 204, and counts.
#[derive(Debug, Default)]
struct Counting(AtomicU32);

impl Site for Counting {
    fn answer(&self) -> Serving {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Rendered { status: 204, headers: Vec::new(), body: Vec::new() } })
    }
}

#[tokio::test]
async fn a_server_of_the_test_answers_with_journal_and_faults() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    let site = Arc::new(Counting::default());
    let ask = || mock.exchange_with("shop", request("GET", "/orders", &[], &Value::Null), site.clone());
    assert_eq!(whole(ask()).await.0, 204);
    let aim = Aim { listener: Some("shop".to_owned()), ..Aim::path("/orders") };
    mock.control().fault(aim, 1, Fault::Status(503));
    assert_eq!(whole(ask()).await.0, 503);
    assert_eq!(site.0.load(Ordering::SeqCst), 1, "a fault keeps the request from it");
    let seen: Vec<_> = mock.control().journal().iter().map(|entry| (entry.listener, entry.status)).collect();
    assert_eq!(seen, [("shop", Some(204)), ("shop", Some(503))]);
}

#[tokio::test]
async fn a_gateway_of_the_test_learns_the_user_or_what_to_answer() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    let user = mock.control().user("ada@example.com", "correct-horse-1");
    let credential = mock.control().create_session(&user).unwrap().credential;
    let cookies = format!("lb=one; a_session_demo={credential}");
    let known = request("GET", "/orders", &[("Cookie", &cookies)], &Value::Null);
    let seen = json!({ "carrier": "cookie", "carriers": 1, "cookies": { "lb": "one" } });
    assert_eq!(mock.seen(&known), seen);
    assert_eq!(mock.identify(known).await.unwrap(), user);
    let unknown = request("GET", "/orders", &[], &Value::Null);
    assert_eq!(mock.seen(&unknown)["carrier"], "none");
    assert_eq!(mock.identify(unknown).await.unwrap_err().status, 401);
}
