//! Turns what a route came to into an answer with the server's own headers, in the server's own order.

use serde_json::Value;

use crate::{
    call::Body,
    compress, dates,
    errors::{self, ApiError},
    exchange::Rendered,
    format, json, locale, origin, php,
    pipeline::{self, Answer},
    request::Request,
    world::World,
};

const JSON: &str = "application/json; charset=UTF-8";
const TEXT: &str = "text/plain; charset=UTF-8";
const HTML: &str = "text/html; charset=UTF-8";

type Headers = Vec<(String, String)>;

fn push(headers: &mut Headers, name: &str, value: impl Into<String>) {
    headers.push((name.to_owned(), value.into()));
}

/// Answers a request of the API; the second part is what to evict afterwards.
pub(crate) fn answer(world: &mut World, request: &Request) -> (Rendered, Vec<(String, String)>) {
    if request.method == "OPTIONS" {
        return (preflight(world, request), Vec::new());
    }
    if request.is_unreadable() {
        return (unreadable(world), Vec::new());
    }
    let mut answer = pipeline::answer(world, request);
    let evict = std::mem::take(&mut answer.reply.evict);
    (render(world, request, answer), evict)
}

/// The end of a request that breaks the server before it knows what is asked for.
fn unreadable(world: &World) -> Rendered {
    let version = world.profile.traits().version;
    let body = json!({ "message": "Error: Server Error", "code": 500, "version": version });
    let mut headers = Headers::new();
    push(&mut headers, "Server", "swoole-http-server");
    push(&mut headers, "Date", dates::http(world.now()));
    push(&mut headers, "Connection", "keep-alive");
    push(&mut headers, "Content-Type", "text/html");
    Rendered { status: 500, headers, body: body.to_string().into_bytes() }
}

/// A redirect that another server than the API sends.
fn bare(world: &World, answer: &Answer) -> Rendered {
    let mut headers = Headers::new();
    redirect(&mut headers, answer);
    push(&mut headers, "X-Debug-Speed", "0.0002");
    push(&mut headers, "Server", "swoole-http-server");
    push(&mut headers, "Date", dates::http(world.now()));
    push(&mut headers, "Connection", "keep-alive");
    push(&mut headers, "Content-Type", "text/html");
    Rendered { status: answer.reply.status, headers, body: Vec::new() }
}

fn strict_transport(headers: &mut Headers, request: &Request) {
    if request.is_https() {
        push(headers, "Strict-Transport-Security", "max-age=10886400");
    }
}

fn redirect(headers: &mut Headers, answer: &Answer) {
    let Some(location) = &answer.reply.location else { return };
    if answer.reply.no_cache {
        push(headers, "Cache-Control", "no-store, no-cache, must-revalidate, max-age=0");
        push(headers, "Pragma", "no-cache");
    }
    push(headers, "Location", location);
}

