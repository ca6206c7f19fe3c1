//! The listeners: reads requests, journals them, lets faults strike, and writes the answers.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
};

use crate::{
    carrier, control_http,
    faults::Fault,
    gateway,
    http1::{self, Reader},
    journal::Entry,
    realtime,
    request::Request,
    respond,
    shared::Shared,
};

/// How an answer leaves.
pub(crate) enum Outgoing {
    /// Whole.
    Whole(Rendered),
    /// Half of the body, then silence.
    Stalled(Rendered),
    /// Half of the body, then the end.
    Truncated(Rendered),
    /// Not at all: the connection is reset.
    Reset,
    /// Never.
    Never,
}

/// An answer with every header as it is written.
pub(crate) struct Rendered {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Accepts connections until the task is aborted.
pub(crate) async fn serve(shared: Arc<Shared>, listener: TcpListener, name: &'static str) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(shared.clone(), stream, name));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection. Its end, for whatever reason, is the client's business.
async fn connection(shared: Arc<Shared>, stream: TcpStream, name: &'static str) {
    let _ = stream.set_nodelay(true);
    let (read, mut write) = stream.into_split();
    let mut reader = Reader::new(read);
    while let Ok(Some(raw)) = reader.next().await {
        let connection = raw.header("connection").unwrap_or_default();
        let close = connection.eq_ignore_ascii_case("close")
            || raw.old && !connection.eq_ignore_ascii_case("keep-alive");
        if !http1::is_method(&raw.method) {
            // The server's HTTP parser refuses what it does not know, before anything else sees it (contract §14.21).
            let _ = write
                .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await;
            return;
        }
        let head_only = raw.method == "HEAD";
        let request = Request::parse(raw);
        if realtime::is_meant(&request) {
            let (seq, fault) = note(&shared, &request, name);
            if fault.is_none() {
                shared.world().journal.answered(seq, 101);
                shared.ring();
                let (read, buffered) = reader.into_parts();
                if let Ok(stream) = read.reunite(write) {
                    realtime::serve(shared.clone(), request, stream, buffered).await;
                }
                return hung_up(&shared, seq);
            }
        }
        let controls = request.path == "/_mock" || request.path.starts_with("/_mock/");
        let (seq, fault) = if controls { (0, None) } else { note(&shared, &request, name) };
        let outgoing = tokio::select! {
            outgoing = exchange(&shared, &request, seq, fault) => outgoing,
            // A client that goes away gets no answer, and its request stays unanswered in the journal.
            () = reader.closed() => return hung_up(&shared, seq),
        };
        let written = match outgoing {
            Outgoing::Whole(answer) => send(&mut write, &answer, head_only, answer.body.len()).await,
            Outgoing::Stalled(answer) => {
                let _ = send(&mut write, &answer, head_only, answer.body.len() / 2).await;
                reader.closed().await;
                return hung_up(&shared, seq);
            }
            Outgoing::Truncated(answer) => {
                let _ = send(&mut write, &answer, head_only, answer.body.len() / 2).await;
                return;
            }
            Outgoing::Reset => {
                let _ = socket2::SockRef::from(write.as_ref()).set_linger(Some(Duration::ZERO));
                // Dropped, it would end the stream in good order.
                write.forget();
                return;
            }
            Outgoing::Never => {
                reader.closed().await;
                return hung_up(&shared, seq);
            }
        };
        if written.is_err() || close {
            return;
        }
    }
}

async fn send(write: &mut OwnedWriteHalf, answer: &Rendered, head_only: bool, body: usize) -> io::Result<()> {
    let bytes = http1::answer(answer.status, &answer.headers, &answer.body, head_only);
    let held_back = if head_only { 0 } else { answer.body.len() - body };
    write.write_all(&bytes[..bytes.len() - held_back]).await?;
    write.flush().await
}

fn hung_up(shared: &Shared, seq: u64) {
    shared.world().journal.hung_up(seq);
    shared.ring();
}

/// Answers a request that was journaled under `seq`, with whatever fault strikes it; one with the number 0 is a control.
async fn exchange(
    shared: &Arc<Shared>,
    request: &Request,
    seq: u64,
    fault: Option<(u64, Fault)>,
) -> Outgoing {
    if seq == 0 {
        return Outgoing::Whole(control_http::answer(shared, request).await);
    }
    let outgoing = match fault {
        None => Outgoing::Whole(serve_request(shared, request).await),
        Some((id, fault)) => faulty(shared, request, id, fault).await,
    };
    if let Outgoing::Whole(answer) | Outgoing::Stalled(answer) | Outgoing::Truncated(answer) = &outgoing {
        shared.world().journal.answered(seq, answer.status);
        shared.ring();
    }
    outgoing
}

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

async fn serve_request(shared: &Arc<Shared>, request: &Request) -> Rendered {
    if request.path.starts_with("/gateway/") {
        return gateway::answer(shared, request).await;
    }
    let (answer, evict) = respond::answer(&mut shared.world(), request);
    shared.tell();
    if !evict.is_empty() {
        // The real server deletes the oldest sessions once the answer is out (contract §13.3).
        let shared = shared.clone();
        tokio::spawn(async move {
            tokio::time::sleep(EVICTION).await;
            let mut world = shared.world();
            for (user, session) in evict {
                if let Some(user) = world.user_mut(&user) {
                    user.sessions.retain(|each| each.id != session);
                }
            }
            drop(world);
            shared.ring();
        });
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
    let released = |world: &crate::world::World| world.faults.is_released(id);
    match fault {
        Fault::Delay(duration) => {
            tokio::time::sleep(duration).await;
            Outgoing::Whole(serve_request(shared, request).await)
        }
        Fault::Hold => {
            shared.wait_until(released).await;
            Outgoing::Whole(serve_request(shared, request).await)
        }
        Fault::HoldAnswer => {
            let answer = serve_request(shared, request).await;
            shared.world().faults.served(id);
            shared.ring();
            shared.wait_until(released).await;
            Outgoing::Whole(answer)
        }
        Fault::Hang => Outgoing::Never,
        Fault::ResetBefore => Outgoing::Reset,
        Fault::ResetAfter => {
            serve_request(shared, request).await;
            Outgoing::Reset
        }
        Fault::StallBody => Outgoing::Stalled(serve_request(shared, request).await),
        Fault::TruncateBody => Outgoing::Truncated(serve_request(shared, request).await),
        Fault::Status(status) => Outgoing::Whole(respond::failure(&shared.world(), status, &[])),
        Fault::Refusal { kind, status } => Outgoing::Whole(respond::refusal(&shared.world(), &kind, status)),
        Fault::Unavailable { retry_after } => {
            let after = ("Retry-After", retry_after.to_string());
            Outgoing::Whole(respond::failure(&shared.world(), 503, &[after]))
        }
        Fault::RateLimited { retry_after, reset } => {
            let mut extra = Vec::new();
            extra.extend(retry_after.map(|after| ("Retry-After", after.to_string())));
            if let Some(reset) = reset {
                extra.push(("X-Ratelimit-Limit", "10".to_owned()));
                extra.push(("X-Ratelimit-Remaining", "0".to_owned()));
                extra.push(("X-Ratelimit-Reset", reset.to_string()));
            }
            Outgoing::Whole(respond::failure(&shared.world(), 429, &extra))
        }
        Fault::Html(status) => Outgoing::Whole(respond::page(status)),
        Fault::Answer { status, body } => {
            let answer = respond::plain_json(status, &serde_json::Value::Null);
            Outgoing::Whole(Rendered { body: body.into_bytes(), ..answer })
        }
        Fault::Members(members) => {
            let mut answer = serve_plainly(shared, request).await;
            if let Ok(serde_json::Value::Object(mut body)) = serde_json::from_slice(&answer.body) {
                body.extend(members);
                answer.body = serde_json::Value::Object(body).to_string().into_bytes();
            }
            Outgoing::Whole(answer)
        }
        Fault::ByteOrderMark => {
            let mut answer = serve_plainly(shared, request).await;
            answer.body.splice(..0, *b"\xef\xbb\xbf");
            Outgoing::Whole(answer)
        }
        Fault::WrongJson => {
            Outgoing::Whole(respond::plain_json(200, &serde_json::json!(["not", "what", "you", "think"])))
        }
    }
}
