//! Signing in by OAuth2: off to the provider, back from it, and on to the app (contract §3.2).

use serde_json::Value;

use super::{
    By, Limit, Route, Scope, Since,
    oauth2_providers::{self as providers, Person},
    route,
};
use crate::{
    call::{Call, Outcome, Place},
    dates::iso,
    errors::{ApiError, blocked, error, error_with},
    json, jwt,
    php::{self, Url},
    redirects,
    render::{self, SessionStyle},
    world::{Session, Token, TokenKind, hex, unique_id},
};

const FIFTY: Limit = Limit { most: 50, window: 3600, by: &[By::IpOnly] };
const CALLBACK: Route = Route {
    any_origin: true,
    ..route("GET", "/account/sessions/oauth2/callback/:provider/:project", Scope::Public, call_back)
};

pub(super) const ROUTES: &[Route] = &[
    Route {
        limit: Some(FIFTY),
        html_errors: Some(Since::Always),
        ..route("GET", "/account/sessions/oauth2/:provider", Scope::Public, |call| leave(call, false))
    },
    Route {
        limit: Some(FIFTY),
        html_errors: Some(Since::Always),
        ..route("GET", "/account/tokens/oauth2/:provider", Scope::Public, |call| leave(call, true))
    },
    CALLBACK,
    Route { method: "POST", ..CALLBACK },
    Route {
        limit: Some(FIFTY),
        html_errors: Some(Since::V1_9),
        ..route("GET", "/account/sessions/oauth2/:provider/redirect", Scope::Open, arrive)
    },
    Route {
        any_origin: true,
        ..route("GET", "/mock/tests/general/oauth2", Scope::Public, providers::mock_page)
    },
];

fn provider(call: &Call<'_>) -> Result<String, ApiError> {
    let name = call.path.first().cloned().unwrap_or_default();
    providers::check(call, &name)?;
    Ok(name)
}

/// Scheme and port of this server's own URLs. The newer server takes the scheme from its configuration and the port from a header,
/// and writes an empty port where there is none.
fn origin_of(call: &Call<'_>, host: &str) -> String {
    if !call.traits().configured_urls {
        let scheme = if call.request.is_https() { "https" } else { "http" };
        return format!("{scheme}://{host}");
    }
    match call.request.header("x-forwarded-port") {
        Some("80") => format!("http://{host}"),
        port => format!("http://{host}:{}", port.unwrap_or_default()),
    }
}

fn callback_url(call: &Call<'_>, provider: &str) -> String {
    let own = origin_of(call, &call.request.host());
    format!("{own}/v1/account/sessions/oauth2/callback/{provider}/{}", call.world.project.id)
}

/// The page of the console that a flow without an own URL ends on.
fn default_path(call: &Call<'_>, end: &str) -> String {
    format!("{}/auth/oauth2/{end}", call.traits().console_path)
}

fn default_url(call: &Call<'_>, end: &str) -> String {
    let host = if call.traits().configured_urls { "localhost".to_owned() } else { call.request.host() };
    format!("{}{}", origin_of(call, &host), default_path(call, end))
}

fn optional_url(call: &Call<'_>, name: &str) -> Result<Option<String>, ApiError> {
    match call.request.params.contains_key(name) {
        false => Ok(None),
        true => redirects::param(call, name).map(Some),
    }
}

fn leave(call: &mut Call<'_>, token: bool) -> Outcome {
    let provider = provider(call)?;
    let params = call.params();
    let success = optional_url(call, "success")?.unwrap_or_else(|| default_url(call, "success"));
    let failure = optional_url(call, "failure")?.unwrap_or_else(|| default_url(call, "failure"));
    let rule = "Value must a valid array no longer than 100 items and Value must be a valid string and at least 1 chars and no \
                longer than 4096 chars";
    let fits = |scope: &str| (1..=4096).contains(&scope.chars().count());
    let scopes =
        if params.0.contains_key("scopes") { params.list("scopes", rule, 100, fits)? } else { Vec::new() };
    let own_state = own_state(call)?;
    if call.caller.place != Place::Project || !call.world.project.providers.contains(&provider) {
        return Err(error("project_provider_disabled"));
    }
    let mut state = json!({ "success": success, "failure": failure, "token": token });
    if let Some(own_state) = own_state {
        state["state"] = json!(own_state);
    }
    let state = php::json(&state);
    let url = providers::login_url(call, &provider, &callback_url(call, &provider), &scopes, &state);
    call.reply.no_cache = true;
    call.redirect(url)
}

