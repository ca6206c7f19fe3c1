//! What an API key reads and changes about a user beside the user: the second factor, targets, memberships and identities.

use serde_json::Value;

use super::{
    Route, lists,
    mfa::new_codes,
    teams,
    users::{READ, WRITE, named, users},
};
use crate::{
    call::{Call, Outcome},
    errors::{ApiError, error},
    json,
    params::invalid,
    render,
    world::User,
};

pub(super) const ROUTES: &[Route] = &[
    users("GET", "/users/:id/mfa/factors", READ, factors),
    users("GET", "/users/:id/mfa/recovery-codes", READ, read_codes),
    users("PATCH", "/users/:id/mfa/recovery-codes", WRITE, create_codes),
    users("PUT", "/users/:id/mfa/recovery-codes", WRITE, renew_codes),
    users("DELETE", "/users/:id/mfa/authenticators/:type", WRITE, delete_authenticator),
    users("GET", "/users/:id/targets", READ, targets),
    users("GET", "/users/:id/memberships", READ, memberships),
    users("GET", "/users/identities", READ, identities),
];

fn of<'a>(call: &'a Call<'_>) -> Result<&'a User, ApiError> {
    let id = named(call)?;
    call.world.user(&id).ok_or_else(|| error("user_not_found"))
}

/// Whether there are recovery codes is not said here.
fn factors(call: &mut Call<'_>) -> Outcome {
    let user = of(call)?;
    let mut body = json!({
        "totp": user.totp.as_ref().is_some_and(|totp| totp.verified),
        "phone": user.phone.is_some() && user.phone_verified,
        "email": user.email.is_some() && user.email_verified,
        "recoveryCode": false,
    });
    if call.traits().fields_of_2 {
        body["custom"] = json!(false);
    }
    call.json(200, body)
}

fn read_codes(call: &mut Call<'_>) -> Outcome {
    let codes = of(call)?.recovery_codes.clone();
    if codes.is_empty() {
        return Err(error("user_recovery_codes_not_found"));
    }
    call.json(200, json!({ "recoveryCodes": codes }))
}

fn create_codes(call: &mut Call<'_>) -> Outcome {
    if !of(call)?.recovery_codes.is_empty() {
        return Err(error("user_recovery_codes_already_exists"));
    }
    put_codes(call)
}

fn renew_codes(call: &mut Call<'_>) -> Outcome {
    if of(call)?.recovery_codes.is_empty() {
        return Err(error("user_recovery_codes_not_found"));
    }
    put_codes(call)
}

fn put_codes(call: &mut Call<'_>) -> Outcome {
    let id = named(call)?;
    let codes = new_codes();
    if let Some(user) = call.world.user_mut(&id) {
        user.recovery_codes.clone_from(&codes);
    }
    call.json(200, json!({ "recoveryCodes": codes }))
}

fn delete_authenticator(call: &mut Call<'_>) -> Outcome {
    let id = named(call)?;
    if !call.path.get(1).is_some_and(|kind| kind.eq_ignore_ascii_case("totp")) {
        return Err(invalid("type", "Value must be one of (totp)"));
    }
    let user = call.world.user_mut(&id).ok_or_else(|| error("user_not_found"))?;
    user.totp.take().ok_or_else(|| error("user_authenticator_not_found"))?;
    call.no_content()
}

fn targets(call: &mut Call<'_>) -> Outcome {
    let user = of(call)?;
    let all = user.targets.iter().map(|target| render::target(user, target, call.traits())).collect();
    lists::answer(call, "targets", all, &["name", "providerId", "providerType", "identifier", "userId"])
}

fn memberships(call: &mut Call<'_>) -> Outcome {
    let id = of(call)?.id.clone();
    let all = teams::memberships_of(call, &id);
    lists::answer(call, "memberships", all, &["userId", "teamId", "invited", "joined", "confirm", "roles"])
}

fn identities(call: &mut Call<'_>) -> Outcome {
    let all: Vec<Value> = call.world.users.iter().flat_map(|user| user.identities.clone()).collect();
    let known = ["userId", "provider", "providerUid", "providerEmail", "providerAccessTokenExpiry"];
    lists::answer(call, "identities", all, &known)
}
