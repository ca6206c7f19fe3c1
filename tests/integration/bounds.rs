//! Every wait and every list has a bound: many callers, a store that hangs, a server that asks for an endless wait.

use std::time::{Duration, Instant};

use appwrite_session_core::{
    Error, SessionClient, SessionState, SignedOutReason, Timeouts,
    store::{Operation, SecureStore as _, StoreError},
};
use tokio::time::timeout;

use crate::support::{
    Fault, PASSWORD, Profile, SHORT, World, code, on, on_all, reached, resumed, sign_in, signed_out, status,
};

const ACCOUNT: &str = "/v1/account";
const ALL: &str = "/v1/account/sessions";
const CURRENT: &str = "/v1/account/sessions/current";
const MANY: usize = 200;

/// Much longer than what is to end takes, and shorter than what it must not wait for.
const SOON: Duration = Duration::from_secs(5);

fn many<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    client: &SessionClient,
    work: impl Fn(SessionClient) -> F,
) -> Vec<tokio::task::JoinHandle<T>> {
    rlimit::increase_nofile_limit(4096).unwrap();
    (0..MANY).map(|_| tokio::spawn(work(client.clone()))).collect()
}

#[test]
fn closing_ends_every_wait_for_the_store() {
    on_all(async |world: &World| {
        let gate = world.store.hold(Operation::Load);
        let (client, person) = (world.client(), world.server.person());
        reached(&gate);
        let waits = [0, 1, 2, 3, 4].map(|what| {
            let (client, email) = (client.clone(), person.email.clone());
            tokio::spawn(async move {
                match what {
                    0 => code(client.sign_in_with_email(&email, PASSWORD).await.map(drop)),
                    1 => code(client.account().await.map(drop)),
                    2 => code(status(&client, "/gateway/open").await.map(drop)),
                    3 => code(client.authorize("/gateway/open").await.map(drop)),
                    _ => {
                        assert_eq!(client.restored().await, SessionState::Restoring);
                        Err("closed")
                    }
                }
            })
        });
        tokio::task::yield_now().await;
        timeout(SOON, client.close()).await.expect("it waits for nothing that hangs");
        for wait in waits {
            assert_eq!(timeout(SOON, wait).await.expect("nobody waits for ever").unwrap(), Err("closed"));
        }
        assert_eq!(timeout(SOON, client.resume()).await, Ok(SessionState::Restoring));
        assert_eq!(world.server.journal().len(), 0, "no request");
        gate.release();
    });
}

#[test]
fn a_store_that_hangs_holds_up_no_sign_out() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let timeouts = Timeouts { store: Duration::from_millis(200), ..SHORT };
        let client = world.builder().timeouts(timeouts).build().unwrap();
        client.restored().await;
        let gates = [world.store.hold(Operation::Save), world.store.hold(Operation::Clear)];
        let signing_out = timeout(SOON, client.sign_out()).await.expect("the store is given up");
        assert_eq!(signing_out, Err(Error::StorageUnavailable));
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        let before = world.server.count("GET", "/gateway/open");
        assert_eq!(code(status(&client, "/gateway/open").await), Err("signed_out"));
        assert_eq!(world.server.count("GET", "/gateway/open"), before);
        drop(gates);
        client.close().await;
        assert_eq!(world.client().restored().await, signed_out(SignedOutReason::NoSession), "stored since");
    });
}

#[test]
fn a_store_that_hangs_while_it_is_read_counts_as_locked() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        client.close().await;
        let gate = world.store.hold(Operation::Load);
        let timeouts = Timeouts { store: Duration::from_millis(200), ..SHORT };
        let client = world.builder().timeouts(timeouts).build().unwrap();
        let restored = timeout(SOON, client.restored()).await.expect("the store is given up");
        assert_eq!(restored, SessionState::StorageLocked);
        let before = world.server.count("POST", "/v1/account/sessions/email");
        let signing_in = timeout(SOON, client.sign_in_with_email(&person.email, PASSWORD)).await.unwrap();
        assert_eq!(code(signing_in.map(drop)), Err("storage_locked"), "it would bury what is there");
        assert_eq!(world.server.count("POST", "/v1/account/sessions/email"), before);
        gate.release();
        assert_eq!(resumed(&client).await.name(), "signed_in", "a late answer still counts");
    });
}

#[test]
fn two_hundred_calls_on_a_locked_store_read_it_once() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        world.store.fail(Operation::Load, StoreError::Locked);
        let client = world.client();
        assert_eq!(client.restored().await, SessionState::StorageLocked);
        world.store.recover();
        let gate = world.store.hold(Operation::Load);
        let before = world.store.calls(Operation::Load);
        let calls = many(&client, |client| async move { client.authorize("/gateway/open").await.map(drop) });
        reached(&gate);
        gate.release();
        for call in calls {
            assert_eq!(call.await.unwrap(), Ok(()));
        }
        assert_eq!(world.store.calls(Operation::Load) - before, 1);
    });
}

