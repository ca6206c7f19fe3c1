//! Never loses a login.

use std::time::Duration;

use appwrite_session_core::SessionState;

use crate::harness::{
    outcome::{Outcome, code, ensure},
    relay::Fault,
    world::{World, caller, is_signed_in, shown},
};

pub(super) async fn restores_without_a_request(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, store) = world.signed_in(&person).await?;
    client.close().await;
    let before = world.relay.journal().len();
    let restarted = world.client(&store)?;
    let state = restarted.restored().await;
    let SessionState::SignedIn { user, verified: false } = &state else {
        ensure!(false, "the restart ended in {}", shown(&state));
        return Ok(());
    };
    ensure!(user.as_ref().is_some_and(|user| user.id == person.id), "the restart does not know the user");
    ensure!(world.relay.journal().len() == before, "the restart made a request");
    let user = caller(&restarted, "/whoami").await?;
    ensure!(user == person.id, "the gateway took the caller for another user");
    Ok(())
}

pub(super) async fn survives_a_dead_network(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    world.relay.set(Some(Fault::Cut));
    let asked = client.account().await;
    ensure!(code(&asked) == "network", "the call ended in {}", code(&asked));
    let response = client.get("/deny").send().await?;
    ensure!(response.status() == 401, "the gateway's 401 became {}", response.status().as_u16());
    let state = client.state();
    ensure!(is_signed_in(&state), "the state became {}", shown(&state));
    world.relay.set(None);
    ensure!(client.account().await?.user.id == person.id, "it is another user afterwards");
    Ok(())
}

pub(super) async fn survives_broken_answers(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    for (status, content_type, body) in [
        (500, "application/json", r#"{"message":"Server Error","code":500,"type":"general_unknown"}"#),
        (503, "text/html", "<html>maintenance</html>"),
        (401, "text/html", "<html>general_unauthorized_scope</html>"),
        (401, "application/json", r#"{"message":"no","code":401}"#),
        (403, "application/json", r#"{"message":"no","code":403,"type":"general_unauthorized_scope"}"#),
        (429, "text/plain", "slow down"),
        // 2.x says these to sessions that live.
        (401, "application/json", r#"{"message":"no","code":401,"type":"user_reauthentication_required"}"#),
        (401, "application/json", r#"{"message":"no","code":401,"type":"user_passkey_invalid"}"#),
        (401, "application/json", r#"{"message":"no","code":401,"type":"user_oauth2_token_invalid"}"#),
        (200, "application/json", "{}"),
        (200, "text/html", "<html>a captive portal</html>"),
    ] {
        world.relay.set(Some(Fault::Answer(status, content_type, body)));
        let asked = client.account().await;
        ensure!(asked.is_err(), "{status} {body} was taken for an account");
        // The same question, asked because a gateway has refused a call.
        let response = client.get("/deny").send().await?;
        ensure!(response.status() == 401, "the gateway's 401 became {}", response.status().as_u16());
        let state = client.state();
        ensure!(is_signed_in(&state), "after {status} {body} the state became {}", shown(&state));
    }
    world.relay.set(None);
    client.account().await?;
    Ok(())
}

pub(super) async fn survives_a_401_of_the_gateway(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    let before = world.relay.count("GET", "/account");
    let response = client.get("/deny").send().await?;
    ensure!(response.status() == 401, "the gateway's 401 became {}", response.status().as_u16());
    ensure!(response.text().contains("not for you"), "the gateway's own words are lost");
    let asked = world.relay.count("GET", "/account") - before;
    ensure!(asked == 1, "Appwrite was asked {asked} times");
    let state = client.state();
    ensure!(is_signed_in(&state), "the state became {}", shown(&state));
    Ok(())
}

pub(super) async fn asks_once_for_many(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    let before = world.relay.count("GET", "/account");
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get("/deny").send().await })
        })
        .collect();
    for call in calls {
        let response = call.await.map_err(|error| error.to_string())??;
        ensure!(response.status() == 401, "a call ended in {}", response.status().as_u16());
    }
    let asked = world.relay.count("GET", "/account") - before;
    ensure!(asked == 1, "Appwrite was asked {asked} times");
    Ok(())
}

pub(super) async fn extends_a_session(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    let before = client.current_session().await?;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let extended = client.extend_session().await?;
    ensure!(extended.id == before.id, "it is another session");
    ensure!(extended.current, "the session is not marked as this device's own");
    ensure!(before.expires_at.is_some(), "the date of GET could not be read");
    ensure!(extended.expires_at.is_some(), "the date of PATCH could not be read");
    ensure!(extended.expires_at > before.expires_at, "the session does not end later");
    let after = client.current_session().await?;
    ensure!(after.expires_at > before.expires_at, "the session does not end later, asked again");
    let user = caller(&client, "/whoami").await?;
    ensure!(user == person.id, "the credential is of another user");
    Ok(())
}

pub(super) async fn lists_sessions(world: &World) -> Outcome {
    let person = world.person().await?;
    let (phone, tablet) = world.two_devices(&person).await?;
    let (sessions, own) = (phone.sessions().await?, phone.current_session().await?);
    ensure!(sessions.len() == 2, "{} sessions are listed, not two", sessions.len());
    let current: Vec<_> = sessions.iter().filter(|session| session.current).collect();
    ensure!(current.len() == 1 && current[0].id == own.id, "{} sessions are marked as own", current.len());
    ensure!(sessions.iter().all(|session| session.user_id == person.id), "a session is of another user");
    ensure!(sessions.iter().all(|session| session.provider == "token"), "a provider is not a token");
    let other = tablet.current_session().await?;
    phone.revoke_session(&other.id).await?;
    // A session that is gone already is success.
    phone.revoke_session(&other.id).await?;
    ensure!(phone.sessions().await?.len() == 1, "the revoked session is still listed");
    Ok(())
}
