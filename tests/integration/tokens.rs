//! Gateways that take a short-lived token in place of the credential: fetched once, renewed unseen, never replaced by something else.

use std::time::Duration;

use appwrite_session_core::{Carrier, Error, Gateway, Method, SessionClient, SignedOutReason, Verdict};

use crate::{
    journal::{Listener, Seen},
    support::{Fault, PASSWORD, Server, World, call, code, on_all, sign_in, status},
};

const TOKEN: &str = "/_gateway/token";
const WHOAMI: &str = "/gateway/whoami";

/// How long a token of the mock's gateway lives, and one of Appwrite's.
const LIFE: Duration = Duration::from_secs(300);
const JWT_LIFE: Duration = Duration::from_secs(900);

async fn signed_in(world: &World, carrier: Carrier) -> SessionClient {
    let client = world.client_by(carrier);
    sign_in(&client, &world.server.person()).await;
    client
}

/// Lets time pass for the device and the server alike.
fn pass(world: &World, duration: Duration) {
    world.clock.advance(duration);
    world.server.advance(duration);
}

/// What the app's calls of `/gateway/…` carried.
fn bearers(server: &Server) -> Vec<String> {
    let is_call = |seen: &&Seen| seen.listener != Listener::Appwrite && seen.path.starts_with("/gateway/");
    let bearer = |seen: &Seen| {
        assert!(
            seen.carriers().iter().all(|name| *name == "x-appwrite-jwt"),
            "no credential: {:?}",
            seen.path
        );
        seen.header("authorization").or(seen.header("x-appwrite-jwt")).unwrap_or_default().to_owned()
    };
    server.journal().iter().filter(is_call).map(bearer).collect()
}

#[test]
fn one_token_is_fetched_at_first_use_for_all_calls() {
    on_all(async |world: &World| {
        let client = signed_in(world, Carrier::AccessToken).await;
        assert_eq!(world.server.count("POST", TOKEN), 0, "not before it is needed");
        let before = world.server.journal().len();
        let calls: Vec<_> = (0..50)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { call(&client, Method::POST, WHOAMI).await })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), Ok(200));
        }
        assert_eq!(world.server.count("POST", TOKEN), 1);
        let asked: Vec<_> =
            world.server.journal().split_off(before).into_iter().filter(|seen| seen.by_gateway).collect();
        assert_eq!(asked.len(), 1, "Appwrite is asked for the token, and not for the calls");
        let carried = bearers(&world.server);
        assert_eq!(carried.len(), 50);
        assert!(carried.iter().all(|bearer| *bearer == carried[0] && bearer.starts_with("Bearer ey")));
        client.close().await;
    });
}

#[test]
fn a_token_is_renewed_ahead_of_its_end_and_no_call_waits() {
    on_all(async |world: &World| {
        let client = signed_in(world, Carrier::AccessToken).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        pass(world, LIFE * 7 / 10);
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        assert_eq!(world.server.count("POST", TOKEN), 1);
        pass(world, LIFE * 2 / 10);
        let renewal = world.server.hold_before("POST", TOKEN);
        assert_eq!(status(&client, WHOAMI).await, Ok(200), "the old one serves");
        renewal.reached().await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        renewal.release();
        client.idle().await;
        world.server.until(|server| server.answered(TOKEN, 200) == 2).await;
        pass(world, LIFE / 2);
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        assert_eq!(world.server.count("POST", TOKEN), 2);
        let carried = bearers(&world.server);
        assert_eq!(carried[0], carried[3]);
        assert_ne!(carried[0], carried[4]);
        client.close().await;
    });
}

/// A device that slept: its clock stood still, and the gateway's did not.
#[test]
fn a_token_that_the_gateway_calls_expired_is_replaced_once_and_the_call_is_sent_again() {
    on_all(async |world: &World| {
        let client = signed_in(world, Carrier::AccessToken).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        world.clock.advance(Duration::from_secs(10));
        world.server.advance(LIFE);
        assert_eq!(call(&client, Method::POST, WHOAMI).await, Ok(200), "also what is not idempotent");
        assert_eq!(world.server.count("POST", TOKEN), 2);
        assert_eq!(world.server.count("POST", WHOAMI), 2);

        // A gateway that refuses every token gets one more, and then its 401 is the answer.
        world.clock.advance(Duration::from_secs(10));
        let before = world.server.count("GET", "/v1/account");
        assert_eq!(status(&client, "/gateway/problem/token_expired").await, Ok(401));
        assert_eq!(world.server.count("GET", "/gateway/problem/token_expired"), 2);
        assert_eq!(status(&client, "/gateway/problem/token_expired").await, Ok(401));
        assert_eq!(
            world.server.count("GET", "/gateway/problem/token_expired"),
            3,
            "not one token after the other"
        );
        assert_eq!(world.server.count("POST", TOKEN), 3);
        assert_eq!(
            world.server.count("GET", "/v1/account") - before,
            0,
            "nobody but the gateway asks Appwrite"
        );
        assert_eq!(client.state().name(), "signed_in");
        client.close().await;
    });
}

