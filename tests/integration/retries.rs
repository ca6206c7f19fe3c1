//! Trying again: only what does no harm, only so often, and as long after as the server asks.

use std::{pin::pin, time::Duration};

use appwrite_session_core::{Cause, Error, Method, Result, Retries, Sent, SessionClient};

use crate::journal::of_client;
use crate::support::{Fault, World, call, code, nobody, on_all, polled, sign_in, status, until};

const POLICY: Retries =
    Retries { attempts: 3, base: Duration::from_millis(250), longest: Duration::from_secs(5) };

async fn client(world: &World) -> SessionClient {
    world.signed_in().await.0.close().await;
    let client = world.builder().retries(POLICY).build().unwrap();
    client.restored().await;
    client
}

/// Drives `call` through its waits, each of which `longest` is enough for. How often it waited, and its end.
async fn through_waits<T>(world: &World, call: impl Future<Output = T>) -> (usize, T) {
    let mut call = pin!(call);
    let mut waits = 0;
    loop {
        tokio::select! {
            output = &mut call => return (waits, output),
            () = world.clock.sleeping(1) => {
                waits += 1;
                world.clock.advance(POLICY.longest);
                // Polled once, it sleeps no more, so that the next sleeper is the next wait.
                if let Some(output) = polled(call.as_mut(), 1).await {
                    return (waits, output);
                }
            }
        }
    }
}

#[test]
fn a_get_is_tried_again_after_a_broken_connection() {
    on_all(async |world: &World| {
        let client = client(world).await;
        world.server.fault_times("GET", "/gateway/open", Fault::ResetBefore, 2);
        let (waits, answer) = through_waits(world, status(&client, "/gateway/open")).await;
        assert_eq!((waits, answer), (2, Ok(200)));
        assert_eq!(world.server.count("GET", "/gateway/open"), 3);
    });
}

#[test]
fn tries_end() {
    on_all(async |world: &World| {
        let client = client(world).await;
        world.server.fault("GET", "/gateway/open", Fault::ResetBefore);
        let (waits, answer) = through_waits(world, status(&client, "/gateway/open")).await;
        assert_eq!((waits, code(answer)), (2, Err("network")));
        assert_eq!(world.server.count("GET", "/gateway/open"), 3);
        world.server.heal();

        world.server.fault("GET", "/gateway/open", Fault::UnavailableFor(1));
        let (waits, answer) = through_waits(world, status(&client, "/gateway/open")).await;
        assert_eq!((waits, answer), (2, Ok(503)), "the last answer is returned");
        assert_eq!(world.server.count("GET", "/gateway/open"), 6);
    });
}

#[test]
fn a_retry_waits_as_long_as_the_server_asks() {
    on_all(async |world: &World| {
        let client = client(world).await;
        world.server.fault_times("GET", "/gateway/open", Fault::UnavailableFor(3), 1);
        let mut call = Box::pin(status(&client, "/gateway/open"));
        until(&mut call, world.clock.sleeping(1)).await;
        world.clock.advance(Duration::from_millis(2999));
        assert!(polled(&mut call, 1).await.is_none());
        assert_eq!(world.server.count("GET", "/gateway/open"), 1, "not before its time");
        world.clock.advance(Duration::from_millis(1));
        assert_eq!(call.await, Ok(200));
    });
}

#[test]
fn a_server_that_asks_for_too_long_a_wait_is_not_waited_for() {
    on_all(async |world: &World| {
        let client = client(world).await;
        world.server.fault("GET", "/gateway/open", Fault::UnavailableFor(60));
        assert_eq!(status(&client, "/gateway/open").await, Ok(503));
        assert_eq!(world.server.count("GET", "/gateway/open"), 1);
    });
}

async fn post(client: &SessionClient, idempotent: bool) -> Result<u16> {
    let request = client.post("/gateway/open").body("order");
    let request = if idempotent { request.idempotent() } else { request };
    request.send().await.map(|response| response.status().as_u16())
}

