//! Recovery of a password and verification of an e-mail or phone number (contract §3).

use serde_json::Value;

use super::{
    By, Limit, Route, Scope, Since,
    account::new_password_rule,
    otp::{add_token, check_mail, check_phone},
    route,
};
use crate::{
    call::{Call, Outcome},
    errors::{ApiError, blocked, error},
    events::Told,
    redirects,
    world::{Message, Token, TokenKind, User, digits, hex},
};

const HOUR: i64 = 3600 * 1000;

pub(super) const BY_EMAIL: Limit = Limit { most: 10, window: 3600, by: &[By::Email, By::Ip] };
pub(super) const BY_USER: Limit = Limit { most: 10, window: 3600, by: &[By::User] };
const BY_USER_OR_IP: Limit = Limit { most: 10, window: 3600, by: &[By::User, By::Ip] };
pub(super) const BY_USER_ID: Limit = Limit { most: 10, window: 3600, by: &[By::Param("userId")] };
/// Without the route: it shares its count with whatever else is counted so.
const BY_USER_ID_ONLY: Limit = Limit { most: 10, window: 3600, by: &[By::ParamOnly("userId")] };

const ASK_EMAIL: Route = Route {
    limit_path: "/account/verifications/email",
    limit: Some(BY_USER),
    ..route("POST", "/account/verification", Scope::Account, ask_email)
};
const PROVE_EMAIL: Route = Route {
    limit_path: "/account/verifications/email",
    limit: Some(BY_USER_ID),
    ..route("PUT", "/account/verification", Scope::Open, prove_email)
};
const ASK_PHONE: Route = Route {
    auth_method: Some(("phone", "Phone")),
    limit_path: "/account/verifications/phone",
    limit: Some(BY_USER_OR_IP),
    ..route("POST", "/account/verification/phone", Scope::Account, ask_phone)
};
const PROVE_PHONE: Route = Route {
    limit_path: "/account/verifications/phone",
    limit: Some(BY_USER_ID_ONLY),
    ..route("PUT", "/account/verification/phone", Scope::Open, prove_phone)
};

pub(super) const ROUTES: &[Route] = &[
    Route { limit: Some(BY_EMAIL), ..route("POST", "/account/recovery", Scope::Public, ask_recovery) },
    Route { limit: Some(BY_USER_ID), ..route("PUT", "/account/recovery", Scope::Public, recover) },
    ASK_EMAIL,
    Route { path: "/account/verifications/email", since: Since::V1_9, ..ASK_EMAIL },
    PROVE_EMAIL,
    Route { path: "/account/verifications/email", since: Since::V1_9, ..PROVE_EMAIL },
    ASK_PHONE,
    Route { path: "/account/verifications/phone", since: Since::V1_9, ..ASK_PHONE },
    PROVE_PHONE,
    Route { path: "/account/verifications/phone", since: Since::V1_9, ..PROVE_PHONE },
];

fn send(
    call: &mut Call<'_>,
    kind: TokenKind,
    secret: String,
    life: i64,
    url: Option<String>,
    user: &str,
) -> Outcome {
    let name = match kind {
        TokenKind::Recovery => "recovery",
        TokenKind::Phone => "phone-verification",
        _ => "email-verification",
    };
    let mut body = add_token(call, user, kind, &secret, life)?;
    tell(call, user, &body, &secret);
    if call.caller.api_key {
        body["secret"] = secret.clone().into();
    }
    call.world.messages.push(Message { kind: name, user_id: user.to_owned(), secret, url });
    call.json(201, body)
}

/// The event of a token has the secret that the answer does not show; realtime leaves it out.
fn tell(call: &mut Call<'_>, user: &str, body: &Value, secret: &str) {
    let mut payload = body.clone();
    payload["secret"] = secret.into();
    let id = body["$id"].as_str().unwrap_or_default().to_owned();
    let params = vec![("userId", user.to_owned()), ("tokenId", id)];
    let told = Told { params, payload: Some(payload), sensitive: &["secret"], ..Told::default() };
    call.reply.told = Some(told);
}

