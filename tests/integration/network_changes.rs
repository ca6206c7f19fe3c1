//! What a change of the device's network lets happen at once.

use std::{pin::pin, time::Duration};

use appwrite_session_core::{Retries, SessionClient, SessionState};

use tokio::time::timeout;

use crate::support::{Fault, PASSWORD, World, on_all, polled, sign_in, status, until};

const CURRENT: &str = "/v1/account/sessions/current";

/// Longer than any test.
const PATIENT: Retries =
    Retries { attempts: 3, base: Duration::from_secs(40), longest: Duration::from_secs(40) };

/// Waits until the client's state is as `wanted`.
async fn reaches(client: &SessionClient, wanted: impl Fn(&SessionState) -> bool) {
    let mut changes = client.changes();
    while !wanted(&changes.next().await.unwrap().state) {}
}

#[test]
fn a_call_that_waits_because_the_network_failed_is_tried_now() {
    on_all(async |world: &World| {
        let client = world.builder().retries(PATIENT).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        world.server.fault_times("GET", "/gateway/open", Fault::ResetBefore, 1);
        let mut call = pin!(status(&client, "/gateway/open"));
        until(&mut call, world.clock.sleeping(1)).await;
        client.network_changed();
        assert_eq!(call.await, Ok(200));
        assert_eq!(world.server.count("GET", "/gateway/open"), 2);
    });
}

#[test]
fn a_call_that_waits_because_the_server_wants_it_waits_on() {
    on_all(async |world: &World| {
        let client = world.builder().retries(PATIENT).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        world.server.fault_times("GET", "/gateway/open", Fault::UnavailableFor(40), 1);
        let mut call = pin!(status(&client, "/gateway/open"));
        until(&mut call, world.clock.sleeping(1)).await;
        client.network_changed();
        assert_eq!(polled(call.as_mut(), 1).await, None);
        assert_eq!(polled(world.clock.sleeping(1), 1).await, Some(()), "it waits still");
        assert_eq!(world.server.count("GET", "/gateway/open"), 1);
        world.clock.advance(PATIENT.longest);
        assert_eq!(call.await, Ok(200));
    });
}

#[test]
fn a_queued_sign_out_is_sent_now() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.fault("DELETE", CURRENT, Fault::ResetBefore);
        client.sign_out().await.unwrap();
        // It has failed, and waits for its next try.
        world.clock.sleeping(1).await;
        world.server.heal();
        let revoked = world.server.hold_after("DELETE", CURRENT);
        client.network_changed();
        revoked.reached().await;
        assert!(world.server.sessions(&person).is_empty());
    });
}

#[test]
fn a_sign_out_whose_request_is_stuck_is_sent_anew() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let stuck = world.server.hold_before("DELETE", CURRENT);
        client.sign_out().await.unwrap();
        stuck.reached().await;
        let revoked = world.server.hold_after("DELETE", CURRENT);
        client.network_changed();
        timeout(Duration::from_secs(10), revoked.reached()).await.expect("a second request");
        assert!(world.server.sessions(&person).is_empty());
        drop(revoked);
        // The answer of the second counts, though the first has none yet.
        client.idle().await;
        assert_eq!(client.metrics().revocations_pending, 0);
        assert_eq!(world.server.count("DELETE", CURRENT), 2);
        drop(stuck);
    });
}

#[test]
fn a_session_that_was_not_confirmed_yet_is_confirmed_and_a_confirmed_one_is_not_asked_about() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let client = world.client();
        assert!(matches!(client.restored().await, SessionState::SignedIn { verified: false, .. }));
        let before = world.server.count("GET", "/v1/account");
        client.network_changed();
        reaches(&client, |state| matches!(state, SessionState::SignedIn { verified: true, .. })).await;
        // What Appwrite has just said would do for a moment.
        world.clock.advance(Duration::from_secs(60));
        client.network_changed();
        // A question would be on its way by then.
        for _ in 0..5 {
            assert_eq!(status(&client, "/gateway/open").await, Ok(200));
        }
        client.close().await;
        assert_eq!(world.server.count("GET", "/v1/account"), before + 1);
    });
}

#[test]
fn a_session_that_ended_meanwhile_is_noticed() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        client.close().await;
        let client = world.client();
        client.restored().await;
        world.server.revoke_all(&person);
        client.network_changed();
        reaches(&client, |state| state.name() == "signed_out").await;
    });
}

#[test]
fn nothing_is_asked_where_nobody_is_signed_in_or_the_client_is_closed() {
    on_all(async |world: &World| {
        let client = world.client();
        client.restored().await;
        client.network_changed();
        client.close().await;
        client.network_changed();
        assert!(world.server.journal().is_empty());
    });
}

#[test]
fn every_account_is_told() {
    on_all(async |world: &World| {
        let accounts = world.builder().build_accounts().unwrap();
        let (ada, eve) = (world.server.person(), world.server.person());
        let mut clients = Vec::new();
        for person in [&ada, &eve] {
            let client = accounts.add().await.unwrap();
            client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
            world.server.fault("DELETE", CURRENT, Fault::ResetBefore);
            client.sign_out().await.unwrap();
            clients.push(client);
        }
        world.clock.sleeping(2).await;
        world.server.heal();
        let revoked = [0, 1].map(|_| world.server.hold_after("DELETE", CURRENT));
        accounts.network_changed();
        for each in &revoked {
            each.reached().await;
        }
        assert!(world.server.sessions(&ada).is_empty() && world.server.sessions(&eve).is_empty());
        drop(revoked);
        accounts.close().await;
    });
}
