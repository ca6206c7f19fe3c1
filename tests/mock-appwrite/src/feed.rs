//! The gateway's feed: what a test says through the controls reaches the app piece by piece, as bytes or as server-sent events.

use std::sync::Arc;

use crate::{
    exchange::{Outgoing, Rendered, Rest},
    gateway,
    request::Request,
    respond::plain_json,
    shared::Shared,
};

/// What was said so far.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    said: Vec<Saying>,
    is_over: bool,
    /// How often the answers under way were broken off.
    breaks: u64,
}

#[derive(Debug)]
struct Saying {
    kind: Option<String>,
    data: String,
}

impl Feed {
    pub(crate) fn say(&mut self, kind: Option<String>, data: String) {
        self.said.push(Saying { kind, data });
    }

    pub(crate) fn break_off(&mut self) {
        self.breaks += 1;
    }

    pub(crate) fn end(&mut self) {
        self.is_over = true;
    }

    fn is_told(&self, told: usize) -> bool {
        self.is_over && told >= self.said.len()
    }
}

/// The body of an answer under way. Dropping it before its end means that the client hung up.
pub struct Feeding {
    shared: Arc<Shared>,
    as_events: bool,
    told: usize,
    breaks: u64,
    greets: bool,
    rest: Option<Rest>,
}

impl std::fmt::Debug for Feeding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Feeding")
    }
}

/// The answer broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenOff;

impl Feeding {
    /// The next piece, or nothing at the end.
    ///
    /// # Errors
    ///
    /// [`BrokenOff`] if a test breaks the answer off.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        if std::mem::take(&mut self.greets) {
            // So quickly is a client of events to come back.
            return Ok(Some(b"retry: 10\n\n".to_vec()));
        }
        let (told, breaks) = (self.told, self.breaks);
        self.shared
            .wait_until(|world| {
                let feed = &world.feed;
                feed.said.len() > told || feed.is_told(told) || feed.breaks != breaks
            })
            .await;
        let piece = {
            let world = self.shared.world();
            let feed = &world.feed;
            match feed.said.get(told) {
                Some(saying) => Some(piece(saying, told + 1, self.as_events)),
                None if feed.is_told(told) => None,
                None => {
                    drop(world);
                    self.over();
                    return Err(BrokenOff);
                }
            }
        };
        match &piece {
            Some(_) => self.told += 1,
            None => self.over(),
        }
        Ok(piece)
    }

    /// Everything up to the end.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn whole(mut self) -> Result<Vec<u8>, BrokenOff> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            whole.extend(piece);
        }
        Ok(whole)
    }

    /// Nobody hung up.
    fn over(&mut self) {
        if let Some(rest) = self.rest.take() {
            rest.ended();
        }
    }

    pub(crate) fn keeps(&mut self, rest: Rest) {
        self.rest = Some(rest);
    }
}

fn piece(saying: &Saying, number: usize, as_event: bool) -> Vec<u8> {
    if !as_event {
        return saying.data.clone().into_bytes();
    }
    let mut text = format!("id: {number}\n");
    if let Some(kind) = &saying.kind {
        text.push_str(&format!("event: {kind}\n"));
    }
    for line in saying.data.split('\n') {
        text.push_str(&format!("data: {line}\n"));
    }
    text.push('\n');
    text.into_bytes()
}

/// Answers `/gateway/feed` and `/gateway/events`; `None` for any other path.
pub(crate) async fn answer(shared: &Arc<Shared>, request: &Request) -> Option<Outgoing> {
    let as_events = match request.path.as_str() {
        "/gateway/events" => true,
        "/gateway/feed" => false,
        _ => return None,
    };
    if let Err(refusal) = gateway::identify(shared, request).await {
        return Some(Outgoing::Whole(refusal));
    }
    let told = request.header("last-event-id").and_then(|id| id.parse().ok()).unwrap_or_default();
    let (is_told, breaks) = {
        let world = shared.world();
        (world.feed.is_told(told), world.feed.breaks)
    };
    if as_events && is_told {
        // So a server says that there will be no more events.
        return Some(Outgoing::Whole(Rendered { status: 204, headers: Vec::new(), body: Vec::new() }));
    }
    let kind = if as_events { "text/event-stream" } else { "text/plain; charset=utf-8" };
    let mut head = plain_json(200, &serde_json::Value::Null);
    head.headers = vec![("Content-Type".to_owned(), kind.to_owned())];
    head.body.clear();
    let feeding = Feeding { shared: shared.clone(), as_events, told, breaks, greets: as_events, rest: None };
    Some(Outgoing::Fed(head, feeding))
}