fn ask_recovery(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let email = params.email(call.traits())?;
    let url = redirects::param(call, "url")?;
    check_mail(call, "SMTP Disabled")?;
    let user = call.world.user_by_email(&email).ok_or_else(|| error("user_not_found"))?;
    if !user.enabled {
        return Err(blocked(call.traits()));
    }
    let id = user.id.clone();
    send(call, TokenKind::Recovery, hex(128), HOUR, Some(url), &id)
}

fn recover(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let (id, secret) = proof(call)?;
    let password = params.password("password", new_password_rule(call.world.profile))?;
    let (now, ends_all) = (call.now(), call.world.project.invalidate_sessions);
    prove(call, &id, &secret, &TokenKind::Recovery, |user| {
        user.password = Some(password);
        user.password_updated = Some(now);
        user.email_verified = true;
        if ends_all {
            user.sessions.clear();
        }
    })
}

fn ask_email(call: &mut Call<'_>) -> Outcome {
    let url = redirects::param(call, "url")?;
    check_mail(call, "SMTP Disabled")?;
    let newer = call.traits().lists_unverified;
    let user = call.user()?;
    // The older server sends one to nobody's address.
    if newer && user.email.is_none() {
        return Err(error("user_email_not_found"));
    }
    if user.email_verified {
        return Err(error("user_email_already_verified"));
    }
    let id = user.id.clone();
    let life = call.world.switches.verification_life * 1000;
    send(call, TokenKind::EmailVerification, hex(128), life, Some(url), &id)
}

fn prove_email(call: &mut Call<'_>) -> Outcome {
    let (id, secret) = proof(call)?;
    prove(call, &id, &secret, &TokenKind::EmailVerification, |user| user.email_verified = true)
}

fn ask_phone(call: &mut Call<'_>) -> Outcome {
    check_phone(call)?;
    let user = call.user()?;
    if user.phone.is_none() {
        return Err(error("user_phone_not_found"));
    }
    if user.phone_verified {
        return Err(error("user_phone_already_verified"));
    }
    let id = user.id.clone();
    send(call, TokenKind::Phone, digits(6), HOUR, None, &id)
}

/// What is sent to verify a number could sign in as well. The older server looks for it among the tokens of the caller.
fn prove_phone(call: &mut Call<'_>) -> Outcome {
    let (id, secret) = proof(call)?;
    let older = !call.traits().newer_fields;
    if older && call.world.user(&id).is_some() && call.caller.user_id.as_ref() != Some(&id) {
        return Err(error("user_invalid_token"));
    }
    prove(call, &id, &secret, &TokenKind::Phone, |user| user.phone_verified = true)
}

/// The user and the secret that are to prove something.
pub(super) fn proof(call: &Call<'_>) -> Result<(String, String), ApiError> {
    let params = call.params();
    Ok((params.id("userId")?, params.string("secret", 1..=256)?))
}

/// Uses up a token of that kind, changes its user, and answers with the token.
pub(super) fn prove(
    call: &mut Call<'_>,
    id: &str,
    secret: &str,
    kind: &TokenKind,
    apply: impl FnOnce(&mut User),
) -> Outcome {
    let now = call.now();
    let user = call.world.user_mut(id).ok_or_else(|| error("user_not_found"))?;
    let fits = |token: &Token| token.kind == *kind && token.secret == secret && token.expire >= now;
    let index = user.tokens.iter().position(fits).ok_or_else(|| error("user_invalid_token"))?;
    let token = user.tokens.remove(index);
    apply(user);
    user.updated = now;
    let mut body = token.body(id);
    let stored = crate::render::hashed(secret);
    tell(call, id, &body, &stored);
    if call.traits().leaks_hashes || call.caller.api_key {
        body["secret"] = stored.into();
    }
    call.json(200, body)
}
