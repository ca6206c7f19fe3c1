//! Signing in and linking by an ID token of Apple or Google (contract §2x.2.1).
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

mod http;

use http::{Answer, call, newest, signed_in};
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::{Value, json};

const PATH: &str = "/account/sessions/id-token";

/// The body of a sign-in with a token that the controls issue.
fn proof(mock: &MockAppwrite, provider: &str, wishes: Value) -> Value {
    let issued = mock.control().issue_id_token(provider, &wishes).unwrap();
    json!({ "provider": provider, "idToken": issued["idToken"], "nonce": issued["nonce"].as_str().unwrap_or_default() })
}

async fn sign_in(mock: &MockAppwrite, body: Value) -> Answer {
    call(mock, "POST", PATH).body(body).send().await
}

async fn account(mock: &MockAppwrite, credential: &str) -> Answer {
    call(mock, "GET", "/account").session(credential).send().await
}

#[tokio::test]
async fn a_guest_becomes_a_user_and_the_same_one_the_next_time() {
    let mock = newest().await;
    let wishes =
        json!({ "sub": "001.apple", "email": "Ada@Example.com", "claims": { "email_verified": "true" } });
    let mut body = proof(&mock, "apple", wishes.clone());
    body["name"] = json!("Ada");
    body["accessToken"] = json!("at");
    body["accessTokenExpiry"] = json!(600);
    let first = sign_in(&mock, body).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.body["provider"], "apple");
    assert_eq!(first.body["providerUid"], "001.apple");
    assert_eq!(first.body["providerAccessToken"], "at");
    assert_eq!(first.body["providerRefreshToken"], "");
    assert_eq!(first.body["factors"], json!(["email", "oauth2"]));
    assert_eq!(first.body["secret"], "");
    assert_eq!(first.head.matches("Set-Cookie: ").count(), 2);
    let shown = account(&mock, &first.credential()).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.body["email"], "ada@example.com");
    assert_eq!(shown.body["emailVerification"], true);
    assert_eq!(shown.body["name"], "Ada");
    let again = sign_in(&mock, proof(&mock, "apple", wishes)).await;
    assert_eq!(again.body["userId"], first.body["userId"]);
    let identities = call(&mock, "GET", "/account/identities").session(&again.credential()).send().await;
    assert_eq!(identities.body["total"], 1);
    let raw = identities.body["identities"][0]["providerIdToken"].as_str().unwrap();
    assert_eq!(raw.split('.').count(), 3, "the newest token is kept");
}

#[tokio::test]
async fn an_api_key_gets_the_secret_in_the_body() {
    let mock = newest().await;
    let body = proof(&mock, "google", json!({ "email": "ada@example.com" }));
    let answer = call(&mock, "POST", PATH).key().body(body).send().await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(account(&mock, &answer.text("secret")).await.status, 200);
}

#[tokio::test]
async fn a_known_e_mail_is_taken_only_if_the_provider_has_verified_it() {
    let mock = newest().await;
    let user = mock.control().user("ada@example.com", "correct horse");
    let unverified = json!({ "email": "ada@example.com", "emailVerified": false, "sub": "g1" });
    let refused = sign_in(&mock, proof(&mock, "google", unverified)).await;
    assert_eq!(refused.outcome(), (400, "general_bad_request"));
    let taken =
        sign_in(&mock, proof(&mock, "google", json!({ "email": "ada@example.com", "sub": "g1" }))).await;
    assert_eq!((taken.status, taken.text("userId")), (201, user.clone()));
    mock.control().block(&user, true);
    let blocked =
        sign_in(&mock, proof(&mock, "google", json!({ "email": "ada@example.com", "sub": "g1" }))).await;
    assert_eq!(blocked.outcome(), (403, "user_blocked"));
}

#[tokio::test]
async fn linking_replaces_the_session_of_an_anonymous_account() {
    let mock = newest().await;
    let old = call(&mock, "POST", "/account/sessions/anonymous").send().await;
    let credential = old.credential();
    let push = json!({ "targetId": "unique()", "identifier": "device" });
    let target = call(&mock, "POST", "/account/targets/push").session(&credential).body(push).send().await;
    assert_eq!(target.status, 201);
    let body = proof(&mock, "google", json!({ "email": "ada@example.com", "name": "Ada", "sub": "g1" }));
    let linked = call(&mock, "POST", PATH).session(&credential).body(body).send().await;
    assert_eq!(linked.status, 201, "{linked:?}");
    assert_eq!(linked.body["userId"], old.body["userId"]);
    assert_eq!(account(&mock, &credential).await.outcome(), (401, "general_unauthorized_scope"));
    let shown = account(&mock, &linked.credential()).await;
    assert_eq!(
        (shown.text("email"), shown.text("name"), &shown.body["emailVerification"]),
        ("ada@example.com".to_owned(), "Ada".to_owned(), &json!(true))
    );
    // The push target belongs to the new session, so a second one of it replaces the first.
    let push = json!({ "targetId": "unique()", "identifier": "device-2" });
    let again =
        call(&mock, "POST", "/account/targets/push").session(&linked.credential()).body(push).send().await;
    assert_eq!((again.status, again.text("$id")), (201, target.text("$id")));
}

