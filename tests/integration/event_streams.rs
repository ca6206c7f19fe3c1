//! Server-sent events: one by one, and again where they broke off.

use std::time::{Duration, Instant};

use appwrite_session_core::ErrorCode;

use crate::{
    by_hand::ByHand,
    server::Profile,
    support::{World, on, sign_in},
};

const EVENTS: &str = "Content-Type: text/event-stream; charset=utf-8\r\n";

#[test]
fn events_arrive_one_by_one_and_go_on_after_a_break_with_the_credential_of_that_moment() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (events, mut talk) = tokio::join!(client.get("/news").events(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, EVENTS).await;
            talk
        });
        let mut events = events.unwrap();
        assert_eq!(talk.header("accept"), Some("text/event-stream"));
        assert_eq!(talk.header("last-event-id"), None);
        let before = talk.header("cookie").unwrap().to_owned();
        talk.say(": hello\nretry: 10\nid: 7\ndata: one\n\n").await;
        let event = events.next().await.unwrap().unwrap();
        assert_eq!((event.kind.as_str(), event.id.as_str(), event.data.as_str()), ("message", "7", "one"));
        talk.say("event: end\ndata: two\ndata: lines\n\n").await;
        let event = events.next().await.unwrap().unwrap();
        assert_eq!((event.kind.as_str(), event.id.as_str(), event.data.as_str()), ("end", "7", "two\nlines"));
        talk.say("id: 8\ndata: not whole").await;
        drop(talk);
        // The same user signs in again, so the credential is another one.
        let account = client.account().await.unwrap();
        client
            .sign_in_with_email(account.user.email.as_deref().unwrap(), crate::support::PASSWORD)
            .await
            .unwrap();
        let (event, ()) = tokio::join!(events.next(), async {
            let mut talk = gateway.request().await;
            assert_eq!(talk.header("last-event-id"), Some("7"));
            assert_ne!(talk.header("cookie"), Some(before.as_str()));
            talk.begin(200, EVENTS).await;
            talk.say("data: three\n\n").await;
        });
        assert_eq!(event.unwrap().unwrap().data, "three");
        let (end, ()) =
            tokio::join!(events.next(), async { gateway.request().await.answer(204, "", "").await });
        assert!(end.is_none());
        assert!(events.next().await.is_none(), "the gateway has said that there will be none");
        assert_eq!(events.last_event_id(), "7");
    });
}

#[test]
fn events_of_a_call_that_is_not_idempotent_end_with_their_stream() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (events, ()) = tokio::join!(client.post("/assistant").json(&["hello"]).events(), async {
            let mut talk = gateway.request().await;
            assert_eq!(talk.body, br#"["hello"]"#);
            talk.begin(200, EVENTS).await;
            talk.say("data: word\n\n").await;
        });
        let mut events = events.unwrap();
        assert_eq!(events.next().await.unwrap().unwrap().data, "word");
        assert!(events.next().await.is_none());
    });
}

#[test]
fn a_gateway_that_is_gone_for_a_while_is_told_and_asked_again() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (events, ()) = tokio::join!(client.get("/news").events(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, EVENTS).await;
            talk.say("retry: 1\n\n").await;
        });
        let mut events = events.unwrap();
        let (failed, ()) = tokio::join!(events.next(), async {
            for _ in 0..3 {
                gateway.request().await.answer(503, "", "").await;
            }
        });
        let error = failed.unwrap().unwrap_err();
        assert_eq!(error.code(), ErrorCode::UnexpectedStatus);
        assert!(error.is_retryable());
        let (event, ()) = tokio::join!(events.next(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, EVENTS).await;
            talk.say("data: back\n\n").await;
        });
        assert_eq!(event.unwrap().unwrap().data, "back");
    });
}

#[test]
fn what_is_no_stream_of_events_is_told() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let error = |target: &'static str| {
            let call = client.get(target).events();
            async move { call.await.unwrap_err().code() }
        };
        assert_eq!(error("/gateway/open").await, ErrorCode::InvalidResponse);
        assert_eq!(error("/gateway/status/404").await, ErrorCode::UnexpectedStatus);
    });
}

#[test]
fn a_sign_out_ends_the_events() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (events, talk) = tokio::join!(client.get("/news").events(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, EVENTS).await;
            talk
        });
        let mut events = events.unwrap();
        let (ended, out) = tokio::join!(events.next(), client.sign_out());
        out.unwrap();
        assert_eq!(ended.unwrap().unwrap_err().code(), ErrorCode::SignedOut);
        assert!(events.next().await.is_none());
        talk.closed().await;
    });
}

#[test]
fn an_event_without_end_is_given_up() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (events, mut talk) = tokio::join!(client.get("/news").response_limit(1000).events(), async {
            let mut talk = gateway.request().await;
            talk.begin(200, EVENTS).await;
            talk
        });
        let mut events = events.unwrap();
        talk.say(&"data: 0123456789\n".repeat(200)).await;
        assert_eq!(events.next().await.unwrap().unwrap_err().code(), ErrorCode::ResponseTooLarge);
        assert!(events.next().await.is_none());
        talk.closed().await;
    });
}

