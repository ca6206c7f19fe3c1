//! Sessions: opening them by e-mail, anonymously or by token, and reading, extending and deleting them.

use super::{By, HUNDRED, Limit, Route, Scope, TEN, lists, route};
use crate::{
    call::{Call, Outcome, Place},
    dates::iso,
    errors::{ApiError, error},
    json,
    params::{SIGN_IN_PASSWORD, invalid, path_id},
    profile::Profile,
    render::{self, Secret, SessionStyle},
    world::{Session, TokenKind, User},
};

const BY_EMAIL: Limit = Limit { most: 10, window: 3600, by: &[By::Email] };
/// The exchanges of tokens share one count per user.
pub(super) const BY_USER_ID: Limit = Limit { most: 10, window: 3600, by: &[By::IpAndParam("userId")] };
const ANONYMOUS: Limit = Limit { most: 50, window: 3600, by: &[By::IpOnly] };

const BY_PASSWORD: Route = Route {
    limit_path: "/account/sessions/email",
    limit: Some(BY_EMAIL),
    resets_limit: true,
    auth_method: Some(("email-password", "Email / Password")),
    opens_session: true,
    ..route("POST", "/account/sessions/email", Scope::Public, create_by_email)
};

pub(super) const ROUTES: &[Route] = &[
    BY_PASSWORD,
    Route { path: "/account/sessions", ..BY_PASSWORD },
    Route {
        limit: Some(ANONYMOUS),
        auth_method: Some(("anonymous", "Anonymous")),
        opens_session: true,
        ..route("POST", "/account/sessions/anonymous", Scope::Public, create_anonymous)
    },
    Route {
        limit: Some(BY_USER_ID),
        resets_limit: true,
        opens_session: true,
        ..route("POST", "/account/sessions/token", Scope::Public, create_by_token)
    },
    route("GET", "/account/sessions", Scope::Account, list),
    route("GET", "/account/sessions/:id", Scope::Account, read),
    Route { limit: Some(TEN), ..route("PATCH", "/account/sessions/:id", Scope::Account, extend) },
    Route {
        limit: Some(HUNDRED),
        mfa_exempt: true,
        ..route("DELETE", "/account/sessions/:id", Scope::Account, delete)
    },
    Route { limit: Some(HUNDRED), ..route("DELETE", "/account/sessions", Scope::Account, delete_all) },
];

/// Answers with a session that was just opened.
pub(super) fn opened(call: &mut Call<'_>, user_id: &str, session: &Session) -> Outcome {
    let secret = if call.caller.api_key { Secret::Blob } else { Secret::Masked };
    let user = call.world.user(user_id).ok_or_else(|| error("user_not_found"))?;
    let body = render::session(user, session, SessionStyle { current: true, raw: false, secret });
    call.json(201, body)
}

fn create_by_email(call: &mut Call<'_>) -> Outcome {
    let email = call.params().email(call.traits())?;
    let password = call.params().password("password", SIGN_IN_PASSWORD)?;
    let duration = duration(call)?;
    let user = call.world.user_by_email(&email);
    let Some(user) = user.filter(|user| user.password.as_deref() == Some(password.as_str())) else {
        return Err(error("user_invalid_credentials"));
    };
    if !user.enabled {
        return Err(crate::errors::blocked(call.traits()));
    }
    let id = user.id.clone();
    let mut session = call.new_session("email", &email, &["password"]);
    session.expire = session.created + duration * 1000;
    let session = call.keep_session(&id, session)?;
    opened(call, &id, &session)
}

/// How many seconds a session is to live: as long as the project says, or a part of that if the client asks for it.
fn duration(call: &Call<'_>) -> Result<i64, ApiError> {
    let longest = call.world.project.session_duration;
    if !call.has("duration") {
        return Ok(longest);
    }
    let wanted = call.params().number("duration", longest, i64::MIN..=i64::MAX)?;
    if call.world.switches.clamps_duration {
        return Ok(wanted.clamp(60.min(longest), longest));
    }
    call.params().number("duration", longest, 60.min(longest)..=longest)
}

