//! Passkeys that are switched off or set up anew, origins, and the answers of states that are not known to be the last
//! (contract §2x.2.2, §2x.7).
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

mod http;

use std::time::Duration;

use http::{Answer, call, newest, signed_in};
use mock_appwrite::MockAppwrite;
use serde_json::{Value, json};

const TOKENS: &str = "/account/tokens/passkey";

async fn begin(mock: &MockAppwrite, credential: &str) -> Answer {
    begin_as(mock, credential, "unique()").await
}

async fn begin_as(mock: &MockAppwrite, credential: &str, id: &str) -> Answer {
    call(mock, "POST", "/account/passkeys").session(credential).body(json!({ "passkeyId": id })).send().await
}

/// Completes a registration with a new credential; `body` can have more parameters.
async fn complete(
    mock: &MockAppwrite,
    credential: &str,
    begun: &Answer,
    wishes: Value,
    mut body: Value,
) -> Answer {
    let path = format!("/account/passkeys/{}/verification", begun.text("passkeyId"));
    body["credential"] =
        mock.control().create_credential("phone", &begun.body["publicKey"], &wishes).unwrap();
    call(mock, "PUT", &path).session(credential).body(body).send().await
}

/// The status of a registration from an origin.
async fn from(mock: &MockAppwrite, credential: &str, origin: &str) -> u16 {
    let begun = begin_as(mock, credential, "tried").await;
    let wishes = json!({ "origin": origin, "ignoreExclude": true });
    let status = complete(mock, credential, &begun, wishes, json!({})).await.status;
    call(mock, "DELETE", "/account/passkeys/tried").session(credential).send().await;
    status
}

async fn set_up() -> (MockAppwrite, String) {
    let mock = newest().await;
    mock.control().rate_limits(false);
    let (_, credential) = signed_in(&mock, "ada@example.com");
    (mock, credential)
}

#[tokio::test]
async fn off_or_not_configured_nothing_begins_and_what_has_begun_completes() {
    let (mock, credential) = set_up().await;
    let first = begin(&mock, &credential).await;
    let second = begin(&mock, &credential).await;
    let unsupported = (501, "user_auth_method_unsupported");
    mock.control().update_project(&json!({ "disabled": ["passkey"] }));
    assert_eq!(call(&mock, "POST", TOKENS).send().await.outcome(), unsupported);
    assert_eq!(begin(&mock, &credential).await.outcome(), unsupported);
    assert_eq!(complete(&mock, &credential, &first, json!({}), json!({})).await.status, 200);
    let list = call(&mock, "GET", "/account/passkeys").session(&credential).send().await;
    assert_eq!(list.body["total"], 1);
    mock.control().update_passkeys(&json!({ "completesWhenOff": false }));
    let wishes = json!({ "ignoreExclude": true });
    let late = complete(&mock, &credential, &second, wishes, json!({})).await;
    assert_eq!(late.outcome(), (401, "user_invalid_token"), "the newer source reads so");
    mock.control().update_project(&json!({ "disabled": [] }));
    mock.control().update_passkeys(&json!({ "rpId": null }));
    assert_eq!(call(&mock, "POST", TOKENS).send().await.outcome(), unsupported);
    assert_eq!(begin(&mock, &credential).await.outcome(), unsupported);
    mock.control().update_switches(&json!({ "lacks": ["passkeys"] }));
    assert_eq!(call(&mock, "POST", TOKENS).send().await.status, 404);
}

#[tokio::test]
async fn other_settings_of_the_relying_party_end_the_challenges() {
    let (mock, credential) = set_up().await;
    let begun = begin(&mock, &credential).await;
    mock.control().update_passkeys(&json!({ "origins": ["http://localhost", "http://localhost:5000"] }));
    let late = complete(&mock, &credential, &begun, json!({}), json!({})).await;
    assert_eq!(late.outcome(), (401, "user_invalid_token"));
}

