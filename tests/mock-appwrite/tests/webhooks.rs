//! Webhooks against fifteen deliveries of a real server, and what the server does with receivers that fail.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by unwrapping it")]

mod support;

use std::sync::{Arc, Mutex};

use mock_appwrite::{MockAppwrite, Profile, webhook_signature};
use serde_json::{Value, json};
use support::{call, signed_in};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

const RECORDED: &str = include_str!("../transcripts/webhooks-1.9.6.jsonl");

/// A delivery: its path, its headers in order, and its body.
#[derive(Clone, Debug)]
struct Delivery {
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Delivery {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn events(&self) -> Vec<String> {
        self.header("X-Appwrite-Webhook-Events").unwrap().split(',').map(str::to_owned).collect()
    }

    /// The names of its events with every id masked.
    fn shape(&self) -> Vec<String> {
        let masked = |name: &String| {
            let parts = name.split('.').map(|part| {
                match part.len() == 20 && part.bytes().all(|c| c.is_ascii_hexdigit()) {
                    true => "ID",
                    false => part,
                }
            });
            parts.collect::<Vec<_>>().join(".")
        };
        self.events().iter().map(masked).collect()
    }
}

fn recorded() -> Vec<(Delivery, String, String)> {
    let lines = RECORDED.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| value[name].as_str().unwrap().to_owned();
            let headers = serde_json::from_value(value["headers"].clone()).unwrap();
            (
                Delivery { path: text("path"), headers, body: text("body") },
                text("registered_url"),
                text("key"),
            )
        })
        .collect()
}

/// A receiver that keeps what it gets, and answers with this status.
async fn receiver(status: u16) -> (String, Arc<Mutex<Vec<Delivery>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let kept = Arc::new(Mutex::new(Vec::new()));
    let into = kept.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let (head, body) = loop {
                let mut chunk = [0; 4096];
                let count = stream.read(&mut chunk).await.unwrap();
                bytes.extend_from_slice(&chunk[..count]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.split("Content-Length: ").nth(1).unwrap().split("\r\n").next().unwrap();
                if body.len() == length.parse::<usize>().unwrap() {
                    break (head.to_owned(), body.to_owned());
                }
            };
            let mut lines = head.split("\r\n");
            let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
            let headers = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect();
            into.lock().unwrap().push(Delivery { path, headers, body });
            stream
                .write_all(format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n").as_bytes())
                .await
                .unwrap();
        }
    });
    (url, kept)
}

/// Waits until so many deliveries were tried.
async fn delivered(mock: &MockAppwrite, count: usize) {
    let control = mock.control();
    let waited =
        tokio::time::timeout(std::time::Duration::from_secs(10), control.wait_for_deliveries(count)).await;
    assert!(waited.is_ok(), "{count} deliveries expected: {:#?}", mock.control().deliveries());
}

#[test]
fn the_signature_is_the_servers_own() {
    for (delivery, url, key) in recorded() {
        let signature = webhook_signature(&url, &delivery.body, &key);
        assert_eq!(
            Some(signature.as_str()),
            delivery.header("X-Appwrite-Webhook-Signature"),
            "{:?}",
            delivery.shape()
        );
    }
}

