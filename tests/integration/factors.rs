//! The care of second factors: enrolling an authenticator, recovery codes, and what Appwrite wants a fresh challenge for.

use std::time::Duration;

use appwrite_session_core::{Error, Factor, SessionClient};

use crate::support::{PASSWORD, Profile, World, code, on, on_all, resumed, status};

async fn challenge(world: &World, client: &SessionClient, person: &crate::support::Person) {
    let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
    let state = client.complete_mfa_challenge(&challenge, &world.server.totp(person)).await.unwrap();
    assert_eq!(state.name(), "signed_in");
}

#[test]
fn an_authenticator_is_enrolled_required_used_and_removed() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let factors = client.factors();
        // A code that the app's servers deliver needs no enrollment.
        let custom = if world.server.profile() == Profile::V2_7 { vec![Factor::Custom] } else { Vec::new() };
        let with_totp = [vec![Factor::Totp], custom.clone()].concat();
        assert_eq!(factors.available().await, Ok(custom));
        let enrollment = factors.enroll_totp().await.unwrap();
        assert!(enrollment.uri.expose().starts_with("otpauth://totp/"));
        assert!(enrollment.uri.expose().contains(enrollment.secret.expose()));
        assert!(!format!("{enrollment:?}").contains(enrollment.secret.expose()));
        assert_eq!(factors.verify_totp("000000").await.map(drop), Err(Error::InvalidToken));
        factors.verify_totp(&world.server.totp(&person)).await.unwrap();
        assert_eq!(factors.available().await, Ok(with_totp.clone()));
        assert_eq!(factors.enroll_totp().await.map(drop), Err(Error::AlreadyExists));
        assert!(factors.require(true).await.unwrap().mfa_enabled);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200), "this session goes on");

        client.sign_out().await.unwrap();
        let state = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        assert_eq!(state.name(), "mfa_required");
        assert_eq!(factors.available().await, Ok(with_totp.clone()), "also while one is missing");
        challenge(world, &client, &person).await;
        factors.remove_totp(Some(&world.server.totp(&person))).await.unwrap();
        assert!(!factors.require(false).await.unwrap().mfa_enabled);
    });
}

#[test]
fn what_needs_a_fresh_challenge_says_so_and_keeps_the_session() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        challenge(world, &client, &person).await;
        let factors = client.factors();
        let codes = factors.create_recovery_codes().await.unwrap();
        assert_eq!(codes.len(), 6);
        assert!(!format!("{codes:?}").contains(codes[0].expose()));
        assert_eq!(factors.create_recovery_codes().await.map(drop), Err(Error::AlreadyExists));
        world.server.advance(Duration::from_secs(31 * 60));
        let before = client.change();
        assert_eq!(factors.recovery_codes().await.map(drop), Err(Error::ChallengeRequired));
        assert_eq!(factors.replace_recovery_codes().await.map(drop), Err(Error::ChallengeRequired));
        // 1.5 wants a code instead.
        let without =
            if world.server.profile() == Profile::V1_5 { "invalid_input" } else { "challenge_required" };
        assert_eq!(code(factors.remove_totp(None).await), Err(without));
        assert_eq!(client.change(), before);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));

        challenge(world, &client, &person).await;
        assert_eq!(factors.recovery_codes().await.unwrap().len(), 6);
        let newer = factors.replace_recovery_codes().await.unwrap();
        assert!(newer.iter().all(|new| codes.iter().all(|old| !old.matches(new))));
        factors.remove_totp(Some(&world.server.totp(&person))).await.unwrap();
    });
}

#[test]
fn a_recovery_code_that_was_made_here_completes_a_sign_in() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        challenge(world, &client, &person).await;
        let codes = client.factors().create_recovery_codes().await.unwrap();
        client.sign_out().await.unwrap();
        client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        let challenge = client.create_mfa_challenge(Factor::RecoveryCode).await.unwrap();
        let state = client.complete_mfa_challenge(&challenge, codes[0].expose()).await.unwrap();
        assert_eq!(state.name(), "signed_in");
    });
}

#[test]
fn a_code_that_the_app_delivers_itself_completes_a_sign_in() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let challenge = client.create_mfa_challenge(Factor::Custom).await.unwrap();
        assert_eq!(world.server.messages(), 0, "Appwrite delivers nothing");
        let code = world.server.undelivered_code(&person);
        let state = client.complete_mfa_challenge(&challenge, &code).await.unwrap();
        assert_eq!(state.name(), "signed_in");
        assert_eq!(resumed(&client).await.name(), "signed_in");
    });
}

#[test]
fn a_factor_that_a_server_lacks_is_refused() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.mfa_pending().await;
        assert_eq!(code(client.create_mfa_challenge(Factor::Custom).await), Err("invalid_input"));
        assert_eq!(client.state().name(), "mfa_required");
    });
}

#[test]
fn a_refusal_that_an_old_server_gives_to_what_it_does_is_believed_only_if_it_was_not_done() {
    on(Profile::V1_5, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let refuse = || {
            let refusal = r#"{"message":"x","type":"document_invalid_structure","code":400}"#;
            world.server.answer_next("PATCH", "/v1/account/mfa", 400, refusal);
        };
        refuse();
        assert_eq!(
            code(client.factors().require(true).await.map(drop)),
            Err("invalid_input"),
            "it was not done"
        );
        assert!(!client.account().await.unwrap().mfa_enabled);
        client.factors().require(true).await.unwrap();
        refuse();
        assert!(client.factors().require(true).await.unwrap().mfa_enabled, "it was done before");
    });
}