fn create_anonymous(call: &mut Call<'_>) -> Outcome {
    if call.caller.place == Place::Console {
        return Err(error("user_anonymous_console_prohibited"));
    }
    super::otp::check_room(call)?;
    let id = call.world.add_user(None, None, "").id.clone();
    let session = call.open_session(&id, "anonymous", "", &["anonymous"])?;
    opened(call, &id, &session)
}

/// Exchanges a token of any kind that may become a session. A blocked user gets one too (contract §13.9).
pub(super) fn create_by_token(call: &mut Call<'_>) -> Outcome {
    let user_id = call.params().custom_id("userId")?;
    let secret = call.params().string("secret", 1..=256)?;
    // Nobody has the id that asks for a new one.
    let user_id = user_id.ok_or_else(|| error("user_invalid_token"))?;
    let session = exchange(call, &user_id, &secret)?;
    opened(call, &user_id, &session)
}

/// Uses up a token of the user and opens a session.
fn exchange(call: &mut Call<'_>, user_id: &str, secret: &str) -> Result<Session, ApiError> {
    let (now, call_traits) = (call.now(), call.traits());
    let user = call.world.user_mut(user_id).ok_or_else(|| error("user_invalid_token"))?;
    let fits = |token: &crate::world::Token| {
        token.secret == secret && token.expire >= now && token.kind.opens_session()
    };
    let index = user.tokens.iter().position(fits).ok_or_else(|| error("user_invalid_token"))?;
    let kind = user.tokens.remove(index).kind;
    let (provider, factors): (_, &[&str]) = match &kind {
        TokenKind::EmailOtp => ("token".to_owned(), &["email"]),
        TokenKind::Phone => ("phone".to_owned(), &["phone"]),
        TokenKind::MagicUrl => ("magic-url".to_owned(), &["email"]),
        TokenKind::OAuth2(provider) => {
            let known = call_traits.oauth2_jwt;
            let both = call_traits.oauth2_token_has_both_factors;
            let provider = if known { provider.clone() } else { "oauth2".to_owned() };
            (provider, if both { &["email", "oauth2"] } else { &["email"] })
        }
        // The user was verified by the authenticator, so the session needs no further factor (contract §2x.2.2).
        TokenKind::Passkey => ("passkey".to_owned(), &["passkey", "userVerification"]),
        _ => ("token".to_owned(), &["token"]),
    };
    match kind {
        TokenKind::EmailOtp | TokenKind::MagicUrl => user.email_verified = true,
        TokenKind::Phone => user.phone_verified = true,
        _ => {}
    }
    user.updated = now;
    let mut session = call.new_session(&provider, "", factors);
    session.mfa_updated = (kind == TokenKind::Passkey).then_some(now);
    if kind == TokenKind::MagicUrl {
        session.secret.truncate(call_traits.magic_url_secret);
    }
    call.keep_session(user_id, session)
}

fn list(call: &mut Call<'_>) -> Outcome {
    let user = call.user()?;
    let own = call.caller.session_id.as_ref();
    let sessions: Vec<_> = user
        .sessions
        .iter()
        .map(|each| {
            let style = SessionStyle { current: Some(&each.id) == own, ..SessionStyle::default() };
            render::session(user, each, style)
        })
        .collect();
    let total = if lists::wants_total(call)? { sessions.len() } else { 0 };
    call.json(200, json!({ "total": total, "sessions": sessions }))
}

/// The id of the path, with `current` for the caller's own.
fn wanted(call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.path.first().map(String::as_str).unwrap_or_default();
    path_id("sessionId", id)?;
    Ok(if id == "current" { call.caller.session_id.clone().unwrap_or_default() } else { id.to_owned() })
}