/// Everything that the recorded deliveries are about, done once.
async fn everything(mock: &MockAppwrite) {
    let key = mock.api_key().to_owned();
    let key = [("X-Appwrite-Key", key.as_str())];
    let password = "correct horse";
    let user = async |email: &str| {
        let body =
            json!({ "userId": "unique()", "email": email, "password": password, "name": "Gäte 名 O'x" });
        call(mock, "POST", "/v1/users", &key, &body).await.json()["$id"].as_str().unwrap().to_owned()
    };
    let sign_in = async |email: &str| {
        let body = json!({ "email": email, "password": password });
        let answer = call(mock, "POST", "/v1/account/sessions/email", &[], &body).await;
        let fallback: Value = serde_json::from_str(answer.header("X-Fallback-Cookies").unwrap()).unwrap();
        (
            answer.json()["$id"].as_str().unwrap().to_owned(),
            fallback["a_session_demo"].as_str().unwrap().to_owned(),
        )
    };
    let gone = async |method: &str, path: &str, headers: &[(&str, &str)], body: &Value| {
        let status = call(mock, method, path, headers, body).await.status;
        assert!(status < 300, "{method} {path}: {status}");
    };
    let a = user("a@example.com").await;
    let (first, _) = sign_in("a@example.com").await;
    gone("DELETE", &format!("/v1/users/{a}/sessions/{first}"), &key, &Value::Null).await;
    let (_, own) = sign_in("a@example.com").await;
    let own = [("X-Appwrite-Session", own.as_str())];
    gone("PATCH", "/v1/account/sessions/current", &own, &Value::Null).await;
    gone("POST", "/v1/account/mfa/authenticators/totp", &own, &Value::Null).await;
    gone("DELETE", "/v1/account/sessions/current", &own, &Value::Null).await;
    gone("DELETE", &format!("/v1/users/{a}/sessions"), &key, &Value::Null).await;
    gone("PATCH", &format!("/v1/users/{a}/status"), &key, &json!({ "status": false })).await;
    user("b@example.com").await;
    let (_, own) = sign_in("b@example.com").await;
    gone("GET", "/v1/account", &[("X-Appwrite-Session", &own)], &Value::Null).await;
    gone("PATCH", "/v1/account/status", &[("X-Appwrite-Session", &own)], &Value::Null).await;
    let d = user("d@example.com").await;
    let (_, own) = sign_in("d@example.com").await;
    gone("GET", "/v1/account", &[("X-Appwrite-Session", &own)], &Value::Null).await;
    gone("DELETE", &format!("/v1/users/{d}"), &key, &Value::Null).await;
    let c = user("c@example.com").await;
    let body = json!({ "email": "c@example.com", "url": "http://localhost/reset" });
    gone("POST", "/v1/account/recovery", &[], &body).await;
    let secret = mock.control().messages().last().unwrap()["secret"].clone();
    let body = json!({ "userId": c, "secret": secret, "password": "another horse" });
    gone("PUT", "/v1/account/recovery", &[], &body).await;
}

/// The kind of a value, in which two servers' values can agree.
fn kind(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(text) if text.contains("+00:00") => "an ISO date".to_owned(),
        Value::String(text) if text.len() == 23 && text.contains(' ') => "a date of the database".to_owned(),
        Value::String(text) if name == "secret" => format!("{} characters", text.len()),
        Value::String(_) => "a text".to_owned(),
        Value::Array(list) => {
            format!("a list of {:?}", list.iter().map(|each| kind("", each)).collect::<Vec<_>>())
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", kind(name, value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[tokio::test]
async fn deliveries_are_as_the_real_server_sends_them() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    let (url, kept) = receiver(204).await;
    let url = format!("{url}/a%20b?x=1");
    let hook = mock.control().create_webhook(&url, &["users.*"], Some("cap"), None).unwrap();
    everything(&mock).await;
    delivered(&mock, 15).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let sent = kept.lock().unwrap().clone();
    for (real, _, _) in recorded() {
        let name = &real.shape()[0];
        let ours: Vec<&Delivery> = sent.iter().filter(|each| each.shape() == real.shape()).collect();
        let actor = |delivery: &Delivery| delivery.header("X-Appwrite-Webhook-User-Id").is_some();
        let alike = ours.iter().find(|each| actor(each) == actor(&real));
        let Some(ours) = alike else { panic!("{name}: not sent, or in another one's name: {ours:?}") };
        let names =
            |delivery: &Delivery| delivery.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(ours), names(&real), "{name}");
        for header in [
            "User-Agent",
            "Accept",
            "Content-Type",
            "X-Appwrite-Webhook-Name",
            "X-Appwrite-Webhook-Project-Id",
        ] {
            assert_eq!(ours.header(header), real.header(header), "{name}");
        }
        assert_eq!(ours.path, real.path, "the path as it was registered");
        let body = |delivery: &Delivery| serde_json::from_str::<Value>(&delivery.body).unwrap();
        assert_eq!(kind("", &body(ours)), kind("", &body(&real)), "{name}");
        let signature = webhook_signature(&url, &ours.body, &hook.key);
        assert_eq!(ours.header("X-Appwrite-Webhook-Signature"), Some(signature.as_str()), "{name}");
        assert_eq!(ours.header("X-Appwrite-Webhook-Id"), Some(hook.id.as_str()));
        assert!(ours.body.is_ascii(), "letters beyond ASCII are escaped");
    }
}

