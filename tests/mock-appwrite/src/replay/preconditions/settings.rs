//! Keys, platforms and project settings, as far as answers name them.

use super::super::bindings::Bindings;
use super::super::credential::carried;
use super::super::evidence::{authenticated, looks_issued};
use super::super::stage::Stage;
use super::super::transcript::{Exchange, Request, Response, all, header, percent_decode};
use super::Preconditions;
use crate::{json, replay::shape::date_ms};
use serde_json::Value;

/// Makes the recorded keys stand for the live ones.
pub(super) fn keys(exchanges: &[Exchange], stage: &Stage, bindings: &mut Bindings) {
    for (name, development) in [("x-appwrite-key", false), ("x-appwrite-dev-key", true)] {
        let mut seen: Vec<&str> =
            exchanges.iter().filter_map(|exchange| exchange.request.header(name)).collect();
        seen.sort_unstable();
        seen.dedup();
        for key in seen.into_iter().filter(|key| looks_issued(key)) {
            let with = || exchanges.iter().filter(|exchange| exchange.request.header(name) == Some(key));
            let refused =
                |exchange: &Exchange| exchange.response.error_type().as_deref() == Some("user_unauthorized");
            if !with().all(refused) {
                for exchange in with() {
                    let exists = exchange.response.error_type().as_deref() != Some("project_not_found");
                    stage.enter(&super::project(&exchange.request), exists);
                }
                let live = stage.key(key, development);
                bindings.bind(key, &live);
            }
        }
    }
}

/// Registers the platforms of origins that were checked and accepted.
///
/// The older server checks what writes, by `Origin` or else `Referer`; the newer one checks everything, by `Origin` alone. Of an
/// app the newer one looks at the kind only, and names the app in `Access-Control-Allow-Origin` if it is registered itself.
pub(super) fn platforms(exchanges: &[Exchange], stage: &Stage) {
    let newer = stage.checks_every_origin();
    for exchange in exchanges {
        let request = &exchange.request;
        let referer = || request.header("referer").filter(|_| !newer);
        let Some(origin) = request.header("origin").or_else(referer) else { continue };
        let reads = matches!(request.method.as_str(), "GET" | "HEAD");
        let checked = request.method != "OPTIONS" && (newer || !reads) && !has_any_key(request);
        let Some((scheme, rest)) = origin.split_once("://").filter(|_| checked) else { continue };
        if exchange.response.status >= 300 {
            continue;
        }
        let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
        let own = request.header("host").is_some_and(|own| own.split(':').next() == Some(host));
        let named = header(&exchange.response.headers, "access-control-allow-origin") == Some(origin);
        let app = newer && scheme.starts_with("appwrite-");
        match () {
            // The older server trusts its own host without a platform.
            () if own && !newer => {}
            () if app && !named => stage.register_platform(scheme, "another.app.of.this.kind"),
            () => stage.register_platform(scheme, host),
        }
    }
}

/// A key, or what looks like one, exempts from the check of the origin.
fn has_any_key(request: &Request) -> bool {
    request.header("x-appwrite-key").is_some() || request.header("x-appwrite-dev-key").is_some()
}

