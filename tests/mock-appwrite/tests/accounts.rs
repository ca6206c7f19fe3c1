//! Accounts, tokens and targets, where the servers differ from what one expects of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by unwrapping it")]

mod http;

use http::{call, signed_in};
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::json;

const NEWER: [Profile; 2] = [Profile::V1_9, Profile::V2_7];

#[tokio::test]
async fn who_signs_up_while_signed_in_passes_on_labels_and_no_phone_number() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let (user, own) = signed_in(&mock, "ada@example.com");
        let labels = json!({ "labels": ["a", "b", "a"] });
        let set = call(&mock, "PUT", &format!("/users/{user}/labels")).key().body(labels).send().await;
        assert_eq!(set.body["labels"], json!(["a", "b"]));
        let sign_up = async |email: &str| {
            let body = json!({ "userId": "unique()", "email": email, "password": "correct horse" });
            call(&mock, "POST", "/account").session(&own).body(body).send().await
        };
        assert_eq!(sign_up("new@example.com").await.body["labels"], json!(["a", "b"]), "{profile:?}");
        let phone = json!({ "number": "+4915112345678" });
        call(&mock, "PATCH", &format!("/users/{user}/phone")).key().body(phone).send().await;
        assert_eq!(sign_up("newer@example.com").await.outcome(), (409, "user_already_exists"));
    }
}

#[tokio::test]
async fn an_address_of_a_token_is_kept_as_it_was_typed() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        for (path, user) in [("/account/tokens/email", "ada"), ("/account/tokens/magic-url", "bob")] {
            let body = json!({ "userId": user, "email": format!("{user}@Example.com") });
            assert_eq!(call(&mock, "POST", path).body(body).send().await.status, 201);
            let made = call(&mock, "GET", &format!("/users/{user}")).key().send().await;
            assert_eq!(made.text("email"), format!("{user}@Example.com"), "{profile:?}");
            let other = json!({ "userId": "unique()", "email": format!("{user}@example.COM") });
            assert_eq!(
                call(&mock, "POST", path).body(other).send().await.text("userId"),
                user,
                "the same to the database"
            );
            // The newer server gives a messaging target to who comes by a code.
            let targets = usize::from(profile != Profile::V1_5 && user == "ada");
            assert_eq!(made.body["targets"].as_array().unwrap().len(), targets, "{profile:?} {path}");
        }
    }
}

#[tokio::test]
async fn a_key_sees_the_secrets_of_tokens() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        mock.control().user("ada@example.com", "correct horse");
        let ask =
            async |path: &str, body| call(&mock, "POST", path).key().body(body).send().await.text("secret");
        let secret =
            ask("/account/recovery", json!({ "email": "ada@example.com", "url": "http://localhost" })).await;
        assert_eq!(secret, mock.control().messages().last().unwrap()["secret"], "{profile:?}");
        let body = json!({ "userId": "unique()", "phone": "+4915112345678" });
        let secret = ask("/account/tokens/phone", body).await;
        assert!(secret.starts_with("eyJpZCI6"), "that of a phone has the form of a credential: {secret}");
    }
}

#[tokio::test]
async fn the_code_that_verifies_a_phone_number_signs_in_too() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let (user, own) = signed_in(&mock, "ada@example.com");
        let phone = json!({ "number": "+4915112345678" });
        call(&mock, "PATCH", &format!("/users/{user}/phone")).key().body(phone).send().await;
        let ask = async || {
            call(&mock, "POST", "/account/verification/phone").session(&own).send().await;
            json!({ "userId": user, "secret": mock.control().messages().last().unwrap()["secret"] })
        };
        let session = call(&mock, "POST", "/account/sessions/token").body(ask().await).send().await;
        assert_eq!((session.status, session.text("provider").as_str()), (201, "phone"), "{profile:?}");
        let again = json!({ "phone": false, "phoneVerification": false });
        call(&mock, "PATCH", &format!("/users/{user}/verification/phone")).key().body(again).send().await;
        let proof = ask().await;
        // The older server looks for the code among the caller's.
        let as_guest = call(&mock, "PUT", "/account/verification/phone").body(proof.clone()).send().await;
        match profile {
            Profile::V1_5 => {
                assert_eq!(as_guest.outcome(), (401, "user_invalid_token"));
                let own =
                    call(&mock, "PUT", "/account/verification/phone").session(&own).body(proof).send().await;
                assert_eq!(own.status, 200);
            }
            _ => assert_eq!(as_guest.status, 200),
        }
        mock.control().update_project(&json!({ "disabled": ["phone"] }));
        let off = call(&mock, "POST", "/account/verification/phone").session(&own).send().await;
        assert_eq!(off.outcome(), (501, "user_auth_method_unsupported"));
        let body = json!({ "userId": "unique()", "phone": "+4915112345679" });
        let token = call(&mock, "POST", "/account/tokens/phone").body(body).send().await;
        assert_eq!(
            token.status,
            if profile == Profile::V1_5 { 201 } else { 501 },
            "only the newer one asks here"
        );
    }
}