#[test]
fn events_of_one_user_are_never_asked_for_as_another() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (events, ()) = tokio::join!(client.get("/news").events(), async {
            gateway.request().await.answer(200, EVENTS, "retry: 300000\nid: 7\ndata: one\n\n").await;
        });
        let mut events = events.unwrap();
        assert_eq!(events.next().await.unwrap().unwrap().data, "one");
        let other = world.server.person();
        let switched = async {
            // The wait before the events are asked for again has begun.
            sign_in(&client, &other).await;
            client.network_changed();
        };
        let told = tokio::select! {
            (told, ()) = async { tokio::join!(events.next(), switched) } => told,
            talk = gateway.request() => panic!("asked for as another: {}", talk.head),
        };
        assert_eq!(told.unwrap().unwrap_err().code(), ErrorCode::Superseded);
        assert!(events.next().await.is_none());
    });
}

#[test]
fn a_sign_out_ends_the_wait_for_events() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (events, ()) = tokio::join!(client.get("/news").events(), async {
            gateway.request().await.answer(200, EVENTS, "retry: 300000\n\n").await;
        });
        let mut events = events.unwrap();
        let (ended, out) = tokio::join!(events.next(), client.sign_out());
        out.unwrap();
        assert_eq!(ended.unwrap().unwrap_err().code(), ErrorCode::SignedOut);
    });
}

#[test]
fn a_gateway_that_ends_its_streams_at_once_is_not_stormed() {
    on(Profile::V1_9, async |world: &World| {
        let base = Duration::from_millis(20);
        let waits = appwrite_session_core::Retries { attempts: 3, base, longest: base * 4 };
        let (gateway, client) = ByHand::start_with(world, waits).await;
        let (events, ()) = tokio::join!(client.get("/news").events(), async {
            gateway.request().await.answer(200, EVENTS, "retry: 0\n\n").await;
        });
        let mut events = events.unwrap();
        let began = Instant::now();
        let (event, ()) = tokio::join!(events.next(), async {
            for _ in 0..5 {
                gateway.request().await.answer(200, EVENTS, "").await;
            }
            gateway.request().await.answer(200, EVENTS, "data: last\n\n").await;
        });
        assert_eq!(event.unwrap().unwrap().data, "last");
        // With the least jitter: 10 + 20 + 40 + 40 + 40 + 40.
        assert!(began.elapsed() >= Duration::from_millis(190), "{:?}", began.elapsed());
    });
}

#[test]
fn events_that_are_waited_for_a_little_at_a_time_are_asked_for_again() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (events, ()) = tokio::join!(client.get("/news").events(), async {
            gateway.request().await.answer(200, EVENTS, "retry: 300\n\n").await;
        });
        let mut events = events.unwrap();
        let asked = async {
            loop {
                // As an app does that looks at something else meanwhile.
                drop(tokio::time::timeout(Duration::from_millis(100), events.next()).await);
            }
        };
        let served = async {
            // The first is given up while it waits for its answer.
            let (_unanswered, again) = (gateway.request().await, gateway.request().await);
            again.head
        };
        let head = tokio::select! {
            () = asked => unreachable!(),
            head = tokio::time::timeout(Duration::from_secs(10), served) => head,
        };
        assert!(head.expect("the events are asked for").starts_with("GET /news "));
    });
}

#[test]
fn what_comes_before_an_event_that_is_too_long_is_told_first() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let text = format!("data: one\n\ndata: {}", "x".repeat(2000));
        let (events, ()) = tokio::join!(client.get("/news").response_limit(1000).events(), async {
            gateway.request().await.answer(200, EVENTS, &text).await;
        });
        let mut events = events.unwrap();
        assert_eq!(events.next().await.unwrap().unwrap().data, "one");
        assert_eq!(events.next().await.unwrap().unwrap_err().code(), ErrorCode::ResponseTooLarge);
        assert!(events.next().await.is_none());
    });
}

#[test]
fn an_id_that_the_gateway_takes_back_is_not_said_again() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (events, ()) = tokio::join!(client.get("/news").header("Last-Event-ID", "5").events(), async {
            let talk = gateway.request().await;
            assert_eq!(talk.header("last-event-id"), Some("5"));
            talk.answer(200, EVENTS, "retry: 1\n\n").await;
        });
        let mut events = events.unwrap();
        let (end, ()) = tokio::join!(events.next(), async {
            let talk = gateway.request().await;
            assert_eq!(talk.header("last-event-id"), Some("5"), "nothing was said of ids");
            talk.answer(200, EVENTS, "id: 6\n\n").await;
            let talk = gateway.request().await;
            assert_eq!(talk.header("last-event-id"), Some("6"));
            talk.answer(200, EVENTS, "id\n\n").await;
            let talk = gateway.request().await;
            assert_eq!(talk.header("last-event-id"), None);
            talk.answer(204, "", "").await;
        });
        assert!(end.is_none());
    });
}
