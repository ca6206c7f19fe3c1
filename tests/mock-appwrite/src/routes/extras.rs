//! What an account has besides: identities, logs and push targets; and the server's version.

use serde_json::json;

use super::{Route, Scope, route};
use crate::{
    call::{Call, Outcome},
    errors::error,
    render,
    world::Target,
};

const TARGETS: Scope = Scope::User("targets.write");

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/account/identities", Scope::Account, identities),
    route("DELETE", "/account/identities/:id", Scope::Account, delete_identity),
    route("GET", "/account/logs", Scope::Account, logs),
    route("POST", "/account/targets/push", TARGETS, create_target),
    route("PUT", "/account/targets/:id/push", TARGETS, update_target),
    route("DELETE", "/account/targets/:id/push", TARGETS, delete_target),
    Route { service: "health", ..route("GET", "/health/version", Scope::Public, version) },
];

fn identities(call: &mut Call<'_>) -> Outcome {
    let identities = call.user()?.identities.clone();
    call.json(200, json!({ "total": identities.len(), "identities": identities }))
}

fn delete_identity(call: &mut Call<'_>) -> Outcome {
    let id = call.path.first().cloned().unwrap_or_default();
    let identities = &mut call.user_mut()?.identities;
    let index = identities
        .iter()
        .position(|each| each["$id"] == *id)
        .ok_or_else(|| error("user_identity_not_found"))?;
    identities.remove(index);
    call.no_content()
}

/// Logs are written by a worker that is not there.
fn logs(call: &mut Call<'_>) -> Outcome {
    call.json(200, json!({ "total": 0, "logs": [] }))
}

fn create_target(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let id = params.custom_id("targetId")?;
    let identifier = params.text("identifier", "Value must be a valid string", |text| !text.is_empty())?;
    let (now, traits) = (call.now(), call.traits());
    let agent = crate::agent::parse(call.user_agent(), traits.newer_fields);
    let part = |name: &str| agent.get(name).cloned().unwrap_or_default();
    let name = format!("{} {}", part("deviceBrand"), part("deviceModel"));
    let taken = call.world.users.iter().flat_map(|user| &user.targets);
    if taken.into_iter().any(|target| Some(&target.id) == id.as_ref() || target.identifier == identifier) {
        return Err(error("user_target_already_exists"));
    }
    let user = call.user_mut()?;
    let mut target = Target { name, ..Target::new(now, "push", &identifier) };
    target.id = id.unwrap_or(target.id);
    let body = render::target(user, &target, traits);
    user.targets.push(target);
    call.json(201, body)
}

fn update_target(call: &mut Call<'_>) -> Outcome {
    let identifier =
        call.params().text("identifier", "Value must be a valid string", |text| !text.is_empty())?;
    let id = call.path.first().cloned().unwrap_or_default();
    let traits = call.traits();
    let user = call.user_mut()?;
    let found = user.targets.iter().position(|target| target.id == id && target.kind == "push");
    let index = found.ok_or_else(|| error("user_target_not_found"))?;
    user.targets[index].identifier = identifier;
    let body = render::target(user, &user.targets[index], traits);
    call.json(200, body)
}

fn delete_target(call: &mut Call<'_>) -> Outcome {
    let id = call.path.first().cloned().unwrap_or_default();
    let targets = &mut call.user_mut()?.targets;
    let found = targets.iter().position(|target| target.id == id && target.kind == "push");
    targets.remove(found.ok_or_else(|| error("user_target_not_found"))?);
    call.no_content()
}

fn version(call: &mut Call<'_>) -> Outcome {
    call.json(200, json!({ "version": call.traits().version }))
}
