//! The account's care: what the user changes, what the state shows of it, and what ends the account.

use std::time::Duration;

use appwrite_session_core::{
    Account, Error, Preferences, Retries, SessionClient, SessionState, SignedOutReason,
    store::SecureStore as _,
};
use serde_json::json;

use crate::{
    journal::of_client,
    support::{Fault, PASSWORD, World, code, on_all, resumed, signed_out, status, until},
};

fn preferences(value: serde_json::Value) -> Preferences {
    serde_json::from_value(value).unwrap()
}

/// The state shows the account as it was answered, and a restart restores it without a request.
async fn assert_shown(world: &World, client: SessionClient, account: &Account) -> SessionClient {
    let SessionState::SignedIn { user, verified: true } = client.state() else {
        panic!("{:?}", client.state())
    };
    assert_eq!(user.as_ref(), Some(&account.user));
    client.close().await;
    let before = world.server.journal().len();
    let client = world.client();
    let SessionState::SignedIn { user, .. } = client.restored().await else { panic!() };
    assert_eq!((user.as_ref(), world.server.journal().len()), (Some(&account.user), before));
    client
}

#[test]
fn the_state_shows_what_the_user_has_changed() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let account = client.profile().update_name("Ada L.").await.unwrap();
        assert_eq!(account.user.name, "Ada L.");
        let client = assert_shown(world, client, &account).await;
        let account = client.profile().update_email("ada.l@example.com", PASSWORD).await.unwrap();
        assert_eq!(
            (account.user.email.as_deref(), account.email_verified),
            (Some("ada.l@example.com"), false)
        );
        let client = assert_shown(world, client, &account).await;
        let account = client.profile().update_phone("+14155552671", PASSWORD).await.unwrap();
        assert_eq!(account.phone.as_deref(), Some("+14155552671"));
        let before = client.change();
        assert_eq!(
            client.profile().update_email("x@example.com", "wrong password").await.map(drop),
            Err(Error::InvalidCredentials)
        );
        let other = world.server.person();
        assert_eq!(
            client.profile().update_email(&other.email, PASSWORD).await.map(drop),
            Err(Error::AlreadyExists)
        );
        assert_eq!(code(client.profile().update_name(&"n".repeat(129)).await), Err("invalid_input"));
        assert_eq!(client.change(), before);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn a_password_is_changed_and_this_session_goes_on() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let profile = client.profile();
        let wrong = profile.update_password("battery staple", Some("not mine")).await;
        assert_eq!(wrong.map(drop), Err(Error::InvalidCredentials));
        assert_eq!(code(profile.update_password("short", Some(PASSWORD)).await), Err("invalid_input"));
        profile.update_password("battery staple", Some(PASSWORD)).await.unwrap();
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        client.sign_out().await.unwrap();
        client.sign_in_with_email(&person.email, "battery staple").await.unwrap();
    });
}

#[test]
fn an_anonymous_user_gets_an_address_and_a_password() {
    on_all(async |world: &World| {
        let client = world.client();
        client.sign_in_anonymously().await.unwrap();
        let account = client.profile().update_email("ada@example.com", PASSWORD).await.unwrap();
        let client = assert_shown(world, client, &account).await;
        client.sign_out().await.unwrap();
        client.sign_in_with_email("ada@example.com", PASSWORD).await.unwrap();
    });
}

#[test]
fn preferences_are_read_replaced_and_merged() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let profile = client.profile();
        assert_eq!(profile.preferences().await, Ok(Preferences::new()));
        let first = preferences(json!({ "theme": "dark", "size": { "width": 3 } }));
        assert_eq!(profile.replace_preferences(&first).await.as_ref(), Ok(&first));
        let merged = profile.merge_preferences(&preferences(json!({ "size": null, "sound": true }))).await;
        let expected = preferences(json!({ "theme": "dark", "sound": true }));
        assert_eq!(merged.as_ref(), Ok(&expected));
        let light = profile.merge_preferences(&preferences(json!({ "theme": "light" }))).await.unwrap();
        assert_eq!(light["theme"], "light", "what is there is changed");
        profile.replace_preferences(&expected).await.unwrap();
        assert_eq!(profile.preferences().await, Ok(expected.clone()));
        assert_eq!(client.account().await.unwrap().preferences, expected);
        assert_eq!(profile.replace_preferences(&Preferences::new()).await, Ok(Preferences::new()));
        assert_eq!(profile.preferences().await, Ok(Preferences::new()));
    });
}

#[test]
fn a_deleted_account_is_signed_out_and_leaves_nothing() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.fault_times("DELETE", "/v1/account", Fault::Status500, 1);
        assert_eq!(code(client.profile().delete().await), Err("appwrite_unavailable"));
        assert_eq!(client.state().name(), "signed_in", "it was not deleted");
        client.profile().delete().await.unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        assert!(world.store.inner().load(&world.key()).unwrap().is_none());
        client.idle().await;
        let journal = world.server.journal();
        assert!(
            of_client(&journal, "DELETE", "/v1/account/sessions/current").is_empty(),
            "nothing is left to revoke"
        );
        assert_eq!(client.sign_in_with_email(&person.email, PASSWORD).await, Err(Error::InvalidCredentials));
    });
}

#[test]
fn a_blocked_account_is_signed_out_and_its_session_revoked_once_that_is_possible() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        client.profile().block().await.unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        assert_eq!(client.sign_in_with_email(&person.email, PASSWORD).await, Err(Error::UserBlocked));
        client.close().await;
        world.server.block(&person, false);
        let client = world.client();
        assert_eq!(resumed(&client).await, signed_out(SignedOutReason::NoSession));
        assert!(world.server.sessions(&person).is_empty(), "revoked");
    });
}

