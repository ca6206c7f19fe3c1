//! The account's care, as far as it needs no mail.

use appwrite_session_core::{Error, Factor, Preferences, SessionState, SignedOutReason};
use serde_json::json;

use crate::harness::{
    outcome::{Outcome, Stop, ensure, fails_with},
    owner::Authenticator,
    world::{World, is_signed_out, shown},
};

pub(super) async fn shows_what_the_user_changes(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, store) = world.signed_in(&person).await?;
    let profile = client.profile();
    profile.update_name("Ada L.").await?;
    let first = Preferences::from_iter([("theme".to_owned(), json!("dark")), ("old".to_owned(), json!(1))]);
    profile.replace_preferences(&first).await?;
    let changes =
        Preferences::from_iter([("old".to_owned(), json!(null)), ("sound".to_owned(), json!(true))]);
    let merged = profile.merge_preferences(&changes).await?;
    let expected =
        Preferences::from_iter([("theme".to_owned(), json!("dark")), ("sound".to_owned(), json!(true))]);
    ensure!(merged == expected, "the merged preferences are others");
    ensure!(profile.preferences().await? == expected, "Appwrite has other preferences");
    ensure!(client.identities().list().await?.is_empty(), "a user of an e-mail has identities");
    client.close().await;
    let state = world.client(&store)?.restored().await;
    let SessionState::SignedIn { user: Some(user), .. } = &state else {
        return Err(Stop::Broken(format!("the restart was {}", shown(&state))));
    };
    ensure!(user.name == "Ada L.", "the stored name is {}", user.name);
    Ok(())
}

pub(super) async fn enrolls_an_authenticator(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    let factors = client.factors();
    let enrollment = factors.enroll_totp().await?;
    // Exposed to the authenticator, which is this test's own.
    let authenticator = Authenticator::new(enrollment.secret.expose(), &world.admin);
    let wrong = authenticator.wrong_code().await?;
    fails_with(factors.verify_totp(&wrong).await, "invalid_token", "a wrong code")?;
    factors.verify_totp(&authenticator.code().await?).await?;
    let available = factors.available().await?;
    ensure!(available.contains(&Factor::Totp), "the enrolled factor is not among {available:?}");
    let codes = factors.create_recovery_codes().await?;
    ensure!(!codes.is_empty(), "there are no recovery codes");
    ensure!(factors.require(true).await?.mfa_enabled, "a second factor is not required");
    let called = client.get("/whoami").send().await;
    ensure!(called.is_ok(), "this session did not go on");
    Ok(())
}

pub(super) async fn deletes_the_own_account(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    client.profile().delete().await?;
    let state = client.state();
    ensure!(is_signed_out(&state, SignedOutReason::SignedOut), "the state became {}", shown(&state));
    let left = world.admin.sessions(&person.id).await;
    ensure!(left.is_err_and(|why| why.contains("user_not_found")), "Appwrite still has the user");
    Ok(())
}

pub(super) async fn tells_what_the_server_lacks(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    // Either it has passkeys, or it says since when a server has them, or the project has switched them off.
    match client.passkeys().list().await {
        Ok(list) => ensure!(list.is_empty(), "a new user has passkeys"),
        Err(Error::Unsupported(why)) => ensure!(why.since() == Some("2.5"), "it names {:?}", why.since()),
        Err(error) => return Err(error.into()),
    }
    let state = client.state();
    ensure!(matches!(state, SessionState::SignedIn { .. }), "the state became {}", shown(&state));
    Ok(())
}
