//! What an API key can make and end for a user: sessions, tokens and JWTs (contract §3.1, §14.19).

use super::{
    Route, Scope,
    users::{named, payload, users},
};
use crate::{
    call::{Call, Outcome},
    errors::error,
    json,
    jwt::mint,
    params::{custom_path_id, path_id},
    render::{self, Secret, SessionStyle},
    world::{TokenKind, User, hex},
};

const READ: Scope = Scope::Sessions("users.read", "sessions.read");
const WRITE: Scope = Scope::Sessions("users.write", "sessions.write");
const TOKENS: Scope = Scope::Key("users.write");

pub(super) const ROUTES: &[Route] = &[
    users("POST", "/users/:id/sessions", WRITE, create),
    users("GET", "/users/:id/sessions", READ, list),
    users("DELETE", "/users/:id/sessions", WRITE, delete_all),
    users("DELETE", "/users/:id/sessions/:session", WRITE, delete),
    users("POST", "/users/:id/tokens", TOKENS, create_token),
    users("POST", "/users/:id/jwts", TOKENS, create_jwt),
];

/// A session that no client opened: its secret is in the body and in no header. The user's id is checked as one of own choice.
fn create(call: &mut Call<'_>) -> Outcome {
    let id = call.path.first().cloned().unwrap_or_default();
    if id != "unique()" {
        custom_path_id("userId", &id)?;
    }
    let id = call.world.user(&id).map(|user| user.id.clone()).ok_or_else(|| error("user_not_found"))?;
    let traits = call.traits();
    let factors: &[&str] = if traits.newer_fields { &["server"] } else { &[] };
    let session = call.open_session(&id, "server", "", factors)?;
    call.reply.cookies.clear();
    call.reply.fallback.clear();
    if let Some(made) = call.world.user_mut(&id).and_then(|user| user.sessions.last_mut()) {
        made.unlisted = !traits.newer_fields;
    }
    let secret = if traits.newer_fields { Secret::Blob } else { Secret::Raw };
    let user = call.world.user(&id).ok_or_else(|| error("user_not_found"))?;
    let body = render::session(user, &session, SessionStyle { secret, ..SessionStyle::default() });
    call.json(201, body)
}

fn list(call: &mut Call<'_>) -> Outcome {
    let id = named(call)?;
    let user = call.world.user(&id).ok_or_else(|| error("user_not_found"))?;
    let style = SessionStyle { secret: Secret::Hash, ..SessionStyle::default() };
    let listed = user.sessions.iter().filter(|each| !each.unlisted);
    let sessions: Vec<_> = listed.map(|each| render::session(user, each, style)).collect();
    call.json(200, json!({ "total": sessions.len(), "sessions": sessions }))
}

fn delete_all(call: &mut Call<'_>) -> Outcome {
    let id = named(call)?;
    let shown = payload(call, &id);
    call.tell(vec![("userId", id.clone())], shown);
    if let Some(user) = call.world.user_mut(&id) {
        user.sessions.clear();
    }
    call.no_content()
}

fn delete(call: &mut Call<'_>) -> Outcome {
    path_id("userId", call.path.first().map(String::as_str).unwrap_or_default())?;
    let session = call.path.get(1).cloned().unwrap_or_default();
    path_id("sessionId", &session)?;
    let id = named(call)?;
    // Whoever's it is.
    let has = |user: &&mut User| user.sessions.iter().any(|each| each.id == session);
    let user = call.world.users.iter_mut().find(has).ok_or_else(|| error("user_session_not_found"))?;
    let index = user.sessions.iter().position(|each| each.id == session);
    let ended = user.sessions.remove(index.ok_or_else(|| error("user_session_not_found"))?);
    let style = SessionStyle { secret: Secret::Hash, ..SessionStyle::default() };
    let mut payload = render::session(user, &ended, style);
    payload["countryName"] = json!("");
    call.tell(vec![("userId", id), ("sessionId", session)], payload);
    call.no_content()
}

fn create_token(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let length = params.number("length", 6, 4..=128)?;
    let life = params.number("expire", 900, 60..=31_536_000)?;
    let id = named(call)?;
    let length = usize::try_from(length).unwrap_or(6);
    let secret: String = hex(length.div_ceil(2)).chars().take(length).collect();
    let mut body = super::otp::add_token(call, &id, TokenKind::Generic, &secret, life * 1000)?;
    body["secret"] = json!(secret);
    call.json(201, body)
}

/// A JWT of a session of the user's: the named one, or the latest.
fn create_jwt(call: &mut Call<'_>) -> Outcome {
    let duration = call.params().number("duration", 900, 0..=3600)?;
    let wanted = call.params().optional_text("sessionId", "Value must be a valid string", |_| true)?;
    let id = named(call)?;
    let exp = call.now() / 1000 + duration;
    let user = call.world.user(&id).ok_or_else(|| error("user_not_found"))?;
    let session = match wanted.as_deref() {
        None | Some("recent") => user.sessions.last(),
        Some(wanted) => user.sessions.iter().find(|each| each.id == wanted),
    };
    let jwt = mint(&id, session.map_or("", |session| session.id.as_str()), exp);
    call.json(201, json!({ "jwt": jwt }))
}
