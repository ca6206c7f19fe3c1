//! Signing in with Google's and Apple's own screens, and linking one to the account that is signed in.

use appwrite_session_core::{
    ConfigError, Error, IdToken, IdTokenProvider, SessionState, SignedOutReason, Timeouts,
};
use serde_json::json;

use crate::{
    journal::of_client,
    support::{Fault, Profile, World, code, on, resumed, signed_out, status},
};

const PATH: &str = "/v1/account/sessions/id-token";

fn token_of(world: &World, provider: IdTokenProvider, wishes: &serde_json::Value) -> IdToken {
    let (token, nonce) = world.server.id_token(provider.as_str(), wishes);
    let id_token = IdToken::new(provider, token);
    if nonce.is_empty() { id_token } else { id_token.nonce(nonce) }
}

#[test]
fn the_screens_of_google_and_apple_sign_in() {
    on(Profile::V2_7, async |world: &World| {
        for provider in [IdTokenProvider::Apple, IdTokenProvider::Google] {
            let email = format!("{}@example.com", provider.as_str());
            let token = token_of(world, provider, &json!({ "email": email })).name("Ada").access_token("at");
            let client = world.client();
            let state = client.sign_in_with_id_token(&token).await.unwrap();
            let SessionState::SignedIn { user: Some(user), verified: true } = &state else {
                panic!("{state:?}")
            };
            assert_eq!((user.email.as_deref(), user.name.as_str()), (Some(&*email), "Ada"));
            assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
            assert!(!format!("{token:?}").contains("eyJ"), "a token cannot be printed");
            client.close().await;
        }
        let journal = world.server.journal();
        assert!(of_client(&journal, "POST", PATH).iter().all(|seen| seen.carriers().is_empty()));
    });
}

