//! The servers that JavaScript answers for: the app's gateways, other sites, and the receivers of webhooks.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use mock_appwrite::{
    RawRequest, Rendered,
    host::{Post, Posting, Serving, Site},
    json,
};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::oneshot;
use url::Url;

use crate::{
    executor::locked,
    models::{body, bytes},
    numbered::Numbered,
    world::{Sent, World},
};

/// The requests that wait for JavaScript's answer, and what JavaScript is told.
#[derive(Default)]
pub(crate) struct Sites {
    waiting: Mutex<Numbered<(RawRequest, oneshot::Sender<Rendered>)>>,
    pub(crate) events: Events,
}

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

impl Sites {
    /// Asks JavaScript, by an event with these members.
    fn ask(&self, request: RawRequest, mut event: Value) -> oneshot::Receiver<Rendered> {
        let (answers, answered) = oneshot::channel();
        let number = locked(&self.waiting).add((request, answers));
        event["request"] = json!(number);
        self.events.push(event);
        answered
    }

    /// The request with that number, which is not answered yet.
    pub(crate) fn request(&self, number: u32) -> Option<RawRequest> {
        locked(&self.waiting).get_mut(number).map(|(request, _)| request.clone())
    }

    /// JavaScript has answered.
    pub(crate) fn answer(&self, number: u32, answer: Answered) {
        let Some((_, answers)) = locked(&self.waiting).remove(number) else { return };
        let headers = answer.headers.into_iter().map(|line| (line.name, line.value)).collect();
        let body = bytes(&answer.body, answer.body_is_base64);
        // Whoever asked may have hung up.
        let _ = answers.send(Rendered { status: answer.status, headers, body });
    }

    /// Hands a delivery of a webhook to JavaScript.
    pub(crate) fn deliver(&self, post: Post) -> Posting {
        let Ok(url) = Url::parse(&post.url) else { return Box::pin(std::future::ready(None)) };
        let headers: Vec<_> =
            post.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let request = RawRequest {
            method: "POST".to_owned(),
            target: url.path().to_owned(),
            body: post.body.clone().into_bytes(),
            headers: headers.clone(),
            ..RawRequest::default()
        };
        let sent = Sent { method: "POST".to_owned(), url, headers, body: post.body.into_bytes() };
        let event = event(&sent, None, json!({ "carrier": "none", "carriers": 0, "cookies": {} }));
        let answered = self.ask(request, event);
        Box::pin(async move { Some(answered.await.ok()?.status) })
    }
}

/// One request to a site.
pub(crate) struct JsSite {
    world: Arc<World>,
    name: &'static str,
    sent: Sent,
    request: RawRequest,
}

impl JsSite {
    pub(crate) fn new(world: Arc<World>, name: &'static str, sent: Sent, request: RawRequest) -> Self {
        Self { world, name, sent, request }
    }
}

impl fmt::Debug for JsSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsSite")
    }
}

impl Site for JsSite {
    fn answer(&self) -> Serving {
        let event = event(&self.sent, Some(self.name), self.world.mock.seen(&self.request));
        let answered = self.world.sites.ask(self.request.clone(), event);
        // JavaScript answers everything that it was asked.
        Box::pin(async move {
            answered.await.unwrap_or_else(|_| Rendered { status: 500, headers: Vec::new(), body: Vec::new() })
        })
    }
}

/// What JavaScript is told of a request: nothing of the credential. Without a site, the URL says whose it is.
fn event(sent: &Sent, site: Option<&str>, seen: Value) -> Value {
    let headers: Vec<_> = sent
        .headers
        .iter()
        .filter(|(name, _)| !CARRIERS.iter().any(|carrier| carrier.eq_ignore_ascii_case(name)))
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let (body, is_base64) = body(&sent.body);
    json!({
        "is": "request", "site": site, "method": sent.method, "url": sent.url.as_str(), "headers": headers,
        "body": body, "bodyIsBase64": is_base64, "seen": seen,
    })
}

/// The headers that can hold a credential.
const CARRIERS: [&str; 5] =
    ["cookie", "x-appwrite-session", "x-fallback-cookies", "x-appwrite-jwt", "authorization"];