#[test]
fn a_sign_in_that_is_called_after_the_deletion_stays() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let other = world.server.person();
        let held = world.server.hold_after("DELETE", "/v1/account");
        let deleting = tokio::spawn(client.profile().delete());
        held.reached().await;
        client.sign_in_with_email(&other.email, PASSWORD).await.unwrap();
        held.release();
        // The call was made as a user who is not signed in any more.
        assert_eq!(code(deleting.await.unwrap()), Err("superseded"));
        assert_eq!(client.account().await.unwrap().user.id, other.id);
    });
}

#[test]
fn push_targets_come_and_go_with_the_session() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let targets = client.push_targets();
        let target = targets.create("device-token", None).await.unwrap();
        assert_eq!((target.identifier.as_str(), target.expired), ("device-token", false));
        assert_eq!(targets.update(&target.id, "newer-token").await.unwrap().identifier, "newer-token");
        targets.delete(&target.id).await.unwrap();
        assert_eq!(code(targets.update(&target.id, "x").await), Err("invalid_input"));
        for id in crate::support::ODD_IDS {
            assert_eq!(code(targets.delete(id).await), Err("config"));
            assert_eq!(code(targets.create("t", Some(id)).await), Err("config"));
        }
    });
}

#[test]
fn nothing_is_asked_while_nobody_is_signed_in_or_a_factor_is_missing() {
    on_all(async |world: &World| {
        let client = world.client();
        assert_eq!(code(client.profile().preferences().await), Err("signed_out"));
        assert_eq!(code(client.profile().delete().await), Err("signed_out"));
        let (client, _) = world.mfa_pending().await;
        let before = world.server.journal().len();
        assert_eq!(code(client.profile().update_name("x").await), Err("mfa_required"));
        assert_eq!(code(client.identities().list().await), Err("mfa_required"));
        assert_eq!(code(client.profile().delete().await), Err("mfa_required"));
        assert_eq!(world.server.journal().len(), before, "no request");
    });
}

#[test]
fn a_session_that_has_ended_is_told_by_any_of_these_calls() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.revoke_all(&person);
        assert_eq!(code(client.profile().update_name("x").await), Err("signed_out"));
        assert_eq!(client.state(), signed_out(SignedOutReason::SessionEnded));
    });
}

#[test]
fn preferences_are_never_merged_into_those_of_another_user() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let secret = preferences(json!({ "diary": "of the first user" }));
        client.profile().replace_preferences(&secret).await.unwrap();
        let other = world.server.person();
        let profile = client.profile();
        let changes = preferences(json!({ "theme": "dark" }));
        let mut merging = Box::pin(profile.merge_preferences(&changes));
        let held = world.server.hold_before("GET", "/v1/account/prefs");
        until(&mut merging, held.reached()).await;
        held.release();
        // The first of its two calls ends while nobody looks, and then another user signs in.
        world.server.until(|server| server.answered("/v1/account/prefs", 200) > 0).await;
        client.account().await.unwrap();
        client.sign_in_with_email(&other.email, PASSWORD).await.unwrap();
        assert_eq!(code(merging.await), Err("superseded"));
        assert_eq!(client.profile().preferences().await, Ok(Preferences::new()), "nothing of the first user");
    });
}

#[test]
fn a_deletion_whose_answer_is_lost_and_that_is_tried_again_has_succeeded() {
    on_all(async |world: &World| {
        let retries = Retries { attempts: 3, base: Duration::ZERO, longest: Duration::from_secs(5) };
        let client = world.builder().retries(retries).build().unwrap();
        let person = world.server.person();
        crate::support::sign_in(&client, &person).await;
        world.server.fault_times("DELETE", "/v1/account", Fault::ResetAfter, 1);
        client.profile().delete().await.unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        assert_eq!(world.server.count("DELETE", "/v1/account"), 2, "it was tried again");
    });
}

#[test]
fn a_sign_out_everywhere_whose_answer_is_lost_and_that_is_tried_again_has_succeeded() {
    on_all(async |world: &World| {
        let retries = Retries { attempts: 3, base: Duration::ZERO, longest: Duration::from_secs(5) };
        let client = world.builder().retries(retries).build().unwrap();
        let person = world.server.person();
        crate::support::sign_in(&client, &person).await;
        world.server.fault_times("DELETE", "/v1/account/sessions", Fault::ResetAfter, 1);
        client.sign_out_everywhere().await.unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
    });
}

#[test]
fn a_call_that_waits_for_its_retry_is_not_sent_after_a_sign_out() {
    on_all(async |world: &World| {
        let retries = Retries { attempts: 3, base: Duration::from_secs(1), longest: Duration::from_secs(5) };
        let client = world.builder().retries(retries).build().unwrap();
        let person = world.server.person();
        crate::support::sign_in(&client, &person).await;
        world.server.fault_times("GET", "/v1/account/prefs", Fault::ResetBefore, 1);
        let reading = tokio::spawn({
            let profile = client.profile();
            async move { profile.preferences().await }
        });
        world.clock.sleeping(1).await;
        client.sign_out().await.unwrap();
        world.clock.advance(Duration::from_secs(5));
        assert_eq!(code(reading.await.unwrap()), Err("signed_out"));
        assert_eq!(world.server.count("GET", "/v1/account/prefs"), 1, "not sent again");
    });
}