#[tokio::test]
async fn authenticators_are_of_a_type_in_any_case_and_need_an_address() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let (_, own) = signed_in(&mock, "ada@example.com");
        let made = call(&mock, "POST", "/account/mfa/authenticators/TOTP").session(&own).send().await;
        assert_eq!((made.status, made.text("message").as_str()), (400, "Unknown type."), "{profile:?}");
        let body = json!({ "otp": "123456" });
        let proved =
            call(&mock, "PUT", "/account/mfa/authenticators/ToTp").session(&own).body(body).send().await;
        assert_eq!(proved.outcome(), (404, "user_authenticator_not_found"));
        let other = call(&mock, "POST", "/account/mfa/authenticators/sms").session(&own).send().await;
        assert_eq!(other.text("message"), "Invalid `type` param: Value must be one of (totp)");
        let guest = call(&mock, "POST", "/account/sessions/anonymous").send().await.credential();
        let made = call(&mock, "POST", "/account/mfa/authenticators/totp").session(&guest).send().await;
        assert_eq!(made.outcome(), (500, "general_unknown"), "the label is the address");
    }
}

#[tokio::test]
async fn targets_of_every_kind_are_changed_as_push_targets() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let (user, own) = signed_in(&mock, "ada@example.com");
        let body = json!({ "targetId": "push", "identifier": "x", "providerId": "provider" });
        let made = call(&mock, "POST", "/account/targets/push").session(&own).body(body.clone()).send().await;
        assert_eq!((made.status, made.text("providerId").as_str()), (201, "provider"), "{profile:?}");
        let by_key = call(&mock, "POST", "/account/targets/push").key().body(body).send().await;
        assert_eq!(by_key.outcome(), (500, "general_unknown"), "a key has no sessions");
        let targets = call(&mock, "GET", &format!("/users/{user}/targets")).key().send().await;
        let mail = targets.body["targets"][0].clone();
        assert_eq!((&mail["providerType"], &targets.body["total"]), (&json!("email"), &json!(2)));
        let path = format!("/account/targets/{}/push", mail["$id"].as_str().unwrap());
        let changed = call(&mock, "PUT", &path).session(&own).body(json!({ "identifier": "y" })).send().await;
        assert_eq!((changed.status, changed.text("identifier").as_str()), (200, "y"));
        assert_eq!(call(&mock, "DELETE", &path).session(&own).send().await.status, 204);
    }
}

#[tokio::test]
async fn a_key_changes_and_takes_away_addresses_and_factors() {
    for profile in Profile::ALL {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let (user, own) = signed_in(&mock, "ada@example.com");
        mock.control().user("bob@example.com", "correct horse");
        let set = async |name: &str, body| {
            call(&mock, "PATCH", &format!("/users/{user}/{name}")).key().body(body).send().await
        };
        let taken = set("email", json!({ "email": "bob@example.com" })).await;
        assert_eq!(taken.outcome(), (409, "user_target_already_exists"), "{profile:?}");
        let gone = set("email", json!({ "email": "" })).await;
        assert_eq!((gone.text("email").as_str(), &gone.body["targets"]), ("", &json!([])));
        let back = set("email", json!({ "email": "new@example.com" })).await;
        assert_eq!(back.body["targets"][0]["identifier"], json!("new@example.com"));
        assert_eq!(
            set("phone", json!({ "phone": "+4915112345678" })).await.status,
            400,
            "it is called number"
        );
        let codes = async |method: &str| {
            call(&mock, method, &format!("/users/{user}/mfa/recovery-codes")).key().send().await
        };
        assert_eq!(codes("GET").await.outcome(), (404, "user_recovery_codes_not_found"));
        assert_eq!(codes("PUT").await.outcome(), (404, "user_recovery_codes_not_found"));
        let made = codes("PATCH").await.body;
        assert_eq!(
            (codes("GET").await.body, codes("PATCH").await.outcome()),
            (made, (409, "user_recovery_codes_already_exists"))
        );
        call(&mock, "POST", "/account/mfa/authenticators/totp").session(&own).send().await;
        let path = format!("/users/{user}/mfa/authenticators/totp");
        assert_eq!(call(&mock, "DELETE", &path).key().send().await.status, 204);
        assert_eq!(
            call(&mock, "DELETE", &path).key().send().await.outcome(),
            (404, "user_authenticator_not_found")
        );
        // A session can be ended under the name of any user.
        let (bob, _) = signed_in(&mock, "carol@example.com");
        let session = call(&mock, "GET", "/account/sessions/current").session(&own).send().await.text("$id");
        let path = format!("/users/{bob}/sessions/{session}");
        assert_eq!(call(&mock, "DELETE", &path).key().send().await.status, 204);
        assert!(mock.control().sessions(&user).is_empty());
    }
}

#[tokio::test]
async fn the_first_request_moves_the_date_whatever_it_is() {
    for profile in NEWER {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let (_, own) = signed_in(&mock, "ada@example.com");
        mock.control().advance_clock(std::time::Duration::from_secs(2 * 24 * 3600));
        let first = call(&mock, "GET", "/users").session(&own).send().await;
        assert_eq!(first.outcome(), (401, "general_unauthorized_scope"), "also one that is refused");
        let seen = call(&mock, "GET", "/account").session(&own).send().await.text("accessedAt");
        assert!(seen.contains('T'), "{profile:?}: it was moved before: {seen}");
        mock.control().advance_clock(std::time::Duration::from_secs(2 * 24 * 3600));
        let set = json!({ "name": "Ada" });
        let written =
            call(&mock, "PATCH", "/account/name").session(&own).body(set).send().await.text("accessedAt");
        assert!(
            written.contains('T') && written > seen,
            "{profile:?}: what is written is read again: {written}"
        );
        mock.control().advance_clock(std::time::Duration::from_secs(2 * 24 * 3600));
        let read = call(&mock, "GET", "/account").session(&own).send().await.text("accessedAt");
        assert!(read.contains(' '), "{profile:?}: {read}");
    }
}
