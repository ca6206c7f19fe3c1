//! Access tokens when somebody else does what nobody should: odd answers, redirects, cancelled callers, clocks that are set.

use std::time::Duration;

use appwrite_session_core::{Carrier, Factor, Gateway, Retries, SessionClient};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};

use crate::{
    limits::serve,
    support::{Fault, PASSWORD, World, code, on_all, sign_in, status},
};

const TOKEN: &str = "/_gateway/token";
const WHOAMI: &str = "/gateway/whoami";
const JWT: &str = "/v1/account/jwt";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What an authorization carries.
async fn carried(client: &SessionClient) -> Result<String, &'static str> {
    let authorization = code(client.authorize(WHOAMI).await)?;
    Ok(authorization.headers()["authorization"].to_str().unwrap().to_owned())
}

#[test]
fn an_answer_is_a_token_or_an_error() {
    on_all(async |world: &World| {
        let client = world.client_by(Carrier::AccessToken);
        sign_in(&client, &world.server.person()).await;
        let answer = async |body: &str| {
            world.clock.advance(DAY);
            world.server.answer_next("POST", TOKEN, 200, body);
            carried(&client).await
        };
        let long = format!(r#"{{"access_token":"{}","token_type":"Bearer"}}"#, "x".repeat(20_000));
        for body in [
            r#"["abc","Bearer",300]"#,
            r#"{"access_token":"a b","token_type":"Bearer"}"#,
            r#"{"access_token":"t\u00f6ken","token_type":"Bearer"}"#,
            r#"{"access_token":"abc\r\nX: y","token_type":"Bearer"}"#,
            r#"{"access_token":"","token_type":"Bearer"}"#,
            r#"{"access_token":7,"token_type":"Bearer"}"#,
            r#"{"access_token":"abc","token_type":"mac"}"#,
            r#"{"access_token":"abc"}"#,
            r#"{"access_token":"abc","token_type":"Bearer","expires_in":"soon"}"#,
            &long,
        ] {
            assert_eq!(answer(body).await, Err("invalid_response"), "{}", &body[..60.min(body.len())]);
        }
        for life in [
            "",
            r#","expires_in":299.5"#,
            r#","expires_in":"300""#,
            r#","expires_in":-1"#,
            r#","expires_in":1e99"#,
        ] {
            let body = format!(r#"{{"access_token":"abc","token_type":"bearer"{life},"scope":null}}"#);
            assert_eq!(answer(&body).await.as_deref(), Ok("Bearer abc"), "{life}");
        }
        client.close().await;
    });
}

async fn moved(mut stream: TcpStream, status: u16, to: &str) {
    let head = format!(
        "HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes()).await;
}

/// The question for a token is for its gateway only: neither does another gateway get the credential, nor is what another origin
/// answers taken for a token.
#[test]
fn a_question_for_a_token_is_not_redirected_to_another_origin() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        for to in [world.server.gateway(), world.server.foreign()] {
            let to: &'static str = format!("{to}{TOKEN}").leak();
            for moves in [303, 307] {
                let (origin, _) = serve(move |stream| moved(stream, moves, to)).await;
                let client = world
                    .bare()
                    .gateway(Gateway::new(&origin).carrier(Carrier::AccessToken))
                    .gateway(Gateway::new(world.server.gateway()).carrier(Carrier::Cookie))
                    .build()
                    .unwrap();
                let before = world.server.journal().len();
                assert_eq!(code(status(&client, "/orders").await), Err("invalid_redirect"), "{moves} {to}");
                assert_eq!(world.server.journal().len(), before, "{moves} {to}");
                let other = format!("{}{WHOAMI}", world.server.gateway());
                assert_eq!(status(&client, &other).await, Ok(200), "whose carrier is its own");
                client.close().await;
            }
        }
    });
}

#[test]
fn the_error_of_a_missing_factor_ends_with_it() {
    on_all(async |world: &World| {
        let (client, person) = (world.client_by(Carrier::AccessToken), world.server.person());
        sign_in(&client, &person).await;
        world.server.require_totp(&person);
        assert_eq!(code(status(&client, WHOAMI).await), Err("mfa_required"));
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        client.complete_mfa_challenge(&challenge, &world.server.totp(&person)).await.unwrap();
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        client.close().await;
    });
}

#[test]
fn a_gateway_that_asks_for_no_pause_is_left_alone_for_a_second() {
    on_all(async |world: &World| {
        let client = world.client_by(Carrier::AccessToken);
        sign_in(&client, &world.server.person()).await;
        world.server.fault("POST", TOKEN, Fault::UnavailableFor(0));
        for _ in 0..20 {
            assert_eq!(code(status(&client, WHOAMI).await), Err("unexpected_status"));
        }
        assert_eq!(world.server.count("POST", TOKEN), 1);
        client.close().await;
    });
}

