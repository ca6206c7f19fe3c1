//! Trying again: only what does no harm, only so often, and as long after as the server asks.

use std::{pin::pin, time::Duration};

use appwrite_session_core::{Error, Method, Result, Retries, SessionClient};

use crate::support::{Fault, World, on_both, polled, status, until};

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
    on_both(async |world: &World| {
        let client = client(world).await;
        world.server.fault_times("GET", "/gateway/open", Fault::ResetBefore, 2);
        let (waits, answer) = through_waits(world, status(&client, "/gateway/open")).await;
        assert_eq!((waits, answer), (2, Ok(200)));
        assert_eq!(world.server.count("GET", "/gateway/open"), 3);
    });
}

#[test]
fn tries_end() {
    on_both(async |world: &World| {
        let client = client(world).await;
        world.server.fault("GET", "/gateway/open", Fault::ResetBefore);
        let (waits, answer) = through_waits(world, status(&client, "/gateway/open")).await;
        assert_eq!((waits, answer), (2, Err(Error::Network)));
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
    on_both(async |world: &World| {
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
    on_both(async |world: &World| {
        let client = client(world).await;
        world.server.fault("GET", "/gateway/open", Fault::UnavailableFor(60));
        assert_eq!(status(&client, "/gateway/open").await, Ok(503));
        assert_eq!(world.server.count("GET", "/gateway/open"), 1);
    });
}

async fn post(client: &SessionClient, repeatable: bool) -> Result<u16> {
    let request = client.post("/gateway/open").body("order");
    let request = if repeatable { request.repeatable() } else { request };
    request.send().await.map(|response| response.status().as_u16())
}

#[test]
fn a_post_is_not_tried_again_unless_the_app_says_that_it_may_be() {
    on_both(async |world: &World| {
        let client = client(world).await;
        for (fault, answer) in
            [(Fault::ResetBefore, Err(Error::Network)), (Fault::UnavailableFor(1), Ok(503))]
        {
            for method in [Method::POST, Method::PATCH] {
                world.server.fault(method.as_str(), "/gateway/open", fault);
                let before = world.server.count(method.as_str(), "/gateway/open");
                assert_eq!(crate::support::call(&client, method.clone(), "/gateway/open").await, answer);
                assert_eq!(world.server.count(method.as_str(), "/gateway/open") - before, 1, "{method}");
                world.server.heal();
            }
            world.server.fault_times("POST", "/gateway/open", fault, 1);
            let before = world.server.count("POST", "/gateway/open");
            assert_eq!(through_waits(world, post(&client, true)).await, (1, Ok(200)));
            assert_eq!(world.server.count("POST", "/gateway/open") - before, 2, "with the body, both times");
        }
        let journal = world.server.journal();
        assert!(
            journal
                .iter()
                .filter(|seen| seen.method == "POST" && seen.path == "/gateway/open")
                .all(|seen| { seen.body == b"order" || seen.body.is_empty() })
        );
    });
}

#[test]
fn a_connection_that_was_never_made_is_tried_again_for_every_method() {
    on_both(async |world: &World| {
        world.signed_in().await.0.close().await;
        let nobody = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            format!("http://{}", listener.local_addr().unwrap())
        };
        let client = world.bare().retries(POLICY).gateway(nobody).build().unwrap();
        client.restored().await;
        let call = crate::support::call(&client, Method::POST, "/orders");
        assert_eq!(through_waits(world, call).await, (2, Err(Error::Network)));
    });
}

#[test]
fn other_faults_are_answers_at_once() {
    on_both(async |world: &World| {
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
    on_both(async |world: &World| {
        let client = client(world).await;
        world.server.fault_times("GET", "/gateway/open", Fault::ResetBefore, 1);
        crate::support::dropped_when(status(&client, "/gateway/open"), world.clock.sleeping(1)).await;
        world.clock.advance(POLICY.longest);
        client.close().await;
        assert_eq!(world.server.count("GET", "/gateway/open"), 1);
    });
}
