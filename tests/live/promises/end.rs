//! Only two things end a session: the app's sign-out, and Appwrite itself.

use appwrite_session_core::{SessionClient, SignedOutReason};

use crate::harness::{
    outcome::{Outcome, code, ensure},
    relay::Fault,
    world::{World, caller, is_signed_in, is_signed_out, shown},
};

pub(super) async fn ends_when_another_device_revokes(world: &World) -> Outcome {
    let person = world.person().await?;
    let (phone, tablet) = world.two_devices(&person).await?;
    let lost = phone.current_session().await?;
    tablet.revoke_session(&lost.id).await?;
    let called = phone.get("/whoami").send().await;
    ensure!(code(&called) == "signed_out", "the next call ended in {}", code(&called));
    ended(&phone)?;
    let state = tablet.state();
    ensure!(is_signed_in(&state), "the other device became {}", shown(&state));
    caller(&tablet, "/whoami").await.map(drop)
}

pub(super) async fn ends_when_the_key_revokes(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, store) = world.signed_in(&person).await?;
    world.admin.delete_sessions(&person.id).await?;
    let called = client.get("/whoami").send().await;
    ensure!(code(&called) == "signed_out", "the next call ended in {}", code(&called));
    ended(&client)?;
    client.close().await;
    let state = world.client(&store)?.restored().await;
    ensure!(is_signed_out(&state, SignedOutReason::NoSession), "a restart ended in {}", shown(&state));
    Ok(())
}

pub(super) async fn ends_behind_a_page(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    let page = Fault::Answer(401, "text/html", "<html>User (role: guests) missing scope (account)</html>");
    world.relay.set_for("GET /account", page);
    let asked = client.account().await;
    ensure!(
        code(&asked) == "appwrite_unavailable",
        "a page for a session that lives ended in {}",
        code(&asked)
    );
    let state = client.state();
    ensure!(is_signed_in(&state), "a page for a session that lives led to {}", shown(&state));
    world.admin.delete_sessions(&person.id).await?;
    let asked = client.account().await;
    ensure!(code(&asked) == "signed_out", "the next call ended in {}", code(&asked));
    ended(&client)
}

pub(super) async fn ends_with_its_user(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    world.admin.delete_user(&person.id).await?;
    let asked = client.account().await;
    ensure!(code(&asked) == "signed_out", "the next call ended in {}", code(&asked));
    ended(&client)
}

pub(super) async fn signs_out_here_and_there(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, store) = world.signed_in(&person).await?;
    client.sign_out().await?;
    signed_out(&client)?;
    let refused = client.get("/whoami").send().await;
    ensure!(code(&refused) == "signed_out", "a call ended in {}", code(&refused));
    ensure!(world.gateway.journal().len() == 0, "the gateway was called");
    world.sessions_become(&person, 0).await?;
    client.close().await;
    let state = world.client(&store)?.restored().await;
    ensure!(is_signed_out(&state, SignedOutReason::NoSession), "a restart ended in {}", shown(&state));
    Ok(())
}

pub(super) async fn signs_out_offline(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, store) = world.signed_in(&person).await?;
    world.relay.set(Some(Fault::Cut));
    client.sign_out().await?;
    signed_out(&client)?;
    client.close().await;
    let left = world.admin.sessions(&person.id).await?.len();
    ensure!(left == 1, "Appwrite has {left} sessions although it could not be reached");
    world.relay.set(None);
    let restarted = world.client(&store)?;
    let state = restarted.restored().await;
    ensure!(is_signed_out(&state, SignedOutReason::NoSession), "a restart ended in {}", shown(&state));
    restarted.resume().await;
    world.sessions_become(&person, 0).await
}

pub(super) async fn signs_out_everywhere(world: &World) -> Outcome {
    let person = world.person().await?;
    let (phone, tablet) = world.two_devices(&person).await?;
    phone.sign_out_everywhere().await?;
    signed_out(&phone)?;
    let asked = tablet.account().await;
    ensure!(code(&asked) == "signed_out", "the other device's next call ended in {}", code(&asked));
    ended(&tablet)?;
    world.sessions_become(&person, 0).await
}

fn ended(client: &SessionClient) -> Outcome {
    let state = client.state();
    ensure!(is_signed_out(&state, SignedOutReason::SessionEnded), "the state is {}", shown(&state));
    Ok(())
}

fn signed_out(client: &SessionClient) -> Outcome {
    let state = client.state();
    ensure!(is_signed_out(&state, SignedOutReason::SignedOut), "the state is {}", shown(&state));
    Ok(())
}