#[test]
fn without_a_token_the_call_fails_and_nothing_else_is_sent_in_its_place() {
    on_all(async |world: &World| {
        let client = signed_in(world, Carrier::AccessToken).await;
        world.server.fault_times("POST", TOKEN, Fault::UnavailableFor(30), 1);
        let error = client.post(WHOAMI).send().await.unwrap_err();
        assert_eq!(error.code().as_str(), "unexpected_status");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
        assert!(error.is_retryable() && !error.may_have_arrived());
        assert_eq!(status(&client, WHOAMI).await.unwrap_err(), error, "the gateway's wish is kept");
        assert_eq!(world.server.count("POST", TOKEN), 1);
        world.clock.advance(Duration::from_secs(30));
        world.server.fault_times("POST", TOKEN, Fault::ResetAfter, 1);
        let error = client.post(WHOAMI).send().await.unwrap_err();
        assert_eq!(error.code().as_str(), "network", "{error:?}");
        assert!(!error.may_have_arrived(), "only the question for the token may have");
        world.clock.advance(Duration::from_secs(1));
        world.server.fault_times("POST", TOKEN, Fault::WrongJson, 1);
        assert_eq!(code(status(&client, WHOAMI).await), Err("invalid_response"));
        assert_eq!(bearers(&world.server), Vec::<String>::new(), "no call has left");
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        client.close().await;
    });
}

#[test]
fn a_renewal_that_fails_costs_nothing_while_the_token_lives() {
    on_all(async |world: &World| {
        let client = signed_in(world, Carrier::AccessToken).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        pass(world, LIFE * 9 / 10);
        world.server.fault("POST", TOKEN, Fault::UnavailableFor(20));
        for _ in 0..10 {
            assert_eq!(status(&client, WHOAMI).await, Ok(200));
            client.idle().await;
        }
        world.server.until(|server| server.count("POST", TOKEN) == 2).await;
        client.close().await;
    });
}

#[test]
fn a_token_ends_with_its_user() {
    on_all(async |world: &World| {
        let client = signed_in(world, Carrier::AccessToken).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        client.sign_out().await.unwrap();
        let refused = Error::SignedOut(SignedOutReason::SignedOut, appwrite_session_core::Sent::Nothing);
        assert_eq!(status(&client, WHOAMI).await, Err(refused));
        let other = world.server.person();
        sign_in(&client, &other).await;
        let answer: serde_json::Value = client.get(WHOAMI).send().await.unwrap().json().unwrap();
        assert_eq!(answer["userId"], other.id.as_str());
        assert_eq!(world.server.count("POST", TOKEN), 2);
        client.close().await;
    });
}

/// A sign-out while the token is fetched: what was asked for by the one user is not sent by the token of another.
#[test]
fn a_sign_out_overtakes_a_call_that_waits_for_its_token() {
    on_all(async |world: &World| {
        let client = signed_in(world, Carrier::AccessToken).await;
        let held = world.server.hold_before("POST", TOKEN);
        let waiting = tokio::spawn({
            let client = client.clone();
            async move { status(&client, WHOAMI).await }
        });
        held.reached().await;
        client.sign_out().await.unwrap();
        client.sign_in_with_email(&world.server.person().email, PASSWORD).await.unwrap();
        held.release();
        assert_eq!(code(waiting.await.unwrap()), Err("superseded"));
        assert_eq!(bearers(&world.server), Vec::<String>::new());
        client.close().await;
    });
}

