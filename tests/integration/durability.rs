//! A future that is dropped at any await point leaves nothing half done: the work goes on, and ends stored or revoked.

use appwrite_session_core::{
    Factor, MfaChallenge, SessionClient,
    store::{Gate, Operation},
};

use crate::{
    server::Hold,
    support::{Kept, PASSWORD, Person, World, dropped_when, on_all, polled, reached, sign_in},
};

const EMAIL: &str = "/v1/account/sessions/email";
const ACCOUNT: &str = "/v1/account";
const CURRENT: &str = "/v1/account/sessions/current";
const CHALLENGE: &str = "/v1/account/mfa/challenge";

/// Where a piece of work is stopped when its future is dropped.
#[derive(Clone, Copy, Debug)]
enum Point {
    Before(&'static str, &'static str),
    After(&'static str, &'static str),
    Store(Operation),
}

enum Stopped {
    Server(Hold),
    Store(Gate<Kept>),
}

impl Point {
    fn stop(self, world: &World) -> Stopped {
        match self {
            Self::Before(method, path) => Stopped::Server(world.server.hold_before(method, path)),
            Self::After(method, path) => Stopped::Server(world.server.hold_after(method, path)),
            Self::Store(operation) => Stopped::Store(world.store.hold(operation)),
        }
    }
}

/// Drives `work` to where it is stopped, drops it there, lets the rest go on, and closes the client.
async fn dropped_at<T>(world: &World, point: Point, client: &SessionClient, work: impl Future<Output = T>) {
    match point.stop(world) {
        Stopped::Server(hold) => {
            dropped_when(work, hold.reached()).await;
            hold.release();
        }
        Stopped::Store(gate) => {
            assert!(polled(work, 1).await.is_none(), "{point:?}");
            reached(&gate);
            gate.release();
        }
    }
    client.close().await;
}

const SIGN_IN: [Point; 5] = [
    Point::Before("POST", EMAIL),
    Point::After("POST", EMAIL),
    Point::Store(Operation::Save),
    Point::Before("GET", ACCOUNT),
    Point::After("GET", ACCOUNT),
];

async fn fresh(world: &World) -> (SessionClient, Person) {
    let client = world.client();
    client.restored().await;
    (client, world.server.person())
}

#[test]
fn a_sign_in_dropped_after_any_number_of_polls_ends_stored_or_was_never_sent() {
    on_all(async |world: &World| {
        for times in 0.. {
            let (client, person) = fresh(world).await;
            let before = world.server.count("POST", EMAIL);
            let ended = polled(client.sign_in_with_email(&person.email, PASSWORD), times).await;
            // A client that is closed at once may not have begun; what it has begun it ends.
            client.close().await;
            let sent = world.server.count("POST", EMAIL) - before;
            let state = world.assert_nothing_is_orphaned(&person).await;
            assert_eq!(state.name(), if sent == 0 { "signed_out" } else { "signed_in" }, "{times} polls");
            assert!(times > 0 || sent == 0, "what was never polled is never sent");
            world.forget();
            if ended.is_some() {
                break;
            }
        }
    });
}

#[test]
fn a_sign_in_dropped_while_anything_is_under_way_ends_stored() {
    on_all(async |world: &World| {
        for point in SIGN_IN {
            let (client, person) = fresh(world).await;
            dropped_at(world, point, &client, client.sign_in_with_email(&person.email, PASSWORD)).await;
            let state = world.assert_nothing_is_orphaned(&person).await;
            assert_eq!(state.name(), "signed_in", "{point:?}");
            world.forget();
        }
    });
}

#[test]
fn a_sign_in_goes_on_when_every_handle_is_dropped_too() {
    on_all(async |world: &World| {
        for point in SIGN_IN {
            let (client, person) = fresh(world).await;
            let Stopped::Server(hold) = point.stop(world) else { continue };
            let email = person.email.clone();
            let work = async move { client.sign_in_with_email(&email, PASSWORD).await };
            dropped_when(work, hold.reached()).await;
            hold.release();
            world.server.until(|_| world.has_record_of(&person)).await;
            assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in", "{point:?}");
            world.forget();
        }
    });
}

#[test]
fn a_sign_in_over_another_dropped_anywhere_revokes_the_one_or_the_other() {
    on_all(async |world: &World| {
        for point in
            SIGN_IN.into_iter().chain([Point::Before("DELETE", CURRENT), Point::After("DELETE", CURRENT)])
        {
            let (client, first) = world.signed_in().await;
            let second = world.server.person();
            match point {
                // The replaced session is revoked in the background, when the sign-in itself has ended.
                Point::Before("DELETE", _) | Point::After("DELETE", _) => {
                    let Stopped::Server(hold) = point.stop(world) else { continue };
                    sign_in(&client, &second).await;
                    hold.reached().await;
                    hold.release();
                    client.close().await;
                }
                _ => {
                    dropped_at(world, point, &client, client.sign_in_with_email(&second.email, PASSWORD))
                        .await
                }
            }
            assert_eq!(world.assert_nothing_is_orphaned(&second).await.name(), "signed_in", "{point:?}");
            assert_eq!(world.server.sessions(&first).len(), 0, "{point:?}: the replaced session is revoked");
            world.forget();
        }
    });
}

