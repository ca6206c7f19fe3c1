//! Smaller changes from 1.9.6 to 2.7: parameters, fields, dev keys, JWTs, and what is not known (contract §2x.1, §2x.2.4, §2x.7).
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

mod http;

use std::time::Duration;

use http::{Answer, call, newest, signed_in};
use mock_appwrite::{Aim, Fault, MockAppwrite, Profile};
use serde_json::{Value, json};

const EMAIL: &str = "ada@example.com";

async fn older() -> MockAppwrite {
    MockAppwrite::start(Profile::V1_9).await.unwrap()
}

async fn get(mock: &MockAppwrite, path: &str, credential: &str) -> Answer {
    call(mock, "GET", path).session(credential).send().await
}

#[tokio::test]
async fn an_error_names_the_version() {
    let mock = newest().await;
    assert_eq!(call(&mock, "GET", "/account").send().await.text("version"), "2.7.1");
    let described = call(&mock, "GET", "/_mock").send().await;
    assert_eq!(described.text("profile"), "2.7");
}

#[tokio::test]
async fn a_session_lives_as_long_as_the_sign_in_asks() {
    let mock = newest().await;
    mock.control().user(EMAIL, "correct horse");
    mock.control().update_project(&json!({ "sessionDuration": 3600 }));
    let sign_in = |duration: Value| {
        let mut body = json!({ "email": EMAIL, "password": "correct horse" });
        if !duration.is_null() {
            body["duration"] = duration;
        }
        call(&mock, "POST", "/account/sessions/email").body(body)
    };
    for (duration, seconds) in [(json!(60), 60), (json!(3600), 3600), (Value::Null, 3600)] {
        let answer = sign_in(duration).send().await;
        assert_eq!(answer.status, 201);
        assert!(answer.head.contains(&format!("Max-Age={seconds};")), "{}", answer.head);
    }
    for duration in [json!(59), json!(3601), json!("soon")] {
        assert_eq!(sign_in(duration).send().await.outcome(), (400, "general_argument_invalid"));
    }
    let short = sign_in(json!(60)).send().await.credential();
    mock.control().advance_clock(Duration::from_secs(61));
    assert_eq!(get(&mock, "/account", &short).await.status, 401);
    mock.control().update_switches(&json!({ "clampsDuration": true }));
    assert!(sign_in(json!(5)).send().await.head.contains("Max-Age=60;"));
    mock.control().update_switches(&json!({ "lacks": ["duration"] }));
    assert!(
        sign_in(json!(60)).send().await.head.contains("Max-Age=3600;"),
        "an older server does not look at it"
    );
}

#[tokio::test]
async fn the_own_session_outlives_a_sign_out_everywhere_else() {
    let mock = newest().await;
    let (user, own) = signed_in(&mock, EMAIL);
    let other = mock.control().create_session(&user).unwrap().credential;
    let wrong = call(&mock, "DELETE", "/account/sessions?current=perhaps").session(&own).send().await;
    assert_eq!(wrong.outcome(), (400, "general_argument_invalid"));
    // In the body it does not count.
    let kept = call(&mock, "DELETE", "/account/sessions?current=false").session(&own).send().await;
    assert_eq!(
        (kept.status, kept.header("set-cookie"), kept.header("x-fallback-cookies")),
        (204, None, None)
    );
    assert_eq!(get(&mock, "/account", &own).await.status, 200);
    assert_eq!(get(&mock, "/account", &other).await.status, 401);
    assert_eq!(call(&mock, "DELETE", "/account/sessions").session(&own).send().await.status, 204);
    assert_eq!(get(&mock, "/account", &own).await.status, 401);
}

#[tokio::test]
async fn older_servers_end_the_own_session_too() {
    let lacking = newest().await;
    lacking.control().update_switches(&json!({ "lacks": ["current"] }));
    for mock in [older().await, lacking] {
        let (_, own) = signed_in(&mock, EMAIL);
        call(&mock, "DELETE", "/account/sessions?current=false").session(&own).send().await;
        assert_eq!(get(&mock, "/account", &own).await.status, 401);
    }
}

#[tokio::test]
async fn a_list_has_no_total_if_the_client_does_not_want_it() {
    let mock = newest().await;
    let (_, own) = signed_in(&mock, EMAIL);
    let list = get(&mock, "/account/sessions?total=false", &own).await;
    assert_eq!((&list.body["total"], list.body["sessions"].as_array().map(Vec::len)), (&json!(0), Some(1)));
    assert_eq!(get(&mock, "/account/sessions", &own).await.body["total"], 1);
    assert_eq!(get(&mock, "/account/sessions?total=x", &own).await.status, 400);
}

