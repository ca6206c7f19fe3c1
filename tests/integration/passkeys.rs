//! Passkeys: registering, signing in without a name, and what a failed ceremony leaves as it was.

use std::time::Duration;

use appwrite_session_core::{
    ConfigError, Error, SensitiveAction, SessionClient, SessionState, SignedOutReason,
};
use serde_json::json;

use crate::support::{ODD_IDS, Profile, World, code, on, signed_out, status};

const TOKEN: &str = "/v1/account/tokens/passkey";

async fn register(world: &World, client: &SessionClient, device: &str) -> String {
    let challenge = client.passkeys().begin_registration(Some(device)).await.unwrap();
    let credential = world.server.make_passkey(device, &challenge.options).unwrap();
    let passkey = client.passkeys().complete_registration(&challenge, &credential).await.unwrap();
    assert_eq!(passkey.name, device);
    passkey.id
}

async fn sign_in(world: &World, client: &SessionClient, device: &str) -> Result<SessionState, Error> {
    let challenge = client.begin_passkey().await?;
    let credential = world.server.use_passkey(device, &challenge.options, &json!({})).expect("a passkey");
    client.complete_passkey(&challenge, &credential).await
}

#[test]
fn a_passkey_is_registered_and_signs_in_without_a_name() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        register(world, &client, "phone").await;
        client.sign_out().await.unwrap();
        let state = sign_in(world, &client, "phone").await.unwrap();
        let SessionState::SignedIn { user: Some(user), verified: true } = &state else { panic!("{state:?}") };
        assert_eq!(user.id, person.id);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        let listed = client.passkeys().list().await.unwrap();
        assert!(listed[0].last_used_at.is_some() && listed[0].created_at.is_some(), "{listed:?}");
    });
}

#[test]
fn a_passkey_counts_as_two_factors() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        register(world, &client, "phone").await;
        client.sign_out().await.unwrap();
        world.server.require_totp(&person);
        assert_eq!(sign_in(world, &client, "phone").await.unwrap().name(), "signed_in");
    });
}

#[test]
fn passkeys_are_listed_renamed_and_deleted() {
    on(Profile::V2_7, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let passkeys = client.passkeys();
        let (phone, tablet) =
            (register(world, &client, "phone").await, register(world, &client, "tablet").await);
        assert_eq!(passkeys.rename(&phone, "Ada's phone").await.unwrap().name, "Ada's phone");
        let mut names: Vec<String> =
            passkeys.list().await.unwrap().into_iter().map(|each| each.name).collect();
        names.sort();
        assert_eq!(names, ["Ada's phone", "tablet"]);
        passkeys.delete(&tablet).await.unwrap();
        assert_eq!(passkeys.list().await.unwrap().len(), 1);
        assert_eq!(code(passkeys.delete(&tablet).await), Err("invalid_input"), "it is gone");
        let sent = world.server.journal().len();
        for id in ODD_IDS {
            assert_eq!(passkeys.delete(id).await, Err(Error::Config(ConfigError::Id { what: "passkey" })));
            assert_eq!(code(passkeys.rename(id, "x").await), Err("config"));
        }
        assert_eq!(world.server.journal().len(), sent, "nothing was sent");
    });
}

#[test]
fn a_session_that_is_too_old_is_told_for_what_and_is_kept() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        let phone = register(world, &client, "phone").await;
        world.server.advance(Duration::from_secs(601));
        let before = client.change();
        let adding = client.passkeys().begin_registration(None).await.unwrap_err();
        assert_eq!(adding, Error::ReauthenticationRequired(SensitiveAction::AddPasskey));
        let deleting = client.passkeys().delete(&phone).await.unwrap_err();
        assert_eq!(deleting, Error::ReauthenticationRequired(SensitiveAction::DeletePasskey));
        assert_eq!(client.change(), before);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        crate::support::sign_in(&client, &person).await;
        client.passkeys().delete(&phone).await.unwrap();
    });
}

