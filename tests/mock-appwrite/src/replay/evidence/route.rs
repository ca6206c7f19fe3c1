//! What kind of request an exchange is, and what its answer proves about who was logged in.

use super::super::credential;
use super::super::transcript::{Exchange, Request};
use super::{is_session, is_user};
use serde_json::Value;

/// The project that a request speaks to.
pub fn project(request: &Request) -> String {
    let segments = request.segments();
    if let ["account", "sessions", "oauth2", "callback", _, project, ..] = segments.as_slice() {
        return (*project).to_owned();
    }
    let header = request.header("x-appwrite-project").map(str::trim).filter(|id| !id.is_empty());
    let query = request.query("project").filter(|_| request.method == "GET");
    let body = request.param("project");
    query.or(body).or(header.map(str::to_owned)).unwrap_or_else(|| "console".to_owned())
}

/// Whether a request only reads.
pub fn is_read(request: &Request) -> bool {
    matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS")
}

/// Whether a request is refused to guests.
pub fn needs_account(request: &Request) -> bool {
    let segments = request.segments();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["account"]) | (_, ["account", "tokens" | "recovery", ..]) => false,
        ("GET", ["account", "sessions", "oauth2", ..]) => false,
        ("POST" | "PUT", ["account", "sessions", ..]) => false,
        ("PUT", ["account", "verification" | "verifications", ..]) => false,
        ("PATCH", ["teams", _, "memberships", _, "status"]) => false,
        (_, ["account", ..]) => true,
        (_, ["teams", ..]) => true,
        _ => false,
    }
}

/// Whether a request makes a user if the one it names does not exist.
pub fn creates_user(request: &Request) -> bool {
    let segments = request.segments();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["account"] | ["users", ..]) => segments.len() <= 2,
        ("POST", ["account", "sessions", "anonymous" | "magic-url" | "phone"]) => true,
        ("POST", ["account", "tokens", ..]) | ("POST", ["teams", _, "memberships"]) => true,
        ("GET", ["account", "sessions", "oauth2", _, "redirect"]) => true,
        _ => false,
    }
}

/// Whether a successful request can change what an account shows of itself; logins and logouts cannot.
pub fn changes_user(request: &Request) -> bool {
    let segments = request.segments();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["account", "sessions"] | ["account", "sessions", "email" | "anonymous"]) => false,
        ("PATCH" | "DELETE", ["account", "sessions", ..]) => false,
        ("POST", ["account", "jwt" | "jwts"] | ["account", "tokens", ..]) => false,
        (_, ["users", _, "sessions" | "tokens" | "jwts", ..]) => false,
        (_, ["account", "mfa", _, ..]) => false,
        _ => !is_read(request) || segments.last() == Some(&"redirect"),
    }
}

/// Whether the answer shows that a session or JWT of the request was accepted.
pub fn authenticated(exchange: &Exchange) -> bool {
    let (request, response) = (&exchange.request, &exchange.response);
    let needed = needs_account(request);
    if response.status < 400 {
        return needed;
    }
    let Some(kind) = response.error_type() else { return false };
    if kind == "general_unauthorized_scope" {
        return response.body.contains("(role: users)");
    }
    if kind.ends_with("_and_session_set") || kind.ends_with("_and_cookie_set") {
        return true;
    }
    // The older server looks at this last, when everything about the user is known.
    if kind == "general_api_disabled" && needed && !response.body.contains("\"version\":\"1.9") {
        return true;
    }
    // A life that breaks the server is looked at after the caller.
    let jwt = matches!(request.segments().as_slice(), ["account", "jwt" | "jwts"]);
    if kind == "general_unknown" && jwt && request.json().is_some_and(|body| body.get("duration").is_some()) {
        return true;
    }
    let on_session = ["user_session_already_exists", "user_more_factors_required", "user_blocked"];
    let before = [
        "general_unknown_origin",
        "general_route_not_found",
        "general_service_disabled",
        "general_api_disabled",
        "general_access_forbidden",
        "general_unknown",
        "project_not_found",
        "user_jwt_invalid",
        "user_unauthorized",
    ];
    on_session.contains(&kind.as_str()) || needed && !before.contains(&kind.as_str())
}

/// The user whom the answer shows as the one who is logged in.
pub fn shown_user(exchange: &Exchange) -> Option<String> {
    if exchange.response.status >= 400 || !needs_account(&exchange.request) {
        return None;
    }
    let body = exchange.response.json()?;
    let owned = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    if is_user(&body) {
        return owned(&body, "$id");
    }
    let first =
        |key: &str| body.get(key).and_then(|list| list.get(0)).and_then(|value| owned(value, "userId"));
    if let Some(jwt) = owned(&body, "jwt") {
        return owned(&credential::jwt_payload(&jwt)?, "userId");
    }
    if exchange.request.segments().first() == Some(&"teams") {
        return None;
    }
    if is_session(&body) {
        owned(&body, "userId")
    } else {
        first("sessions").or_else(|| owned(&body, "userId"))
    }
}

/// Whether a request carries a key that the server could have made: an API key or a development key.
pub fn keyed(request: &Request) -> bool {
    let key = |name: &str| request.header(name).is_some_and(looks_issued);
    key("x-appwrite-key") || key("x-appwrite-dev-key")
}

/// Whether a key has the form of those that the server makes: long hex, with or without a kind before it.
pub fn looks_issued(key: &str) -> bool {
    let hex = key.rsplit('_').next().unwrap_or_default();
    hex.len() >= 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}
