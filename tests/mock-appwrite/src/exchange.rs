//! One request and its answer: journals it, lets faults strike, and serves it. Knows nothing of sockets.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use serde_json::Value;

use crate::{
    access_token, carrier, control_http,
    faults::Fault,
    feed::{self, Feeding},
    gateway,
    journal::Entry,
    json,
    request::Request,
    respond,
    shared::Shared,
    world::World,
};

/// How an answer leaves.
#[derive(Debug)]
pub enum Outgoing {
    /// Whole.
    Whole(Rendered),
    /// A head, and a body that comes piece by piece.
    Fed(Rendered, Feeding),
    /// Half of the body, then silence for as long as the rest is kept.
    Stalled(Rendered, Option<Rest>),
    /// Half of the body, then the end.
    Truncated(Rendered),
    /// Not at all: the connection is reset.
    Reset,
}

/// An answer with every header as it is written.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The status.
    pub status: u16,
    /// The headers, without `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A request that has arrived. Dropping it before the whole answer is sent means that the client hung up.
pub(crate) struct Arrived {
    shared: Arc<Shared>,
    /// Its number in the journal; a control has none.
    seq: Option<u64>,
    fault: Option<(u64, Fault)>,
}

impl Drop for Arrived {
    fn drop(&mut self) {
        if let Some(seq) = self.seq {
            self.shared.world().journal.hung_up(seq);
            self.shared.ring();
        }
    }
}

/// Journals a request, unless it is a control, and looks whether a fault strikes it.
pub(crate) fn arrived(shared: &Arc<Shared>, request: &Request, listener: &'static str) -> Arrived {
    if request.path == "/_mock" || request.path.starts_with("/_mock/") {
        return Arrived { shared: shared.clone(), seq: None, fault: None };
    }
    let (seq, fault) = note(shared, request, listener);
    Arrived { shared: shared.clone(), seq: Some(seq), fault }
}

impl Arrived {
    /// Whether a fault strikes it.
    pub(crate) fn is_disturbed(&self) -> bool {
        self.fault.is_some()
    }

    /// Notes the status of its answer.
    pub(crate) fn answered(&self, status: u16) {
        if let Some(seq) = self.seq {
            self.shared.world().journal.answered(seq, status);
            self.shared.ring();
        }
    }

    /// The answer, with whatever the fault does to it.
    ///
    /// Boxed, because a request to the gateway contains one to Appwrite.
    pub(crate) fn answer(self, request: &Request) -> Pin<Box<dyn Future<Output = Outgoing> + Send + '_>> {
        Box::pin(self.answered_by(request))
    }

    async fn answered_by(mut self, request: &Request) -> Outgoing {
        let shared = self.shared.clone();
        let outgoing = match self.fault.take() {
            None if self.seq.is_none() => Outgoing::Whole(control_http::answer(&shared, request).await),
            None => match feed::answer(&shared, request).await {
                Some(outgoing) => outgoing,
                None => Outgoing::Whole(serve_request(&shared, request).await),
            },
            Some((id, fault)) => faulty(&shared, request, id, fault).await,
        };
        match outgoing {
            Outgoing::Fed(answer, mut feeding) => {
                self.answered(answer.status);
                feeding.keeps(Rest(self));
                return Outgoing::Fed(answer, feeding);
            }
            Outgoing::Stalled(answer, _) => {
                self.answered(answer.status);
                return Outgoing::Stalled(answer, Some(Rest(self)));
            }
            Outgoing::Whole(ref answer) | Outgoing::Truncated(ref answer) => self.answered(answer.status),
            Outgoing::Reset => {}
        }
        self.seq = None;
        outgoing
    }
}

/// The rest of an answer that never comes. Dropping it means that the client hung up.
pub struct Rest(Arrived);

impl Rest {
    /// The answer has come to its end.
    pub(crate) fn ended(mut self) {
        self.0.seq = None;
    }
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rest")
    }
}

