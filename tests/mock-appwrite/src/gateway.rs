//! A small gateway of the app's own: validates with `GET /v1/account`, and misbehaves on request.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{
    access_token,
    exchange::{Outgoing, Rendered, arrived},
    form, json,
    request::{RawRequest, Request},
    respond::plain_json,
    shared::Shared,
};

/// By which the journal knows the gateway's own requests.
pub(crate) const USER_AGENT: &str = "mock-gateway";

/// Where a gateway says who calls, to other proxies and to a client's diagnosis.
pub(crate) const CHECK: &str = "/_gateway/session";

/// Says who calls in a header, as the real gateway does.
pub(crate) async fn who_calls(shared: &Arc<Shared>, request: &Request) -> Rendered {
    validated(shared, request, |user| Rendered {
        status: 200,
        headers: vec![("X-User-Id".to_owned(), user.to_owned())],
        body: Vec::new(),
    })
    .await
}

/// Answers a request below `/gateway/`.
pub(crate) async fn answer(shared: &Arc<Shared>, request: &Request) -> Rendered {
    let path = request.path.strip_prefix("/gateway/").unwrap_or_default();
    let query = |name: &str| request.query_value(name).map(str::to_owned);
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match first {
        "whoami" => validated(shared, request, |user| plain_json(200, &who(request, user))).await,
        "echo" => validated(shared, request, |_| echo(request)).await,
        "sticky" => validated(shared, request, |user| sticky(shared, request, user)).await,
        "live" => validated(shared, request, |user| live(request, user)).await,
        "deny" => plain_json(401, &json!({ "detail": "not for you" })),
        "open" => plain_json(200, &json!({ "carriers": carriers(request), "method": request.method })),
        "redirect" => {
            let status = query("status").and_then(|status| status.parse().ok()).unwrap_or(302);
            let location = ("Location".to_owned(), query("to").unwrap_or_default());
            Rendered { status, headers: vec![location], body: Vec::new() }
        }
        "status" => plain_json(rest.parse().unwrap_or(400), &json!({ "status": rest })),
        "bytes" => bytes(request, rest.parse().unwrap_or_default()),
        "form" => validated(shared, request, |_| form(request)).await,
        "problem" => problem(rest),
        _ => plain_json(404, &json!({ "detail": "no such path" })),
    }
}

pub(crate) fn problem(kind: &str) -> Rendered {
    let status = match kind {
        "user_blocked" => 403,
        "auth_unavailable" => 503,
        _ => 401,
    };
    let mut answer = plain_json(status, &json!({ "type": kind, "status": status }));
    answer.headers = vec![("Content-Type".to_owned(), "application/problem+json".to_owned())];
    answer
}

/// So many bytes, or the rest of them from where a client goes on (RFC 9110 §14).
fn bytes(request: &Request, count: usize) -> Rendered {
    let line = |name: &str, value: String| (name.to_owned(), value);
    let tag = format!("\"{count}\"");
    let is_same = request.header("if-range").is_none_or(|other| other == tag);
    let range = request
        .header("range")
        .filter(|_| is_same)
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    let begin: Option<usize> = range.and_then(|begin| begin.parse().ok());
    let mut headers = vec![line("Content-Type", "application/octet-stream".to_owned()), line("ETag", tag)];
    if begin.is_some_and(|begin| begin >= count) {
        headers.push(line("Content-Range", format!("bytes */{count}")));
        return Rendered { status: 416, headers, body: Vec::new() };
    }
    if let Some(begin) = begin {
        headers.push(line("Content-Range", format!("bytes {begin}-{}/{count}", count - 1)));
    }
    let body = (begin.unwrap_or_default()..count).map(|index| (index % 251) as u8).collect();
    Rendered { status: if begin.is_some() { 206 } else { 200 }, headers, body }
}

fn form(request: &Request) -> Rendered {
    match form::fields(request.header("content-type").unwrap_or_default(), &request.body) {
        Some(fields) => plain_json(200, &json!({ "fields": fields })),
        None => plain_json(400, &json!({ "detail": "no form" })),
    }
}

fn echo(request: &Request) -> Rendered {
    let kind = request.header("content-type").unwrap_or("application/octet-stream").to_owned();
    let headers = vec![("Content-Type".to_owned(), kind), ("X-Method".to_owned(), request.method.clone())];
    Rendered { status: 200, headers, body: request.body.clone() }
}

fn who(request: &Request, user: &str) -> Value {
    json!({
        "userId": user, "carrier": carriers(request).first(), "carriers": carriers(request).len(),
        "method": request.method, "bodyLength": request.body.len(), "cookies": cookies(request),
    })
}

/// The WebSocket: the answer 101, whose body is the first message (`gateway_socket`).
fn live(request: &Request, user: &str) -> Rendered {
    plain_json(if request.is_upgrade() { 101 } else { 426 }, &who(request, user))
}

