//! WebSockets that the app opens with a client of its own, with the headers of `authorize`.

use appwrite_session_core::{
    Authorization, Carrier, Error, ErrorCode, SessionClient, SessionState, SignedOutReason, Verdict,
};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest as _},
};

use crate::support::{World, on_all, sign_in};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The URL of the gateway's WebSocket.
fn live(gateway: &str) -> String {
    format!("{}/gateway/live", gateway.replace("http:", "ws:"))
}

/// Opens the socket, or says with which status it is refused.
async fn open(url: &str, authorization: &Authorization) -> Result<Socket, u16> {
    let mut request = url.into_client_request().unwrap();
    authorization.apply(request.headers_mut());
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// The next message as JSON, or the code with which the gateway closed the socket.
async fn next(socket: &mut Socket) -> Result<Value, u16> {
    match socket.next().await.unwrap().unwrap() {
        Message::Text(text) => Ok(serde_json::from_str(&text).unwrap()),
        Message::Close(frame) => Err(frame.unwrap().code.into()),
        other => panic!("{other:?}"),
    }
}

async fn authorized(client: &SessionClient, url: &str) -> Authorization {
    client.authorize(url).await.unwrap()
}

#[test]
fn a_web_socket_carries_the_credential_by_every_carrier() {
    on_all(async |world: &World| {
        let url = live(&world.server.gateway());
        for carrier in [
            Carrier::Cookie,
            Carrier::SessionHeader,
            Carrier::FallbackCookies,
            Carrier::AppwriteJwt,
            Carrier::AccessToken,
        ] {
            let (client, person) = (world.client_by(carrier), world.server.person());
            sign_in(&client, &person).await;
            let mut socket = open(&url, &authorized(&client, &url).await).await.unwrap();
            let who = next(&mut socket).await.unwrap();
            assert_eq!((&who["userId"], &who["carriers"]), (&json!(person.id), &json!(1)), "{carrier:?}");
            socket.send(Message::text("[1]")).await.unwrap();
            assert_eq!(next(&mut socket).await, Ok(json!([1])));
            client.sign_out().await.unwrap();
        }
    });
}

#[test]
fn a_web_socket_carries_the_gateways_own_cookies_too() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        client.get("/gateway/sticky?value=two").send().await.unwrap();
        let url = live(&world.server.gateway());
        let mut socket = open(&url, &authorized(&client, &url).await).await.unwrap();
        assert_eq!(next(&mut socket).await.unwrap()["cookies"], json!({ "lb": "two" }));
    });
}

#[test]
fn a_web_socket_of_another_origin_is_refused_before_anything_is_sent() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = world.server.journal().len();
        let gateway = world.server.gateway();
        for url in [
            live(&world.server.foreign()),
            live(&gateway).replace("ws:", "wss:"),
            live(&gateway).replace("127.0.0.1", "localhost"),
            "wss://api.example.com/live".to_owned(),
        ] {
            let refused = client.authorize(&url).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::OriginNotAllowed, "{url}");
            let Error::OriginNotAllowed { origin } = refused else { panic!("{refused:?}") };
            assert!(url.starts_with(&origin), "{origin} of {url}");
            assert!(!client.is_gateway(&url));
        }
        assert!(client.is_gateway(&live(&gateway)));
        assert_eq!(world.server.journal().len(), before, "no request");
    });
}

#[test]
fn a_web_socket_is_closed_when_its_session_ends_and_the_report_ends_it_here_too() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let url = live(&world.server.gateway());
        let authorization = authorized(&client, &url).await;
        let mut socket = open(&url, &authorization).await.unwrap();
        next(&mut socket).await.unwrap();
        world.server.revoke_all(&person);
        assert_eq!(next(&mut socket).await, Err(4401));
        assert_eq!(client.state().name(), "signed_in", "the code of a gateway ends no session");
        assert_eq!(client.report_unauthorized(&authorization).await, Verdict::SignedOut);
        let ended = SessionState::SignedOut { reason: SignedOutReason::SessionEnded };
        assert_eq!(client.state(), ended);
        assert_eq!(client.authorize(&url).await.unwrap_err().code(), ErrorCode::SignedOut);
        assert_eq!(open(&url, &authorization).await.unwrap_err(), 401);
    });
}

#[test]
fn a_web_socket_that_was_closed_is_opened_again_with_the_users_new_credential() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let url = live(&world.server.gateway());
        let authorization = authorized(&client, &url).await;
        let mut socket = open(&url, &authorization).await.unwrap();
        next(&mut socket).await.unwrap();
        // The session of before is revoked by that.
        sign_in(&client, &person).await;
        assert_eq!(next(&mut socket).await, Err(4401));
        assert_eq!(client.report_unauthorized(&authorization).await, Verdict::TryAgain);
        let mut socket = open(&url, &authorized(&client, &url).await).await.unwrap();
        assert_eq!(next(&mut socket).await.unwrap()["userId"], json!(person.id));
    });
}
