//! The order in which a request is checked before its route acts (contract §3, §13.11, §14.5).

use crate::{
    call::{Body, Call, Caller, Place, Reply},
    carrier::{self, Carriers},
    checks, dates,
    errors::{ApiError, error, error_with},
    events, json, jwt, origin,
    profile::Profile,
    request::Request,
    routes::{self, Route},
    world::World,
};

/// An answer, with what the headers need to know of the request.
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) error: Option<ApiError>,
    /// Whether the cookie or the session header decoded.
    pub(crate) direct: bool,
    /// Whether any carrier decoded.
    pub(crate) decoded: bool,
    pub(crate) dev_key: bool,
    /// The JWT was refused, which the server's headers show.
    pub(crate) bad_jwt: bool,
    /// The newer server failed while it resolved the user, before it had begun to answer.
    pub(crate) unresolved: bool,
}

/// Answers a request of the API.
pub(crate) fn answer(world: &mut World, request: &Request) -> Answer {
    let mut answer = Answer {
        reply: Reply::default(),
        error: None,
        direct: false,
        decoded: false,
        dev_key: false,
        bad_jwt: false,
        unresolved: false,
    };
    if let Err(mut refusal) = process(world, request, &mut answer) {
        if let Some(status) = world.switches.error_statuses.get(refusal.kind) {
            refusal.status = *status;
        }
        refusal.html |= match routes::find(request, world) {
            Some((route, _)) if world.spoilt.contains(&(route.method, route.path)) => true,
            Some((route, _)) => route.html_errors.is_some_and(|since| since.includes(world.profile)),
            // Whatever an unknown path is refused for, a newer server answers with the page (contract §14.2).
            None => world.profile.traits().newer_headers,
        };
        answer.bad_jwt = matches!(refusal.kind, "user_jwt_invalid" | "user_jwt_and_cookie_set");
        answer.reply.status = refusal.status;
        answer.reply.cookies.clear();
        answer.reply.fallback.clear();
        answer.reply.evict.clear();
        answer.reply.body = match refusal.html {
            true => Body::Html(crate::html::error_page(&refusal)),
            false => Body::Json(json!({
                "message": refusal.message, "code": refusal.status, "type": refusal.kind,
                "version": world.profile.traits().version,
            })),
        };
        answer.error = Some(refusal);
    }
    answer
}

fn process(world: &mut World, request: &Request, answer: &mut Answer) -> Result<(), ApiError> {
    let traits = world.profile.traits();
    if request.host().split_once('.').is_some_and(|(_, domain)| domain == "functions.localhost") {
        // The older server's worker never forgets that this route was asked for in vain (contract §13.1).
        let spoils = !traits.newer_headers;
        let route = routes::find(request, world).map(|(route, _)| (route.method, route.path));
        world.spoilt.extend(route.filter(|_| spoils));
        return Err(error("rule_not_found").with_page(true));
    }
    let project = project(world, request);
    let of_console = project.as_deref().is_none_or(|id| id == "console");
    let console = of_console || is_admin(world, request);
    if traits.newer_headers && of_console && mode(request) == Some("admin") {
        answer.unresolved = true;
        let message = "Admin mode is not allowed for console project";
        return Err(error_with("general_bad_request", message));
    }
    let key =
        format!("a_session_{}", if console { "console" } else { project.as_deref().unwrap_or_default() });
    // Conflicts of credentials are found while the user is resolved: before the origin in newer servers, after it in older ones.
    let early = traits.origin_by_scheme;
    let carriers = carrier::carriers(request, &key, traits).inspect_err(|_| answer.unresolved = early)?;
    let elsewhere = project.as_ref().is_some_and(|id| world.other_projects.contains(id));
    let known = console || elsewhere || project.as_deref().is_some_and(|id| names(world, id));
    let place = match (of_console, elsewhere) {
        (true, _) => Place::Console,
        (false, true) => Place::Elsewhere,
        (false, false) => Place::Project,
    };
    (answer.direct, answer.decoded) = (known && carriers.direct, known && carriers.found.is_some());
    let found = routes::find(request, world);

    let caller = if known {
        identify(world, request, &carriers, console || elsewhere, place, answer)
    } else {
        Ok(Caller::default())
    };
    if early && let Err(refusal) = &caller {
        answer.unresolved = refusal.kind.starts_with("user_jwt");
        return Err(refusal.clone());
    }
    let dev_key = known && has_dev_key(world, request);
    answer.dev_key = dev_key;
    let any_key = request.filled("x-appwrite-key").is_some();
    origin::check(
        world,
        request,
        any_key || dev_key || found.as_ref().is_some_and(|(route, _)| route.any_origin),
    )?;
    if !known {
        return Err(error("project_not_found"));
    }
    let mut caller = caller?;
    caller.dev_key = dev_key;
    let Some((route, path)) = found else {
        checks::user(world, &caller, false)?;
        return Err(routes::unknown(request, world.profile));
    };
    let user = caller.user_id.clone();
    let outcome = run(world, request, route, path, caller, key, answer);
    touch(world, route, user, outcome.is_ok(), answer);
    outcome
}

