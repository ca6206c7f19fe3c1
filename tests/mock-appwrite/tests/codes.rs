//! Recovery and e-mail verification by a code, and the factor whose code the app delivers itself (contract §2x.2.3, §2x.2.4).
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

mod http;

use std::time::Duration;

use http::{Answer, call, newest, signed_in};
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::{Value, json};

const RECOVERY: &str = "/account/recovery/otp";
const VERIFICATION: &str = "/account/verifications/email/otp";
const EMAIL: &str = "ada@example.com";

async fn guest(mock: &MockAppwrite, method: &str, path: &str, body: Value) -> Answer {
    call(mock, method, path).body(body).send().await
}

/// The latest code that was sent, with its kind.
fn sent(mock: &MockAppwrite) -> (String, String) {
    let message = mock.control().messages().pop().unwrap();
    (message["kind"].as_str().unwrap().to_owned(), message["secret"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_code_recovers_a_password_once_and_ends_all_sessions() {
    let mock = newest().await;
    let (user, credential) = signed_in(&mock, EMAIL);
    let asked = guest(&mock, "POST", RECOVERY, json!({ "email": "Ada@Example.com", "phrase": true })).await;
    assert_eq!(
        (asked.status, asked.text("userId"), asked.text("secret")),
        (201, user.clone(), String::new())
    );
    assert_ne!(asked.text("phrase"), "");
    let (kind, code) = sent(&mock);
    assert_eq!((kind.as_str(), code.len()), ("recovery-code", 6));
    let body = json!({ "userId": user, "secret": code, "password": "battery staple" });
    let done = guest(&mock, "PUT", RECOVERY, body.clone()).await;
    assert_eq!((done.status, done.text("$id")), (200, asked.text("$id")));
    assert_eq!(guest(&mock, "PUT", RECOVERY, body).await.outcome(), (401, "user_invalid_token"));
    assert_eq!(call(&mock, "GET", "/account").session(&credential).send().await.status, 401);
    let body = json!({ "email": EMAIL, "password": "battery staple" });
    let session = guest(&mock, "POST", "/account/sessions/email", body).await;
    let account = call(&mock, "GET", "/account").session(&session.credential()).send().await;
    assert_eq!(account.body["emailVerification"], true, "the code proved the address");
}

#[tokio::test]
async fn a_code_is_for_one_purpose_and_for_fifteen_minutes() {
    let mock = newest().await;
    let (user, credential) = signed_in(&mock, EMAIL);
    guest(&mock, "POST", RECOVERY, json!({ "email": EMAIL })).await;
    let (_, code) = sent(&mock);
    let invalid = (401, "user_invalid_token");
    let proof = json!({ "userId": user, "secret": code, "password": "battery staple" });
    for (method, path) in
        [("PUT", VERIFICATION), ("PUT", "/account/recovery"), ("POST", "/account/sessions/token")]
    {
        assert_eq!(guest(&mock, method, path, proof.clone()).await.outcome(), invalid, "{path}");
    }
    call(&mock, "POST", VERIFICATION).session(&credential).send().await;
    let other = json!({ "userId": user, "secret": sent(&mock).1, "password": "battery staple" });
    assert_eq!(guest(&mock, "PUT", RECOVERY, other).await.outcome(), invalid);
    mock.control().advance_clock(Duration::from_secs(901));
    assert_eq!(guest(&mock, "PUT", RECOVERY, proof).await.outcome(), invalid);
}

#[tokio::test]
async fn recovery_needs_a_known_and_open_account() {
    let mock = newest().await;
    let user = mock.control().user(EMAIL, "correct horse");
    let unknown = guest(&mock, "POST", RECOVERY, json!({ "email": "eve@example.com" })).await;
    assert_eq!(unknown.outcome(), (404, "user_not_found"));
    mock.control().block(&user, true);
    assert_eq!(
        guest(&mock, "POST", RECOVERY, json!({ "email": EMAIL })).await.outcome(),
        (403, "user_blocked")
    );
    let short = json!({ "userId": user, "secret": "123456", "password": "short" });
    assert_eq!(guest(&mock, "PUT", RECOVERY, short).await.outcome(), (400, "general_argument_invalid"));
    for _ in 0..9 {
        guest(&mock, "PUT", RECOVERY, json!({ "userId": user })).await;
    }
    let eleventh = guest(&mock, "PUT", RECOVERY, json!({ "userId": user })).await;
    assert_eq!(eleventh.outcome(), (429, "general_rate_limit_exceeded"));
    assert_eq!(
        guest(&mock, "PUT", RECOVERY, json!({ "userId": "other" })).await.status,
        400,
        "counted by the user"
    );
}

#[tokio::test]
async fn a_code_verifies_an_e_mail_also_for_a_guest_but_not_for_a_key() {
    let mock = newest().await;
    let (user, credential) = signed_in(&mock, EMAIL);
    let asked = call(&mock, "POST", VERIFICATION).session(&credential).send().await;
    assert_eq!(
        (asked.status, asked.text("phrase"), asked.text("secret")),
        (201, String::new(), String::new())
    );
    let (kind, code) = sent(&mock);
    assert_eq!((kind.as_str(), code.len()), ("email-verification-code", 6));
    let proof = call(&mock, "PUT", VERIFICATION).body(json!({ "userId": user, "secret": code }));
    assert_eq!(proof.clone().key().send().await.outcome(), (401, "general_unauthorized_scope"));
    assert_eq!(proof.send().await.status, 200);
    let account = call(&mock, "GET", "/account").session(&credential).send().await;
    assert_eq!(account.body["emailVerification"], true);
    let again = call(&mock, "POST", VERIFICATION).session(&credential).send().await;
    assert_eq!(again.outcome(), (409, "user_email_already_verified"));
    let anonymous = guest(&mock, "POST", "/account/sessions/anonymous", json!({})).await.credential();
    let refused = call(&mock, "POST", VERIFICATION).session(&anonymous).send().await;
    assert_eq!(refused.outcome(), (400, "user_email_not_found"));
    assert_eq!(call(&mock, "POST", VERIFICATION).send().await.outcome(), (401, "general_unauthorized_scope"));
}

#[tokio::test]
async fn servers_without_codes_answer_404() {
    for profile in [Profile::V1_5, Profile::V1_9] {
        let mock = MockAppwrite::start(profile).await.unwrap();
        assert_eq!(guest(&mock, "POST", RECOVERY, json!({ "email": EMAIL })).await.status, 404);
    }
    let mock = newest().await;
    let (_, credential) = signed_in(&mock, EMAIL);
    mock.control().update_switches(&json!({ "lacks": ["verification-code"] }));
    assert_eq!(call(&mock, "POST", VERIFICATION).session(&credential).send().await.status, 404);
    assert_eq!(guest(&mock, "POST", RECOVERY, json!({ "email": EMAIL })).await.status, 201);
    mock.control().update_switches(&json!({ "lacks": ["recovery-code"] }));
    assert_eq!(guest(&mock, "POST", RECOVERY, json!({ "email": EMAIL })).await.status, 404);
}

#[tokio::test]
async fn a_custom_challenge_is_delivered_by_nobody_and_completes_as_others() {
    let mock = newest().await;
    let (user, credential) = signed_in(&mock, EMAIL);
    mock.control().require_mfa(&user);
    let factors = call(&mock, "GET", "/account/mfa/factors").session(&credential).send().await;
    assert_eq!(factors.body["custom"], true);
    let ask = call(&mock, "POST", "/account/mfa/challenges")
        .session(&credential)
        .body(json!({ "factor": "custom" }));
    let asked = ask.send().await;
    assert_eq!(asked.status, 201);
    assert!(mock.control().messages().is_empty());
    let listed = call(&mock, "GET", &format!("/_mock/users/{user}/challenges")).send().await;
    let code = listed.body["challenges"][0]["code"].clone();
    assert_eq!(listed.body["challenges"][0]["challengeId"], asked.body["$id"]);
    let put = |otp: Value| {
        let body = json!({ "challengeId": asked.body["$id"], "otp": otp });
        call(&mock, "PUT", "/account/mfa/challenges").session(&credential).body(body)
    };
    assert_eq!(put(json!("nope")).send().await.outcome(), (401, "user_invalid_token"));
    let done = put(code).send().await;
    assert_eq!((done.status, &done.body["factors"]), (200, &json!(["password", "custom"])));
    mock.control().update_project(&json!({ "disabled": ["mfa-custom", "mfa-email"] }));
    assert_eq!(ask.send().await.outcome(), (501, "user_auth_method_unsupported"));
    let factors = call(&mock, "GET", "/account/mfa/factors").session(&credential).send().await;
    assert_eq!(factors.body["custom"], false);
    let email = call(&mock, "POST", "/account/mfa/challenges").session(&credential);
    let email = email.body(json!({ "factor": "email" })).send().await;
    assert_eq!(email.outcome(), (501, "user_auth_method_unsupported"));
    mock.control().update_switches(&json!({ "lacks": ["custom-factor"] }));
    assert_eq!(ask.send().await.outcome(), (400, "general_argument_invalid"));
}
