//! The realtime socket (contract §2x.4.2): handshake, frames, codes, and what it does not tell.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it expects by unwrapping it"
)]

mod support;

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use mock_appwrite::{MockAppwrite, Profile};
use serde_json::{Value, json};
use support::{call, signed_in};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(mock: &MockAppwrite, query: &str, headers: &[(&'static str, &str)]) -> Socket {
    let url = format!("{}/v1/realtime?{query}", mock.url().replace("http:", "ws:"));
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    connect_async(request).await.unwrap().0
}

/// The next frame: JSON, or the code of a close.
async fn next(socket: &mut Socket) -> Result<Value, u16> {
    let frame = tokio::time::timeout(Duration::from_secs(5), socket.next()).await.expect("a frame in time");
    match frame {
        Some(Ok(Message::Text(text))) => Ok(serde_json::from_str(&text).unwrap()),
        Some(Ok(Message::Close(frame))) => Err(frame.map_or(1005, |frame| frame.code.into())),
        other => panic!("{other:?}"),
    }
}

async fn silent(socket: &mut Socket) {
    let frame = tokio::time::timeout(Duration::from_millis(300), socket.next()).await;
    assert!(frame.is_err(), "{frame:?}");
}

async fn say(socket: &mut Socket, frame: &Value) -> Result<Value, u16> {
    socket.send(Message::text(frame.to_string())).await.unwrap();
    next(socket).await
}

#[tokio::test]
async fn the_first_frame_says_who_is_connected() {
    let (mock, user, own) = signed_in(Profile::V1_9).await;
    let fallback = format!(r#"{{"a_session_demo":"{own}"}}"#);
    let cookie = format!("a_session_demo={own}");
    for carrier in
        [("x-appwrite-session", own.as_str()), ("x-fallback-cookies", &fallback), ("cookie", &cookie)]
    {
        let mut socket = connect(&mock, "project=demo&channels[]=account", &[carrier]).await;
        let frame = next(&mut socket).await.unwrap();
        assert_eq!(frame["type"], "connected", "{frame}");
        assert_eq!(frame["data"]["channels"], json!(["account", format!("account.{user}")]));
        assert_eq!(frame["data"]["user"]["$id"], json!(user), "{}", carrier.0);
        assert_eq!(frame["data"]["subscriptions"].as_array().unwrap().len(), 1);
        assert_eq!(say(&mut socket, &json!({ "type": "ping" })).await, Ok(json!({ "type": "pong" })));
    }
    mock.control().revoke_sessions(&user);
    let mut socket = connect(&mock, "project=demo&channels[]=account", &[("x-appwrite-session", &own)]).await;
    let frame = next(&mut socket).await.unwrap();
    assert_eq!(
        (&frame["type"], &frame["data"]["user"]),
        (&json!("connected"), &Value::Null),
        "a dead session is a guest"
    );
}

#[tokio::test]
async fn the_connection_authenticates_by_message_and_hears_its_own_user_only() {
    let (mock, user, own) = signed_in(Profile::V1_9).await;
    let bob = mock.control().user("bob@example.com", "correct horse");
    let bobs = mock.control().create_session(&bob).unwrap().credential;
    let mut socket = connect(&mock, "project=demo&channels[]=account", &[]).await;
    next(&mut socket).await.unwrap();
    let refused = say(&mut socket, &json!({ "type": "authentication", "data": { "session": "garbage" } }))
        .await
        .unwrap();
    assert_eq!(
        refused,
        json!({ "type": "error", "data": { "code": 1003, "message": "Session is not valid." } })
    );
    let known =
        say(&mut socket, &json!({ "type": "authentication", "data": { "session": own } })).await.unwrap();
    assert_eq!((&known["data"]["to"], &known["data"]["success"]), (&json!("authentication"), &json!(true)));
    assert_eq!(known["data"]["user"]["$id"], json!(user));
    let rename = json!({ "name": "Somebody" });
    call(&mock, "PATCH", "/v1/account/name", &[("X-Appwrite-Session", &bobs)], &rename).await;
    silent(&mut socket).await;
    call(&mock, "PATCH", "/v1/account/name", &[("X-Appwrite-Session", &own)], &rename).await;
    let event = next(&mut socket).await.unwrap();
    assert_eq!(event["type"], "event");
    assert_eq!(event["data"]["events"][0], json!(format!("users.{user}.update")));
    assert_eq!(event["data"]["channels"], json!(["account", format!("account.{user}")]));
    assert_eq!(event["data"]["payload"]["name"], "Somebody");
}

#[tokio::test]
async fn a_session_that_ends_is_told_and_the_connection_stays_open() {
    let (mock, user, own) = signed_in(Profile::V1_9).await;
    let other = mock.control().create_session(&user).unwrap();
    let mut socket = connect(&mock, "project=demo&channels[]=account", &[("x-appwrite-session", &own)]).await;
    next(&mut socket).await.unwrap();
    let path = format!("/v1/account/sessions/{}", other.session_id);
    call(&mock, "DELETE", &path, &[("X-Appwrite-Session", &own)], &Value::Null).await;
    let event = next(&mut socket).await.unwrap();
    assert_eq!(
        event["data"]["events"][0],
        json!(format!("users.{user}.sessions.{}.delete", other.session_id))
    );
    assert_eq!(
        (&event["data"]["payload"]["$id"], &event["data"]["payload"]["secret"]),
        (&json!(other.session_id), &json!(""))
    );
    // All sessions: one event, for the caller's own. By a JWT: none.
    mock.control().create_session(&user).unwrap();
    call(&mock, "DELETE", "/v1/account/sessions", &[("X-Appwrite-Session", &own)], &Value::Null).await;
    let event = next(&mut socket).await.unwrap();
    assert_eq!(event["data"]["payload"]["current"], true);
    silent(&mut socket).await;
    let fresh = mock.control().create_session(&user).unwrap().credential;
    let jwt = call(&mock, "POST", "/v1/account/jwts", &[("X-Appwrite-Session", &fresh)], &Value::Null).await;
    let jwt = jwt.json()["jwt"].as_str().unwrap().to_owned();
    call(&mock, "DELETE", "/v1/account/sessions", &[("X-Appwrite-JWT", &jwt)], &Value::Null).await;
    silent(&mut socket).await;
    // An expiry and an eviction are not told; deletion by an API key is, for all sessions together; a block is, as a status.
    let key = [("X-Appwrite-Key", mock.api_key())];
    call(&mock, "DELETE", &format!("/v1/users/{user}/sessions"), &key, &Value::Null).await;
    assert_eq!(
        next(&mut socket).await.unwrap()["data"]["events"][2],
        json!(format!("users.{user}.sessions.delete"))
    );
    call(&mock, "PATCH", &format!("/v1/users/{user}/status"), &key, &json!({ "status": false })).await;
    assert_eq!(
        next(&mut socket).await.unwrap()["data"]["events"][2],
        json!(format!("users.{user}.update.status"))
    );
    assert_eq!(
        say(&mut socket, &json!({ "type": "ping" })).await,
        Ok(json!({ "type": "pong" })),
        "still open"
    );
}

#[tokio::test]
async fn recoveries_are_told_without_their_secret() {
    let (mock, _, own) = signed_in(Profile::V1_9).await;
    let mut socket = connect(&mock, "project=demo&channels[]=account", &[("x-appwrite-session", &own)]).await;
    next(&mut socket).await.unwrap();
    let body = json!({ "email": "ada@example.com", "url": "http://localhost/reset" });
    call(&mock, "POST", "/v1/account/recovery", &[], &body).await;
    let event = next(&mut socket).await.unwrap();
    assert!(event["data"]["payload"].get("secret").is_none(), "{event}");
}

#[tokio::test]
async fn refusals_have_the_servers_codes() {
    let (mock, _, own) = signed_in(Profile::V1_9).await;
    let refused = async |query: &str, headers: &[(&'static str, &str)]| {
        let mut socket = connect(&mock, query, headers).await;
        let frame = next(&mut socket).await.unwrap();
        assert_eq!(frame["type"], "error", "{frame}");
        (
            frame["data"]["code"].as_u64().unwrap(),
            frame["data"]["message"].as_str().unwrap().to_owned(),
            next(&mut socket).await,
        )
    };
    let (code, message, closed) = refused("project=nope&channels[]=account", &[]).await;
    assert_eq!((code, message.as_str(), closed), (1008, "Missing or unknown project ID", Err(1008)));
    let (code, _, closed) = refused("project=demo", &[("origin", "https://evil.example")]).await;
    assert_eq!((code, closed), (1008, Err(1008)));
    let jwt = call(&mock, "POST", "/v1/account/jwts", &[("X-Appwrite-Session", &own)], &Value::Null).await;
    let jwt = jwt.json()["jwt"].as_str().unwrap().to_owned();
    let (code, _, _) =
        refused("project=demo", &[("x-appwrite-jwt", &jwt), ("x-appwrite-session", &own)]).await;
    assert_eq!(code, 403);
    let mut socket = connect(&mock, "project=demo&channels[]=account", &[]).await;
    next(&mut socket).await.unwrap();
    for message in [json!("text"), json!({}), json!({ "type": "nonsense" })] {
        let frame = say(&mut socket, &message).await.unwrap();
        assert_eq!(frame["data"]["code"], 1003, "{message}");
    }
}

#[tokio::test]
async fn too_much_is_1013() {
    let (mock, _, _) = signed_in(Profile::V1_9).await;
    // In the middle of a minute, so that none ends under the test.
    mock.control().set_clock(1_795_453_200_000 + 10_000);
    let mut socket = connect(&mock, "project=demo&channels[]=account", &[]).await;
    next(&mut socket).await.unwrap();
    for _ in 0..32 {
        assert_eq!(say(&mut socket, &json!({ "type": "ping" })).await.unwrap()["type"], "pong");
    }
    let frame = say(&mut socket, &json!({ "type": "ping" })).await.unwrap();
    assert_eq!(frame["data"], json!({ "code": 1013, "message": "Too many messages." }));
    for _ in 1..128 {
        next(&mut connect(&mock, "project=demo", &[]).await).await.unwrap();
    }
    let mut socket = connect(&mock, "project=demo", &[]).await;
    assert_eq!(
        next(&mut socket).await.unwrap()["data"],
        json!({ "code": 1013, "message": "Too many requests" })
    );
    assert_eq!(next(&mut socket).await, Err(1013));
}

#[tokio::test]
async fn who_authenticates_before_subscribing_is_forgotten() {
    let (mock, _, own) = signed_in(Profile::V1_9).await;
    let subscribe = json!({ "type": "subscribe", "data": [{ "channels": ["account"] }] });
    let mut socket = connect(&mock, "project=demo", &[("x-appwrite-session", &own)]).await;
    assert_eq!(next(&mut socket).await.unwrap()["data"]["channels"], json!([]));
    let added = say(&mut socket, &subscribe).await.unwrap();
    assert_eq!(added["data"]["subscriptions"][0]["channels"][0], "account");
    call(&mock, "PATCH", "/v1/account/name", &[("X-Appwrite-Session", &own)], &json!({ "name": "Ada" }))
        .await;
    assert_eq!(next(&mut socket).await.unwrap()["type"], "event");
    let id = added["data"]["subscriptions"][0]["subscriptionId"].clone();
    let removed = say(&mut socket, &json!({ "type": "unsubscribe", "data": [{ "subscriptionId": id }] }))
        .await
        .unwrap();
    assert_eq!(removed["data"]["subscriptions"][0]["removed"], true);

    let mut socket = connect(&mock, "project=demo", &[]).await;
    next(&mut socket).await.unwrap();
    let known =
        say(&mut socket, &json!({ "type": "authentication", "data": { "session": own } })).await.unwrap();
    assert_eq!(known["data"]["success"], true);
    let frame = say(&mut socket, &subscribe).await.unwrap();
    assert_eq!(frame["data"]["code"], 1008, "{frame}");
    assert_eq!(next(&mut socket).await, Err(1008));
}