#[tokio::test]
async fn origins_follow_from_the_platforms_of_the_project() {
    let (mock, credential) = set_up().await;
    assert_eq!(from(&mock, &credential, "http://localhost:3000").await, 200);
    let platforms = json!({ "webHosts": ["app.example.com", "*.dev.example.com"], "appleApps": [] });
    mock.control().update_project(&platforms);
    mock.control().update_passkeys(&json!({ "rpId": "example.com" }));
    assert_eq!(from(&mock, &credential, "https://app.example.com").await, 200);
    assert_eq!(from(&mock, &credential, "https://x.dev.example.com:8443").await, 200);
    assert_eq!(from(&mock, &credential, "http://app.example.com").await, 401);
    assert_eq!(from(&mock, &credential, "https://other.example.com").await, 401);
    assert_eq!(from(&mock, &credential, "https://example.com").await, 401, "no Apple platform is registered");
    mock.control().update_project(&json!({ "appleApps": ["com.example.app"] }));
    assert_eq!(from(&mock, &credential, "https://example.com").await, 200);
    let android = "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck";
    assert_eq!(from(&mock, &credential, android).await, 401);
    mock.control().update_passkeys(&json!({ "androidOrigins": [android] }));
    assert_eq!(from(&mock, &credential, android).await, 200);
    mock.control().update_passkeys(&json!({ "origins": ["https://example.com:8443"] }));
    assert_eq!(from(&mock, &credential, "https://example.com:8443").await, 200);
    assert_eq!(from(&mock, &credential, "https://example.com").await, 401, "an early state has a list");
}

#[tokio::test]
async fn the_challenge_id_is_ignored_or_needed_by_the_state() {
    let (mock, credential) = set_up().await;
    let other = json!({ "challengeId": "of-another" });
    let begun = begin(&mock, &credential).await;
    let done = complete(&mock, &credential, &begun, json!({}), other.clone()).await;
    assert_eq!(done.status, 200, "{done:?}");
    mock.control().update_passkeys(&json!({ "needsChallengeId": true }));
    let begun = begin(&mock, &credential).await;
    let again = || json!({ "ignoreExclude": true });
    assert_eq!(complete(&mock, &credential, &begun, again(), json!({})).await.status, 400);
    assert_eq!(
        complete(&mock, &credential, &begun, again(), other).await.outcome(),
        (401, "user_invalid_token")
    );
    let own = json!({ "challengeId": begun.body["$id"] });
    assert_eq!(complete(&mock, &credential, &begun, again(), own).await.status, 200);
}

#[tokio::test]
async fn authenticators_answer_over_http() {
    let (mock, credential) = set_up().await;
    let begun = begin(&mock, &credential).await;
    let ask = json!({ "publicKey": begun.body["publicKey"] });
    let made = call(&mock, "POST", "/_mock/authenticators/phone/create").body(ask).send().await;
    assert_eq!((made.status, &made.body["type"]), (201, &json!("public-key")));
    let path = format!("/account/passkeys/{}/verification", begun.text("passkeyId"));
    let body = json!({ "credential": made.body });
    assert_eq!(call(&mock, "PUT", &path).session(&credential).body(body).send().await.status, 200);
    let begun = call(&mock, "POST", TOKENS).send().await;
    assert_eq!(
        (&begun.body["passkeyId"], &begun.body["publicKey"]["allowCredentials"]),
        (&json!(""), &json!([]))
    );
    let ask = json!({ "publicKey": begun.body["publicKey"] });
    let proof = call(&mock, "POST", "/_mock/authenticators/phone/get").body(ask.clone()).send().await;
    assert_eq!(proof.status, 200);
    let body = json!({ "challengeId": begun.body["$id"], "credential": proof.body });
    assert_eq!(call(&mock, "PUT", TOKENS).body(body).send().await.status, 201);
    let empty = call(&mock, "POST", "/_mock/authenticators/new/get").body(ask).send().await;
    assert_eq!(empty.status, 409, "it has nothing to offer");
    let change = json!({ "rpId": "example.com" });
    assert_eq!(call(&mock, "PATCH", "/_mock/passkeys").body(change).send().await.status, 204);
    assert_eq!(call(&mock, "POST", TOKENS).send().await.body["publicKey"]["rpId"], "example.com");
}

