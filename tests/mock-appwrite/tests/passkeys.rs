//! Registering passkeys and signing in with them, with a software authenticator (contract §2x.2.2).
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

mod http;

use std::time::Duration;

use http::{Answer, call, newest, signed_in};
use mock_appwrite::MockAppwrite;
use serde_json::{Value, json};

const TOKENS: &str = "/account/tokens/passkey";

/// Begins a registration.
async fn begin(mock: &MockAppwrite, credential: &str, body: Value) -> Answer {
    call(mock, "POST", "/account/passkeys").session(credential).body(body).send().await
}

/// Completes a registration with a credential.
async fn complete(mock: &MockAppwrite, credential: &str, begun: &Answer, proof: Value) -> Answer {
    let path = format!("/account/passkeys/{}/verification", begun.text("passkeyId"));
    call(mock, "PUT", &path).session(credential).body(json!({ "credential": proof })).send().await
}

fn create(mock: &MockAppwrite, device: &str, begun: &Answer, wishes: Value) -> Value {
    mock.control().create_credential(device, &begun.body["publicKey"], &wishes).unwrap()
}

/// Registers a passkey of `device` and gives its id.
async fn register(mock: &MockAppwrite, credential: &str, device: &str, wishes: Value) -> String {
    let begun = begin(mock, credential, json!({})).await;
    assert_eq!(begun.status, 201, "{begun:?}");
    let done = complete(mock, credential, &begun, create(mock, device, &begun, wishes)).await;
    assert_eq!(done.status, 200, "{done:?}");
    done.text("$id")
}

/// Asks for a challenge and answers it with `device`.
async fn prove(mock: &MockAppwrite, device: &str, wishes: Value) -> Answer {
    let begun = call(mock, "POST", TOKENS).send().await;
    assert_eq!(begun.status, 201, "{begun:?}");
    let proof = mock.control().get_credential(device, &begun.body["publicKey"], &wishes).unwrap();
    let body = json!({ "challengeId": begun.body["$id"], "credential": proof });
    call(mock, "PUT", TOKENS).body(body).send().await
}

async fn exchange(mock: &MockAppwrite, token: &Answer) -> Answer {
    let body = json!({ "userId": token.body["userId"], "secret": token.body["secret"] });
    call(mock, "POST", "/account/sessions/token").body(body).send().await
}

async fn without_limits() -> MockAppwrite {
    let mock = newest().await;
    mock.control().rate_limits(false);
    mock
}

#[tokio::test]
async fn a_passkey_is_registered_and_signs_in_without_a_name() {
    let mock = newest().await;
    let (user, credential) = signed_in(&mock, "ada@example.com");
    let begun = begin(&mock, &credential, json!({ "passkeyId": "laptop", "name": "My laptop" })).await;
    assert_eq!((begun.status, begun.text("passkeyId")), (201, "laptop".to_owned()));
    let options = &begun.body["publicKey"];
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["user"]["name"], "ada@example.com");
    assert_eq!(options["pubKeyCredParams"][0]["alg"], -7);
    assert_eq!(
        options["authenticatorSelection"],
        json!({ "residentKey": "required", "userVerification": "required" })
    );
    assert_eq!((&options["attestation"], &options["excludeCredentials"]), (&json!("none"), &json!([])));
    let list = call(&mock, "GET", "/account/passkeys").session(&credential).send().await;
    assert_eq!(list.body, json!({ "total": 0, "passkeys": [] }), "a pending one is not listed");

    let done = complete(&mock, &credential, &begun, create(&mock, "phone", &begun, json!({}))).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(
        (done.text("$id"), done.text("name"), done.text("accessedAt")),
        ("laptop".into(), "My laptop".into(), "".into())
    );
    assert_eq!(done.body.as_object().unwrap().len(), 5, "no key material");

    let token = prove(&mock, "phone", json!({})).await;
    assert_eq!((token.status, token.text("userId")), (201, user.clone()), "{token:?}");
    let session = exchange(&mock, &token).await;
    assert_eq!(session.status, 201);
    assert_eq!(session.body["provider"], "passkey");
    assert_eq!(session.body["factors"], json!(["passkey", "userVerification"]));
    assert_ne!(session.text("mfaUpdatedAt"), "");
    assert_eq!(exchange(&mock, &token).await.outcome(), (401, "user_invalid_token"), "it works once");
    let list = call(&mock, "GET", "/account/passkeys").session(&session.credential()).send().await;
    assert!(list.body["passkeys"][0]["accessedAt"].as_str().unwrap().ends_with("+00:00"));
    let of_user = call(&mock, "GET", &format!("/users/{user}/passkeys")).key().send().await;
    assert_eq!(of_user.body, list.body);
}

