//! The ways in, and what goes wrong on them.

use appwrite_session_core::{SessionClient, SessionState, SignedOutReason, store::MemoryStore};

use crate::harness::{
    outcome::{Outcome, code, ensure, fails_with},
    world::{World, caller, comes, fresh_login, is_signed_in, is_signed_out, shown, sign_in_by_email},
};

pub(super) async fn signs_up(world: &World) -> Outcome {
    let client = world.client(&MemoryStore::new())?;
    let (email, password) = fresh_login();
    let account = client.sign_up_with_email(&email, &password, Some("Promise")).await?;
    world.remove_later(&account.user.id);
    ensure!(account.user.email.as_deref() == Some(&email), "the account has another e-mail");
    let state = client.restored().await;
    ensure!(is_signed_out(&state, SignedOutReason::NoSession), "the sign-up led to {}", shown(&state));
    let state = client.sign_in_with_email(&email, &password).await?;
    ensure!(is_signed_in(&state), "the first sign-in ended in {}", shown(&state));
    // A session is held by now.
    let again = client.sign_up_with_email(&email, &password, None).await;
    fails_with(again, "already_exists", "a second sign-up")?;
    let seen = world.relay.journal().all();
    let sign_ups: Vec<_> =
        seen.iter().filter(|seen| seen.method == "POST" && seen.line().ends_with("/account")).collect();
    ensure!(sign_ups.len() == 2, "there were {} sign-ups, not two", sign_ups.len());
    let carried: Vec<_> = sign_ups.iter().flat_map(|seen| seen.carriers()).collect();
    ensure!(carried.is_empty(), "a sign-up carried {carried:?}");
    let malformed = email.replace('@', " at ");
    let refused = client.sign_in_with_email(&malformed, &password).await;
    fails_with(refused, "invalid_input", "a malformed e-mail")
}

pub(super) async fn signs_in_directly(world: &World) -> Outcome {
    let person = world.person().await?;
    let endpoint = world.target.endpoint.as_str();
    let client = SessionClient::builder(endpoint, &world.target.project)
        .gateway(world.gateway.origin())
        .store(MemoryStore::new())
        .build()?;
    sign_in_by_email(&client, &person).await?;
    let user = caller(&client, "/whoami").await?;
    ensure!(user == person.id, "the gateway took the caller for another user");
    world.sessions_become(&person, 1).await
}

pub(super) async fn signs_in_with_a_token(world: &World) -> Outcome {
    let person = world.person().await?;
    let secret = world.admin.create_token(&person.id).await?;
    let client = world.client(&MemoryStore::new())?;
    let state = client.sign_in_with_token(&person.id, &secret).await?;
    ensure!(is_signed_in(&state), "the sign-in ended in {}", shown(&state));
    let user = caller(&client, "/whoami").await?;
    ensure!(user == person.id, "the token signed another user in");
    let again = world.client(&MemoryStore::new())?.sign_in_with_token(&person.id, &secret).await;
    fails_with(again, "invalid_token", "a used token")
}

pub(super) async fn signs_in_anonymously(world: &World) -> Outcome {
    let client = world.client(&MemoryStore::new())?;
    let state = client.sign_in_anonymously().await?;
    let SessionState::SignedIn { user: Some(user), .. } = state else {
        ensure!(false, "the sign-in ended in {}", shown(&state));
        return Ok(());
    };
    world.remove_later(&user.id);
    ensure!(user.email.is_none(), "an anonymous user has an e-mail");
    let called = caller(&client, "/whoami").await?;
    ensure!(called == user.id, "the gateway took the caller for another user");
    Ok(())
}

pub(super) async fn refuses_a_wrong_password(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    let refused = client.sign_in_with_email(&person.email, "not the password").await;
    fails_with(refused, "invalid_credentials", "a wrong password")?;
    let state = client.state();
    ensure!(is_signed_in(&state), "the session that was held became {}", shown(&state));
    let unknown = fresh_login();
    let refused = client.sign_in_with_email(&unknown.0, &unknown.1).await;
    fails_with(refused, "invalid_credentials", "an unknown e-mail")?;
    caller(&client, "/whoami").await.map(drop)
}

pub(super) async fn tells_of_a_blocked_user(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    world.admin.set_blocked(&person.id, true).await?;
    let asked = client.account().await;
    ensure!(code(&asked) == "user_blocked", "a call ended in {}", code(&asked));
    let state = client.state();
    ensure!(is_signed_in(&state), "the state became {}", shown(&state));
    let other = world.client(&MemoryStore::new())?;
    let refused = other.sign_in_with_email(&person.email, &person.password).await;
    fails_with(refused, "user_blocked", "a sign-in")?;
    world.admin.set_blocked(&person.id, false).await?;
    ensure!(client.account().await?.user.id == person.id, "it is another user afterwards");
    Ok(())
}

pub(super) async fn finishes_a_dropped_sign_in(world: &World) -> Outcome {
    let person = world.person().await?;
    let store = MemoryStore::new();
    let client = world.client(&store)?;
    let secret = world.admin.create_token(&person.id).await?;
    let caller = {
        let (client, user) = (client.clone(), person.id.clone());
        tokio::spawn(async move { client.sign_in_with_token(&user, &secret).await })
    };
    let sent = comes(|| async { world.relay.count("POST", "/account/sessions/token") > 0 }).await;
    ensure!(sent, "the login call never left");
    caller.abort();
    client.close().await;
    world.sessions_become(&person, 1).await?;
    let state = world.client(&store)?.restored().await;
    ensure!(is_signed_in(&state), "a restart ended in {}", shown(&state));
    Ok(())
}

pub(super) async fn tells_every_change(world: &World) -> Outcome {
    let person = world.person().await?;
    let client = world.client(&MemoryStore::new())?;
    client.restored().await;
    let mut changes = client.changes();
    world.sign_in(&client, &person).await?;
    // Not by a sign-out, because Appwrite limits those.
    world.admin.delete_sessions(&person.id).await?;
    fails_with(client.account().await, "signed_out", "a call with a revoked session")?;
    client.close().await;
    let mut heard = Vec::new();
    while let Some(change) = changes.next().await {
        heard.push((change.number, shown(&change.state)));
    }
    let states: Vec<_> = heard.iter().map(|(_, state)| state.as_str()).collect();
    let expected = ["signed_out (no_session)", "signed_in (verified: true)", "signed_out (session_ended)"];
    ensure!(states == expected, "an observer heard {heard:?}");
    let numbered = heard.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1);
    ensure!(numbered, "the numbers have a gap: {heard:?}");
    Ok(())
}