/// The device sleeps: its monotonic clock stands still, and its wall clock does not.
#[test]
fn after_a_sleep_no_token_is_sent_that_has_ended() {
    for (carrier, question) in [(Carrier::AccessToken, TOKEN), (Carrier::AppwriteJwt, JWT)] {
        on_all(async |world: &World| {
            let client = world.client_by(carrier);
            sign_in(&client, &world.server.person()).await;
            assert_eq!(status(&client, WHOAMI).await, Ok(200));
            world.clock.set_ahead(Duration::from_secs(901));
            world.server.advance(Duration::from_secs(901));
            assert_eq!(status(&client, WHOAMI).await, Ok(200));
            assert_eq!((world.server.count("POST", question), world.server.count("GET", WHOAMI)), (2, 2));
            // Somebody sets the clock: ahead, it costs one token; back, it costs nothing, and no token lives longer.
            world.clock.set_ahead(DAY);
            assert_eq!(status(&client, WHOAMI).await, Ok(200));
            world.clock.set_back(2 * DAY);
            assert_eq!(status(&client, WHOAMI).await, Ok(200));
            assert_eq!(world.server.count("POST", question), 3);
            client.close().await;
        });
    }
}

#[test]
fn a_caller_that_goes_takes_the_token_from_nobody() {
    on_all(async |world: &World| {
        let client = world.client_by(Carrier::AccessToken);
        sign_in(&client, &world.server.person()).await;
        let held = world.server.hold_before("POST", TOKEN);
        let waiting: Vec<_> = (0..20)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { status(&client, WHOAMI).await })
            })
            .collect();
        held.reached().await;
        let mut waiting = waiting.into_iter();
        waiting.next().unwrap().abort();
        held.release();
        for call in waiting {
            assert_eq!(call.await.unwrap(), Ok(200));
        }
        assert_eq!(world.server.count("POST", TOKEN), 1);
        client.close().await;
    });
}

#[test]
fn a_closed_client_waits_for_no_token() {
    for (carrier, question) in [(Carrier::AccessToken, TOKEN), (Carrier::AppwriteJwt, JWT)] {
        on_all(async |world: &World| {
            let client = world.client_by(carrier);
            sign_in(&client, &world.server.person()).await;
            let held = world.server.hold_before("POST", question);
            let waiting = tokio::spawn({
                let client = client.clone();
                async move { status(&client, WHOAMI).await }
            });
            held.reached().await;
            let ended = async {
                client.close().await;
                waiting.await.unwrap()
            };
            // Less than the time that a question has for itself.
            let ended = timeout(Duration::from_secs(10), ended).await;
            assert_eq!(code(ended.expect("an end")), Err("closed"));
            drop(held);
            assert_eq!(world.server.count("GET", WHOAMI), 0);
        });
    }
}

#[test]
fn a_client_that_only_reads_gets_tokens_as_well() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        for carrier in [Carrier::AccessToken, Carrier::AppwriteJwtHeader] {
            let gateway = Gateway::new(world.server.gateway()).carrier(carrier);
            let client = world.bare().gateway(gateway).read_only().build().unwrap();
            assert_eq!(status(&client, WHOAMI).await, Ok(200));
            client.close().await;
        }
    });
}

/// A token of the last user that comes late is not the next user's, whoever asks for it.
#[test]
fn a_late_token_is_of_no_use_to_the_next_user() {
    on_all(async |world: &World| {
        let client = world.client_by(Carrier::AccessToken);
        sign_in(&client, &world.server.person()).await;
        let held = world.server.hold_after("POST", TOKEN);
        let waiting = tokio::spawn({
            let client = client.clone();
            async move { status(&client, WHOAMI).await }
        });
        held.reached().await;
        client.sign_out().await.unwrap();
        let next = world.server.person();
        client.sign_in_with_email(&next.email, PASSWORD).await.unwrap();
        let early = client.authorize(WHOAMI).await.unwrap();
        held.release();
        assert_eq!(code(waiting.await.unwrap()), Err("superseded"));
        let late = client.authorize(WHOAMI).await.unwrap();
        assert_eq!(early.headers(), late.headers());
        let answer: serde_json::Value = client.get(WHOAMI).send().await.unwrap().json().unwrap();
        assert_eq!(answer["userId"], next.id.as_str());
        client.close().await;
    });
}

/// Retries are for the network; a gateway that refuses every token is asked once for each call, and for one more token in five seconds.
#[test]
fn a_gateway_that_refuses_every_token_is_not_asked_for_one_after_the_other() {
    on_all(async |world: &World| {
        let gateway = Gateway::new(world.server.gateway()).carrier(Carrier::AccessToken);
        let client = world.bare().gateway(gateway).retries(Retries::default()).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let calls: Vec<_> = (0..100)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { status(&client, "/gateway/problem/token_expired").await })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), Ok(401));
        }
        assert_eq!(world.server.count("POST", TOKEN), 2);
        assert!(world.server.count("GET", "/gateway/problem/token_expired") <= 200);
        client.close().await;
    });
}