#[test]
fn a_session_that_has_ended_is_noticed_when_the_next_token_is_fetched() {
    on_all(async |world: &World| {
        let (client, person) = (world.client_by(Carrier::AccessToken), world.server.person());
        sign_in(&client, &person).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        world.server.revoke_all(&person);
        assert_eq!(status(&client, WHOAMI).await, Ok(200), "the token lives on for its time");
        pass(world, LIFE);
        let ended = Error::SignedOut(SignedOutReason::SessionEnded, appwrite_session_core::Sent::Nothing);
        assert_eq!(status(&client, WHOAMI).await, Err(ended));
        assert_eq!(client.state().name(), "signed_out");
        client.close().await;
    });
}

#[test]
fn appwrites_own_jwt_is_made_once_in_a_quarter_of_an_hour() {
    for carrier in [Carrier::AppwriteJwt, Carrier::AppwriteJwtHeader] {
        on_all(async |world: &World| {
            let client = signed_in(world, carrier).await;
            for _ in 0..3 {
                assert_eq!(status(&client, WHOAMI).await, Ok(200));
            }
            assert_eq!(world.server.count("POST", "/v1/account/jwt"), 1);
            pass(world, JWT_LIFE);
            assert_eq!(status(&client, WHOAMI).await, Ok(200));
            assert_eq!(world.server.count("POST", "/v1/account/jwt"), 2);
            assert_eq!(world.server.count("POST", TOKEN), 0);
            let carried = bearers(&world.server);
            assert_eq!(carried[0].starts_with("Bearer "), carrier == Carrier::AppwriteJwt);
            client.close().await;
        });
    }
}

#[test]
fn each_gateway_issues_its_own_token() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let second = Server::start(world.server.profile()).await;
        let client = world
            .bare()
            .gateway(Gateway::new(world.server.gateway()).carrier(Carrier::AccessToken))
            .gateway(Gateway::new(second.gateway()).carrier(Carrier::AccessToken))
            .build()
            .unwrap();
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        // The second server's Appwrite knows nobody of the first's, so its gateway issues nothing.
        let elsewhere = format!("{}{WHOAMI}", second.gateway());
        assert_eq!(code(status(&client, &elsewhere).await), Err("unexpected_status"));
        assert_eq!((world.server.count("POST", TOKEN), second.count("POST", TOKEN)), (1, 1));
        assert_eq!(bearers(&second), Vec::<String>::new());
        assert_eq!(client.state().name(), "signed_in", "no gateway's word ends a session");
        client.close().await;
    });
}

#[test]
fn an_authorization_has_the_token_and_a_refused_one_is_replaced() {
    on_all(async |world: &World| {
        let client = signed_in(world, Carrier::AccessToken).await;
        let first = client.authorize(WHOAMI).await.unwrap();
        let names: Vec<_> = first.headers().keys().map(http_name).collect();
        assert_eq!(names, ["authorization"]);
        assert!(!format!("{first:?}").contains("ey"), "hidden from Debug");
        assert_eq!(client.report_unauthorized(&first).await, Verdict::TryAgain);
        let second = client.authorize(WHOAMI).await.unwrap();
        world.server.advance(Duration::from_secs(1));
        assert_eq!(world.server.count("POST", TOKEN), 2);
        assert_eq!(client.report_unauthorized(&first).await, Verdict::TryAgain, "another is there");
        // One that is refused right after another is no question of its age: Appwrite is asked.
        assert_eq!(client.report_unauthorized(&second).await, Verdict::SessionLives);
        client.close().await;
    });
}

fn http_name(name: impl AsRef<str>) -> String {
    name.as_ref().to_owned()
}

#[test]
fn the_app_cannot_set_the_header_that_carries_the_token() {
    on_all(async |world: &World| {
        let client = signed_in(world, Carrier::AccessToken).await;
        let sent = client.get(WHOAMI).header("Authorization", "Bearer mine").send().await;
        assert_eq!(sent.map(drop).unwrap_err().code().as_str(), "config");
        let cookie = world.client();
        let sent = cookie.get("/gateway/open").header("Authorization", "Basic mine").send().await.unwrap();
        assert_eq!(sent.status().as_u16(), 200);
        client.close().await;
        cookie.close().await;
    });
}

#[test]
fn a_token_that_does_not_come_in_time_is_a_timeout_of_the_call() {
    on_all(async |world: &World| {
        let client = signed_in(world, Carrier::AccessToken).await;
        world.server.fault("POST", TOKEN, Fault::Hang);
        let call = client.post(WHOAMI).timeout(Duration::from_millis(300)).send().await;
        let error = call.map(drop).unwrap_err();
        assert_eq!((error.code().as_str(), error.may_have_arrived()), ("timeout", false));
        client.close().await;
    });
}