fn render(world: &World, request: &Request, answer: Answer) -> Rendered {
    if answer.reply.bare && answer.error.is_none() {
        return bare(world, &answer);
    }
    let newer = world.profile.traits().newer_headers;
    let (failed, early) = (answer.error.is_some(), is_early(answer.error.as_ref()));
    let mut headers = Headers::new();
    let cors = |headers: &mut Headers| cors(headers, world, request, answer.dev_key, newer);
    if newer {
        debug_fallback(&mut headers, &answer);
        if !failed {
            cors(&mut headers);
        }
    }
    if !newer {
        strict_transport(&mut headers, request);
    }
    if !answer.unresolved {
        push(&mut headers, "Server", "Appwrite");
        push(&mut headers, "X-Content-Type-Options", "nosniff");
    }
    if newer {
        strict_transport(&mut headers, request);
    }
    if let Some(warning) = warning(world, request) {
        push(&mut headers, "X-Appwrite-Warning", warning);
    }
    if !newer {
        cors(&mut headers);
        if !early {
            push(&mut headers, "X-Debug-Fallback", (!answer.direct).to_string());
        }
    }
    if let Some(limit) = answer.reply.limit {
        push(&mut headers, "X-Ratelimit-Limit", limit.limit.to_string());
        push(&mut headers, "X-Ratelimit-Remaining", limit.remaining.to_string());
        push(&mut headers, "X-Ratelimit-Reset", limit.reset.to_string());
    }
    if newer && failed {
        cors(&mut headers);
    }
    for line in &answer.reply.fallback {
        push(&mut headers, "X-Fallback-Cookies", line);
    }
    redirect(&mut headers, &answer);
    if failed {
        push(&mut headers, "Cache-Control", "no-cache, no-store, must-revalidate");
        push(&mut headers, "Expires", "0");
        push(&mut headers, "Pragma", "no-cache");
    }
    let (kind, body) = match answer.reply.body {
        Body::Empty => ("text/html", Vec::new()),
        Body::Json(mut body) => {
            locale::translate(&mut body, request);
            format::downgrade(&mut body, request, failed);
            (JSON, php::json(&body).into_bytes())
        }
        Body::Html(page) => (HTML, page.into_bytes()),
        Body::Text(text) => (TEXT, text.as_bytes().to_vec()),
    };
    let accepted = request.header("accept-encoding").unwrap_or_default();
    let coding =
        compress::pick(accepted, body.len(), world.profile.traits()).filter(|_| request.method != "HEAD");
    let body = coding.map_or(body.clone(), |coding| compress::encode(coding, &body));
    if newer && let Some(coding) = coding {
        push(&mut headers, "Content-Encoding", coding);
        push(&mut headers, "X-Utopia-Compression", "true");
        push(&mut headers, "Vary", "Accept-Encoding");
    }
    push(&mut headers, "X-Debug-Speed", "0.0023");
    if !body.is_empty() {
        push(&mut headers, "Content-Type", kind);
    }
    for line in &answer.reply.cookies {
        push(&mut headers, "Set-Cookie", line);
    }
    if answer.unresolved {
        push(&mut headers, "Server", "swoole-http-server");
    }
    push(&mut headers, "Date", dates::http(world.now()));
    let closes = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    push(&mut headers, "Connection", if closes { "close" } else { "keep-alive" });
    if !newer && let Some(coding) = coding {
        push(&mut headers, "Content-Encoding", coding);
    }
    if body.is_empty() {
        push(&mut headers, "Content-Type", kind);
    }
    Rendered { status: answer.reply.status, headers, body }
}

/// A client that asks for the answers of a newer server is told so.
fn warning(world: &World, request: &Request) -> Option<String> {
    let own = world.profile.traits().version;
    let wanted = request.filled("x-appwrite-response-format")?;
    let newer = format::version(wanted)? > format::version(own)?;
    newer.then(|| {
        format!(
            "The current SDK is built for Appwrite {wanted}. However, the current Appwrite server version is {own}. \
             Please downgrade your SDK to match the Appwrite version: https://appwrite.io/docs/sdks"
        )
    })
}

/// The older server finds these before it looks at the credential.
fn is_early(error: Option<&ApiError>) -> bool {
    error.is_some_and(|error| error.kind == "general_unknown_origin")
}

/// One line if the cookie or the session header decoded, else a second one (contract §14.11).
fn debug_fallback(headers: &mut Headers, answer: &Answer) {
    // A user who cannot be resolved is resolved once more for the error, with what was decoded the first time.
    let again = answer.bad_jwt.then_some(answer.decoded);
    for direct in [Some(answer.direct), again].into_iter().flatten() {
        push(headers, "X-Debug-Fallback", "false");
        if !direct {
            push(headers, "X-Debug-Fallback", "true");
        }
    }
}