/// What the app wants to have back in both URLs: printable ASCII, of which older servers know nothing (contract §2x.2.4).
fn own_state(call: &Call<'_>) -> Result<Option<String>, ApiError> {
    if !call.has("state") {
        return Ok(None);
    }
    let rule = "Value must be a valid string of printable ASCII and no longer than 256 chars";
    let printable = |text: &str| text.len() <= 256 && text.bytes().all(|c| (0x20..0x7f).contains(&c));
    let state = call.params().optional_text("state", rule, printable)?;
    Ok(state.filter(|state| !state.is_empty()))
}

/// Back from the provider: on to the route that knows the project, with all that the provider said.
fn call_back(call: &mut Call<'_>) -> Outcome {
    let provider = provider(call)?;
    let project = call.path.get(1).cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut said: Vec<(String, String)> = call
        .request
        .params
        .iter()
        .filter(|(name, _)| *name != "project")
        .map(|(k, v)| (k.clone(), text(v)))
        .collect();
    said.push(("project".to_owned(), project));
    let own = origin_of(call, &call.request.host());
    (call.reply.bare, call.reply.no_cache) = (true, true);
    call.redirect(format!("{own}/v1/account/sessions/oauth2/{provider}/redirect?{}", php::query(&said)))
}

/// Where a flow goes on to.
struct State {
    success: String,
    failure: String,
    token: bool,
    /// The app's own.
    own: String,
}

impl State {
    fn pass_on(&self, url: &mut Url) {
        if !self.own.is_empty() {
            url.set("state", &self.own);
        }
    }
}

fn state(call: &Call<'_>) -> Result<State, ApiError> {
    let text = call.request.params.get("state").and_then(Value::as_str).unwrap_or_default();
    let state: Value = match text {
        "" => Value::Null,
        text => json::read(text).ok_or_else(|| error("general_server_error"))?,
    };
    let field = |name: &str| state[name].as_str().unwrap_or_default().to_owned();
    let state = State {
        success: field("success"),
        failure: field("failure"),
        token: state["token"] == true,
        own: field("state"),
    };
    let allowed = |url: &str| {
        if call.traits().configured_urls {
            redirects::refusal(call.world, url).is_none()
        } else {
            url.contains("://")
        }
    };
    if !allowed(&state.success) {
        return Err(error("project_invalid_success_url"));
    }
    if !state.failure.is_empty() && !allowed(&state.failure) {
        return Err(error("project_invalid_failure_url"));
    }
    Ok(state)
}

fn arrive(call: &mut Call<'_>) -> Outcome {
    let provider = provider(call)?;
    let state = state(call)?;
    match sign_in(call, &provider, &state) {
        Err(refusal) if !state.failure.is_empty() => {
            let older = !call.traits().configured_urls;
            let told = json!({ "message": refusal.message, "type": refusal.kind, "code": refusal.status });
            let mut url = Url::parse(&state.failure);
            url.set("error", &php::json(&told));
            if call.traits().fields_of_2 && url.path == default_path(call, "failure") {
                let project = call.world.project.id.clone();
                url.set("project", &project);
            }
            state.pass_on(&mut url);
            call.redirect(url.text(older))
        }
        // 424 is none of the statuses that the server shows (contract §7).
        Err(refusal) if refusal.status == 424 => {
            Err(error_with(refusal.kind, "Server Error").with_status(500))
        }
        outcome => outcome,
    }
}