#[test]
fn two_hundred_refused_lists_of_sessions_cost_one_probe() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let before = world.server.count("GET", ACCOUNT);
        let held = world.server.hold_many("GET", ALL, MANY);
        let calls = many(&client, |client| async move { client.sessions().await.map(drop) });
        held.reached_by(MANY).await;
        world.server.revoke_all(&person);
        held.release();
        for call in calls {
            assert_eq!(code(call.await.unwrap()), Err("signed_out"));
        }
        assert_eq!(world.server.count("GET", ACCOUNT) - before, 1);
    });
}

#[test]
fn two_hundred_refused_lists_of_sessions_wait_for_one_probe_that_finds_nothing_out() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.revoke_all(&person);
        let before = world.server.count("GET", ACCOUNT);
        let probe = world.server.hold_before("GET", ACCOUNT);
        let calls = many(&client, |client| async move { client.sessions().await.map(drop) });
        probe.reached().await;
        world.server.until(|server| server.answered(ALL, 401) == MANY).await;
        world.server.fault("GET", ACCOUNT, Fault::Status500);
        probe.release();
        for call in calls {
            let ended = code(call.await.unwrap());
            assert!(matches!(ended, Err("appwrite_unavailable" | "signed_out")), "{ended:?}");
        }
        let probes = world.server.count("GET", ACCOUNT) - before;
        assert!(probes <= 3, "{probes} probes; whoever reads its refusal after the answer asks again");
    });
}

#[test]
fn a_server_that_asks_for_an_endless_wait_is_believed_for_thirty_days() {
    on_all(async |world: &World| {
        let client = world.builder().retries(Default::default()).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let longest = Duration::from_secs(30 * 24 * 3600);
        world.server.fault("GET", "/gateway/open", Fault::UnavailableFor(u64::MAX));
        world.server.fault("GET", ALL, Fault::UnavailableFor(u64::MAX));
        let answer = client.get("/gateway/open").send().await.unwrap();
        assert_eq!(world.server.count("GET", "/gateway/open"), 1, "nobody waits so long");
        for error in [answer.error_for_status().unwrap_err(), client.sessions().await.unwrap_err()] {
            let wait = error.retry_after().expect("the server said how long");
            assert_eq!(wait, longest, "{error:?}");
            // What an app does with it, and what panics where it overflows.
            assert!(Instant::now() + wait > Instant::now());
        }
    });
}

#[test]
fn coming_back_does_not_wait_for_revocations_and_closing_only_for_a_moment() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        world.server.fault("DELETE", CURRENT, Fault::Hang);
        client.sign_out().await.unwrap();
        let state = timeout(SOON, client.resume()).await.expect("Appwrite is not waited for");
        assert_eq!(state, signed_out(SignedOutReason::SignedOut));
        let started = Instant::now();
        client.close().await;
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        world.server.heal();
        world.server.revoke_everybody();
    });
}

#[test]
fn revocations_that_never_get_through_are_kept_up_to_a_bound() {
    on_all(async |world: &World| {
        let (client, people) = (world.client(), [(); 40].map(|()| world.server.person()));
        world.server.fault("DELETE", CURRENT, Fault::Status500);
        for person in &people {
            sign_in(&client, person).await;
            client.sign_out().await.unwrap();
        }
        let record = world.store.inner().load(&world.key()).unwrap().expect("what is to be revoked");
        // Exposed to be measured: the store is the test's own.
        let kept = record.expose().matches("eyJ").count();
        assert_eq!(kept, 16, "the last ones are kept");
        world.server.heal();
        client.close().await;
        let client = world.client();
        resumed(&client).await;
        let alive: Vec<_> = people.iter().map(|person| world.server.sessions(person).len()).collect();
        assert_eq!(alive, [vec![1; 40 - kept], vec![0; kept]].concat(), "and revoked as soon as that works");
    });
}

#[test]
fn a_revocation_that_appwrite_refuses_is_given_a_rest_after_ten_tries() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.block(&person, true);
        client.sign_out().await.unwrap();
        world.as_time_passes(|| world.server.count("DELETE", CURRENT) == 10).await;
        client.idle().await;
        for _ in 0..1000 {
            world.clock.advance(Duration::from_secs(300));
            tokio::task::yield_now().await;
        }
        client.idle().await;
        assert_eq!(world.server.count("DELETE", CURRENT), 10, "in days");
        world.server.block(&person, false);
        resumed(&client).await;
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}
