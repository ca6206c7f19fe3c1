//! Carried everywhere it should be, nowhere else.

use appwrite_session_core::{Carrier, store::MemoryStore};

use crate::harness::{
    outcome::{Outcome, Stop, code, ensure},
    world::{World, caller, is_signed_in, shown, sign_in_by_email},
};

pub(super) async fn carried_by_cookie(world: &World) -> Outcome {
    carried_by(world, Carrier::Cookie, "cookie").await
}

pub(super) async fn carried_by_fallback_header(world: &World) -> Outcome {
    carried_by(world, Carrier::FallbackCookies, "x-fallback-cookies").await
}

pub(super) async fn carried_by_session_header(world: &World) -> Outcome {
    carried_by(world, Carrier::SessionHeader, "x-appwrite-session").await
}

async fn carried_by(world: &World, carrier: Carrier, header: &str) -> Outcome {
    let person = world.person().await?;
    let client = world.client_by(&MemoryStore::new(), carrier)?;
    world.sign_in(&client, &person).await?;
    let user = caller(&client, "/whoami").await?;
    ensure!(user == person.id, "Appwrite took the gateway's caller for another user");
    let seen = world.gateway.journal().all();
    ensure!(seen.len() == 1, "the gateway was called {} times", seen.len());
    ensure!(seen[0].carriers() == [header], "the call carried {:?}", seen[0].carriers());
    Ok(())
}

pub(super) async fn refuses_a_foreign_origin(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    let port = world.foreign.origin().rsplit(':').next().unwrap_or_default().to_owned();
    for target in [
        world.foreign.url("/open"),
        format!("http://localhost:{port}/open"),
        format!("{}@127.0.0.1:{port}/open", world.gateway.origin()),
    ] {
        let sent = client.get(&target).send().await;
        ensure!(matches!(code(&sent), "origin_not_allowed" | "config"), "the call ended in {}", code(&sent));
        let given = client.authorize(&target).await;
        ensure!(given.is_err(), "authorize gave headers for a foreign origin");
    }
    ensure!(world.foreign.journal().len() == 0, "the foreign origin was called");
    Ok(())
}

pub(super) async fn loses_it_across_a_redirect(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    let credential = credential(world, &client).await?;
    let to = world.foreign.url("/open");
    let response =
        client.get(&format!("/redirect?to={to}")).header("authorization", "Bearer canary").send().await?;
    ensure!(response.status() == 200, "the call ended in {}", response.status().as_u16());
    let seen = world.foreign.journal().all();
    ensure!(seen.len() == 1, "the foreign origin was called {} times", seen.len());
    ensure!(seen[0].carriers().is_empty(), "the redirected call carried {:?}", seen[0].carriers());
    ensure!(!seen[0].holds(&credential), "the credential is in the redirected call");
    ensure!(
        world.gateway.journal().all()[0].holds(&credential),
        "the first call did not carry the credential"
    );
    Ok(())
}

pub(super) async fn sends_nothing_on_a_login_call(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, _) = world.signed_in(&person).await?;
    let credential = credential(world, &client).await?;
    sign_in_by_email(&client, &person).await?;
    let logins: Vec<_> =
        world.relay.journal().all().into_iter().filter(|seen| seen.method == "POST").collect();
    ensure!(logins.len() == 2, "there were {} login calls, not two", logins.len());
    for login in logins {
        ensure!(login.carriers().is_empty(), "{} carried {:?}", login.line(), login.carriers());
        ensure!(!login.holds(&credential), "{} held the credential", login.line());
    }
    world.sessions_become(&person, 1).await
}

pub(super) async fn keeps_two_accounts_apart(world: &World) -> Outcome {
    let (ada, bob) = (world.person().await?, world.person().await?);
    let store = MemoryStore::new();
    let client = |slot| world.builder(&store).gateway(world.gateway.origin()).account_slot(slot).build();
    let (first, second) = (client("ada")?, client("bob")?);
    world.sign_in(&first, &ada).await?;
    world.sign_in(&second, &bob).await?;
    let callers = (caller(&first, "/whoami").await?, caller(&second, "/whoami").await?);
    ensure!(callers == (ada.id, bob.id), "the gateway took the one for the other");
    first.sign_out().await?;
    let state = second.state();
    ensure!(is_signed_in(&state), "the other account became {}", shown(&state));
    caller(&second, "/whoami").await.map(drop)
}

pub(super) async fn shows_no_secret(world: &World) -> Outcome {
    let person = world.person().await?;
    let (client, store) = world.signed_in(&person).await?;
    let credential = credential(world, &client).await?;
    let authorization = client.authorize("/whoami").await?;
    let session = client.current_session().await?;
    let texts = [
        format!("{client:?} {store:?} {authorization:?} {session:?}"),
        format!("{:?} {:?}", client.get("/whoami"), client.get("/whoami").send().await?),
        format!("{:?} {:?}", client.change(), client.account().await?),
    ];
    ensure!(!texts.iter().any(|text| text.contains(&credential)), "a Debug text holds the credential");
    Ok(())
}

/// The credential, as an app gets it for a request of its own.
async fn credential(world: &World, client: &appwrite_session_core::SessionClient) -> Outcome<String> {
    let headers = client.authorize(&world.gateway.url("/whoami")).await?;
    let cookie = headers.headers().get("cookie").and_then(|value| value.to_str().ok());
    let value = cookie.and_then(|cookie| cookie.split_once('=')).map(|(_, value)| value.to_owned());
    value.ok_or_else(|| Stop::Broken("authorize gave no session cookie".to_owned()))
}