#[test]
fn a_failed_ceremony_uses_its_challenge_up_and_nothing_else() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        register(world, &client, "phone").await;
        let before = client.change();
        let challenge = client.begin_passkey().await.unwrap();
        let (right, wrong) = (json!({}), json!({ "otherKey": true }));
        let forged = world.server.use_passkey("phone", &challenge.options, &wrong).unwrap();
        assert_eq!(client.complete_passkey(&challenge, &forged).await, Err(Error::InvalidToken));
        let late = world.server.use_passkey("phone", &challenge.options, &right).unwrap();
        assert_eq!(client.complete_passkey(&challenge, &late).await, Err(Error::InvalidToken), "used up");

        let challenge = client.begin_passkey().await.unwrap();
        let credential = world.server.use_passkey("phone", &challenge.options, &right).unwrap();
        world.server.advance(Duration::from_secs(301));
        assert_eq!(
            client.complete_passkey(&challenge, &credential).await,
            Err(Error::InvalidToken),
            "expired"
        );
        let sent = world.server.count("PUT", TOKEN);
        for answer in ["", "[]", "null", "{", "\"x\""] {
            let refused = client.complete_passkey(&challenge, answer).await;
            assert_eq!(refused, Err(Error::Config(ConfigError::PasskeyAnswer)), "{answer}");
        }
        assert_eq!(world.server.count("PUT", TOKEN), sent, "nothing was sent");
        assert_eq!(client.change(), before, "the session is fine");
        assert_eq!(world.server.sessions(&person).len(), 1);
    });
}

#[test]
fn a_sign_out_that_is_called_later_wins() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        register(world, &client, "phone").await;
        client.sign_out().await.unwrap();
        let challenge = client.begin_passkey().await.unwrap();
        let credential = world.server.use_passkey("phone", &challenge.options, &json!({})).unwrap();
        let held = world.server.hold_after("POST", "/v1/account/sessions/token");
        let signing_in = tokio::spawn(client.complete_passkey(&challenge, &credential));
        held.reached().await;
        client.sign_out().await.unwrap();
        held.release();
        assert_eq!(code(signing_in.await.unwrap()), Err("superseded"));
        client.idle().await;
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        assert!(world.server.sessions(&person).is_empty(), "revoked");
    });
}

#[test]
fn a_sign_out_that_is_called_later_wins_before_anything_is_exchanged() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        register(world, &client, "phone").await;
        let answer = async || {
            let challenge = client.begin_passkey().await.unwrap();
            let credential =
                world.server.use_passkey("phone", &challenge.options, &json!({})).expect("a passkey");
            (challenge, credential)
        };
        // Called, and not begun when the user signs out.
        let (challenge, credential) = answer().await;
        let called = client.complete_passkey(&challenge, &credential);
        client.sign_out().await.unwrap();
        assert_eq!(code(called.await), Err("superseded"));
        assert_eq!(world.server.count("PUT", TOKEN), 0, "the challenge is not answered");

        // Half way: the challenge is being answered.
        crate::support::sign_in(&client, &person).await;
        let (challenge, credential) = answer().await;
        let held = world.server.hold_before("PUT", TOKEN);
        let signing_in = tokio::spawn(client.complete_passkey(&challenge, &credential));
        held.reached().await;
        client.sign_out().await.unwrap();
        held.release();
        assert_eq!(code(signing_in.await.unwrap()), Err("superseded"));
        assert_eq!(world.server.count("POST", "/v1/account/sessions/token"), 0, "the token is not exchanged");
    });
}

#[test]
fn a_server_without_passkeys_says_why() {
    for profile in [Profile::V1_5, Profile::V1_9] {
        on(profile, async |world: &World| {
            let (client, _) = world.signed_in().await;
            let challenge = appwrite_session_core::PasskeyChallenge::new("c", "{}").with_passkey_id("p");
            for error in [
                client.begin_passkey().await.unwrap_err(),
                client.complete_passkey(&challenge, "{}").await.unwrap_err(),
                client.passkeys().list().await.unwrap_err(),
                client.passkeys().begin_registration(None).await.unwrap_err(),
                client.passkeys().complete_registration(&challenge, "{}").await.unwrap_err(),
                client.passkeys().rename("p", "x").await.unwrap_err(),
                client.passkeys().delete("p").await.unwrap_err(),
            ] {
                let Error::Unsupported(why) = &error else { panic!("{error:?}") };
                assert_eq!(why.since(), Some("2.5"));
            }
            assert_eq!(client.state().name(), "signed_in");
        });
    }
    on(Profile::V2_7, async |world: &World| {
        world.server.update_passkeys(&json!({ "rpId": null }));
        assert_eq!(code(world.client().begin_passkey().await), Err("forbidden"), "switched off");
    });
}