#[tokio::test]
async fn only_what_was_asked_for_is_delivered_and_the_holes_are_the_servers() {
    let (mock, user, own) = signed_in(Profile::V1_9).await;
    let (url, kept) = receiver(204).await;
    let events = [
        "users.*.sessions.*.delete",
        "users.*.sessions.delete",
        "users.*.update.status",
        "users.*.update.password",
        "users.*.recovery.*.update",
        "users.*.delete",
    ];
    mock.control().create_webhook(&url, &events, None, None).unwrap();
    let headers = [("X-Appwrite-Session", own.as_str())];
    // A sign-in, another name, MFA, and an eviction by the limit of sessions: nothing.
    mock.control().update_project(&json!({ "sessionLimit": 1 }));
    let body = json!({ "email": "ada@example.com", "password": "correct horse" });
    assert_eq!(call(&mock, "POST", "/v1/account/sessions/email", &[], &body).await.status, 201);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(mock.control().sessions(&user).len(), 1, "evicted");
    assert_eq!(call(&mock, "GET", "/v1/account", &headers, &Value::Null).await.status, 401);
    let own = mock.control().sessions(&user).remove(0).credential;
    let headers = [("X-Appwrite-Session", own.as_str())];
    assert_eq!(call(&mock, "PATCH", "/v1/account/mfa", &headers, &json!({ "mfa": true })).await.status, 200);
    assert_eq!(
        call(&mock, "PATCH", "/v1/account/name", &headers, &json!({ "name": "Ada" })).await.status,
        200
    );
    // A JWT that deletes all sessions, and a user who deletes the own account: nothing, either.
    let jwt = call(&mock, "POST", "/v1/account/jwts", &headers, &Value::Null).await.json()["jwt"].clone();
    let by_jwt = [("X-Appwrite-JWT", jwt.as_str().unwrap())];
    assert_eq!(call(&mock, "DELETE", "/v1/account/sessions", &by_jwt, &Value::Null).await.status, 204);
    let own = mock.control().create_session(&user).unwrap().credential;
    let headers = [("X-Appwrite-Session", own.as_str())];
    assert_eq!(call(&mock, "DELETE", "/v1/account", &headers, &Value::Null).await.status, 204);
    let bob = mock.control().user("bob@example.com", "correct horse");
    let key = [("X-Appwrite-Key", mock.api_key())];
    assert_eq!(call(&mock, "DELETE", &format!("/v1/users/{bob}"), &key, &Value::Null).await.status, 204);
    delivered(&mock, 1).await;
    let sent = kept.lock().unwrap().clone();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0].shape()[1], "users.*.delete");
}

#[tokio::test]
async fn ten_failures_in_a_row_switch_a_webhook_off() {
    let (mock, _, own) = signed_in(Profile::V1_9).await;
    let (url, kept) = receiver(500).await;
    let hook = mock.control().create_webhook(&url, &["users.*.update.name"], None, None).unwrap();
    let rename = async |count: usize| {
        for index in 0..count {
            let body = json!({ "name": format!("Ada {index}") });
            let answer =
                call(&mock, "PATCH", "/v1/account/name", &[("X-Appwrite-Session", &own)], &body).await;
            assert_eq!(answer.status, 200);
        }
    };
    rename(9).await;
    delivered(&mock, 9).await;
    assert!(mock.control().webhooks()[0].enabled);
    rename(3).await;
    delivered(&mock, 10).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let now = mock.control().webhooks().remove(0);
    assert_eq!((now.enabled, now.attempts), (false, 10));
    assert_eq!(
        kept.lock().unwrap().len(),
        10,
        "a delivery that fails is not repeated, and one that is off sends nothing"
    );
    mock.control().enable_webhook(&hook.id, true);
    rename(1).await;
    delivered(&mock, 11).await;
    assert_eq!(mock.control().webhooks()[0].attempts, 1, "counted anew");
}

#[tokio::test]
async fn webhooks_are_made_by_the_controls_over_http_and_bad_names_are_refused() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    let (url, _) = receiver(204).await;
    let bad = json!({ "url": url, "events": ["users.*.update.*"] });
    assert_eq!(call(&mock, "POST", "/_mock/webhooks", &[], &bad).await.status, 400);
    let good = json!({ "url": url, "events": ["users.*.create"], "name": "cap", "key": "k" });
    let made = call(&mock, "POST", "/_mock/webhooks", &[], &good).await;
    assert_eq!((made.status, made.json()["key"].as_str()), (201, Some("k")));
    let body = json!({ "userId": "unique()", "email": "ada@example.com", "password": "correct horse" });
    assert_eq!(call(&mock, "POST", "/v1/account", &[], &body).await.status, 201);
    let sent = call(&mock, "GET", "/_mock/deliveries?count=1", &[], &Value::Null).await.json();
    assert_eq!(
        (sent[0]["webhookId"].clone(), sent[0]["status"].as_u64()),
        (made.json()["webhookId"].clone(), Some(204))
    );
}