#[test]
fn a_token_that_appwrite_refuses_leaves_everything_as_it_was() {
    on(Profile::V2_7, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = client.change();
        let google = IdTokenProvider::Google;
        for (wishes, expected) in [
            (json!({ "audience": "another-app" }), "invalid_token"),
            (json!({ "brokenSignature": true }), "invalid_token"),
            (json!({ "emailVerified": false, "email": "known@example.com" }), "invalid_input"),
        ] {
            world.server.person_with_email("known@example.com");
            let refused = client.sign_in_with_id_token(&token_of(world, google, &wishes)).await;
            assert_eq!(code(refused), Err(expected), "{wishes}");
        }
        let foreign = token_of(world, IdTokenProvider::Apple, &json!({})).nonce("another nonce");
        assert_eq!(client.sign_in_with_id_token(&foreign).await, Err(Error::InvalidToken));
        let sent = world.server.count("POST", PATH);
        for token in [String::new(), "t".repeat(8193)] {
            let refused = client.sign_in_with_id_token(&IdToken::new(google, token)).await;
            assert_eq!(refused, Err(Error::Config(ConfigError::IdToken)));
        }
        assert_eq!(world.server.count("POST", PATH), sent, "nothing was sent");
        assert_eq!(client.change(), before);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn a_provider_that_is_switched_off_or_unreachable_is_told_apart() {
    on(Profile::V2_7, async |world: &World| {
        let client = world.client();
        let token = token_of(world, IdTokenProvider::Google, &json!({}));
        world.server.update_id_tokens("google", &json!({ "reachable": false }));
        assert_eq!(code(client.sign_in_with_id_token(&token).await), Err("appwrite_unavailable"));
        world.server.update_id_tokens("google", &json!({ "reachable": true, "nativeEnabled": false }));
        assert_eq!(code(client.sign_in_with_id_token(&token).await), Err("forbidden"));
        world.server.update_id_tokens("google", &json!({ "nativeEnabled": true }));
        assert_eq!(
            client.sign_in_with_id_token(&token).await.unwrap().name(),
            "signed_in",
            "the same token again"
        );
    });
}

#[test]
fn an_older_server_says_which_version_has_it() {
    for profile in [Profile::V1_5, Profile::V1_9] {
        on(profile, async |world: &World| {
            let client = world.client();
            let token = IdToken::new(IdTokenProvider::Google, "a.b.c");
            let Err(Error::Unsupported(why)) = client.sign_in_with_id_token(&token).await else { panic!() };
            assert_eq!(why.since(), Some("2.1"));
            assert_eq!(client.restored().await, signed_out(SignedOutReason::NoSession));
        });
    }
}

#[test]
fn an_anonymous_account_is_linked_and_the_session_is_swapped_in_one_step() {
    on(Profile::V2_7, async |world: &World| {
        let client = world.client();
        let SessionState::SignedIn { user: Some(anonymous), .. } =
            client.sign_in_anonymously().await.unwrap()
        else {
            panic!()
        };
        let token = token_of(world, IdTokenProvider::Google, &json!({ "email": "ada@example.com" }));
        let held = world.server.hold_after("POST", PATH);
        let linking = tokio::spawn(client.identities().link(&token));
        held.reached().await;
        assert_eq!(client.state().name(), "signed_in", "what is held goes on until the answer has come");
        held.release();
        let state = linking.await.unwrap().unwrap();
        let SessionState::SignedIn { user: Some(user), .. } = &state else { panic!("{state:?}") };
        assert_eq!((&user.id, user.email.as_deref()), (&anonymous.id, Some("ada@example.com")));
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        client.idle().await;
        assert_eq!(world.server.sessions_of(&anonymous.id).len(), 1, "nothing is orphaned");

        let identities = client.identities().list().await.unwrap();
        assert_eq!(
            identities.iter().map(|identity| identity.provider.as_str()).collect::<Vec<_>>(),
            ["google"]
        );
        client.identities().unlink(&identities[0].id).await.unwrap();
        assert!(client.identities().list().await.unwrap().is_empty());
        assert_eq!(resumed(&client).await, state);
    });
}

#[test]
fn linking_what_is_another_users_keeps_the_session() {
    on(Profile::V2_7, async |world: &World| {
        let token = |sub: &str, email: &str| {
            token_of(world, IdTokenProvider::Google, &json!({ "sub": sub, "email": email }))
        };
        let other = world.client();
        other.sign_in_with_id_token(&token("1", "other@example.com")).await.unwrap();
        other.close().await;
        world.forget();
        let (client, _) = world.signed_in().await;
        let before = client.change();
        assert_eq!(
            client.identities().link(&token("1", "other@example.com")).await,
            Err(Error::AlreadyExists)
        );
        assert_eq!(client.change(), before);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn a_sign_out_while_linking_wins_and_the_new_session_is_revoked() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        let token = token_of(world, IdTokenProvider::Google, &json!({ "email": "new@example.com" }));
        let held = world.server.hold_after("POST", PATH);
        let linking = tokio::spawn(client.identities().link(&token));
        held.reached().await;
        client.sign_out().await.unwrap();
        held.release();
        assert_eq!(code(linking.await.unwrap()), Err("superseded"));
        client.idle().await;
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        assert!(world.server.sessions(&person).is_empty());
    });
}

#[test]
fn a_lost_answer_of_linking_is_no_lost_login() {
    on(Profile::V2_7, async |world: &World| {
        let client = world.builder().timeouts(Timeouts { ..crate::support::SHORT }).build().unwrap();
        let person = world.server.person();
        crate::support::sign_in(&client, &person).await;
        let token = token_of(world, IdTokenProvider::Google, &json!({ "email": person.email }));
        world.server.fault_times("POST", PATH, Fault::ResetAfter, 1);
        let lost = client.identities().link(&token).await.unwrap_err();
        assert!(lost.may_have_arrived(), "{lost:?}");
        // Appwrite has replaced the session, whose successor nobody has. The app signs in with the same screen, as the same user.
        let token = token_of(world, IdTokenProvider::Google, &json!({ "email": person.email }));
        let state = client.sign_in_with_id_token(&token).await.unwrap();
        let SessionState::SignedIn { user: Some(user), .. } = state else { panic!() };
        assert_eq!(user.id, person.id);
    });
}

#[test]
fn linking_with_a_session_that_has_ended_signs_nobody_else_in() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.revoke_all(&person);
        let token = token_of(world, IdTokenProvider::Google, &json!({ "email": "somebody@example.com" }));
        let ended = client.identities().link(&token).await;
        assert_eq!(code(ended), Err("signed_out"), "Appwrite took the token for a sign-in of its own user");
        assert_eq!(client.state(), signed_out(SignedOutReason::SessionEnded));
        client.idle().await;
        let journal = world.server.journal();
        assert_eq!(of_client(&journal, "POST", PATH).len(), 1);
        assert_eq!(
            of_client(&journal, "DELETE", "/v1/account/sessions/current").len(),
            1,
            "the session that nobody asked for is revoked"
        );
    });
}
