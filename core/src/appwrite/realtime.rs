//! Appwrite's realtime socket as it is on the wire (contract §2x.4.2).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use serde::Deserialize;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::Appwrite;
use crate::{
    credential::{Carrier, Credential, carry},
    host::{Connection, Request},
};

/// The longest message. An event holds one object of the user's own.
const LONGEST: usize = 1 << 20;

/// After how long a silent socket is pinged, and how long it may be silent then. A server takes 32 messages a minute.
const SILENCE: Duration = Duration::from_secs(25);

/// An open socket.
pub(crate) struct Socket {
    frames: WebSocketStream<Connection>,
    was_pinged: bool,
}

/// What the server has said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Whether it knows the credential.
    Known(bool),
    /// The session may have ended.
    Hint,
    /// Nothing that matters.
    Nothing,
}

/// The socket is closed, or nothing that can be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It broke, or could not be opened.
    Off,
    /// The server does not want it: trying again soon helps nobody.
    Refused,
}

/// The server closes a socket of a project or an origin that it does not take.
const POLICY: u16 = 1008;

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    data: serde_json::Value,
}

impl Appwrite {
    /// Opens a socket with the credential, on the channel of the account.
    pub(crate) async fn open_socket(&self, credential: &Credential) -> Result<Socket, Broken> {
        let mut nonce = [0_u8; 16];
        fastrand::fill(&mut nonce);
        let key = STANDARD.encode(nonce);
        let request = self.socket_request(credential, &key).ok_or(Broken::Refused)?;
        let upgraded = self.http.upgrade(request).await.map_err(|_| Broken::Off)?;
        let head = upgraded.head;
        let Some(connection) = upgraded.connection else {
            let helps = head.status.is_server_error() || head.status == StatusCode::TOO_MANY_REQUESTS;
            return Err(if helps { Broken::Off } else { Broken::Refused });
        };
        let accepted = head.headers.get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
        if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(Broken::Refused);
        }
        let config = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
        let frames = WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await;
        Ok(Socket { frames, was_pinged: false })
    }

    fn socket_request(&self, credential: &Credential, key: &str) -> Option<Request> {
        let mut url = self.url(&["realtime"])?;
        url.query_pairs_mut()
            .append_pair("project", self.project.as_str())
            .append_pair("channels[]", "account");
        let (name, value) = carry(credential, Carrier::SessionHeader, &self.project)?;
        let mut headers = HeaderMap::new();
        headers.insert(name, value);
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_str(key).ok()?);
        Some(Request::new(Method::GET, url, headers, bytes::Bytes::new()))
    }

    /// Waits until a socket that was silent for long is to be [looked after](Socket::look_after).
    pub(crate) async fn silence(&self) {
        self.http.wait(SILENCE).await;
    }
}

impl Socket {
    /// The next thing that the server says.
    ///
    /// Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Heard, Broken> {
        let message = self.frames.next().await.ok_or(Broken::Off)?.map_err(|_| Broken::Off)?;
        self.was_pinged = false;
        match message {
            Message::Text(text) => Ok(heard(&text)),
            Message::Close(Some(frame)) if u16::from(frame.code) == POLICY => Err(Broken::Refused),
            Message::Close(_) => Err(Broken::Off),
            _ => Ok(Heard::Nothing),
        }
    }

    /// The server was silent for long: asks whether it is still there, unless it was asked and did not answer.
    pub(crate) async fn look_after(&mut self) -> Result<(), Broken> {
        if std::mem::replace(&mut self.was_pinged, true) {
            return Err(Broken::Off);
        }
        self.frames.send(Message::text(r#"{"type":"ping"}"#)).await.map_err(|_| Broken::Off)
    }
}

/// What a message means.
fn heard(text: &str) -> Heard {
    let Ok(Frame { kind, data }) = serde_json::from_str(text) else { return Heard::Nothing };
    match kind.as_str() {
        "connected" => Heard::Known(!data["user"].is_null()),
        "event" => {
            let events = data["events"].as_array().map(Vec::as_slice).unwrap_or_default();
            let ends = events.iter().filter_map(serde_json::Value::as_str).any(may_end_a_session);
            if ends { Heard::Hint } else { Heard::Nothing }
        }
        _ => Heard::Nothing,
    }
}

/// Whether an event can mean that a session of the user has ended: its own deletion or that of all, another password, a user who was
/// blocked or deleted.
fn may_end_a_session(event: &str) -> bool {
    let parts: Vec<&str> = event.split('.').collect();
    matches!(
        parts.as_slice(),
        ["users", _, "sessions", _, "delete"]
            | ["users", _, "sessions", "delete"]
            | ["users", _, "update", "password" | "status"]
            | ["users", _, "delete"]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_end_a_session_is_a_hint_and_nothing_else() {
        let event =
            |name: &str| heard(&format!(r#"{{"type":"event","data":{{"events":["users.*","{name}"]}}}}"#));
        for name in [
            "users.6.sessions.7.delete",
            "users.6.sessions.delete",
            "users.6.update.password",
            "users.6.update.status",
            "users.6.delete",
        ] {
            assert_eq!(event(name), Heard::Hint, "{name}");
        }
        for name in
            ["users.6.sessions.7.create", "users.6.update.name", "users.6.sessions.7.update", "delete", ""]
        {
            assert_eq!(event(name), Heard::Nothing, "{name}");
        }
        let known =
            |user: &str| heard(&format!(r#"{{"type":"connected","data":{{"channels":[],"user":{user}}}}}"#));
        assert_eq!((known("null"), known("{}")), (Heard::Known(false), Heard::Known(true)));
        for text in
            ["", "[]", "null", r#"{"type":"event"}"#, r#"{"type":7}"#, r#"{"type":"event","data":[]}"#]
        {
            assert_eq!(heard(text), Heard::Nothing, "{text}");
        }
    }
}