#[tokio::test]
async fn a_passkey_satisfies_mfa_and_an_anonymous_account_may_have_one() {
    let mock = newest().await;
    let (user, credential) = signed_in(&mock, "ada@example.com");
    register(&mock, &credential, "phone", json!({})).await;
    mock.control().require_mfa(&user);
    assert_eq!(
        call(&mock, "GET", "/account").session(&credential).send().await.outcome(),
        (401, "user_more_factors_required")
    );
    let session = exchange(&mock, &prove(&mock, "phone", json!({})).await).await.credential();
    assert_eq!(call(&mock, "GET", "/account").session(&session).send().await.status, 200);
    call(&mock, "POST", "/account/mfa/recovery-codes").session(&session).send().await;
    let codes = call(&mock, "GET", "/account/mfa/recovery-codes").session(&session).send().await;
    assert_eq!(codes.status, 200, "a passkey passes what needs a recent challenge");

    let anonymous = call(&mock, "POST", "/account/sessions/anonymous").send().await;
    register(&mock, &anonymous.credential(), "tablet", json!({})).await;
    let back = exchange(&mock, &prove(&mock, "tablet", json!({})).await).await;
    assert_eq!(back.body["userId"], anonymous.body["userId"]);
    mock.control().update_passkeys(&json!({ "refusesUnverified": true }));
    let refused = begin(&mock, &anonymous.credential(), json!({})).await;
    assert_eq!(refused.outcome(), (400, "user_passkey_unavailable"), "an early state refuses them");
}

#[tokio::test]
async fn a_failed_attempt_uses_up_the_challenge() {
    let mock = without_limits().await;
    let (_, credential) = signed_in(&mock, "ada@example.com");
    for wishes in [
        json!({ "origin": "http://evil.example" }),
        json!({ "rpId": "example.com" }),
        json!({ "userVerified": false }),
        json!({ "crossOrigin": true }),
        json!({ "challenge": "AAAA" }),
        json!({ "backupEligible": false, "backedUp": true }),
    ] {
        let begun = begin(&mock, &credential, json!({})).await;
        let bad = complete(&mock, &credential, &begun, create(&mock, "x", &begun, wishes.clone())).await;
        assert_eq!(bad.outcome(), (401, "user_passkey_invalid"), "{wishes}");
        let good = create(&mock, "x", &begun, json!({ "ignoreExclude": true }));
        let again = complete(&mock, &credential, &begun, good).await;
        assert_eq!(again.outcome(), (401, "user_invalid_token"), "{wishes}");
        let account = call(&mock, "GET", "/account").session(&credential).send().await;
        assert_eq!(account.status, 200, "no refusal ends the session");
    }
    let begun = begin(&mock, &credential, json!({})).await;
    let malformed = json!({ "id": "abc", "type": "public-key", "response": { "clientDataJSON": "e30" } });
    assert_eq!(
        complete(&mock, &credential, &begun, malformed).await.outcome(),
        (401, "user_passkey_invalid")
    );
}