#[tokio::test]
async fn dev_keys_exempt_from_nothing() {
    for (mock, works) in [(older().await, true), (newest().await, false)] {
        let key = mock.describe()["devKey"].as_str().unwrap().to_owned();
        let request = |path: &str| call(&mock, "GET", path).header("Origin", "https://evil.example");
        let refused = request("/account").header("X-Appwrite-Dev-Key", &key).send().await;
        let expected =
            if works { (401, "general_unauthorized_scope") } else { (403, "general_unknown_origin") };
        assert_eq!(refused.outcome(), expected);
        let by_query = request(&format!("/account?devKey={key}")).send().await;
        assert_eq!(by_query.outcome(), (403, "general_unknown_origin"));
    }
    let mock = newest().await;
    let key = mock.describe()["devKey"].as_str().unwrap().to_owned();
    let sign_in = || {
        let body = json!({ "email": EMAIL, "password": "wrong horse" });
        call(&mock, "POST", "/account/sessions/email").body(body).header("X-Appwrite-Dev-Key", &key)
    };
    for _ in 0..10 {
        assert_eq!(sign_in().send().await.status, 401);
    }
    assert_eq!(sign_in().send().await.status, 429, "limits count");
    mock.control().update_switches(&json!({ "devKeys": true }));
    assert_eq!(sign_in().send().await.status, 401, "until its migration a server goes on serving them");
}

#[tokio::test]
async fn a_jwt_makes_no_jwt_and_dies_with_its_session() {
    let mock = newest().await;
    let (user, own) = signed_in(&mock, EMAIL);
    let jwt = call(&mock, "POST", "/account/jwts").session(&own).send().await.text("jwt");
    let denied = call(&mock, "POST", "/account/jwts").jwt(&jwt).send().await;
    assert_eq!(denied.outcome(), (403, "user_jwt_creation_denied"));
    assert_eq!(call(&mock, "GET", "/account").jwt(&jwt).send().await.status, 200);
    let session = mock.control().sessions(&user).remove(0).session_id;
    mock.control().expire_session(&user, &session);
    assert_eq!(
        call(&mock, "GET", "/account").jwt(&jwt).send().await.outcome(),
        (401, "general_unauthorized_scope")
    );
    mock.control().update_switches(&json!({ "lacks": ["jwts"] }));
    assert_eq!(call(&mock, "POST", "/account/jwts").send().await.status, 404);
}

#[tokio::test]
async fn a_jwt_of_1_9_outlives_its_expired_session_unless_the_server_is_1_9_7() {
    let mock = older().await;
    let (user, own) = signed_in(&mock, EMAIL);
    let jwt = call(&mock, "POST", "/account/jwts").session(&own).send().await.text("jwt");
    let session = mock.control().sessions(&user).remove(0).session_id;
    mock.control().expire_session(&user, &session);
    assert_eq!(call(&mock, "GET", "/account").jwt(&jwt).send().await.status, 200, "1.9.6");
    let change = json!({ "jwtDiesWithSession": true });
    assert_eq!(call(&mock, "PATCH", "/_mock/switches").body(change).send().await.status, 204);
    assert_eq!(call(&mock, "GET", "/account").jwt(&jwt).send().await.status, 401, "1.9.7 and newer");
    mock.control().reset();
    let (user, own) = signed_in(&mock, EMAIL);
    let jwt = call(&mock, "POST", "/account/jwts").session(&own).send().await.text("jwt");
    let session = mock.control().sessions(&user).remove(0).session_id;
    mock.control().expire_session(&user, &session);
    assert_eq!(call(&mock, "GET", "/account").jwt(&jwt).send().await.status, 200, "a reset sets it back");
}

