//! The users API, for API keys: making users, reading and changing them (contract §1.4).

use serde_json::{Map, Value};

use super::{Route, Scope, account::new_password_rule, otp, route};
use crate::{
    call::{Call, Outcome},
    errors::{ApiError, error},
    json,
    params::{EMAIL_RULE, PHONE_RULE, is_email_to, is_phone, path_id},
    render,
    world::{Target, User},
};

pub(super) const READ: Scope = Scope::Key("users.read");
pub(super) const WRITE: Scope = Scope::Key("users.write");

/// A route of the users API.
pub(super) const fn users(
    method: &'static str,
    path: &'static str,
    scope: Scope,
    act: fn(&mut Call<'_>) -> Outcome,
) -> Route {
    Route { service: "users", ..route(method, path, scope, act) }
}

pub(super) const ROUTES: &[Route] = &[
    users("POST", "/users", WRITE, create),
    users("GET", "/users", READ, list),
    users("GET", "/users/:id", READ, read),
    users("DELETE", "/users/:id", WRITE, delete),
    users("GET", "/users/:id/prefs", READ, read_prefs),
    users("PATCH", "/users/:id/prefs", WRITE, update_prefs),
    users("PATCH", "/users/:id/status", WRITE, update_status),
    users("PATCH", "/users/:id/password", WRITE, update_password),
    users("PATCH", "/users/:id/name", WRITE, update_name),
    users("PATCH", "/users/:id/email", WRITE, update_email),
    users("PATCH", "/users/:id/phone", WRITE, update_phone),
    users("PATCH", "/users/:id/mfa", WRITE, update_mfa),
    users("PATCH", "/users/:id/verification", WRITE, update_email_verification),
    users("PATCH", "/users/:id/verification/phone", WRITE, update_phone_verification),
    users("PUT", "/users/:id/labels", WRITE, update_labels),
];

/// The user that the path names.
pub(super) fn named(call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.path.first().cloned().unwrap_or_default();
    path_id("userId", &id)?;
    call.world.user(&id).map(|user| user.id.clone()).ok_or_else(|| error("user_not_found"))
}

/// A user as an API key sees one: an account with its hash.
fn body(user: &User, call: &Call<'_>) -> Value {
    let mut body = Map::new();
    let Value::Object(account) = render::account(user, call.traits()) else { return Value::Null };
    for (name, value) in account {
        let after = name == "name";
        body.insert(name, value);
        if after {
            let hash = user.password.as_ref().map(|_| format!("$argon2id$v=19$m=65536,t=4,p=3${}", user.id));
            body.insert("password".to_owned(), json!(hash.unwrap_or_default()));
            body.insert("hash".to_owned(), json!("argon2"));
            let (memory, cost, time) = call.traits().hash_options;
            body.insert(
                "hashOptions".to_owned(),
                json!({"type": "argon2", memory: cost, time: 4, "threads": 3}),
            );
        }
    }
    Value::Object(body)
}

fn answer(call: &mut Call<'_>, id: &str, status: u16) -> Outcome {
    let user = call.world.user(id).ok_or_else(|| error("user_not_found"))?;
    let body = body(user, call);
    call.json(status, body)
}

/// Changes the user that the path names, and answers with it.
fn change(call: &mut Call<'_>, apply: impl FnOnce(&mut User)) -> Outcome {
    let id = named(call)?;
    let now = call.now();
    if let Some(user) = call.world.user_mut(&id) {
        apply(user);
        user.updated = now;
    }
    answer(call, &id, 200)
}

fn create(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let id = params.custom_id("userId")?;
    let email = match params.0.get("email") {
        None | Some(Value::Null) => None,
        Some(_) => Some(params.email(call.traits())?),
    };
    let traits = call.traits();
    let phone = params.nullable_text("phone", PHONE_RULE, |phone| is_phone(phone, traits))?;
    let rule = new_password_rule(call.world.profile);
    let password = params.nullable_text("password", rule, |text| (8..=256).contains(&text.len()))?;
    let name = params.optional_string("name", 1..=128)?.unwrap_or_default();
    if email.as_ref().is_some_and(|email| call.world.is_identified(email, None)) {
        return Err(error("user_email_already_exists"));
    }
    otp::check_free(call, id.as_deref())?;
    let taken =
        |user: &User| email.is_some() && user.email == email || phone.is_some() && user.phone == phone;
    if call.world.users.iter().any(taken) {
        return Err(error("user_already_exists"));
    }
    let now = call.now();
    let user = call.world.add_user(id, email, &name);
    user.accessed = None;
    user.password_updated = password.as_ref().map(|_| now);
    user.password = password;
    user.targets.extend(phone.iter().map(|phone| Target::new(now, "sms", phone)));
    user.phone = phone;
    let id = user.id.clone();
    answer(call, &id, 201)
}

fn list(call: &mut Call<'_>) -> Outcome {
    let users: Vec<_> = call.world.users.iter().map(|user| body(user, call)).collect();
    call.json(200, json!({ "total": users.len(), "users": users }))
}

fn read(call: &mut Call<'_>) -> Outcome {
    let id = named(call)?;
    answer(call, &id, 200)
}

/// A user as the event of its creation shows it: before it has a messaging target.
pub(crate) fn new_user_payload(call: &Call<'_>, id: &str) -> Value {
    let Some(user) = call.world.user(id) else { return Value::Null };
    body(&User { targets: Vec::new(), ..user.clone() }, call)
}

/// The user that the path names, as events about it show it.
pub(super) fn payload(call: &Call<'_>, id: &str) -> Value {
    call.world.user(id).map(|user| body(user, call)).unwrap_or_default()
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = named(call)?;
    let payload = payload(call, &id);
    call.tell(vec![("userId", id.clone())], payload);
    call.world.delete_user(&id);
    call.no_content()
}

fn read_prefs(call: &mut Call<'_>) -> Outcome {
    let id = named(call)?;
    let prefs = call.world.user(&id).map(|user| user.prefs.clone()).unwrap_or_default();
    call.json(200, Value::Object(prefs))
}

fn update_prefs(call: &mut Call<'_>) -> Outcome {
    let prefs = call.params().object("prefs")?;
    let id = named(call)?;
    change(call, |user| user.prefs = prefs)?;
    let prefs = call.world.user(&id).map(|user| user.prefs.clone()).unwrap_or_default();
    call.json(200, Value::Object(prefs))
}

fn update_status(call: &mut Call<'_>) -> Outcome {
    let enabled = call.params().loose_boolean("status")?;
    change(call, |user| user.enabled = enabled)
}

fn update_password(call: &mut Call<'_>) -> Outcome {
    let rule = new_password_rule(call.world.profile);
    let fits = |text: &str| text.is_empty() || (8..=256).contains(&text.len());
    let password = call.params().text("password", rule, fits)?;
    let (now, ends_all) = (call.now(), call.world.project.invalidate_sessions);
    change(call, |user| {
        user.password_updated = Some(now);
        user.password = (!password.is_empty()).then_some(password);
        if ends_all {
            user.sessions.clear();
        }
    })
}

fn update_name(call: &mut Call<'_>) -> Outcome {
    let name = call.params().string("name", 0..=128)?;
    change(call, |user| user.name = name)
}

/// An empty address takes the user's away.
fn update_email(call: &mut Call<'_>) -> Outcome {
    let traits = call.traits();
    let fits = |email: &str| email.is_empty() || is_email_to(email, traits);
    let email = call.params().text("email", EMAIL_RULE, fits)?.to_lowercase();
    let id = named(call)?;
    if call.world.is_identified(&email, Some(&id)) {
        return Err(error("user_email_already_exists"));
    }
    if call.world.is_targeted(&email) {
        return Err(error("user_target_already_exists"));
    }
    if !email.is_empty() && call.world.user_by_email(&email).is_some_and(|other| other.id != id) {
        return Err(error("user_email_already_exists"));
    }
    let now = call.now();
    change(call, |user| {
        user.reach("email", &email, now);
        user.email = Some(email).filter(|email| !email.is_empty());
        user.email_verified = false;
    })
}

/// An empty number takes the user's away.
fn update_phone(call: &mut Call<'_>) -> Outcome {
    let traits = call.traits();
    let fits = |phone: &str| phone.is_empty() || is_phone(phone, traits);
    let phone = call.params().text("number", PHONE_RULE, fits)?;
    let id = named(call)?;
    if call.world.is_targeted(&phone) {
        return Err(error("user_target_already_exists"));
    }
    let has = |other: &User| other.id != id && other.phone.as_deref() == Some(&phone);
    if call.world.users.iter().any(has) {
        return Err(error("user_phone_already_exists"));
    }
    let now = call.now();
    change(call, |user| {
        user.reach("sms", &phone, now);
        user.phone = Some(phone).filter(|phone| !phone.is_empty());
        user.phone_verified = false;
    })
}

fn update_mfa(call: &mut Call<'_>) -> Outcome {
    let mfa = call.params().boolean("mfa")?;
    change(call, |user| user.mfa = mfa)
}

fn update_email_verification(call: &mut Call<'_>) -> Outcome {
    let verified = call.params().boolean("emailVerification")?;
    change(call, |user| user.email_verified = verified)
}

fn update_phone_verification(call: &mut Call<'_>) -> Outcome {
    let verified = call.params().boolean("phoneVerification")?;
    change(call, |user| user.phone_verified = verified)
}

/// The rule of labels.
const LABELS: &str = "Value must a valid array no longer than 1000 items and Value must be a valid string and at least 1 chars and no \
                      longer than 36 chars and only consist of '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, A, B, C, D, E, F, G, H, I, J, K, L, \
                      M, N, O, P, Q, R, S, T, U, V, W, X, Y, Z, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, \
                      w, x, y, z' chars";

fn is_label(label: &str) -> bool {
    (1..=36).contains(&label.len()) && label.bytes().all(|c| c.is_ascii_alphanumeric())
}

fn update_labels(call: &mut Call<'_>) -> Outcome {
    let labels = call.params().list("labels", LABELS, 1000, is_label)?;
    change(call, |user| {
        user.labels.clear();
        for label in labels {
            if !user.labels.contains(&label) {
                user.labels.push(label);
            }
        }
    })
}
