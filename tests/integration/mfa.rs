//! The second factor: the credential is kept, and of no use until the code is right.

use appwrite_session_core::{Error, Factor, SessionState, store::SecureStore as _};

use crate::{
    journal::of_client,
    support::{resumed, Fault, PASSWORD, World, on_both, status},
};

const CHALLENGE: &str = "/v1/account/mfa/challenge";

#[test]
fn a_sign_in_that_lacks_a_factor_is_kept_and_carried_nowhere() {
    on_both(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let SessionState::MfaRequired { factors } = client.state() else { panic!() };
        assert!(factors.contains(&Factor::Totp), "{factors:?}");
        assert!(world.store.inner().load(&world.key()).unwrap().is_some(), "kept");
        assert_eq!(world.server.sessions(&person).len(), 1);

        let before = world.server.journal().len();
        assert_eq!(status(&client, "/gateway/open").await, Err(Error::MfaRequired));
        assert_eq!(client.authorize("/gateway/open").await.unwrap_err(), Error::MfaRequired);
        assert_eq!(client.sessions().await, Err(Error::MfaRequired));
        assert_eq!(client.extend_session().await, Err(Error::MfaRequired));
        assert_eq!(world.server.journal().len(), before, "no request");
    });
}

#[test]
fn the_right_code_completes_the_sign_in_with_the_same_credential() {
    on_both(async |world: &World| {
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
fn a_wrong_code_leaves_the_sign_in_waiting() {
    on_both(async |world: &World| {
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
    on_both(async |world: &World| {
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
    on_both(async |world: &World| {
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
    on_both(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        world.server.require_totp(&person);
        world.server.fault("GET", "/v1/account/mfa/factors", Fault::Status500);
        let state = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        assert_eq!(state, SessionState::MfaRequired { factors: Vec::new() });
    });
}

#[test]
fn a_pending_sign_in_can_be_signed_out() {
    on_both(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        client.sign_out().await.unwrap();
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0, "revoked, as any other");
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}