#[tokio::test]
async fn a_refused_link_leaves_the_old_session() {
    let mock = newest().await;
    mock.control().user("grace@example.com", "correct horse");
    let (_, credential) = signed_in(&mock, "ada@example.com");
    let link = |body| call(&mock, "POST", PATH).session(&credential).body(body);
    let foreign = proof(&mock, "google", json!({ "email": "grace@example.com" }));
    assert_eq!(link(foreign.clone()).send().await.outcome(), (409, "user_already_exists"));
    let broken = proof(&mock, "google", json!({ "brokenSignature": true }));
    assert_eq!(link(broken).send().await.outcome(), (401, "user_oauth2_token_invalid"));
    assert_eq!(account(&mock, &credential).await.status, 200);
    // An identity that somebody else has already is refused, too.
    let other = json!({ "email": "eve@example.com", "sub": "taken" });
    assert_eq!(sign_in(&mock, proof(&mock, "google", other)).await.status, 201);
    let taken = proof(&mock, "google", json!({ "sub": "taken" }));
    assert_eq!(link(taken).send().await.outcome(), (409, "user_already_exists"));
    assert_eq!(account(&mock, &credential).await.status, 200);
    mock.control().update_switches(&json!({ "linkEndsSessionFirst": true }));
    assert_eq!(link(foreign).send().await.outcome(), (409, "user_already_exists"));
    assert_eq!(account(&mock, &credential).await.status, 401, "an early state has ended it by then");
}

#[tokio::test]
async fn a_jwt_links_and_keeps_its_session() {
    let mock = newest().await;
    let (user, credential) = signed_in(&mock, "ada@example.com");
    let jwt = call(&mock, "POST", "/account/jwts").session(&credential).send().await.text("jwt");
    let body = proof(&mock, "google", json!({ "sub": "g1" }));
    let linked = call(&mock, "POST", PATH).jwt(&jwt).body(body).send().await;
    assert_eq!((linked.status, linked.text("userId")), (201, user));
    assert_eq!(account(&mock, &credential).await.status, 200);
}

#[tokio::test]
async fn every_check_of_a_token_has_its_refusal() {
    let mock = newest().await;
    mock.control().rate_limits(false);
    let now = mock.control().now() / 1000;
    let claims = |claims: Value| json!({ "claims": claims });
    for (wishes, message) in [
        (json!({ "brokenSignature": true }), "Invalid token: Signature failed"),
        (json!({ "kid": null }), "Missing key ID"),
        (json!({ "kid": "rotated" }), "Unknown signing key"),
        (json!({ "alg": "HS256" }), "Invalid token: Unsupported header alg"),
        (json!({ "audience": "somebody-else" }), "Audience mismatch"),
        (claims(json!({ "iss": "https://evil.example" })), "Invalid issuer"),
        (claims(json!({ "exp": now - 61 })), "Invalid token: Expired"),
        (claims(json!({ "exp": null })), "Token expired"),
        (claims(json!({ "iat": now + 90 })), "Token issued in the future"),
        (claims(json!({ "sub": null })), "Missing subject"),
        (claims(json!({ "nonce": null })), "Nonce required"),
        (claims(json!({ "nonce": "another" })), "Nonce mismatch"),
    ] {
        let answer = sign_in(&mock, proof(&mock, "apple", wishes)).await;
        assert_eq!(answer.outcome(), (401, "user_oauth2_token_invalid"), "{message}");
        assert_eq!(answer.text("message"), message);
    }
    let malformed = sign_in(&mock, json!({ "provider": "apple", "idToken": "not-a-jwt" })).await;
    assert_eq!(
        (malformed.outcome(), malformed.text("message")),
        ((401, "user_oauth2_token_invalid"), "Malformed token".to_owned())
    );
    // Within the skew of clocks, and with several audiences.
    let fine = claims(json!({ "exp": now - 50, "iat": now + 50, "aud": ["other", "com.example.app"] }));
    assert_eq!(sign_in(&mock, proof(&mock, "apple", fine)).await.status, 201);
    let google = claims(json!({ "iss": "accounts.google.com" }));
    assert_eq!(sign_in(&mock, proof(&mock, "google", google)).await.status, 201);
}