#[test]
fn a_post_is_not_tried_again_unless_the_app_says_that_it_may_be() {
    on_all(async |world: &World| {
        let client = client(world).await;
        for (fault, answer) in [(Fault::ResetBefore, Err("network")), (Fault::UnavailableFor(1), Ok(503))] {
            for method in [Method::POST, Method::PATCH] {
                world.server.fault(method.as_str(), "/gateway/open", fault);
                let before = world.server.count(method.as_str(), "/gateway/open");
                assert_eq!(code(call(&client, method.clone(), "/gateway/open").await), answer);
                assert_eq!(world.server.count(method.as_str(), "/gateway/open") - before, 1, "{method}");
                world.server.heal();
            }
            world.server.fault_times("POST", "/gateway/open", fault, 1);
            let before = world.server.count("POST", "/gateway/open");
            assert_eq!(through_waits(world, post(&client, true)).await, (1, Ok(200)));
            let journal = world.server.journal();
            let sent = &of_client(&journal, "POST", "/gateway/open")[before..];
            let bodies: Vec<_> = sent.iter().map(|seen| seen.body.as_slice()).collect();
            // A connection that is reset before the body was read has none in the journal.
            let first: &[u8] = if fault == Fault::ResetBefore { bodies[0] } else { b"order" };
            assert_eq!(bodies, [first, b"order"], "with the body, both times");
        }
    });
}

#[test]
fn a_connection_that_was_never_made_is_tried_again_for_every_method() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let (_port, nobody) = nobody();
        let client = world.bare().retries(POLICY).gateway(nobody).build().unwrap();
        client.restored().await;
        let (waits, answer) = through_waits(world, call(&client, Method::POST, "/orders")).await;
        let error = answer.unwrap_err();
        assert_eq!((waits, error.cause()), (2, Some(Cause::Refused)));
        assert!(error.is_retryable() && !error.may_have_arrived());
    });
}

#[test]
fn other_faults_are_answers_at_once() {
    on_all(async |world: &World| {
        let client = client(world).await;
        for fault in [Fault::Status500, Fault::Html401, Fault::WrongJson] {
            world.server.fault("GET", "/gateway/open", fault);
            let before = world.server.count("GET", "/gateway/open");
            assert!(status(&client, "/gateway/open").await.is_ok(), "{fault:?}");
            assert_eq!(world.server.count("GET", "/gateway/open") - before, 1, "{fault:?}");
            world.server.heal();
        }
    });
}

#[test]
fn dropping_a_call_that_waits_ends_it() {
    on_all(async |world: &World| {
        let client = client(world).await;
        world.server.fault_times("GET", "/gateway/open", Fault::ResetBefore, 1);
        crate::support::dropped_when(status(&client, "/gateway/open"), world.clock.sleeping(1)).await;
        world.clock.advance(POLICY.longest);
        client.close().await;
        assert_eq!(world.server.count("GET", "/gateway/open"), 1);
    });
}

#[test]
fn after_a_sign_out_a_waiting_call_sends_nothing() {
    on_all(async |world: &World| {
        let client = client(world).await;
        world.server.fault_times("GET", "/gateway/open", Fault::ResetBefore, 1);
        let mut call = Box::pin(status(&client, "/gateway/open"));
        until(&mut call, world.clock.sleeping(1)).await;
        client.sign_out().await.unwrap();
        world.clock.advance(POLICY.longest);
        assert_eq!(code(call.await), Err("signed_out"));
        assert_eq!(world.server.count("GET", "/gateway/open"), 1);
    });
}

#[test]
fn a_call_that_waits_is_not_sent_as_another_user() {
    on_all(async |world: &World| {
        let client = client(world).await;
        world.server.fault_times("GET", "/gateway/open", Fault::ResetBefore, 1);
        let mut call = Box::pin(status(&client, "/gateway/open"));
        until(&mut call, world.clock.sleeping(1)).await;
        sign_in(&client, &world.server.person()).await;
        world.clock.advance(POLICY.longest);
        assert_eq!(call.await, Err(Error::Superseded(Sent::Something)));
        assert_eq!(world.server.count("GET", "/gateway/open"), 1);
    });
}