fn run(
    world: &mut World,
    request: &Request,
    route: &'static Route,
    path: Vec<String>,
    caller: Caller,
    cookie_key: String,
    answer: &mut Answer,
) -> Result<(), ApiError> {
    let traits = world.profile.traits();
    let mut call =
        Call { world, request, caller, path, cookie_key, reply: Reply::default(), limit_keys: Vec::new() };
    checks::scope(&call, route)?;
    checks::user(call.world, &call.caller, route.mfa_exempt)?;
    checks::rest(&call, route)?;
    checks::count(&mut call, route, answer)?;
    checks::groups(&call, route)?;
    checks::timestamp(&call, route)?;
    // Nobody of the project is known elsewhere.
    let away = (call.caller.place != Place::Project)
        .then(|| (std::mem::take(&mut call.world.users), std::mem::take(&mut call.world.teams)));
    let users = call.world.users.len();
    let outcome = (route.act)(&mut call);
    if outcome.is_ok() {
        happened(&mut call, route, users);
    }
    if let Some(away) = away {
        (call.world.users, call.world.teams) = away;
    }
    let limit_keys = std::mem::take(&mut call.limit_keys);
    let reply = std::mem::take(&mut call.reply);
    let limit = answer.reply.limit;
    answer.reply = Reply { limit, ..reply };
    outcome?;
    if route.resets_limit && traits.login_resets_limit && answer.reply.status == 201 {
        world.limits.reset(&limit_keys);
    }
    Ok(())
}

/// Notes what a call did, of which webhooks and sockets are told. `users` is how many there were before it.
fn happened(call: &mut Call<'_>, route: &Route, users: usize) {
    let newer = call.world.profile != Profile::V1_5;
    let made: Vec<String> =
        call.world.users.iter().skip(users).map(|user| user.id.clone()).filter(|_| newer).collect();
    for id in made {
        let payload = routes::new_user_payload(call, &id);
        let event = events::created(call, &id, &payload);
        call.world.happened.push(event);
    }
    let told = call.reply.told.take();
    let body = match &call.reply.body {
        Body::Json(body) => Some(body.clone()),
        _ => None,
    };
    let event = events::of(call, route, told, body.as_ref());
    call.world.happened.extend(event);
}

/// The project that a request is about: the query of a read or the body of a write, else the header (contract §1.6, §13.12). An
/// empty one means the console (contract §14.21).
fn project(world: &World, request: &Request) -> Option<String> {
    let id = asked_project(request);
    // The path of an OAuth2 callback names its project.
    let id = id.or_else(|| {
        request.path.contains("/oauth2/").then(|| routes::project_of_path(&request.path)).flatten()
    });
    id.filter(|id| !id.is_empty()).map(|id| if names(world, &id) { world.project.id.clone() } else { id })
}

/// The project's id as the request has it.
fn asked_project(request: &Request) -> Option<String> {
    let header = request.header("x-appwrite-project").map(str::to_owned);
    request.params.get("project").and_then(|id| id.as_str()).map(str::to_owned).or(header)
}

/// Whether an id means the project, to a database that knows neither case nor blanks behind a text (contract §13.24, §14.15).
pub(crate) fn names(world: &World, id: &str) -> bool {
    id.trim_end_matches(' ').eq_ignore_ascii_case(&world.project.id)
}