#[tokio::test]
async fn a_sign_in_is_refused_for_every_wrong_part() {
    let mock = without_limits().await;
    let (user, credential) = signed_in(&mock, "ada@example.com");
    register(&mock, &credential, "phone", json!({})).await;
    for wishes in [
        json!({ "origin": "http://evil.example" }),
        json!({ "rpId": "example.com" }),
        json!({ "crossOrigin": true }),
        json!({ "userVerified": false }),
        json!({ "otherKey": true }),
        json!({ "userHandle": "AAAA" }),
        json!({ "backupEligible": false }),
    ] {
        assert_eq!(
            prove(&mock, "phone", wishes.clone()).await.outcome(),
            (401, "user_passkey_invalid"),
            "{wishes}"
        );
    }
    let begun = call(&mock, "POST", TOKENS).send().await;
    let proof = mock.control().get_credential("phone", &begun.body["publicKey"], &json!({})).unwrap();
    let body = json!({ "challengeId": begun.body["$id"], "credential": proof });
    let put = call(&mock, "PUT", TOKENS).body(body);
    assert_eq!(put.send().await.status, 201);
    assert_eq!(put.send().await.outcome(), (401, "user_invalid_token"), "a challenge works once");
    mock.control().block(&user, true);
    assert_eq!(
        prove(&mock, "phone", json!({ "otherKey": true })).await.outcome(),
        (401, "user_passkey_invalid")
    );
    assert_eq!(prove(&mock, "phone", json!({})).await.outcome(), (403, "user_blocked"));
    mock.control().delete_user(&user);
    let again = mock_appwrite::NewUser { user_id: Some(user), ..mock_appwrite::NewUser::default() };
    mock.control().create_user(again);
    assert_eq!(
        prove(&mock, "phone", json!({})).await.outcome(),
        (401, "user_passkey_invalid"),
        "a user with the same id inherits nothing"
    );
}

#[tokio::test]
async fn only_a_credential_of_one_device_must_count_upwards() {
    let mock = without_limits().await;
    let (_, credential) = signed_in(&mock, "ada@example.com");
    register(&mock, &credential, "key", json!({ "backupEligible": false })).await;
    assert_eq!(prove(&mock, "key", json!({ "counter": 5 })).await.status, 201);
    assert_eq!(prove(&mock, "key", json!({ "counter": 5 })).await.outcome(), (401, "user_passkey_invalid"));
    register(&mock, &credential, "synced", json!({})).await;
    assert_eq!(prove(&mock, "synced", json!({ "counter": 5 })).await.status, 201);
    assert_eq!(prove(&mock, "synced", json!({ "counter": 1 })).await.status, 201);
}

#[tokio::test]
async fn challenges_and_tokens_expire() {
    let mock = without_limits().await;
    let (_, credential) = signed_in(&mock, "ada@example.com");
    register(&mock, &credential, "phone", json!({})).await;
    let begun = call(&mock, "POST", TOKENS).send().await;
    let waiting = begin(&mock, &credential, json!({})).await;
    mock.control().advance_clock(Duration::from_secs(301));
    let proof = mock.control().get_credential("phone", &begun.body["publicKey"], &json!({})).unwrap();
    let body = json!({ "challengeId": begun.body["$id"], "credential": proof });
    assert_eq!(call(&mock, "PUT", TOKENS).body(body).send().await.outcome(), (401, "user_invalid_token"));
    let late = complete(&mock, &credential, &waiting, create(&mock, "y", &waiting, json!({}))).await;
    assert_eq!(late.outcome(), (401, "user_invalid_token"));
    let token = prove(&mock, "phone", json!({})).await;
    mock.control().advance_clock(Duration::from_secs(61));
    assert_eq!(exchange(&mock, &token).await.outcome(), (401, "user_invalid_token"));
}

