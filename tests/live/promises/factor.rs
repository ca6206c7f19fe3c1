//! The second factor.

use appwrite_session_core::{Error, Factor, SessionClient, SessionState, store::MemoryStore};

use crate::harness::{
    outcome::{Outcome, Stop, code, ensure, fails_with},
    owner::enrol,
    world::{Person, World, caller, shown},
};

pub(super) async fn completes_a_second_factor(world: &World) -> Outcome {
    let person = world.person().await?;
    let authenticator = enrol(&world.admin, &person).await?.authenticator;
    let store = MemoryStore::new();
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
    fails_with(client.complete_mfa_challenge(&challenge, &wrong).await, "invalid_token", "a wrong code")?;
    waits_for_a_code(&client)?;

    let right = authenticator.code().await?;
    let state = client.complete_mfa_challenge(&challenge, &right).await?;
    completed(&client, &person, &state).await
}

pub(super) async fn completes_with_a_recovery_code(world: &World) -> Outcome {
    let person = world.person().await?;
    let codes = enrol(&world.admin, &person).await?.recovery_codes;
    let code = codes.first().ok_or_else(|| "Appwrite made no recovery codes".to_owned())?;
    let client = world.client(&MemoryStore::new())?;
    sign_in(world, &client, &person).await?;
    let challenge = client.create_mfa_challenge(Factor::RecoveryCode).await?;
    let state = client.complete_mfa_challenge(&challenge, code).await?;
    completed(&client, &person, &state).await
}

pub(super) async fn tells_of_an_unverified_email(world: &World) -> Outcome {
    let person = world.person().await?;
    enrol(&world.admin, &person).await?;
    let client = world.client(&MemoryStore::new())?;
    sign_in(world, &client, &person).await?;
    let refused = client.create_mfa_challenge(Factor::Email).await;
    if let Err(Error::AppwriteUnavailable { status: Some(503), .. }) = &refused {
        let why =
            "the server answered 503, as one that cannot send e-mails does before it looks at the address";
        return Err(Stop::NotTestable(why.to_owned()));
    }
    fails_with(refused, "invalid_input", "a code to an e-mail that is not verified")?;
    waits_for_a_code(&client)
}

/// By a token, whose session has one factor as that of a password has.
async fn sign_in(world: &World, client: &SessionClient, person: &Person) -> Outcome {
    let secret = world.admin.create_token(&person.id).await?;
    client.sign_in_with_token(&person.id, &secret).await?;
    waits_for_a_code(client)
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

async fn completed(client: &SessionClient, person: &Person, state: &SessionState) -> Outcome {
    let signed_in = matches!(state, SessionState::SignedIn { verified: true, .. });
    ensure!(signed_in, "the right code ended in {}", shown(state));
    let user = caller(client, "/whoami").await?;
    ensure!(user == person.id, "the gateway took the caller for another user");
    Ok(())
}