#[test]
fn a_sign_out_dropped_anywhere_is_a_sign_out() {
    on_all(async |world: &World| {
        for point in [
            Point::Store(Operation::Save),
            Point::Before("DELETE", CURRENT),
            Point::After("DELETE", CURRENT),
            Point::Store(Operation::Clear),
        ] {
            let (client, person) = world.signed_in().await;
            match point.stop(world) {
                // A sign-out does not wait for Appwrite, so it is the revocation that is stopped here.
                Stopped::Server(hold) => {
                    let _ = polled(client.sign_out(), 1).await;
                    hold.reached().await;
                    hold.release();
                }
                Stopped::Store(gate) => {
                    let _ = polled(client.sign_out(), 1).await;
                    reached(&gate);
                    gate.release();
                }
            }
            client.close().await;
            assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out", "{point:?}");
        }
        for times in 0..3 {
            let (client, person) = world.signed_in().await;
            let _ = polled(client.sign_out(), times).await;
            client.close().await;
            let state = world.assert_nothing_is_orphaned(&person).await;
            assert_eq!(state.name(), if times == 0 { "signed_in" } else { "signed_out" }, "{times} polls");
            world.forget();
        }
    });
}

#[test]
fn a_sign_out_everywhere_dropped_anywhere_is_done_or_was_never_sent() {
    on_all(async |world: &World| {
        for point in [
            Point::Before("DELETE", "/v1/account/sessions"),
            Point::After("DELETE", "/v1/account/sessions"),
            Point::Store(Operation::Clear),
        ] {
            let (client, person) = world.signed_in().await;
            world.server.sign_in_elsewhere(&person);
            dropped_at(world, point, &client, client.sign_out_everywhere()).await;
            assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out", "{point:?}");
        }
    });
}

#[test]
fn an_extension_dropped_anywhere_keeps_the_session() {
    on_all(async |world: &World| {
        for point in
            [Point::Before("PATCH", CURRENT), Point::After("PATCH", CURRENT), Point::Store(Operation::Save)]
        {
            let (client, person) = world.signed_in().await;
            let before = client.current_session().await.unwrap().expires_at;
            world.server.advance(std::time::Duration::from_secs(60));
            dropped_at(world, point, &client, client.extend_session()).await;
            assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in", "{point:?}");
            let client = world.client();
            assert!(client.current_session().await.unwrap().expires_at > before, "{point:?}: and it is done");
            world.forget();
        }
    });
}

async fn challenged(world: &World) -> (SessionClient, Person, MfaChallenge, String) {
    let (client, person) = world.mfa_pending().await;
    let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
    let code = world.server.totp(&person);
    (client, person, challenge, code)
}

#[test]
fn a_second_factor_dropped_anywhere_is_accepted_or_was_never_sent() {
    on_all(async |world: &World| {
        for point in [
            Point::Before("PUT", CHALLENGE),
            Point::After("PUT", CHALLENGE),
            Point::Before("GET", ACCOUNT),
            Point::After("GET", ACCOUNT),
            Point::Store(Operation::Save),
        ] {
            let (client, person, challenge, code) = challenged(world).await;
            dropped_at(world, point, &client, client.complete_mfa_challenge(&challenge, &code)).await;
            assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in", "{point:?}");
            world.forget();
        }
        let (client, person, challenge, code) = challenged(world).await;
        assert!(polled(client.complete_mfa_challenge(&challenge, &code), 0).await.is_none());
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "mfa_required");
    });
}

#[test]
fn a_sign_in_that_needs_a_factor_dropped_anywhere_is_kept() {
    on_all(async |world: &World| {
        let factors =
            [Point::Before("GET", "/v1/account/mfa/factors"), Point::After("GET", "/v1/account/mfa/factors")];
        for point in SIGN_IN.into_iter().chain(factors) {
            let (client, person) = fresh(world).await;
            world.server.require_totp(&person);
            dropped_at(world, point, &client, client.sign_in_with_email(&person.email, PASSWORD)).await;
            assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "mfa_required", "{point:?}");
            world.forget();
        }
    });
}

#[test]
fn a_restart_in_the_middle_of_a_sign_in_knows_the_session() {
    on_all(async |world: &World| {
        let (client, person) = fresh(world).await;
        let hold = world.server.hold_before("GET", ACCOUNT);
        dropped_when(client.sign_in_with_email(&person.email, PASSWORD), hold.reached()).await;
        // The credential is stored, and nobody knows yet whose it is: a process that ends now has lost nothing.
        let restarted = world.client();
        assert_eq!(restarted.restored().await.name(), "signed_in");
        hold.release();
        client.close().await;
    });
}