fn sign_in(call: &mut Call<'_>, provider: &str, state: &State) -> Outcome {
    if call.caller.place != Place::Project
        || !call.world.project.providers.iter().any(|name| name == provider)
    {
        return Err(error("project_provider_disabled"));
    }
    let said = |name: &str| call.request.params.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = titled(provider);
    let (refused, why, code) = (said("error"), said("error_description"), said("code"));
    if !refused.is_empty() {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let message = format!("The {name} OAuth2 provider returned an error: {refused}{why}");
        return Err(error_with("user_oauth2_provider_error", message));
    }
    if code.is_empty() {
        let message = "Missing OAuth2 code. Please contact the Appwrite team for additional support.";
        return Err(error_with("user_oauth2_provider_error", message));
    }
    let person = providers::person(call, provider, code, &callback_url(call, provider)).map_err(|why| {
        let message =
            format!("Failed to obtain access token. The {name} OAuth2 provider returned an error: {why}");
        error_with("user_oauth2_bad_request", message)
    })?;
    let user = find_or_make(call, provider, &person)?;
    let older = !call.traits().configured_urls;
    let mut url = Url::parse(&state.success);
    if state.token {
        let secret = add_token(call, &user, provider);
        url.set("secret", &secret);
        url.set("userId", &user);
    } else {
        let now = call.now();
        let session = call.new_session(provider, person.uid, &["email", "oauth2"]);
        let session = Session {
            provider_access_token: person.access_token.to_owned(),
            provider_access_token_expiry: Some(now + person.life * 1000),
            provider_refresh_token: person.refresh_token.to_owned(),
            ..session
        };
        let session = call.keep_session(&user, session)?;
        // The session flow makes a replacement; the token flow leaves the caller's session alone (contract §2x.2.4).
        if let Some(old) = call.caller.session_id.clone().filter(|_| call.traits().fields_of_2)
            && let Some(user) = call.world.user_mut(&user)
        {
            user.sessions.retain(|each| each.id != old);
        }
        let shown = call.world.user(&user).map(|user| {
            let style = SessionStyle { current: true, ..SessionStyle::default() };
            render::session(user, &session, style)
        });
        call.tell(
            vec![("userId", user.clone()), ("sessionId", session.id.clone())],
            shown.unwrap_or_default(),
        );
        if url.path == default_path(call, "success") {
            let project = call.world.project.id.clone();
            url.set("project", &project);
            if let Some(domain) = crate::cookies::domain(call.request, call.traits().newer_headers) {
                url.set("domain", &domain);
            }
            let key = call.cookie_key.clone();
            url.set("key", &key);
            url.set("secret", &session.blob(&user));
        }
        call.reply.no_cache = true;
    }
    state.pass_on(&mut url);
    call.reply.no_cache = true;
    call.redirect(url.text(older))
}

/// The token that the app exchanges: up to 1.8 a long-lived secret, since then a JWT of a minute (contract §3.1).
fn add_token(call: &mut Call<'_>, user: &str, provider: &str) -> String {
    let now = call.now();
    let inner = hex(32);
    let (secret, expire) = if call.traits().oauth2_jwt {
        let expire = now + 60_000;
        (jwt::sign(&json!({ "secret": inner, "provider": provider, "exp": expire / 1000 })), expire)
    } else {
        (inner, now + call.world.project.session_duration * 1000)
    };
    let kind = TokenKind::OAuth2(provider.to_owned());
    let token = Token { id: unique_id(now), created: now, kind, secret: secret.clone(), expire };
    if let Some(user) = call.world.user_mut(user) {
        user.tokens.push(token);
        user.updated = now;
    }
    secret
}

/// The user of the caller's session, of the identity, or of the e-mail; else a new one.
fn find_or_make(call: &mut Call<'_>, provider: &str, person: &Person) -> Result<String, ApiError> {
    let now = call.now();
    let identity =
        |identity: &Value| identity["provider"] == *provider && identity["providerUid"] == *person.uid;
    let known = call
        .caller
        .user_id
        .clone()
        .or_else(|| {
            call.world
                .users
                .iter()
                .find(|user| user.identities.iter().any(identity))
                .map(|user| user.id.clone())
        })
        .or_else(|| call.world.user_by_email(person.email).map(|user| user.id.clone()));
    let id = match known {
        Some(id) => id,
        None => {
            super::otp::check_room(call)?;
            call.world.add_user(None, Some(person.email.to_owned()), person.name).id.clone()
        }
    };
    let traits = call.traits();
    let user = call.world.user_mut(&id).ok_or_else(|| error("user_not_found"))?;
    if !user.enabled {
        return Err(blocked(traits));
    }
    if user.name.is_empty() {
        user.name = person.name.to_owned();
    }
    if user.email.as_deref() == Some(person.email) {
        user.email_verified = true;
    }
    user.updated = now;
    if !user.identities.iter().any(identity) {
        let mut made = json!({
            "$id": unique_id(now), "$createdAt": iso(now), "$updatedAt": iso(now), "userId": id, "provider": provider,
            "providerUid": person.uid, "providerEmail": person.email, "providerAccessToken": person.access_token,
            "providerAccessTokenExpiry": iso(now + person.life * 1000),
            "providerRefreshToken": person.refresh_token,
        });
        if traits.fields_of_2 {
            made["providerIdToken"] = json!("");
        }
        user.identities.push(made);
    }
    Ok(id)
}

fn titled(name: &str) -> String {
    let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
    first.to_ascii_uppercase() + rest
}