#[tokio::test]
async fn a_session_that_is_older_than_ten_minutes_must_sign_in_again() {
    let mock = newest().await;
    let (user, credential) = signed_in(&mock, "ada@example.com");
    let id = register(&mock, &credential, "phone", json!({})).await;
    let begun = begin(&mock, &credential, json!({})).await;
    mock.control().advance_clock(Duration::from_secs(299));
    assert_eq!(begin(&mock, &credential, json!({})).await.status, 201);
    mock.control().advance_clock(Duration::from_secs(302));
    let old = (401, "user_reauthentication_required");
    assert_eq!(begin(&mock, &credential, json!({})).await.outcome(), old);
    let path = format!("/account/passkeys/{id}");
    assert_eq!(call(&mock, "DELETE", &path).session(&credential).send().await.outcome(), old);
    let proof = create(&mock, "other", &begun, json!({}));
    assert_eq!(complete(&mock, &credential, &begun, proof.clone()).await.outcome(), old);
    mock.control().update_passkeys(&json!({ "recentOnVerification": false }));
    assert_eq!(complete(&mock, &credential, &begun, proof).await.outcome(), (401, "user_invalid_token"));
    assert_eq!(
        call(&mock, "GET", "/account").session(&credential).send().await.status,
        200,
        "the session is fine"
    );
    // A challenge of MFA is as good as a new sign-in.
    mock.control().require_mfa(&user);
    let challenge =
        call(&mock, "POST", "/account/mfa/challenges").session(&credential).body(json!({ "factor": "totp" }));
    let body =
        json!({ "challengeId": challenge.send().await.text("$id"), "otp": mock.control().totp_code(&user) });
    let passed = call(&mock, "PUT", "/account/mfa/challenges").session(&credential).body(body).send().await;
    assert_eq!(passed.status, 200, "{passed:?}");
    assert_eq!(call(&mock, "DELETE", &path).session(&credential).send().await.status, 204);
    let jwt = call(&mock, "POST", "/account/jwts").session(&credential).send().await.text("jwt");
    assert_eq!(
        call(&mock, "POST", "/account/passkeys").jwt(&jwt).send().await.outcome(),
        old,
        "a JWT has no session"
    );
}

#[tokio::test]
async fn ten_passkeys_are_the_most_and_pending_ones_count_for_five_minutes() {
    let mock = without_limits().await;
    let (_, credential) = signed_in(&mock, "ada@example.com");
    register(&mock, &credential, "phone", json!({})).await;
    for _ in 0..9 {
        assert_eq!(begin(&mock, &credential, json!({})).await.status, 201);
    }
    assert_eq!(begin(&mock, &credential, json!({})).await.outcome(), (400, "user_passkey_limit_exceeded"));
    mock.control().advance_clock(Duration::from_secs(301));
    assert_eq!(begin(&mock, &credential, json!({})).await.status, 201);
}

#[tokio::test]
async fn ids_and_authenticators_are_taken_once() {
    let mock = without_limits().await;
    let (_, credential) = signed_in(&mock, "ada@example.com");
    let (_, other) = signed_in(&mock, "grace@example.com");
    let laptop = json!({ "passkeyId": "laptop" });
    let first = begin(&mock, &credential, laptop.clone()).await;
    let second = begin(&mock, &credential, laptop.clone()).await;
    let stale = create(&mock, "old", &first, json!({}));
    assert_eq!(complete(&mock, &credential, &second, stale).await.outcome(), (401, "user_passkey_invalid"));
    let third = begin(&mock, &credential, laptop.clone()).await;
    assert_eq!(third.status, 201, "a pending one is replaced");
    let proof = create(&mock, "phone", &third, json!({}));
    assert_eq!(
        complete(&mock, &other, &third, proof.clone()).await.outcome(),
        (404, "user_passkey_not_found")
    );
    assert_eq!(complete(&mock, &credential, &third, proof.clone()).await.status, 200);
    assert_eq!(
        complete(&mock, &credential, &third, proof.clone()).await.outcome(),
        (404, "user_passkey_not_found")
    );
    for who in [&credential, &other] {
        assert_eq!(begin(&mock, who, laptop.clone()).await.outcome(), (409, "user_passkey_already_exists"));
    }
    let begun = begin(&mock, &credential, json!({})).await;
    let options = &begun.body["publicKey"];
    assert_eq!(options["excludeCredentials"][0]["id"], proof["id"]);
    assert_eq!(options["user"]["id"], third.body["publicKey"]["user"]["id"], "one handle for a user");
    assert_eq!(mock.control().create_credential("phone", options, &json!({})), None, "a real one refuses it");
    let same = json!({ "ignoreExclude": true, "credentialId": proof["id"] });
    let again = complete(&mock, &credential, &begun, create(&mock, "phone", &begun, same)).await;
    assert_eq!(again.outcome(), (409, "user_passkey_already_exists"));
    assert_eq!(begin(&mock, &credential, json!({ "passkeyId": "-x" })).await.status, 400);
}

