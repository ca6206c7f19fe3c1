//! Answers that are read chunk by chunk.

use std::time::Duration;

use appwrite_session_core::{Cause, Error, ErrorCode};

use crate::{
    by_hand::ByHand,
    server::Profile,
    support::{World, on, sign_in},
};

#[test]
fn chunks_arrive_one_by_one_and_the_end_is_told() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (stream, mut talk) = tokio::join!(client.get("/export").stream(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, "Content-Length: 6\r\nX-Kind: slow\r\n").await;
            talk
        });
        let mut stream = stream.unwrap();
        assert_eq!((stream.status().as_u16(), stream.length()), (200, Some(6)));
        assert_eq!(stream.headers().get("x-kind").unwrap(), "slow");
        assert!(talk.header("cookie").is_some_and(|cookie| cookie.starts_with("a_session_")));
        for part in ["one", "two"] {
            // The next is written when this one has been read.
            talk.say(part).await;
            assert_eq!(stream.next().await.unwrap().unwrap(), part);
        }
        assert!(stream.next().await.is_none());
        assert!(stream.next().await.is_none());
    });
}

#[test]
fn a_stream_that_breaks_off_is_an_error_and_not_an_end() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (stream, ()) = tokio::join!(client.get("/export").stream(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, "Content-Length: 100\r\n").await;
            talk.say("half").await;
        });
        let mut stream = stream.unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap(), "half");
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!((error.code(), error.cause()), (ErrorCode::Network, Some(Cause::Reset)));
        assert!(error.may_have_arrived() && error.is_retryable(), "it was a GET");
        assert!(stream.next().await.is_none());
    });
}

#[test]
fn nothing_is_read_ahead_of_the_app() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (stream, talk) = tokio::join!(client.get("/export").stream(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, "").await;
            talk
        });
        let mut stream = stream.unwrap();
        let limit = 256 << 20;
        let poured = talk.pour(limit).await;
        assert!(poured < 64 << 20, "{poured} bytes were taken that nobody asked for");
        assert!(stream.next().await.unwrap().is_ok());
    });
}

#[test]
fn dropping_a_stream_closes_its_connection() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (stream, talk) = tokio::join!(client.get("/export").stream(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, "").await;
            talk
        });
        drop(stream.unwrap());
        talk.closed().await;
        client.account().await.unwrap();
    });
}

#[test]
fn a_sign_out_ends_the_stream_at_once() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (stream, mut talk) = tokio::join!(client.get("/export").stream(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, "").await;
            talk
        });
        let mut stream = stream.unwrap();
        talk.say("for Ada").await;
        assert_eq!(stream.next().await.unwrap().unwrap(), "for Ada");
        let (ended, out) = tokio::join!(stream.next(), client.sign_out());
        out.unwrap();
        let error = ended.unwrap().unwrap_err();
        assert!(matches!(error, Error::SignedOut(..)) && error.may_have_arrived(), "{error:?}");
        assert!(stream.next().await.is_none());
        talk.closed().await;
    });
}

#[test]
fn another_user_gets_nothing_of_the_stream() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (stream, mut talk) = tokio::join!(client.get("/export").stream(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, "").await;
            talk
        });
        let mut stream = stream.unwrap();
        sign_in(&client, &world.server.person()).await;
        talk.say("for Ada").await;
        assert_eq!(stream.next().await.unwrap().unwrap_err().code(), ErrorCode::Superseded);
        talk.closed().await;
    });
}

#[test]
fn closing_the_client_ends_the_stream() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (stream, talk) = tokio::join!(client.get("/export").stream(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, "").await;
            talk
        });
        let mut stream = stream.unwrap();
        let (ended, ()) = tokio::join!(stream.next(), client.close());
        assert_eq!(ended.unwrap().unwrap_err().code(), ErrorCode::Closed);
        talk.closed().await;
    });
}

#[test]
fn an_answer_that_is_no_success_comes_with_its_body_and_a_401_is_arbitrated() {
    on(Profile::V1_9, async |world: &World| {
        let (client, person) = world.signed_in().await;
        let mut stream = client.get("/gateway/deny").stream().await.unwrap();
        assert_eq!(stream.status(), 401);
        assert!(stream.length() > Some(0));
        let body = stream.next().await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&body).contains("not for you"));
        assert!(stream.next().await.is_none());
        // Appwrite was asked a moment ago.
        world.clock.advance(Duration::from_secs(60));
        world.server.control().revoke_sessions(&person.id);
        let ended = client.get("/gateway/whoami").stream().await.unwrap_err();
        assert_eq!(ended.code(), ErrorCode::SignedOut);
    });
}

#[test]
fn the_time_limit_is_that_of_the_head_unless_one_was_given() {
    let limit = Duration::from_millis(300);
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let head = async {
            let mut talk = gateway.request().await;
            talk.begin(200, "").await;
            talk
        };
        let (stream, _talk) = tokio::join!(client.get("/export").timeout(limit).stream(), head);
        let error = stream.unwrap().next().await.unwrap().unwrap_err();
        assert_eq!(error.cause().unwrap().as_str(), "timed_out_total");
    });
}

#[test]
fn the_length_of_a_stream_stays_what_the_gateway_said() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let mut stream = client.get("/gateway/bytes/1000").stream().await.unwrap();
        assert_eq!(stream.length(), Some(1000));
        while let Some(chunk) = stream.next().await {
            chunk.unwrap();
        }
        assert_eq!(stream.length(), Some(1000));
        let mut refusal = client.get("/gateway/status/404").stream().await.unwrap();
        let length = refusal.length();
        refusal.next().await.unwrap().unwrap();
        assert_eq!(refusal.length(), length);
    });
}