/// The user of a request to the realtime server, which reads the same carriers.
pub(crate) fn realtime_user(
    world: &World,
    request: &Request,
    console: bool,
) -> Result<Option<String>, ApiError> {
    let traits = world.profile.traits();
    let key = format!("a_session_{}", if console { "console" } else { &world.project.id });
    let found = carrier::carriers(request, &key, traits)?.found.filter(|_| !console);
    let user = found.and_then(|(_, blob)| carrier::prove(world, &blob)).map(|(user, _)| user);
    let Some(token) = request.filled("x-appwrite-jwt").filter(|_| !console && traits.origin_by_scheme) else {
        return Ok(user);
    };
    if user.is_some() {
        return Err(error("user_jwt_and_cookie_set"));
    }
    let claims = jwt::verify(world, token)?;
    Ok(claims.filter(|(user, session)| jwt::has_session(world, user, session)).map(|(user, _)| user))
}

fn mode(request: &Request) -> Option<&str> {
    let param = request.params.get("mode").and_then(|mode| mode.as_str());
    param.or_else(|| request.header("x-appwrite-mode"))
}

/// Admin mode, which a project id that is not spelled as the project's own means to newer servers too (contract §14.15).
fn is_admin(world: &World, request: &Request) -> bool {
    let asked = asked_project(request);
    let misspelt = asked.is_some_and(|id| id != world.project.id && names(world, &id));
    mode(request) == Some("admin") || misspelt && world.profile.traits().newer_headers
}

fn has_dev_key(world: &World, request: &Request) -> bool {
    let key = request.filled("x-appwrite-dev-key");
    world.switches.dev_keys && key.is_some_and(|key| world.project.dev_keys.iter().any(|known| known == key))
}

fn identify(
    world: &World,
    request: &Request,
    carriers: &Carriers,
    nobody: bool,
    place: Place,
    answer: &mut Answer,
) -> Result<Caller, ApiError> {
    let traits = world.profile.traits();
    let mut caller = Caller { place, ..Caller::default() };
    // In admin mode the users of the console are meant, of whom there are none.
    let proven =
        carriers.found.as_ref().filter(|_| !nobody).and_then(|(_, blob)| carrier::prove(world, blob));
    if let Some((user, session)) = &proven {
        caller.user_id = Some(user.clone());
        caller.session_id = Some(session.clone());
        caller.session_open = true;
    }
    if let Some(token) = request.filled("x-appwrite-jwt") {
        if traits.refuses_jwt_with_session && proven.is_some() {
            return Err(error("user_jwt_and_cookie_set"));
        }
        answer.bad_jwt = true;
        let claims = jwt::verify(world, token)?;
        answer.bad_jwt = false;
        caller = Caller { place, ..Caller::default() };
        let here = claims.filter(|(user, session)| !nobody && jwt::has_session(world, user, session));
        caller.jwt = here.is_some();
        caller.user_id = here.map(|(user, _)| user);
    }
    if let Some(key) = request.filled("x-appwrite-key") {
        let known = place == Place::Project && world.project.api_keys.iter().any(|each| each == key);
        if traits.refuses_key_with_session && (proven.is_some() || caller.user_id.is_some()) {
            return Err(error("user_key_and_session_set"));
        }
        if known {
            caller = Caller { api_key: true, session_open: proven.is_some(), place, ..Caller::default() };
        } else if traits.refuses_unknown_keys {
            return Err(error("user_unauthorized"));
        }
    }
    Ok(caller)
}

/// `accessedAt` moves once in 24 hours. The newer server moves it before it looks at anything else about the user, and the older one
/// after a success.
fn touch(world: &mut World, route: &Route, caller: Option<String>, succeeded: bool, answer: &mut Answer) {
    const DAY: i64 = 24 * 3600 * 1000;
    let now = world.now();
    let newer = world.profile.traits().newer_fields;
    let user = caller.filter(|_| newer || succeeded);
    let Some(user) = user.and_then(|id| world.user_mut(&id)) else { return };
    if user.accessed.is_some_and(|at| now - at <= DAY) {
        return;
    }
    (user.accessed, user.updated) = (Some(now), now);
    if newer
        && succeeded
        && let Body::Json(body) = &mut answer.reply.body
        && body.get("accessedAt").is_some()
    {
        // What is not written and read again shows the date as it was written (contract §14.3).
        let unread = matches!(
            (route.method, route.path),
            ("GET", "/account") | ("PUT", "/account/mfa/authenticators/:type")
        );
        body["accessedAt"] = json!(if unread { dates::database(now) } else { dates::iso(now) });
    }
}