impl Preconditions<'_> {
    pub(super) fn settings(
        &mut self,
        index: usize,
        exchange: &Exchange,
        project: &str,
        stage: &Stage,
        bindings: &mut Bindings,
    ) {
        let before = index.checked_sub(1).and_then(|before| self.exchanges.get(before));
        if before.is_some_and(|before| before.group() != exchange.group()) {
            stage.usual_settings();
        }
        let kind = exchange.response.error_type().unwrap_or_default();
        let segments = exchange.request.segments();
        let disabled_method = (kind == "user_auth_method_unsupported").then(|| method(&segments)).flatten();
        let services: Vec<&str> =
            segments.first().copied().filter(|_| kind == "general_service_disabled").into_iter().collect();
        let mut settings = json!({
            "disabledMethods": disabled_method.into_iter().collect::<Vec<_>>(),
            "disabledServices": services,
            "restDisabled": kind == "general_api_disabled",
            "userLimitReached": kind == "user_count_exceeded",
            "smtpDisabled": kind == "general_smtp_disabled",
            "phoneDisabled": kind == "general_phone_disabled",
        });
        let mut set = |name: &str, value: Value| {
            if let Some(map) = settings.as_object_mut() {
                map.insert(name.to_owned(), value);
            }
        };
        if let Some(provider) = provider(&segments) {
            let location = header(&exchange.response.headers, "location").unwrap_or_default();
            let app = location.split("client_id=").nth(1).and_then(|rest| rest.split('&').next());
            match exchange.response.status {
                412 => set("provider", json!({"name": provider, "enabled": false})),
                300..400 => set(
                    "provider",
                    json!({"name": provider, "enabled": true, "appId": app.map(percent_decode)}),
                ),
                _ => {}
            }
        }
        if let Some(duration) = duration(exchange) {
            set("sessionDuration", json!(duration));
        }
        if let Some(limit) = self.session_limit(index, exchange, stage, bindings) {
            set("maxSessions", json!(limit));
        }
        if let Some(invalidate) = self.invalidates(index, exchange, project) {
            set("invalidateSessions", json!(invalidate));
        }
        stage.configure(&settings);
    }

    /// A list right after a login that holds fewer sessions than the live user would then have shows the limit.
    fn session_limit(
        &self,
        index: usize,
        exchange: &Exchange,
        stage: &Stage,
        bindings: &Bindings,
    ) -> Option<usize> {
        let user = super::super::evidence::issued_credential(&exchange.response)?.user;
        let list = self.exchanges.iter().skip(index + 1).take_while(|later| {
            let writes = !matches!(later.request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
            later.group() == exchange.group() && !writes
        });
        let total = list
            .filter(|later| carried(&later.request).first().is_some_and(|credential| credential.user == user))
            .find_map(|later| later.response.json()?.get("sessions")?.as_array().map(Vec::len))?;
        (total < stage.session_count(bindings.live(&user)) + 1).then_some(total)
    }

    /// What became of the other sessions after a password change shows whether they were invalidated.
    fn invalidates(&self, index: usize, exchange: &Exchange, project: &str) -> Option<bool> {
        let segments = exchange.request.segments();
        let user = match (exchange.request.method.as_str(), segments.as_slice()) {
            ("PATCH", ["account", "password"]) => carried(&exchange.request).first()?.user.clone(),
            ("PUT", ["account", "recovery"]) => exchange.request.param("userId")?,
            ("PATCH", ["users", id, "password"]) => (*id).to_owned(),
            _ => return None,
        };
        let own = carried(&exchange.request);
        if exchange.response.status >= 300 {
            return None;
        }
        let reads = self.exchanges.iter().skip(index + 1).take_while(|later| {
            later.group() == exchange.group() && matches!(later.request.method.as_str(), "GET" | "HEAD")
        });
        for later in reads {
            let presented = carried(&later.request);
            let Some(one) = presented.first().filter(|one| one.user == user && !own.contains(one)) else {
                continue;
            };
            let facts = self.evidence.sessions.with(one)?;
            let existed = facts.project == project
                && (facts.first <= index
                    || facts.created().is_some_and(|at| Some(at) < exchange.response.date()));
            if existed {
                return Some(!authenticated(later));
            }
        }
        None
    }
}

/// The authentication method that a route belongs to.
fn method(segments: &[&str]) -> Option<&'static str> {
    match segments {
        ["account"] | ["account", "sessions"] | ["account", "sessions", "email"] => Some("email-password"),
        ["account", "sessions", "anonymous"] => Some("anonymous"),
        ["account", "jwt" | "jwts"] => Some("jwt"),
        ["account", "tokens" | "sessions", "magic-url"] => Some("magic-url"),
        ["account", "tokens", "email"] => Some("email-otp"),
        ["account", "tokens" | "sessions" | "verification" | "verifications", "phone"] => Some("phone"),
        ["teams", ..] => Some("invites"),
        _ => None,
    }
}

fn provider<'a>(segments: &[&'a str]) -> Option<&'a str> {
    match segments {
        ["account", "sessions" | "tokens", "oauth2", "callback", provider, ..]
        | ["account", "sessions" | "tokens", "oauth2", provider, ..] => Some(provider),
        _ => None,
    }
}

/// How long a session lives that this exchange made or extended, in seconds.
fn duration(exchange: &Exchange) -> Option<i64> {
    let response = &exchange.response;
    let by_cookie = || max_age(response);
    let extended =
        exchange.request.method == "PATCH" && exchange.request.segments().get(1) == Some(&"sessions");
    if !extended {
        return by_cookie();
    }
    let expire = date_ms(&response.field("expire")?)?;
    let left = (expire - response.date()?) / 1000;
    // The date is cut to seconds, so a round number of seconds is the nearest one.
    Some(if left > 3600 { (left + 30) / 60 * 60 } else { left })
}

fn max_age(response: &Response) -> Option<i64> {
    let ages = all(&response.headers, "set-cookie").filter_map(|value| {
        let age = value.split("; ").find_map(|part| part.strip_prefix("Max-Age="))?;
        age.parse::<i64>().ok()
    });
    ages.filter(|age| *age > 0).max()
}
