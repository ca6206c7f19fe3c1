//! The controls over HTTP say what is wrong with a request, because a control that does nothing would let a wrong test pass.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

mod http;

use http::call;
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::{Value, json};

async fn control(mock: &MockAppwrite, method: &str, path: &str, body: Value) -> (u16, Value) {
    let answer = call(mock, method, &format!("/_mock{path}")).body(body).send().await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_body_that_a_control_cannot_use_is_refused_and_changes_nothing() {
    let mock = MockAppwrite::start(Profile::V2_7).await.unwrap();
    let hangs = json!({ "kind": "hang" });
    let elsewhere = json!({ "path": "/v1/account", "listener": "gatway", "fault": hangs });
    let aim = json!({ "path": "/v1/account", "fault": "hang" });
    for (method, path, body, why) in [
        (
            "POST",
            "/users",
            json!({ "pasword": "x" }),
            "no member pasword; it can have userId, email, password",
        ),
        ("POST", "/users", json!({ "mfa": "yes" }), "mfa has to be true or false"),
        ("POST", "/users", json!(["ada@example.com"]), "not a JSON object"),
        ("POST", "/clock", json!({ "advance": 60 }), "no member advance"),
        ("POST", "/clock", json!({ "now": "2030-01-01" }), "now has to be a number"),
        ("PATCH", "/project", json!({ "sessionlimit": 3 }), "no member sessionlimit"),
        ("PATCH", "/switches", json!({ "lacks": "passkeys" }), "lacks has to be a list of some of id-token"),
        ("PATCH", "/switches", json!({ "lacks": ["passkey"] }), "lacks has to be a list of some of id-token"),
        ("PATCH", "/project", json!({ "disabled": ["password"] }), "some of email-password, magic-url"),
        ("PATCH", "/passkeys", json!({ "rp": "x" }), "no member rp"),
        ("PATCH", "/id-tokens/google", json!({ "reachable": 0 }), "reachable has to be true or false"),
        ("POST", "/webhooks", json!({ "events": ["users.*.create"] }), "lacks the member url"),
        ("POST", "/webhooks", json!({ "url": "http://x/", "events": ["nonsense"] }), "name of an event"),
        ("POST", "/faults", json!({ "path": "/v1/account" }), "lacks the member fault"),
        ("POST", "/faults", aim, "fault has to be an object"),
        ("POST", "/faults", json!({ "path": "/v1/account", "fault": { "kind": "delay" } }), "its kind needs"),
        ("POST", "/faults", elsewhere, "listener has to be one of appwrite, gateway, foreign"),
        ("POST", "/faults", json!({ "path": "account" }), "path has to be a path that begins with / or *"),
        ("POST", "/nothing", json!({}), "no such control"),
    ] {
        let (status, answer) = control(&mock, method, path, body.clone()).await;
        let said = answer["error"].as_str().unwrap_or_default();
        assert!(status == 400 && said.contains(why), "{method} {path} {body}: {status} {answer}");
    }
    assert_eq!(control(&mock, "GET", "/users", Value::Null).await, (200, json!([])));
    assert_eq!(control(&mock, "POST", "/users", json!({ "email": null })).await.0, 201, "null is left out");
}

#[tokio::test]
async fn a_user_who_is_not_there_or_there_already_is_named() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    let ada = json!({ "userId": "ada", "email": "ada@example.com" });
    assert_eq!(control(&mock, "POST", "/users", ada).await.0, 201);
    let taken = |what: &str| (409, json!({ "error": format!("there is a user {what} already") }));
    assert_eq!(control(&mock, "POST", "/users", json!({ "userId": "ada" })).await, taken("ada"));
    let same = json!({ "email": "Ada@example.com" });
    assert_eq!(control(&mock, "POST", "/users", same).await, taken("Ada@example.com"));
    let nobody = (404, json!({ "error": "there is no user bob" }));
    for (method, path) in [("PATCH", ""), ("POST", "/sessions"), ("GET", "/totp"), ("GET", "/challenges")] {
        assert_eq!(control(&mock, method, &format!("/users/bob{path}"), json!({})).await, nobody);
    }
    let (status, answer) = control(&mock, "GET", "/users/ada/totp", Value::Null).await;
    assert!(status == 404 && answer.to_string().contains("the user ada has no authenticator"), "{answer}");
    let (status, answer) = control(&mock, "POST", "/users/ada/sessions/s/expire", Value::Null).await;
    assert!(status == 404 && answer.to_string().contains("the user ada has no session s"), "{answer}");
    let (status, answer) = control(&mock, "PATCH", "/webhooks/w", json!({ "enabled": true })).await;
    assert!(status == 404 && answer.to_string().contains("there is no webhook w"), "{answer}");
}

#[tokio::test]
async fn a_user_can_get_another_email() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    let user = mock.control().user("ada@example.com", "correct horse");
    let eve = json!({ "email": "Eve@example.com" });
    assert_eq!(control(&mock, "PATCH", &format!("/users/{user}"), eve).await.0, 200);
    for (email, status) in [("ada@example.com", 401), ("eve@example.com", 201)] {
        let body = json!({ "email": email, "password": "correct horse" });
        assert_eq!(call(&mock, "POST", "/account/sessions/email").body(body).send().await.status, status);
    }
}

#[tokio::test]
async fn a_challenge_shows_a_code_only_if_the_server_made_one() {
    let mock = MockAppwrite::start(Profile::V2_7).await.unwrap();
    let user = mock.control().user("ada@example.com", "correct horse");
    mock.control().require_mfa(&user);
    let session = mock.control().create_session(&user).unwrap().credential;
    let own = call(&mock, "POST", "/account/mfa/challenges").session(&session);
    assert_eq!(own.body(json!({ "factor": "totp" })).send().await.status, 201);
    let (_, answer) = control(&mock, "GET", &format!("/users/{user}/challenges"), Value::Null).await;
    assert_eq!(answer["challenges"][0]["factor"], "totp");
    assert!(answer["challenges"][0]["code"].is_null(), "{answer}");
}

#[tokio::test]
async fn an_ordered_rate_limit_has_the_message_of_a_real_one() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    let aim = json!({ "path": "/v1/account", "fault": { "kind": "rate_limited", "retryAfter": 3 } });
    assert_eq!(control(&mock, "POST", "/faults", aim).await.0, 201);
    let answer = call(&mock, "GET", "/account").send().await;
    assert_eq!(answer.outcome(), (429, "general_rate_limit_exceeded"));
    assert!(answer.text("message").starts_with("Rate limit for the current endpoint"), "{answer:?}");
}

#[tokio::test]
async fn a_clock_shows_a_time_that_has_a_date_however_far_it_is_set() {
    let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
    let ada = json!({ "email": "ada@example.com", "password": "correct horse battery" });
    assert_eq!(control(&mock, "POST", "/users", ada.clone()).await.0, 201);
    for (set, year) in [
        (json!({ "advanceSeconds": u64::MAX }), "9000"),
        (json!({ "now": i64::MAX }), "9000"),
        (json!({ "now": i64::MIN }), "1970"),
        (json!({ "now": 1_893_456_000_000_i64 }), "2030"),
    ] {
        assert_eq!(control(&mock, "POST", "/clock", set.clone()).await.0, 200, "{set}");
        let sign_in = call(&mock, "POST", "/account/sessions/email").body(ada.clone()).send().await;
        assert_eq!(sign_in.status, 201, "{set}: {:?}", sign_in.body);
        let created = sign_in.body["$createdAt"].as_str().unwrap_or_default();
        assert!(created.starts_with(year), "{set}: {created}");
    }
}