fn sticky(shared: &Shared, request: &Request, user: &str) -> Rendered {
    let mut answer = plain_json(200, &who(request, user));
    let mut set = |text: String| answer.headers.push(("Set-Cookie".to_owned(), text));
    set(format!("lb={}; Path=/", request.query_value("value").unwrap_or("one")));
    if request.query_value("session").is_some() {
        set(format!("a_session_{}=evil; Path=/", shared.world().project.id));
    }
    answer
}

/// What a gateway sees of the session in a request: `{"carrier", "carriers", "cookies"}`, where the cookies are the others.
pub(crate) fn seen(request: &Request) -> Value {
    let carriers = carriers(request);
    json!({ "carrier": carriers.first().unwrap_or(&"none"), "carriers": carriers.len(), "cookies": cookies(request) })
}

/// The carriers that a request has, in the order in which Appwrite would look at them.
fn carriers(request: &Request) -> Vec<&'static str> {
    let mut found = Vec::new();
    if session_cookies(request).is_some() {
        found.push("cookie");
    }
    for (header, name) in [
        ("x-appwrite-session", "session-header"),
        ("x-fallback-cookies", "fallback"),
        ("x-appwrite-jwt", "jwt"),
    ] {
        if request.filled(header).is_some() {
            found.push(name);
        }
    }
    if bearer(request).is_some() {
        found.push("bearer");
    }
    found
}

fn bearer(request: &Request) -> Option<&str> {
    request.header("authorization")?.strip_prefix("Bearer ")
}

fn cookie_pairs(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    let lines = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    lines.flat_map(|(_, line)| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

fn session_cookies(request: &Request) -> Option<String> {
    let pairs: Vec<String> = cookie_pairs(request)
        .filter(|(name, _)| name.starts_with("a_session_"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}

fn cookies(request: &Request) -> Map<String, Value> {
    cookie_pairs(request)
        .filter(|(name, _)| !name.starts_with("a_session_"))
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect()
}

/// Asks Appwrite who calls, and lets `then` answer if it knows.
async fn validated(shared: &Arc<Shared>, request: &Request, then: impl Fn(&str) -> Rendered) -> Rendered {
    identify(shared, request).await.map_or_else(|refusal| refusal, |user| then(&user))
}

/// Asks Appwrite who calls. Gives the user's id, or the gateway's own answer.
pub(crate) async fn identify(shared: &Arc<Shared>, request: &Request) -> Result<String, Rendered> {
    if let Some(verified) = bearer(request).and_then(|token| access_token::verify(&shared.world(), token)) {
        return verified;
    }
    let project = shared.world().project.id.clone();
    Err(match ask(shared, &project, request).await {
        Some((200, body)) => return Ok(body["$id"].as_str().unwrap_or_default().to_owned()),
        Some((401, body)) => plain_json(401, &json!({ "detail": "who are you?", "type": body["type"] })),
        Some((403, body)) => plain_json(403, &json!({ "detail": "no", "type": body["type"] })),
        _ => {
            let mut answer = plain_json(503, &json!({ "detail": "Appwrite cannot be asked" }));
            answer.headers.push(("Retry-After".to_owned(), "1".to_owned()));
            answer
        }
    })
}

/// `GET /v1/account` with the carriers of `request`, and nothing else of it. `None` if there is no whole answer.
async fn ask(shared: &Arc<Shared>, project: &str, request: &Request) -> Option<(u16, Value)> {
    let host = shared.origins.appwrite.split_once("://").map_or("", |(_, host)| host);
    let jwt = request.filled("x-appwrite-jwt").or_else(|| bearer(request));
    let headers = [
        ("Host", Some(host.to_owned())),
        ("User-Agent", Some(USER_AGENT.to_owned())),
        ("X-Appwrite-Project", Some(project.to_owned())),
        ("Cookie", session_cookies(request)),
        ("X-Appwrite-Session", request.filled("x-appwrite-session").map(str::to_owned)),
        ("X-Fallback-Cookies", request.filled("x-fallback-cookies").map(str::to_owned)),
        ("X-Appwrite-JWT", jwt.map(str::to_owned)),
    ];
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let question = Request::parse(RawRequest {
        method: "GET".to_owned(),
        target: "/v1/account".to_owned(),
        headers: headers.collect(),
        ..RawRequest::default()
    });
    match arrived(shared, &question, "appwrite").answer(&question).await {
        Outgoing::Whole(answer) => {
            Some((answer.status, serde_json::from_slice(&answer.body).unwrap_or_default()))
        }
        Outgoing::Stalled(_, _rest) => std::future::pending().await,
        // Appwrite has no feed.
        Outgoing::Fed(..) | Outgoing::Truncated(_) | Outgoing::Reset => None,
    }
}
