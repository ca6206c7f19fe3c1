//! The second factor.

use appwrite_session_core::{Factor, SessionClient, SessionState};

use crate::harness::{
    owner::enrol_authenticator,
    world::{Outcome, World, caller, code, ensure, shown},
};

pub(super) async fn completes_a_second_factor(world: &World) -> Outcome {
    let person = world.person().await?;
    let authenticator = enrol_authenticator(&world.admin, &person).await?;
    world.admin.require_mfa(&person.id).await?;

    let store = appwrite_session_core::store::MemoryStore::new();
    let client = world.client(&store)?;
    client.sign_in_with_email(&person.email, &person.password).await?;
    waits_for_a_code(&client)?;
    let called = client.get("/whoami").send().await;
    ensure!(code(&called) == "mfa_required", "a call without the code ended in {}", code(&called));
    ensure!(world.gateway.journal().len() == 0, "the gateway was called without the code");

    client.close().await;
    let client = world.client(&store)?;
    client.restored().await;
    waits_for_a_code(&client)?;

    let challenge = client.create_mfa_challenge(Factor::Totp).await?;
    let wrong = authenticator.wrong_code().await?;
    let refused = client.complete_mfa_challenge(&challenge, &wrong).await;
    ensure!(code(&refused) == "invalid_token", "a wrong code ended in {}", code(&refused));
    waits_for_a_code(&client)?;

    let right = authenticator.code().await?;
    let state = client.complete_mfa_challenge(&challenge, &right).await?;
    let signed_in = matches!(state, SessionState::SignedIn { verified: true, .. });
    ensure!(signed_in, "the right code ended in {}", shown(&state));
    let user = caller(&client, "/whoami").await?;
    ensure!(user == person.id, "the gateway took the caller for another user");
    Ok(())
}

fn waits_for_a_code(client: &SessionClient) -> Outcome {
    let state = client.state();
    let SessionState::MfaRequired { factors } = &state else {
        ensure!(false, "the state is {}", shown(&state));
        return Ok(());
    };
    ensure!(factors.contains(&Factor::Totp), "the factors offered are {factors:?}");
    Ok(())
}