/// The number of a request in the journal, and the fault that strikes it.
fn note(shared: &Shared, request: &Request, listener: &'static str) -> (u64, Option<(u64, Fault)>) {
    let mut world = shared.world();
    let caller = match request.header("user-agent") {
        Some(gateway::USER_AGENT) => "gateway",
        _ => "client",
    };
    let credential = carrier::describe(&world, request);
    let seq = world.journal.note(Entry {
        seq: 0,
        listener,
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query_text.clone(),
        headers: request.headers.clone(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
        caller,
        credential,
        status: None,
        hung_up: false,
    });
    let fault = world.faults.strike(listener, &request.method, &request.path);
    drop(world);
    shared.ring();
    (seq, fault)
}

/// Serves a request that nobody journals.
pub(crate) async fn serve_request(shared: &Arc<Shared>, request: &Request) -> Rendered {
    if let Some(site) = &request.site {
        return site.answer().await;
    }
    if request.path.starts_with("/gateway/") {
        return gateway::answer(shared, request).await;
    }
    if request.path == gateway::CHECK {
        return gateway::who_calls(shared, request).await;
    }
    if request.path == access_token::PATH && request.method == "POST" {
        return access_token::issue(shared, request).await;
    }
    let (answer, evict) = respond::answer(&mut shared.world(), request);
    shared.tell();
    if !evict.is_empty() {
        // The real server deletes the oldest sessions once the answer is out (contract §13.3).
        let (host, shared) = (shared.host.clone(), shared.clone());
        host.spawn(Box::pin(async move {
            shared.host.sleep(EVICTION).await;
            let mut world = shared.world();
            for (user, session) in evict {
                if let Some(user) = world.user_mut(&user) {
                    user.sessions.retain(|each| each.id != session);
                }
            }
            drop(world);
            shared.ring();
        }));
    }
    answer
}

/// As [`serve_request`], for an answer whose body is to be changed: not compressed.
async fn serve_plainly(shared: &Arc<Shared>, request: &Request) -> Rendered {
    let mut request = request.clone();
    request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("accept-encoding"));
    serve_request(shared, &request).await
}

/// How long an evicted session still works.
const EVICTION: Duration = Duration::from_millis(100);

async fn faulty(shared: &Arc<Shared>, request: &Request, id: u64, fault: Fault) -> Outgoing {
    let released = |world: &World| world.faults.is_released(id);
    match &fault {
        Fault::Delay(duration) => shared.host.sleep(*duration).await,
        Fault::Hold => shared.wait_until(released).await,
        Fault::Hang => std::future::pending().await,
        Fault::ResetBefore => return Outgoing::Reset,
        _ => {}
    }
    if let Some(answer) = answer_in_place(&shared.world(), &fault) {
        return Outgoing::Whole(answer);
    }
    let mut answer = match fault {
        Fault::Members(_) | Fault::ByteOrderMark => serve_plainly(shared, request).await,
        _ => serve_request(shared, request).await,
    };
    match fault {
        Fault::HoldAnswer => {
            shared.world().faults.served(id);
            shared.ring();
            shared.wait_until(released).await;
        }
        Fault::ResetAfter => return Outgoing::Reset,
        Fault::StallBody => return Outgoing::Stalled(answer, None),
        Fault::TruncateBody => return Outgoing::Truncated(answer),
        Fault::Members(members) => {
            if let Ok(Value::Object(mut body)) = serde_json::from_slice(&answer.body) {
                body.extend(members);
                answer.body = Value::Object(body).to_string().into_bytes();
            }
        }
        Fault::ByteOrderMark => drop(answer.body.splice(..0, *b"\xef\xbb\xbf")),
        _ => {}
    }
    Outgoing::Whole(answer)
}

/// What a fault answers in place of the server, if it does.
fn answer_in_place(world: &World, fault: &Fault) -> Option<Rendered> {
    Some(match fault {
        Fault::Status(status) => respond::failure(world, *status, &[]),
        Fault::Refusal { kind, status } => respond::refusal(world, kind, *status),
        Fault::Unavailable { retry_after } => {
            respond::failure(world, 503, &[("Retry-After", retry_after.to_string())])
        }
        Fault::RateLimited { retry_after, reset } => {
            let mut extra = Vec::new();
            extra.extend(retry_after.map(|after| ("Retry-After", after.to_string())));
            if let Some(reset) = reset {
                extra.push(("X-Ratelimit-Limit", "10".to_owned()));
                extra.push(("X-Ratelimit-Remaining", "0".to_owned()));
                extra.push(("X-Ratelimit-Reset", reset.to_string()));
            }
            respond::failure(world, 429, &extra)
        }
        Fault::Html(status) => respond::page(*status),
        Fault::Answer { status, body } => {
            Rendered { body: body.clone().into_bytes(), ..respond::plain_json(*status, &Value::Null) }
        }
        Fault::WrongJson => respond::plain_json(200, &json!(["not", "what", "you", "think"])),
        _ => return None,
    })
}