#[tokio::test]
async fn fields_of_2_are_there_and_older_formats_do_without() {
    let mock = newest().await;
    let (_, own) = signed_in(&mock, EMAIL);
    let account = get(&mock, "/account", &own).await;
    assert_eq!(account.body.as_object().unwrap().len(), 24);
    assert!(account.body["passwordPwned"].is_null() && account.body.get("passwordPwned").is_some());
    let old = call(&mock, "GET", "/account").session(&own).header("X-Appwrite-Response-Format", "1.8.0");
    assert!(old.send().await.body.get("impersonator").is_none());
    for format in ["2.0.0", "2.3.0", "2.6.2"] {
        let answer =
            call(&mock, "GET", "/account").session(&own).header("X-Appwrite-Response-Format", format);
        let answer = answer.send().await;
        assert_eq!(answer.body.as_object().unwrap().len(), 24, "{format}");
        assert_eq!(answer.header("x-appwrite-warning"), None);
    }
    let extended = call(&mock, "PATCH", "/account/sessions/current").session(&own).send().await;
    assert!(extended.text("expire").contains('T'), "{extended:?}");
    assert_eq!(get(&mock, "/account/logs", &own).await.status, 404);
    assert_eq!(get(&older().await, "/account/logs", "").await.status, 401);
}

#[tokio::test]
async fn a_session_has_one_push_target_for_each_provider() {
    let mock = newest().await;
    let (user, own) = signed_in(&mock, EMAIL);
    let push = |credential: &str, identifier: &str, provider: &str| {
        let body = json!({ "targetId": "unique()", "identifier": identifier, "providerId": provider });
        call(&mock, "POST", "/account/targets/push").session(credential).body(body)
    };
    let first = push(&own, "device", "fcm").send().await;
    assert_eq!((first.status, first.text("providerId")), (201, "fcm".to_owned()));
    let second = push(&own, "device-2", "fcm").send().await;
    assert_eq!(
        (second.status, second.text("$id"), second.text("identifier")),
        (201, first.text("$id"), "device-2".into())
    );
    assert_ne!(push(&own, "device-3", "apns").send().await.text("$id"), first.text("$id"));
    let other = mock.control().create_session(&user).unwrap().credential;
    assert_ne!(push(&other, "device-4", "fcm").send().await.text("$id"), first.text("$id"));
}

#[tokio::test]
async fn an_old_session_is_refused_if_the_firewall_says_so() {
    let mock = newest().await;
    let (_, own) = signed_in(&mock, EMAIL);
    let rule = json!({ "firewall": { "sessionAge": 60, "status": 451, "type": "firewall_session_too_old" } });
    mock.control().update_switches(&rule);
    assert_eq!(get(&mock, "/account", &own).await.status, 200);
    mock.control().advance_clock(Duration::from_secs(61));
    assert_eq!(get(&mock, "/account", &own).await.outcome(), (451, "firewall_session_too_old"));
    mock.control().update_switches(&json!({ "firewall": null }));
    assert_eq!(get(&mock, "/account", &own).await.status, 200);
}

#[tokio::test]
async fn a_fault_refuses_with_any_type() {
    let mock = newest().await;
    let (_, own) = signed_in(&mock, EMAIL);
    for (kind, status) in [
        ("user_reauthentication_required", 401),
        ("user_passkey_invalid", 401),
        ("user_oauth2_token_invalid", 401),
        ("user_blocked", 403),
    ] {
        let body =
            json!({ "method": "GET", "path": "/v1/account", "fault": { "kind": "refusal", "type": kind } });
        assert_eq!(call(&mock, "POST", "/_mock/faults").body(body).send().await.status, 201);
        assert_eq!(get(&mock, "/account", &own).await.outcome(), (status, kind));
    }
    let fault = Fault::Refusal { kind: "user_never_heard_of".to_owned(), status: Some(401) };
    mock.control().fault(Aim::path("/v1/account"), 1, fault);
    assert_eq!(get(&mock, "/account", &own).await.outcome(), (401, "user_never_heard_of"));
    assert_eq!(get(&mock, "/account", &own).await.status, 200);
}

#[tokio::test]
async fn the_link_of_a_verification_lives_as_long_as_the_switch_says() {
    let mock = newest().await;
    let (user, own) = signed_in(&mock, EMAIL);
    let body = json!({ "url": "http://localhost/verify" });
    let path = "/account/verifications/email";
    for (switch, status) in [(json!({}), 401), (json!({ "verificationLife": 604_800 }), 200)] {
        mock.control().update_switches(&switch);
        assert_eq!(call(&mock, "POST", path).session(&own).body(body.clone()).send().await.status, 201);
        let secret = mock.control().messages().pop().unwrap()["secret"].clone();
        mock.control().advance_clock(Duration::from_secs(3700));
        let proof = json!({ "userId": user, "secret": secret });
        assert_eq!(call(&mock, "PUT", path).body(proof).send().await.status, status);
    }
}
