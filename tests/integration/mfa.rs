//! The second factor: the credential is kept, and of no use until the code is right.

use appwrite_session_core::{
    ConfigError, Error, Factor, MfaChallenge, Sent, SessionState, store::SecureStore as _,
};

use crate::{
    journal::of_client,
    support::{Fault, ODD_IDS, PASSWORD, World, on_all, resumed, status},
};

const CHALLENGE: &str = "/v1/account/mfa/challenge";

#[test]
fn a_sign_in_that_lacks_a_factor_is_kept_and_carried_nowhere() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let SessionState::MfaRequired { factors } = client.state() else { panic!() };
        assert!(factors.contains(&Factor::Totp), "{factors:?}");
        assert!(world.store.inner().load(&world.key()).unwrap().is_some(), "kept");
        assert_eq!(world.server.sessions(&person).len(), 1);

        let before = world.server.journal().len();
        assert_eq!(status(&client, "/gateway/open").await, Err(Error::MfaRequired(Sent::Nothing)));
        assert_eq!(client.authorize("/gateway/open").await.unwrap_err(), Error::MfaRequired(Sent::Nothing));
        assert_eq!(client.sessions().await, Err(Error::MfaRequired(Sent::Nothing)));
        assert_eq!(client.extend_session().await, Err(Error::MfaRequired(Sent::Nothing)));
        assert_eq!(world.server.journal().len(), before, "no request");
    });
}

#[test]
fn the_right_code_completes_the_sign_in_with_the_same_credential() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        let code = world.server.totp(&person);
        let state = client.complete_mfa_challenge(&challenge, &code).await.unwrap();
        let SessionState::SignedIn { user: Some(user), verified: true } = &state else { panic!("{state:?}") };
        assert_eq!(user.id, person.id);
        assert_eq!(client.state(), state);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));

        let journal = world.server.journal();
        let created = of_client(&journal, "POST", CHALLENGE)[0].blob();
        let answered = of_client(&journal, "PUT", CHALLENGE)[0].blob();
        let carried = of_client(&journal, "GET", "/gateway/whoami")[0].blob();
        assert!(created.is_some() && created == answered && answered == carried);
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in");
    });
}

#[test]
fn an_answer_from_before_the_factor_was_accepted_asks_for_no_second_one() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        let held = world.server.hold_after("GET", "/v1/account");
        let asking = tokio::spawn({
            let client = client.clone();
            async move { client.account().await }
        });
        held.reached().await;
        let state = client.complete_mfa_challenge(&challenge, &world.server.totp(&person)).await.unwrap();
        assert_eq!(state.name(), "signed_in");
        held.release();
        assert_eq!(asking.await.unwrap().map(|account| account.user.id), Ok(person.id.clone()));
        assert_eq!(client.state(), state);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn a_wrong_code_leaves_the_sign_in_waiting() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let before = client.change();
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        let right = world.server.totp(&person);
        let wrong = if right.starts_with('0') { "111111" } else { "000000" };
        assert_eq!(client.complete_mfa_challenge(&challenge, wrong).await, Err(Error::InvalidToken));
        assert_eq!(client.change(), before);

        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        let state = client.complete_mfa_challenge(&challenge, &right).await.unwrap();
        assert_eq!(state.name(), "signed_in", "another try is possible");
    });
}

#[test]
fn a_restart_still_waits_for_the_factor() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let state = client.state();
        client.close().await;

        let client = world.client();
        let before = world.server.journal().len();
        assert_eq!(client.restored().await, state, "with the same factors, and without a request");
        assert_eq!(world.server.journal().len(), before);
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        client.complete_mfa_challenge(&challenge, &world.server.totp(&person)).await.unwrap();
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn an_accepted_code_counts_even_if_appwrite_then_fails() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        world.server.fault("GET", "/v1/account", Fault::Status500);
        let code = world.server.totp(&person);
        let state = client.complete_mfa_challenge(&challenge, &code).await.unwrap();
        assert!(matches!(state, SessionState::SignedIn { verified: false, .. }), "{state:?}");
        world.server.heal();
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in");
    });
}