fn find<'a>(user: &'a User, id: &str) -> Result<&'a Session, ApiError> {
    user.sessions.iter().find(|each| each.id == id).ok_or_else(|| error("user_session_not_found"))
}

fn read(call: &mut Call<'_>) -> Outcome {
    let id = wanted(call)?;
    let user = call.user()?;
    let current = call.caller.session_id.as_deref() == Some(id.as_str());
    let style = SessionStyle { current, ..SessionStyle::default() };
    let body = render::session(user, find(user, &id)?, style);
    call.json(200, body)
}

fn extend(call: &mut Call<'_>) -> Outcome {
    let id = wanted(call)?;
    let (now, duration) = (call.now(), call.world.project.session_duration * 1000);
    let secret = if call.traits().leaks_hashes { Secret::Hash } else { Secret::Masked };
    let user = call.user_mut()?;
    let index =
        user.sessions.iter().position(|each| each.id == id).ok_or_else(|| error("user_session_not_found"))?;
    // The answer shows the date of the change before this one: the new one is set while it is being written.
    let mut shown = user.sessions[index].clone();
    shown.expire = now + duration;
    user.sessions[index].expire = shown.expire;
    user.sessions[index].updated = now;
    let mut body = render::session(user, &shown, SessionStyle { current: false, raw: true, secret });
    if call.traits().iso_when_extended {
        let ends = shown.provider_access_token_expiry.map(iso).unwrap_or_default();
        body["expire"] = json!(iso(shown.expire));
        body["providerAccessTokenExpiry"] = json!(ends);
    }
    call.json(200, body)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = wanted(call)?;
    let own = call.caller.session_id.as_deref() == Some(id.as_str());
    let user = call.user()?;
    let payload = ended(user, find(user, &id)?, own);
    let params = vec![("userId", user.id.clone()), ("sessionId", id.clone())];
    call.tell(params, payload);
    call.user_mut()?.sessions.retain(|each| each.id != id);
    if own {
        call.take_session_back();
    }
    call.no_content()
}

/// A session that was ended, as its event shows it: only the caller's own with its country.
fn ended(user: &User, session: &Session, own: bool) -> serde_json::Value {
    let mut body = render::session(user, session, SessionStyle { current: own, ..SessionStyle::default() });
    if !own {
        body["countryName"] = json!("");
    }
    body
}

/// The `deleted` cookies come only when the caller's session was presented; the empty fallback once per session in 1.9, and once
/// in 1.5 (contract §13.21, §14.10).
fn delete_all(call: &mut Call<'_>) -> Outcome {
    let count = call.user()?.sessions.len();
    let presented = call.caller.session_id.is_some();
    if !ends_own(call)? {
        let own = call.caller.session_id.clone();
        call.user_mut()?.sessions.retain(|each| Some(&each.id) == own.as_ref());
        return call.no_content();
    }
    // One event, for the caller's own session; a JWT has none, and nothing is told then (contract §2x.4.2).
    if let Some(own) = call.caller.session_id.clone() {
        let user = call.user()?;
        let payload = ended(user, find(user, &own)?, true);
        let params = vec![("userId", user.id.clone()), ("sessionId", own)];
        call.tell(params, payload);
    }
    call.user_mut()?.sessions.clear();
    call.take_session_back();
    if !presented {
        call.reply.cookies.clear();
    }
    if call.world.profile >= Profile::V1_9 && !call.reply.fallback.is_empty() {
        call.reply.fallback = vec!["[]".to_owned(); count + usize::from(presented)];
    }
    call.no_content()
}

/// Whether deleting all sessions ends the caller's own, too. Older servers do not know the parameter and end it (contract §2x.2.4).
fn ends_own(call: &Call<'_>) -> Result<bool, ApiError> {
    match call.request.query_value("current").filter(|_| call.has("current")) {
        None | Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        Some(_) => Err(invalid("current", "Value must be a valid boolean")),
    }
}
