//! What is checked about a caller and a request, one by one; `pipeline` has the order.

use crate::{
    call::{Call, Caller},
    dates,
    errors::{ApiError, bad_argument, blocked, error, error_with, missing_scope},
    pipeline::Answer,
    routes::{Route, Scope},
    world::World,
};

/// Refuses blocked users, and sessions that lack a factor.
pub(crate) fn user(world: &World, caller: &Caller, mfa_exempt: bool) -> Result<(), ApiError> {
    let Some(user) = caller.user_id.as_deref().and_then(|id| world.user(id)) else { return Ok(()) };
    if !user.enabled {
        return Err(blocked(world.profile.traits()));
    }
    let session = user.sessions.iter().find(|each| Some(&each.id) == caller.session_id.as_ref());
    if let Some(refusal) = session.and_then(|session| world.switches.refusal_by_age(session, world.now())) {
        return Err(refusal);
    }
    let lacks_factor = session.is_some_and(|session| session.factors.len() < user.needed_factors());
    if lacks_factor && !mfa_exempt && !caller.api_key {
        return Err(error("user_more_factors_required"));
    }
    Ok(())
}

/// Whether the REST API is switched on: the newer server asks before it looks at the scope, the older one after all about the user.
pub(crate) fn rest(call: &Call<'_>, route: &Route) -> Result<(), ApiError> {
    if call.world.project.allows("rest") || call.caller.api_key || route.path == "/graphql" {
        return Ok(());
    }
    Err(error("general_api_disabled"))
}

/// Refuses a service that is switched off, and a caller without the scope of the route.
pub(crate) fn scope(call: &Call<'_>, route: &Route) -> Result<(), ApiError> {
    let project = &call.world.project;
    if !project.allows(route.service) && !call.caller.api_key {
        return Err(error("general_service_disabled"));
    }
    if call.traits().newer_headers {
        rest(call, route)?;
    }
    let user = call.user().ok();
    let allowed = match route.scope {
        Scope::Public => true,
        Scope::Open => !call.caller.api_key,
        Scope::Account => user.is_some() && !call.caller.api_key,
        Scope::Key(_) | Scope::Sessions(..) => call.caller.api_key,
        Scope::User(_) => user.is_some() || call.caller.api_key,
    };
    if allowed {
        return Ok(());
    }
    let who = match user {
        // Who has no address is called as a guest is.
        Some(user) => format!("{} (role: users)", user.email.as_deref().unwrap_or("User")),
        None if call.caller.api_key => {
            format!("app.{}@service.{} (role: applications)", project.id, call.request.host())
        }
        None => "User (role: guests)".to_owned(),
    };
    Err(missing_scope(call.traits(), &who, &route.scope.names(call.traits())))
}

/// Counts the call towards the limit of its route.
pub(crate) fn count(call: &mut Call<'_>, route: &Route, answer: &mut Answer) -> Result<(), ApiError> {
    let Some(limit) = route.limit else { return Ok(()) };
    let (most, window) = limit.of(call.traits());
    let keys = limit.keys(call, route);
    let now = call.now();
    // Who is exempt sees the headers all the same, and so does everybody if the limits are switched off (contract §14.21).
    let exempt = call.caller.api_key || call.caller.dev_key || !call.world.project.rate_limits;
    let limits = &mut call.world.limits;
    let standing =
        if exempt { limits.peek(&keys, most, window, now) } else { limits.count(&keys, most, window, now) };
    call.limit_keys = keys;
    answer.reply.limit = standing;
    match standing {
        Some(standing) if standing.exceeded => Err(error("general_rate_limit_exceeded")),
        _ => Ok(()),
    }
}

/// Refuses a method of signing in that is switched off, and a sign-in while signed in.
pub(crate) fn groups(call: &Call<'_>, route: &Route) -> Result<(), ApiError> {
    if let Some((method, name)) = route.auth_method
        && route.auth_since.includes(call.world.profile)
        && !call.world.project.allows(method)
        && !call.caller.api_key
    {
        let message = format!("{name} authentication is disabled for this project");
        return Err(error_with("user_auth_method_unsupported", message));
    }
    let beside = route.path == "/account/sessions/token" && call.world.switches.token_beside_session;
    if route.opens_session && !beside && (call.caller.user_id.is_some() || call.caller.session_open) {
        return Err(error("user_session_already_exists"));
    }
    Ok(())
}

/// `X-Appwrite-Timestamp` is when the client saw what it changes: the older server refuses a change of what is newer.
pub(crate) fn timestamp(call: &Call<'_>, route: &Route) -> Result<(), ApiError> {
    let older = !call.traits().newer_fields;
    let looks = match (route.method, route.path) {
        ("DELETE", "/account/sessions/:id")
        | ("PATCH", "/account/email" | "/account/prefs" | "/account/mfa") => true,
        ("PATCH", "/account/name" | "/account/password" | "/account/phone" | "/account/status") => older,
        ("POST", "/account/mfa/authenticators/:type") => older,
        _ => false,
    };
    let Some(header) = call.request.filled("x-appwrite-timestamp").filter(|_| looks) else { return Ok(()) };
    let Some(seen) = dates::parse(header) else {
        return Err(bad_argument("Invalid X-Appwrite-Timestamp header value"));
    };
    let changed = match route.method {
        "PATCH" => call.user().ok().map(|user| user.updated),
        _ => None,
    };
    if older && changed.is_some_and(|changed| changed > seen) {
        return Err(error("document_update_conflict"));
    }
    Ok(())
}
