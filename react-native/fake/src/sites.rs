//! JavaScript as the servers of a test: it is asked by an event, and answers by a command.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use appwrite_session_world::json;
use appwrite_session_world::{Asked, Rendered, Servers};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    executor::locked,
    models::{body, bytes},
};

/// What JavaScript has not been told yet.
#[derive(Default)]
pub(crate) struct Events(Mutex<Vec<Value>>);

impl Events {
    pub(crate) fn push(&self, event: Value) {
        locked(&self.0).push(event);
    }

    pub(crate) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut locked(&self.0))
    }
}

/// The answer of JavaScript.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answered {
    status: u16,
    headers: Vec<Line>,
    body: String,
    body_is_base64: bool,
}

/// One header line.
#[derive(Deserialize)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl From<Answered> for Rendered {
    fn from(answer: Answered) -> Self {
        let headers = answer.headers.into_iter().map(|line| (line.name, line.value)).collect();
        let body = bytes(&answer.body, answer.body_is_base64);
        Self { status: answer.status, headers, body }
    }
}

/// Asks JavaScript, for every server.
pub(crate) struct JsServers(pub(crate) Arc<Events>);

impl fmt::Debug for JsServers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsServers")
    }
}

impl Servers for JsServers {
    fn serve(&self, _origin: &str) -> bool {
        true
    }

    fn ask(&self, Asked { number, site, sent, seen }: Asked) {
        let lines = sent.headers.iter().map(|(name, value)| json!({ "name": name, "value": value }));
        let headers: Vec<_> = lines.collect();
        let (body, is_base64) = body(&sent.body);
        self.0.push(json!({
            "is": "request", "request": number, "site": site, "method": sent.method, "url": sent.url.as_str(),
            "headers": headers, "body": body, "bodyIsBase64": is_base64, "seen": seen,
        }));
    }
}
