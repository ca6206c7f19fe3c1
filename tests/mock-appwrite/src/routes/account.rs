//! The account itself: sign-up, reading, name, e-mail, password, preferences, self-block.

use serde_json::Value;

use super::{Route, Scope, TEN, route};
use crate::{
    call::{Call, Outcome, Place},
    errors::error,
    params::SIGN_IN_PASSWORD,
    profile::Profile,
    render,
};

pub(super) const ROUTES: &[Route] = &[
    Route {
        limit: Some(TEN),
        auth_method: Some(("email-password", "Email / Password")),
        ..route("POST", "/account", Scope::Public, create)
    },
    route("GET", "/account", Scope::Account, read),
    route("DELETE", "/account", Scope::Account, delete),
    route("GET", "/account/prefs", Scope::Account, read_prefs),
    route("PATCH", "/account/prefs", Scope::Account, update_prefs),
    route("PATCH", "/account/name", Scope::Account, update_name),
    route("PATCH", "/account/email", Scope::Account, update_email),
    route("PATCH", "/account/phone", Scope::Account, update_phone),
    Route { limit: Some(TEN), ..route("PATCH", "/account/password", Scope::Account, update_password) },
    route("PATCH", "/account/status", Scope::Account, block_self),
];

/// The rule of a new password, whose text differs by version.
pub(super) fn new_password_rule(profile: Profile) -> &'static str {
    match profile {
        Profile::V1_5 => {
            "Password must be between 8 and 265 characters long, and should not be one of the commonly used password."
        }
        Profile::V1_9 | Profile::V2_7 => SIGN_IN_PASSWORD,
    }
}

fn create(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let id = params.custom_id("userId")?;
    let email = params.email(call.traits())?;
    let password = params.password("password", new_password_rule(call.world.profile))?;
    let name = params.optional_string("name", 1..=128)?.unwrap_or_default();
    if call.caller.place == Place::Console {
        return Err(error("user_console_count_exceeded"));
    }
    super::otp::check_room(call)?;
    if call.world.is_identified(&email, None) {
        return Err(error("general_bad_request"));
    }
    let taken = call.world.user_by_email(&email).is_some()
        || id.as_ref().is_some_and(|id| call.world.user(id).is_some());
    // Who is signed in passes on what the sign-up does not set, and a phone number belongs to one user only.
    let model = call.user().ok().cloned();
    if taken || model.as_ref().is_some_and(|model| model.phone.is_some()) {
        return Err(error("user_already_exists"));
    }
    let traits = call.traits();
    let now = call.now();
    let user = call.world.add_user(id, Some(email), &name);
    user.password = Some(password);
    user.password_updated = Some(now);
    if let Some(model) = model {
        user.labels = model.labels;
        user.phone_verified = model.phone_verified;
        user.recovery_codes = model.recovery_codes;
    }
    let body = render::account(user, traits);
    call.json(201, body)
}

fn answer(call: &mut Call<'_>) -> Outcome {
    let body = render::account(call.user()?, call.traits());
    call.json(200, body)
}

/// Marks the user as changed and answers with the account.
fn changed(call: &mut Call<'_>) -> Outcome {
    let now = call.now();
    call.user_mut()?.updated = now;
    answer(call)
}

fn read(call: &mut Call<'_>) -> Outcome {
    answer(call)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.user()?.id.clone();
    call.world.delete_user(&id);
    call.no_content()
}

fn read_prefs(call: &mut Call<'_>) -> Outcome {
    let prefs = Value::Object(call.user()?.prefs.clone());
    call.json(200, prefs)
}

fn update_prefs(call: &mut Call<'_>) -> Outcome {
    let prefs = call.params().object("prefs")?;
    call.user_mut()?.prefs = prefs;
    changed(call)
}

fn update_name(call: &mut Call<'_>) -> Outcome {
    let name = call.params().string("name", 1..=128)?;
    call.user_mut()?.name = name;
    changed(call)
}

fn check_password(call: &mut Call<'_>, name: &str) -> Result<String, crate::errors::ApiError> {
    let given = call.params().password(name, SIGN_IN_PASSWORD)?;
    match &call.user()?.password {
        Some(password) if *password != given => Err(error("user_invalid_credentials")),
        _ => Ok(given),
    }
}

fn update_email(call: &mut Call<'_>) -> Outcome {
    let email = call.params().email(call.traits())?;
    let password = check_password(call, "password")?;
    let own = call.user()?.id.clone();
    if call.world.is_identified(&email, Some(&own)) {
        return Err(error("general_bad_request"));
    }
    // Also if it is the user's own target: an address that does not change is refused.
    if call.world.is_targeted(&email) {
        return Err(error("user_target_already_exists"));
    }
    if call.world.user_by_email(&email).is_some_and(|other| other.id != own) {
        return Err(error("general_bad_request"));
    }
    let now = call.now();
    let user = call.user_mut()?;
    user.retarget("email", &email);
    user.email_verified = false;
    user.email = Some(email);
    if user.password.is_none() {
        user.password = Some(password);
        user.password_updated = Some(now);
    }
    changed(call)
}

fn update_phone(call: &mut Call<'_>) -> Outcome {
    let phone = call.params().phone("phone", call.traits())?;
    let password = check_password(call, "password")?;
    let own = call.user()?.id.clone();
    if call.world.is_targeted(&phone) {
        return Err(error("user_target_already_exists"));
    }
    if call.world.users.iter().any(|other| other.id != own && other.phone.as_deref() == Some(&phone)) {
        return Err(error("user_phone_already_exists"));
    }
    let now = call.now();
    let user = call.user_mut()?;
    user.retarget("sms", &phone);
    user.phone = Some(phone);
    user.phone_verified = false;
    if user.password.is_none() {
        user.password = Some(password);
        user.password_updated = Some(now);
    }
    changed(call)
}

fn update_password(call: &mut Call<'_>) -> Outcome {
    let password = call.params().password("password", new_password_rule(call.world.profile))?;
    let old = if call.traits().newer_fields {
        call.params().optional_string("oldPassword", 0..=256)?
    } else {
        call.params().optional_text("oldPassword", SIGN_IN_PASSWORD, |old| (8..=256).contains(&old.len()))?
    };
    let old = old.unwrap_or_default();
    if call.user()?.password.as_ref().is_some_and(|password| *password != old) {
        return Err(error("user_invalid_credentials"));
    }
    let now = call.now();
    let own = call.caller.session_id.clone();
    let ends_others = call.world.project.invalidate_sessions;
    let user = call.user_mut()?;
    user.password = Some(password);
    user.password_updated = Some(now);
    // Without a session of its own, as with a JWT, the call ends none.
    if ends_others && own.is_some() {
        user.sessions.retain(|session| Some(&session.id) == own.as_ref());
    }
    changed(call)
}

fn block_self(call: &mut Call<'_>) -> Outcome {
    call.user_mut()?.enabled = false;
    call.take_session_back();
    changed(call)
}
