//! What an account has besides: identities, logs and push targets; and the server's version.

use serde_json::Value;

use super::{Route, Scope, Since, lists, route};
use crate::{
    call::{Body, Call, Outcome, Place},
    errors::{ApiError, broken, error, error_with},
    json,
    params::path_id,
    render,
    world::Target,
};

const TARGETS: Scope = Scope::User("targets.write");

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/account/identities", Scope::Account, identities),
    route("DELETE", "/account/identities/:id", Scope::Account, delete_identity),
    Route { since: Since::UntilV1_9, ..route("GET", "/account/logs", Scope::Account, logs) },
    route("POST", "/account/targets/push", TARGETS, create_target),
    route("PUT", "/account/targets/:id/push", TARGETS, update_target),
    route("DELETE", "/account/targets/:id/push", TARGETS, delete_target),
    Route { service: "ping", since: Since::V1_9, ..route("GET", "/ping", Scope::Public, ping) },
    Route { service: "locale", ..route("GET", "/locale", Scope::Public, locale) },
    GRAPHQL,
    Route { method: "POST", ..GRAPHQL },
    Route { service: "health", ..route("GET", "/health/version", Scope::Open, version) },
];

/// The checks of the REST API are not made for it, limits and origins included.
const GRAPHQL: Route =
    Route { service: "", any_origin: true, ..route("GET", "/graphql", Scope::Public, graphql) };

/// Whether the server is there; only for a project.
fn ping(call: &mut Call<'_>) -> Outcome {
    if call.caller.place == Place::Console {
        return Err(error("project_not_found"));
    }
    call.reply.status = 200;
    call.reply.body = Body::Text("Pong!");
    Ok(())
}

/// Where the caller is, which is unknown here.
fn locale(call: &mut Call<'_>) -> Outcome {
    let ip = call.request.ip();
    call.json(
        200,
        json!({
            "ip": ip, "countryCode": "--", "country": "Unknown", "continentCode": "--", "continent": "Unknown",
            "eu": false, "currency": "",
        }),
    )
}

/// GraphQL is there, and knows no query.
fn graphql(call: &mut Call<'_>) -> Outcome {
    if !call.world.project.allows("graphql") && !call.caller.api_key {
        return Err(error("general_api_disabled"));
    }
    let query = call.request.params.get("query").and_then(Value::as_str).unwrap_or_default();
    if query.is_empty() {
        let missing = if call.request.is_read() { "general_argument_invalid" } else { "graphql_no_query" };
        return Err(error_with(missing, "Param \"query\" is not optional."));
    }
    call.json(200, json!({ "errors": [{ "message": "The mock knows no query" }] }))
}

fn identities(call: &mut Call<'_>) -> Outcome {
    let identities = call.user()?.identities.clone();
    let known = ["userId", "provider", "providerUid", "providerEmail", "providerAccessTokenExpiry"];
    lists::answer(call, "identities", identities, &known)
}

fn delete_identity(call: &mut Call<'_>) -> Outcome {
    let id = call.path.first().cloned().unwrap_or_default();
    path_id("identityId", &id)?;
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
    lists::answer(call, "logs", Vec::new(), &[])
}

/// The name of the caller's device, which a push target gets.
fn device(call: &Call<'_>) -> String {
    let agent = crate::agent::parse(call.user_agent(), call.traits().newer_fields);
    format!("{} {}", agent.text("deviceBrand"), agent.text("deviceModel"))
}

fn create_target(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let id = params.custom_id("targetId")?;
    let identifier = params.string("identifier", 1..=255)?;
    let provider = params.optional_id("providerId")?;
    if call.caller.api_key {
        // A key has no sessions, among which the server looks for the caller's.
        return Err(broken());
    }
    let (now, traits) = (call.now(), call.traits());
    let (provider, session) = (provider.unwrap_or_default(), call.caller.session_id.clone());
    let name = device(call);
    if traits.fields_of_2 && session.is_some() {
        // A session has one target for each provider: a second one replaces the first (contract §2x.9).
        let user = call.user_mut()?;
        let same = |target: &&mut Target| {
            target.kind == "push" && target.session_id == session && target.provider_id == provider
        };
        if let Some(target) = user.targets.iter_mut().find(same) {
            target.identifier = identifier;
            let target = target.clone();
            let body = render::target(user, &target, traits);
            return call.json(201, body);
        }
    }
    let taken = call.world.users.iter().flat_map(|user| &user.targets);
    if taken.into_iter().any(|target| Some(&target.id) == id.as_ref() || target.identifier == identifier) {
        return Err(error("user_target_already_exists"));
    }
    let user = call.user_mut()?;
    let made = Target::new(now, "push", &identifier);
    let mut target = Target { name, provider_id: provider, session_id: session, ..made };
    target.id = id.unwrap_or(target.id);
    let body = render::target(user, &target, traits);
    user.targets.push(target);
    call.json(201, body)
}

/// The target of the path, which can be of any kind, by its place among the caller's.
fn named_target(call: &Call<'_>) -> Result<usize, ApiError> {
    let id = call.path.first().map(String::as_str).unwrap_or_default();
    let own = call.user().ok().and_then(|user| user.targets.iter().position(|target| target.id == id));
    own.ok_or_else(|| error("user_target_not_found"))
}

fn update_target(call: &mut Call<'_>) -> Outcome {
    path_id("targetId", call.path.first().map(String::as_str).unwrap_or_default())?;
    let identifier = call.params().string("identifier", 1..=255)?;
    let (index, name) = (named_target(call)?, device(call));
    let (now, traits) = (call.now(), call.traits());
    let user = call.user_mut()?;
    let target = &mut user.targets[index];
    (target.identifier, target.name, target.updated) = (identifier, name, now);
    let body = render::target(user, &user.targets[index], traits);
    call.json(200, body)
}

fn delete_target(call: &mut Call<'_>) -> Outcome {
    path_id("targetId", call.path.first().map(String::as_str).unwrap_or_default())?;
    let index = named_target(call)?;
    call.user_mut()?.targets.remove(index);
    call.no_content()
}

fn version(call: &mut Call<'_>) -> Outcome {
    call.json(200, json!({ "version": call.traits().version }))
}