#[tokio::test]
async fn a_google_token_without_a_nonce_is_taken_by_the_newest_state_only() {
    let mock = newest().await;
    let mut body = proof(&mock, "google", json!({ "sub": "g1" }));
    body["nonce"] = json!("of-the-app");
    assert_eq!(sign_in(&mock, body.clone()).await.status, 201);
    mock.control().update_id_tokens("google", &json!({ "strictNonce": true })).unwrap();
    assert_eq!(sign_in(&mock, body).await.outcome(), (401, "user_oauth2_token_invalid"));
    let mut named = proof(&mock, "google", json!({ "sub": "g1", "nonce": "raw" }));
    assert_eq!(sign_in(&mock, named.clone()).await.status, 201, "the raw nonce may be the claim itself");
    named["nonce"] = json!("");
    assert_eq!(sign_in(&mock, named).await.outcome(), (401, "user_oauth2_token_invalid"));
}

#[tokio::test]
async fn what_is_switched_off_or_out_of_reach_is_no_401() {
    let mock = newest().await;
    let body = proof(&mock, "google", json!({}));
    mock.control().update_id_tokens("google", &json!({ "reachable": false })).unwrap();
    assert_eq!(sign_in(&mock, body.clone()).await.outcome(), (500, "user_oauth2_provider_error"));
    mock.control().update_switches(&json!({ "errorStatuses": { "user_oauth2_provider_error": 424 } }));
    assert_eq!(sign_in(&mock, body.clone()).await.outcome(), (424, "user_oauth2_provider_error"));
    mock.control().update_id_tokens("google", &json!({ "clientIds": [] })).unwrap();
    assert_eq!(sign_in(&mock, body.clone()).await.outcome(), (412, "project_provider_disabled"));
    let off = json!({ "clientIds": ["x"], "nativeEnabled": false });
    mock.control().update_id_tokens("google", &off).unwrap();
    assert_eq!(sign_in(&mock, body).await.outcome(), (412, "project_provider_disabled"));
}

#[tokio::test]
async fn keys_and_audiences_can_be_replaced_over_http() {
    let mock = newest().await;
    let settings = call(&mock, "GET", "/_mock/id-tokens/google").send().await.body;
    let mut key = settings["keys"][0].clone();
    assert_eq!((&key["kty"], &key["alg"], &key["kid"]), (&json!("RSA"), &json!("RS256"), &json!("mock")));
    key["kid"] = json!("rotated");
    let change = json!({ "keys": [key], "clientIds": ["web-2"] });
    assert_eq!(call(&mock, "PATCH", "/_mock/id-tokens/google").body(change).send().await.status, 200);
    let issued =
        call(&mock, "POST", "/_mock/id-tokens/google").body(json!({ "kid": "rotated" })).send().await;
    assert_eq!(issued.status, 201);
    let body = json!({ "provider": "google", "idToken": issued.body["idToken"] });
    assert_eq!(sign_in(&mock, body).await.status, 201);
    assert_eq!(call(&mock, "POST", "/_mock/id-tokens/github").send().await.status, 400);
}

#[tokio::test]
async fn parameters_out_of_bounds_are_refused() {
    let mock = newest().await;
    mock.control().rate_limits(false);
    let fine = proof(&mock, "google", json!({}));
    for (name, value) in [
        ("provider", json!("myspace")),
        ("idToken", json!("x".repeat(8193))),
        ("idToken", Value::Null),
        ("nonce", json!("x".repeat(257))),
        ("accessToken", json!("x".repeat(4097))),
        ("accessTokenExpiry", json!(31_536_001)),
        ("accessTokenExpiry", json!(-1)),
        ("name", json!("x".repeat(129))),
    ] {
        let mut body = fine.clone();
        body[name] = value;
        assert_eq!(sign_in(&mock, body).await.outcome(), (400, "general_argument_invalid"), "{name}");
    }
    let mut other = fine;
    other["provider"] = json!("github");
    assert_eq!(sign_in(&mock, other).await.outcome(), (400, "project_provider_unsupported"));
}

#[tokio::test]
async fn ten_refusals_an_hour_are_the_limit_and_a_success_resets_it() {
    let mock = newest().await;
    let bad = json!({ "provider": "google", "idToken": "bad" });
    for left in (1..10).rev() {
        let answer = sign_in(&mock, bad.clone()).await;
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(left.to_string().as_str()));
    }
    let fine = sign_in(&mock, proof(&mock, "google", json!({ "sub": "g1" }))).await;
    assert_eq!((fine.status, fine.header("x-ratelimit-limit")), (201, Some("10")));
    for _ in 0..10 {
        assert_eq!(sign_in(&mock, bad.clone()).await.status, 401);
    }
    assert_eq!(sign_in(&mock, bad).await.outcome(), (429, "general_rate_limit_exceeded"));
}

#[tokio::test]
async fn older_servers_do_not_have_the_route() {
    for profile in [Profile::V1_5, Profile::V1_9] {
        let mock = MockAppwrite::start(profile).await.unwrap();
        assert_eq!(sign_in(&mock, json!({})).await.status, 404);
    }
    let mock = newest().await;
    mock.control().update_switches(&json!({ "lacks": ["id-token"] }));
    assert_eq!(sign_in(&mock, json!({})).await.status, 404);
}