#[tokio::test]
async fn a_passkey_is_found_by_its_owner_only() {
    let mock = without_limits().await;
    let (user, credential) = signed_in(&mock, "ada@example.com");
    let (_, other) = signed_in(&mock, "grace@example.com");
    let id = register(&mock, &credential, "phone", json!({})).await;
    let pending = begin(&mock, &credential, json!({})).await.text("passkeyId");
    let missing = (404, "user_passkey_not_found");
    for (who, id) in [(&other, &id), (&credential, &pending), (&credential, &"unknown".to_owned())] {
        let path = format!("/account/passkeys/{id}");
        assert_eq!(call(&mock, "GET", &path).session(who).send().await.outcome(), missing);
        let named = call(&mock, "PATCH", &path).session(who).body(json!({ "name": "x" })).send().await;
        assert_eq!(named.outcome(), missing);
        assert_eq!(call(&mock, "DELETE", &path).session(who).send().await.outcome(), missing);
    }
    let path = format!("/account/passkeys/{id}");
    let renamed =
        call(&mock, "PATCH", &path).session(&credential).body(json!({ "name": "Work" })).send().await;
    assert_eq!((renamed.status, renamed.text("name")), (200, "Work".to_owned()));
    let read = call(&mock, "GET", &format!("/users/{user}/passkeys/{id}")).key().send().await;
    assert_eq!(read.body, renamed.body);
    assert_eq!(call(&mock, "DELETE", &path).session(&credential).send().await.status, 204);
    assert_eq!(prove(&mock, "phone", json!({})).await.outcome(), (401, "user_passkey_invalid"), "it is gone");
    let gone = call(&mock, "DELETE", &format!("/users/{user}/passkeys/{id}")).key().send().await;
    assert_eq!(gone.outcome(), missing);
}

#[tokio::test]
async fn five_sign_ins_an_hour_are_the_limit_because_both_steps_count_together() {
    let mock = newest().await;
    for left in (0..10).rev() {
        let method = if left % 2 == 1 { "POST" } else { "PUT" };
        let answer = call(&mock, method, TOKENS).send().await;
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(left.to_string().as_str()), "{answer:?}");
    }
    for method in ["POST", "PUT"] {
        let answer = call(&mock, method, TOKENS).send().await;
        assert_eq!(answer.outcome(), (429, "general_rate_limit_exceeded"));
    }
}

#[tokio::test]
async fn ten_registrations_an_hour_are_the_limit_of_a_user() {
    let mock = newest().await;
    let (_, credential) = signed_in(&mock, "ada@example.com");
    for _ in 0..10 {
        assert_eq!(begin(&mock, &credential, json!({})).await.status, 201);
    }
    assert_eq!(begin(&mock, &credential, json!({})).await.outcome(), (429, "general_rate_limit_exceeded"));
    let (_, other) = signed_in(&mock, "grace@example.com");
    assert_eq!(begin(&mock, &other, json!({})).await.status, 201);
}