fn cors(headers: &mut Headers, world: &World, request: &Request, exempt: bool, newer: bool) {
    push(headers, "Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
    push(headers, "Access-Control-Allow-Headers", allowed_headers(newer, request.method == "OPTIONS"));
    push(headers, "Access-Control-Expose-Headers", "X-Appwrite-Session, X-Fallback-Cookies");
    let origin = origin::allowed_origin(world, request, request.method == "OPTIONS", exempt);
    if !newer && let Some(origin) = &origin {
        push(headers, "Access-Control-Allow-Origin", origin);
    }
    push(headers, "Access-Control-Allow-Credentials", "true");
    if newer {
        push(headers, "Access-Control-Max-Age", "86400");
        if let Some(origin) = origin {
            push(headers, "Access-Control-Allow-Origin", origin);
        }
    }
}

/// The request headers that a page may send, as each server lists them.
fn allowed_headers(newer: bool, preflight: bool) -> &'static str {
    match (newer, preflight) {
        (true, _) => {
            "Accept, Origin, Cookie, Set-Cookie, Content-Type, Content-Range, X-Appwrite-Project, X-Appwrite-Key, \
             X-Appwrite-Dev-Key, X-Appwrite-Locale, X-Appwrite-Mode, X-Appwrite-JWT, X-Appwrite-Organization, \
             X-Appwrite-Response-Format, X-Appwrite-Timeout, X-Appwrite-ID, X-Appwrite-Timestamp, X-Appwrite-Session, \
             X-Appwrite-Platform, X-Appwrite-Impersonate-User-Id, X-Appwrite-Impersonate-User-Email, \
             X-Appwrite-Impersonate-User-Phone, X-SDK-Version, X-SDK-Name, X-SDK-Language, X-SDK-Platform, X-SDK-GraphQL, \
             X-SDK-Profile, Range, Cache-Control, Expires, Pragma, X-Fallback-Cookies, X-Requested-With, X-Forwarded-For, \
             X-Forwarded-User-Agent"
        }
        (false, true) => {
            "Origin, Cookie, Set-Cookie, X-Requested-With, Content-Type, Access-Control-Allow-Origin, \
             Access-Control-Request-Headers, Accept, X-Appwrite-Project, X-Appwrite-Key, X-Appwrite-Locale, \
             X-Appwrite-Mode, X-Appwrite-JWT, X-Appwrite-Response-Format, X-Appwrite-Timeout, X-SDK-Version, X-SDK-Name, \
             X-SDK-Language, X-SDK-Platform, X-SDK-GraphQL, X-Appwrite-ID, X-Appwrite-Timestamp, Content-Range, Range, \
             Cache-Control, Expires, Pragma, X-Appwrite-Session, X-Fallback-Cookies, X-Forwarded-For, \
             X-Forwarded-User-Agent"
        }
        (false, false) => {
            "Origin, Cookie, Set-Cookie, X-Requested-With, Content-Type, Access-Control-Allow-Origin, \
             Access-Control-Request-Headers, Accept, X-Appwrite-Project, X-Appwrite-Key, X-Appwrite-Locale, \
             X-Appwrite-Mode, X-Appwrite-JWT, X-Appwrite-Response-Format, X-Appwrite-Timeout, X-SDK-Version, X-SDK-Name, \
             X-SDK-Language, X-SDK-Platform, X-SDK-GraphQL, X-Appwrite-ID, X-Appwrite-Timestamp, Content-Range, Range, \
             Cache-Control, Expires, Pragma, X-Forwarded-For, X-Forwarded-User-Agent"
        }
    }
}

fn preflight(world: &World, request: &Request) -> Rendered {
    let newer = world.profile.traits().newer_headers;
    let mut headers = Headers::new();
    if newer {
        push(&mut headers, "X-Debug-Fallback", "false");
        push(&mut headers, "X-Debug-Fallback", "true");
    } else {
        push(&mut headers, "Server", "Appwrite");
    }
    cors(&mut headers, world, request, false, newer);
    if newer {
        push(&mut headers, "Server", "Appwrite");
    }
    push(&mut headers, "X-Debug-Speed", "0.0004");
    push(&mut headers, "Date", dates::http(world.now()));
    push(&mut headers, "Connection", "keep-alive");
    push(&mut headers, "Content-Type", "text/html");
    Rendered { status: 204, headers, body: Vec::new() }
}

/// A failure in Appwrite's form that no route came to.
pub(crate) fn failure(world: &World, status: u16, extra: &[(&str, String)]) -> Rendered {
    let kind = match status {
        429 => "general_rate_limit_exceeded",
        503 => "general_service_unavailable",
        _ => "general_unknown",
    };
    let version = world.profile.traits().version;
    let (_, message) = errors::known(kind);
    let body = json!({ "message": message, "code": status, "type": kind, "version": version });
    let mut answer = plain_json(status, &body);
    answer.headers.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    answer
}

/// Appwrite's error of a type that no route came to.
pub(crate) fn refusal(world: &World, kind: &str, status: Option<u16>) -> Rendered {
    let (own, message) = match kind {
        "user_blocked" => (world.profile.traits().blocked_status, world.profile.traits().blocked_message),
        kind => errors::known(kind),
    };
    let (status, version) = (status.unwrap_or(own), world.profile.traits().version);
    plain_json(status, &json!({ "message": message, "code": status, "type": kind, "version": version }))
}

/// JSON without any of Appwrite's headers.
pub(crate) fn plain_json(status: u16, body: &Value) -> Rendered {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    Rendered { status, headers, body: body.to_string().into_bytes() }
}

/// A page of something in front of the server.
pub(crate) fn page(status: u16) -> Rendered {
    let headers = vec![("Content-Type".to_owned(), "text/html".to_owned())];
    let body = format!("<html><body><h1>{status}</h1></body></html>").into_bytes();
    Rendered { status, headers, body }
}