#[test]
fn a_sign_in_without_the_list_of_factors_still_waits() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        world.server.require_totp(&person);
        world.server.fault("GET", "/v1/account/mfa/factors", Fault::Status500);
        let state = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        assert_eq!(state, SessionState::MfaRequired { factors: Vec::new() });
    });
}

#[test]
fn a_pending_sign_in_can_be_signed_out() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        client.sign_out().await.unwrap();
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0, "revoked, as any other");
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}

#[test]
fn a_recovery_code_completes_the_sign_in_whatever_the_spelling_of_its_factor() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let codes = world.server.recovery_codes(&person);
        let challenge = client.create_mfa_challenge(Factor::RecoveryCode).await.unwrap();
        let state = client.complete_mfa_challenge(&challenge, &codes[0]).await.unwrap();
        assert_eq!(state.name(), "signed_in");
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));

        // What was found out is kept: the next one needs no second challenge.
        client.sign_out().await.unwrap();
        client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        let (created, answered) =
            (world.server.count("POST", CHALLENGE), world.server.count("PUT", CHALLENGE));
        let challenge = client.create_mfa_challenge(Factor::RecoveryCode).await.unwrap();
        client.complete_mfa_challenge(&challenge, &codes[1]).await.unwrap();
        assert_eq!(world.server.count("POST", CHALLENGE), created + 1);
        assert_eq!(world.server.count("PUT", CHALLENGE), answered + 1);
    });
}

#[test]
fn a_wrong_recovery_code_is_refused_and_uses_up_none() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let codes = world.server.recovery_codes(&person);
        let challenge = client.create_mfa_challenge(Factor::RecoveryCode).await.unwrap();
        assert_eq!(client.complete_mfa_challenge(&challenge, "ffffffffff").await, Err(Error::InvalidToken));
        assert_eq!(client.state().name(), "mfa_required");
        let state = client.complete_mfa_challenge(&challenge, &codes[0]).await.unwrap();
        assert_eq!(state.name(), "signed_in", "the same challenge can be tried again");
    });
}

#[test]
fn a_recovery_challenge_can_be_answered_by_its_id_after_a_restart() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let codes = world.server.recovery_codes(&person);
        let id = client.create_mfa_challenge(Factor::RecoveryCode).await.unwrap().id;
        client.close().await;
        let client = world.client();
        let state = client.complete_mfa_challenge(&MfaChallenge::new(id), &codes[0]).await.unwrap();
        assert_eq!(state.name(), "signed_in");
    });
}

#[test]
fn a_wrong_code_of_another_factor_makes_no_second_challenge() {
    on_all(async |world: &World| {
        let (client, _) = world.mfa_pending().await;
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        for challenge in [challenge.clone(), MfaChallenge::new(challenge.id)] {
            assert_eq!(client.complete_mfa_challenge(&challenge, "000000").await, Err(Error::InvalidToken));
        }
        assert_eq!(world.server.count("POST", CHALLENGE), 1);
    });
}

#[test]
fn a_factor_that_is_not_verified_is_invalid_input_whatever_the_status() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let error = client.create_mfa_challenge(Factor::Email).await.unwrap_err();
        assert_eq!(error.code().as_str(), "invalid_input", "{error:?}");
        assert_eq!(error.refusal().map(|refusal| refusal.kind()), Some("user_email_not_verified"));
        assert!(!error.is_retryable());
    });
}

#[test]
fn an_id_that_cannot_be_one_is_refused_before_anything_is_sent() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let before = world.server.journal().len();
        for id in ODD_IDS {
            let challenge = MfaChallenge::new(id);
            let error = client.complete_mfa_challenge(&challenge, "123456").await.unwrap_err();
            assert_eq!(error, Error::Config(ConfigError::Id { what: "challenge" }), "{id:?}");
        }
        assert_eq!(world.server.journal().len(), before, "no request");
        assert_eq!(world.server.sessions(&person).len(), 1);
    });
}