#[tokio::test]
async fn lists_are_filtered_ordered_and_paged() {
    let (mock, credential) = set_up().await;
    let mut ids = Vec::new();
    for device in ["a", "b", "c"] {
        let begun = begin(&mock, &credential).await;
        let proof = mock.control().create_credential(device, &begun.body["publicKey"], &json!({})).unwrap();
        let path = format!("/account/passkeys/{}/verification", begun.text("passkeyId"));
        let body = json!({ "credential": proof });
        assert_eq!(call(&mock, "PUT", &path).session(&credential).body(body).send().await.status, 200);
        ids.push(begun.text("passkeyId"));
        mock.control().advance_clock(Duration::from_secs(1));
    }
    let begun = call(&mock, "POST", TOKENS).send().await;
    let proof = mock.control().get_credential("b", &begun.body["publicKey"], &json!({})).unwrap();
    let body = json!({ "challengeId": begun.body["$id"], "credential": proof });
    assert_eq!(call(&mock, "PUT", TOKENS).body(body).send().await.status, 201);
    let query = |queries: &[Value], more: &str| {
        let text: String = queries
            .iter()
            .map(|query| format!("queries[]={}&", percent_encoded(&query.to_string())))
            .collect();
        call(&mock, "GET", &format!("/account/passkeys?{text}{more}")).session(&credential)
    };
    let listed = |answer: &Answer| -> Vec<String> {
        let passkeys = answer.body["passkeys"].as_array().unwrap();
        passkeys.iter().map(|each| each["$id"].as_str().unwrap().to_owned()).collect()
    };
    let by_date = json!({ "method": "orderAsc", "attribute": "$createdAt" });
    let one = json!({ "method": "limit", "values": [1] });
    let after = json!({ "method": "cursorAfter", "values": [ids[0]] });
    let page = query(&[by_date, after, one], "").send().await;
    assert_eq!((listed(&page), &page.body["total"]), (vec![ids[1].clone()], &json!(3)));
    let used = query(&[json!({ "method": "isNotNull", "attribute": "accessedAt" })], "").send().await;
    assert_eq!((listed(&used), &used.body["total"]), (vec![ids[1].clone()], &json!(1)));
    let by_id =
        query(&[json!({ "method": "equal", "attribute": "$id", "values": [ids[2]] })], "").send().await;
    assert_eq!(listed(&by_id), [ids[2].clone()]);
    let uncounted = query(&[], "total=false").send().await;
    assert_eq!((listed(&uncounted).len(), &uncounted.body["total"]), (3, &json!(0)));
    let secret = query(&[json!({ "method": "equal", "attribute": "key", "values": ["x"] })], "").send().await;
    assert_eq!(secret.outcome(), (400, "general_argument_invalid"));
    let foreign =
        query(&[json!({ "method": "cursorAfter", "values": ["of-somebody-else"] })], "").send().await;
    assert_eq!(foreign.outcome(), (400, "general_cursor_not_found"));
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn an_api_key_configures_the_relying_party() {
    let (mock, credential) = set_up().await;
    let policy = |body: Value| call(&mock, "PATCH", "/project/policies/passkey").key().body(body);
    let read = || call(&mock, "GET", "/project/policies/passkey").key();
    assert_eq!(read().send().await.text("rpId"), "localhost");
    let change =
        json!({ "rpId": "example.com", "origins": ["https://example.com/", "https://app.example.com:443"] });
    assert_eq!(policy(change).send().await.status, 200);
    let now = read().send().await;
    assert_eq!(
        (now.text("rpId"), &now.body["origins"]),
        ("example.com".into(), &json!(["https://example.com", "https://app.example.com"]))
    );
    for wrong in [json!({ "rpId": "com" }), json!({ "origins": ["https://evil.com"] })] {
        assert_eq!(policy(wrong).send().await.outcome(), (400, "general_argument_invalid"));
    }
    assert_eq!(call(&mock, "PATCH", "/project/policies/passkey").send().await.status, 401, "no client may");
    begin(&mock, &credential).await;
    let moved = policy(json!({ "rpId": "localhost", "origins": [] })).send().await;
    assert_eq!(
        moved.outcome(),
        (400, "general_argument_invalid"),
        "a registration in progress depends on it"
    );
    assert_eq!(policy(json!({ "origins": ["https://www.example.com"] })).send().await.status, 200);
}

#[tokio::test]
async fn an_api_key_switches_passkeys_off_and_an_older_format_does_not_show_them() {
    let (mock, _) = set_up().await;
    let enabled = |answer: &Answer| -> Option<bool> {
        let methods = answer.body["authMethods"].as_array()?;
        methods.iter().find(|method| method["$id"] == "passkey")?["enabled"].as_bool()
    };
    let off = call(&mock, "PATCH", "/project/auth-methods/passkey").key().body(json!({ "enabled": false }));
    assert_eq!(enabled(&off.send().await), Some(false));
    assert_eq!(call(&mock, "POST", TOKENS).send().await.outcome(), (501, "user_auth_method_unsupported"));
    let project = call(&mock, "GET", "/project").key();
    assert_eq!(enabled(&project.send().await), Some(false));
    let older = project.header("X-Appwrite-Response-Format", "2.3.0").send().await;
    assert_eq!((older.status, enabled(&older)), (200, None));
    let unknown =
        call(&mock, "PATCH", "/project/auth-methods/telepathy").key().body(json!({ "enabled": true }));
    assert_eq!(unknown.send().await.outcome(), (400, "general_argument_invalid"));
}
