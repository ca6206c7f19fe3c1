//! Appwrite's realtime socket: a session that was ended elsewhere is known at once, and an event alone ends nothing.

use std::time::Duration;

use appwrite_session_core::{SessionClient, SessionState, SignedOutReason, store::MemoryStore};
use tokio::task::JoinHandle;

use crate::{
    journal::of_client,
    server::{Fault, Profile},
    support::{PASSWORD, World, on, on_all, sign_in, signed_out},
};

const SOCKET: &str = "/v1/realtime";
const PROBE: &str = "/v1/account";

/// The app in the foreground.
fn listening(client: &SessionClient) -> JoinHandle<()> {
    let client = client.clone();
    tokio::spawn(async move { client.listen().await })
}

/// Another device of the same user.
async fn another_device(world: &World, email: &str) -> SessionClient {
    let client = world.bare().store(MemoryStore::new()).build().unwrap();
    client.sign_in_with_email(email, PASSWORD).await.unwrap();
    client
}

/// Waits until the server has opened so many sockets.
async fn opened(world: &World, count: usize) {
    world.server.until(|server| server.answered(SOCKET, 101) == count).await;
}

/// Waits for the end of the session, which nobody has asked about.
async fn ends(client: &SessionClient) -> SessionState {
    let mut changes = client.changes();
    loop {
        let change = changes.next().await.unwrap();
        if matches!(change.state, SessionState::SignedOut { .. }) {
            return change.state;
        }
    }
}

#[test]
fn a_session_that_is_revoked_elsewhere_ends_at_once() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let own = client.current_session().await.unwrap().id;
        let listening = listening(&client);
        opened(world, 1).await;
        let other = another_device(world, &person.email).await;
        let before = world.server.count("GET", PROBE);
        // The name of a user ends nothing, and nobody asks.
        other.profile().update_name("Grace").await.unwrap();
        other.revoke_session(&own).await.unwrap();
        assert_eq!(ends(&client).await, signed_out(SignedOutReason::SessionEnded));
        assert_eq!(world.server.count("GET", PROBE) - before, 1, "one event asks once");
        let journal = world.server.journal();
        let seen = of_client(&journal, "GET", SOCKET).pop().unwrap().clone();
        assert_eq!(seen.carriers(), ["x-appwrite-session"]);
        assert_eq!(world.server.count("GET", SOCKET), 1, "while nobody is signed in there is no socket");
        // Whoever signs in next is listened for as well.
        sign_in(&client, &person).await;
        opened(world, 2).await;
        other.sign_out_everywhere().await.unwrap();
        assert_eq!(ends(&client).await, signed_out(SignedOutReason::SessionEnded));
        other.close().await;
        client.close().await;
        listening.await.unwrap();
    });
}

#[test]
fn an_event_of_another_session_leads_to_the_question_and_the_answer_counts() {
    on(Profile::V1_9, async |world: &World| {
        let (client, person) = world.signed_in().await;
        let listening = listening(&client);
        opened(world, 1).await;
        let other = another_device(world, &person.email).await;
        let before = world.server.answered(PROBE, 200);
        other.sign_out().await.unwrap();
        world.server.until(|server| server.answered(PROBE, 200) > before).await;
        assert!(client.account().await.is_ok());
        assert!(matches!(client.state(), SessionState::SignedIn { .. }));
        // Another password ends every other session, of which Appwrite tells nothing but the password.
        let other = another_device(world, &person.email).await;
        other.profile().update_password("another long password", Some(PASSWORD)).await.unwrap();
        assert_eq!(ends(&client).await, signed_out(SignedOutReason::SessionEnded));
        listening.abort();
        other.close().await;
    });
}

#[test]
fn a_session_that_ended_before_anybody_listened_is_known_when_somebody_does() {
    on(Profile::V1_9, async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.revoke_all(&person);
        let listening = listening(&client);
        assert_eq!(ends(&client).await, signed_out(SignedOutReason::SessionEnded));
        listening.abort();
    });
}

#[test]
fn a_socket_that_breaks_is_opened_again_by_and_by_or_when_the_network_changes() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        world.server.fault("GET", SOCKET, Fault::ResetBefore);
        let listening = listening(&client);
        world.server.until(|server| server.count("GET", SOCKET) == 1).await;
        world.clock.sleeping(1).await;
        assert_eq!(world.server.count("GET", SOCKET), 1, "it waits");
        world.as_time_passes(|| world.server.count("GET", SOCKET) == 2).await;
        world.clock.sleeping(1).await;
        client.network_changed();
        world.server.until(|server| server.count("GET", SOCKET) == 3).await;
        world.server.heal();
        world.as_time_passes(|| world.server.answered(SOCKET, 101) == 1).await;
        assert!(matches!(client.state(), SessionState::SignedIn { .. }));
        client.close().await;
        listening.await.unwrap();
    });
}

#[test]
fn a_server_that_wants_no_sockets_is_left_alone_for_minutes() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        for _ in 0..2 {
            world.server.answer_next("GET", SOCKET, 403, "{}");
        }
        let listening = listening(&client);
        world.server.until(|server| server.answered(SOCKET, 403) == 1).await;
        world.clock.sleeping(1).await;
        world.clock.advance(Duration::from_secs(149));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.server.count("GET", SOCKET), 1);
        world.clock.advance(Duration::from_secs(151));
        world.server.until(|server| server.count("GET", SOCKET) == 2).await;
        listening.abort();
    });
}
