//! What happens, under the names that the server gives it: for webhooks and for realtime (contract §14.22, §14.23, §2x.4.2).
//!
//! A route has a pattern such as `users.[userId].sessions.[sessionId].create`, from which all names of an event are made. A route
//! that cannot name every part of its pattern sends nothing.

use serde_json::Value;

use crate::{call::Call, json, profile::Profile, routes::Route};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// All its names, from the exact one to the wildcards.
    pub(crate) names: Vec<String>,
    /// What it is about, as webhooks get it.
    pub(crate) payload: Value,
    /// Fields of it that realtime leaves out.
    pub(crate) sensitive: &'static [&'static str],
    /// The user in whose name it was done; none for an API key.
    pub(crate) actor: Option<String>,
    /// The user whom it is about.
    pub(crate) subject: Option<String>,
}

/// What a route says of its event beyond its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The pattern, in place of the route's own.
    pub(crate) pattern: Option<&'static str>,
    /// The values of the pattern's parts, in the order in which the server sets them.
    pub(crate) params: Vec<(&'static str, String)>,
    /// The payload, if it is not the body of the answer.
    pub(crate) payload: Option<Value>,
    /// Fields that realtime leaves out.
    pub(crate) sensitive: &'static [&'static str],
}

/// The pattern of a route.
fn pattern(profile: Profile, method: &str, path: &str) -> Option<&'static str> {
    let newer = profile != Profile::V1_5;
    Some(match (method, path) {
        // The newer server tells of new users wherever they come from, and not of those who delete themselves.
        ("POST", "/account" | "/users") if !newer => "users.[userId].create",
        ("DELETE", "/account") if !newer => "users.[userId].delete",
        ("POST", "/account/sessions" | "/account/sessions/email" | "/account/sessions/anonymous")
        | ("POST", "/account/sessions/token" | "/account/sessions/id-token")
        | ("PUT", "/account/sessions/magic-url" | "/account/sessions/phone")
        | ("GET", "/account/sessions/oauth2/:provider/redirect")
        | ("PUT", "/account/mfa/challenge" | "/account/mfa/challenges")
        | ("POST", "/users/:id/sessions") => "users.[userId].sessions.[sessionId].create",
        ("PATCH", "/account/sessions/:id") => "users.[userId].sessions.[sessionId].update",
        ("DELETE", "/account/sessions" | "/account/sessions/:id" | "/users/:id/sessions/:session") => {
            "users.[userId].sessions.[sessionId].delete"
        }
        ("DELETE", "/users/:id/sessions") => "users.[userId].sessions.delete",
        ("PATCH", "/account/name" | "/users/:id/name") => "users.[userId].update.name",
        ("PATCH", "/account/password" | "/users/:id/password") => "users.[userId].update.password",
        ("PATCH", "/account/email" | "/users/:id/email") => "users.[userId].update.email",
        ("PATCH", "/account/phone" | "/users/:id/phone") => "users.[userId].update.phone",
        ("PATCH", "/account/prefs" | "/users/:id/prefs") => "users.[userId].update.prefs",
        ("PATCH", "/account/status" | "/users/:id/status") => "users.[userId].update.status",
        ("PUT", "/users/:id/labels") => "users.[userId].update.labels",
        ("PATCH", "/users/:id/verification" | "/users/:id/verification/phone") => {
            "users.[userId].update.verification"
        }
        ("POST", "/account/recovery" | "/account/recovery/otp") => "users.[userId].recovery.[tokenId].create",
        ("PUT", "/account/recovery" | "/account/recovery/otp") => "users.[userId].recovery.[tokenId].update",
        ("POST", path) if path.starts_with("/account/verification") => {
            "users.[userId].verification.[tokenId].create"
        }
        ("PUT", path) if path.starts_with("/account/verification") => {
            "users.[userId].verification.[tokenId].update"
        }
        ("POST", "/account/mfa/challenge" | "/account/mfa/challenges") => {
            "users.[userId].challenges.[challengeId].create"
        }
        ("DELETE", "/account/mfa/authenticators/:type") => "users.[userId].delete.mfa",
        ("PATCH", "/account/mfa" | "/users/:id/mfa")
        | ("POST" | "PUT", "/account/mfa/authenticators/:type")
        | ("POST" | "PATCH", "/account/mfa/recovery-codes") => "users.[userId].update.mfa",
        ("POST", "/account/targets/push") => "users.[userId].targets.[targetId].create",
        ("PUT", "/account/targets/:id/push") => "users.[userId].targets.[targetId].update",
        ("DELETE", "/account/targets/:id/push") => "users.[userId].targets.[targetId].delete",
        ("DELETE", "/account/identities/:id") => "users.[userId].identities.[identityId].delete",
        ("POST", "/users/:id/tokens") => "users.[userId].tokens.[tokenId].create",
        ("DELETE", "/users/:id") => "users.[userId].delete",
        ("POST", "/teams") => "teams.[teamId].create",
        ("DELETE", "/teams/:team") => "teams.[teamId].delete",
        ("POST", "/teams/:team/memberships") => "teams.[teamId].memberships.[membershipId].create",
        ("PATCH", "/teams/:team/memberships/:membership/status") => {
            "teams.[teamId].memberships.[membershipId].update.status"
        }
        ("DELETE", "/teams/:team/memberships/:membership") => {
            "teams.[teamId].memberships.[membershipId].delete"
        }
        _ => return None,
    })
}

/// The event of a call that succeeded with this body.
pub(crate) fn of(call: &Call<'_>, route: &Route, told: Option<Told>, body: Option<&Value>) -> Option<Event> {
    let told = told.unwrap_or_default();
    let pattern = told.pattern.or_else(|| pattern(call.world.profile, route.method, route.path))?;
    let text = |name: &str| body.and_then(|body| body.get(name)?.as_str()).map(str::to_owned);
    let named = |name: &str| told.params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    let by_path = |start: &str, index: usize| {
        route.path.starts_with(start).then(|| call.path.get(index).cloned()).flatten()
    };
    let user = named("userId")
        .or_else(|| by_path("/users/", 0))
        .or_else(|| call.caller.user_id.clone())
        .or_else(|| text("userId"))
        .or_else(|| text("$id"));
    let mut params = Vec::new();
    if pattern.starts_with("teams.") {
        let member = text("userId").or_else(|| named("userId")).or_else(|| call.caller.user_id.clone());
        params.extend(
            member
                .filter(|_| !pattern.ends_with("Id].delete") || pattern.contains("memberships"))
                .map(|id| ("userId", id)),
        );
        let own = (!pattern.contains("memberships")).then(|| text("$id")).flatten();
        params.push(("teamId", by_path("/teams/:team", 0).or(own)?));
        if pattern.contains("[membershipId]") {
            let id = by_path("/teams/:team/memberships/:membership", 1).or_else(|| text("$id"));
            params.push(("membershipId", named("membershipId").or(id)?));
        }
    } else {
        params.push(("userId", user.clone()?));
        for (part, name) in [
            ("[sessionId]", "sessionId"),
            ("[tokenId]", "tokenId"),
            ("[challengeId]", "challengeId"),
            ("[targetId]", "targetId"),
            ("[identityId]", "identityId"),
        ] {
            if pattern.contains(part) {
                let shown = if route.method == "DELETE" { None } else { text("$id") };
                let id = named(name).or(shown);
                let of_path = || (name != "sessionId").then(|| call.path.first().cloned()).flatten();
                params.push((name, id.or_else(of_path)?));
            }
        }
    }
    let payload = told.payload.or_else(|| body.cloned()).unwrap_or_else(|| json!([]));
    let actor = if call.caller.api_key { None } else { user.clone() };
    let subject = user.filter(|_| pattern.starts_with("users."));
    let (names, payload) = (names(pattern, &params), crate::php::reread(&payload));
    Some(Event { names, payload, sensitive: told.sensitive, actor, subject })
}

/// The event of a user who came to be, as the newer server tells of it wherever that happens.
pub(crate) fn created(call: &Call<'_>, user_id: &str, payload: &Value) -> Event {
    Event {
        names: names("users.[userId].create", &[("userId", user_id.to_owned())]),
        payload: crate::php::reread(payload),
        sensitive: &[],
        actor: (!call.caller.api_key).then(|| user_id.to_owned()),
        subject: Some(user_id.to_owned()),
    }
}

/// All names of a pattern: of the pattern with its action and without, each exact, with every part a wildcard, and with one.
fn names(pattern: &str, params: &[(&str, String)]) -> Vec<String> {
    let parts: Vec<&str> = pattern.split('.').collect();
    let nested = parts.get(3).is_some_and(|part| part.starts_with('['));
    let (kind, action, attribute) = match nested {
        true => (parts.get(..4).unwrap_or_default().join("."), parts.get(4), parts.get(5)),
        false => (parts.get(..2).unwrap_or_default().join("."), parts.get(2), parts.get(3)),
    };
    let root = parts.get(..2).unwrap_or_default().join(".");
    let mut patterns = Vec::new();
    if let Some(action) = action {
        let acted = format!("{kind}.{action}");
        let attributed = attribute.map(|attribute| format!("{acted}.{attribute}"));
        match nested {
            true => patterns.extend(attributed.clone().into_iter().chain([acted, kind.clone()])),
            false => patterns.push(acted),
        }
        // The server leaves the nested part out of this one.
        patterns.extend(attribute.map(|attribute| format!("{root}.{action}.{attribute}")));
    }
    patterns.extend([kind, root]);
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: String| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    let with = |pattern: &str, wild: &dyn Fn(&str) -> bool| {
        params.iter().fold(pattern.to_owned(), |text, (key, value)| {
            text.replace(&format!("[{key}]"), if wild(key) { "*" } else { value })
        })
    };
    for pattern in &patterns {
        add(with(pattern, &|_| false));
        add(with(pattern, &|_| true));
        for (key, _) in params {
            for (current, _) in params.iter().filter(|(current, _)| current != key) {
                add(with(pattern, &|name| name == *current));
            }
        }
    }
    names
}

/// Whether a webhook may subscribe to a name: a part that the server does not know as an action is refused (contract §14.22).
pub(crate) fn is_name(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    let (kinds, actions): (&[(&str, &[&str])], &[&str]) = match parts.first().copied() {
        Some("users") => (
            &[
                ("sessions", &["create", "delete"]),
                ("recovery", &["create", "update"]),
                ("verification", &["create", "update"]),
                ("targets", &["create", "update", "delete"]),
                ("tokens", &["create"]),
            ],
            &["create", "delete", "update"],
        ),
        Some("teams") => {
            (&[("memberships", &["create", "delete", "update"])], &["create", "delete", "update"])
        }
        _ => return false,
    };
    let attributes = |action: &str| match (parts[0], action) {
        ("users", "update") => ["email", "name", "password", "status", "prefs"].as_slice(),
        ("teams", "update") => ["prefs"].as_slice(),
        _ => [].as_slice(),
    };
    let sub = |name: &str| kinds.iter().find(|(kind, _)| *kind == name).map(|(_, actions)| *actions);
    match parts.as_slice() {
        [_, id] => !id.is_empty(),
        [_, _, action] => actions.contains(action) || sub(action).is_some(),
        [_, _, kind, id] if sub(kind).is_some() => !id.is_empty(),
        [_, _, action, attribute] => actions.contains(action) && attributes(action).contains(attribute),
        [_, _, kind, _, action] => sub(kind).is_some_and(|actions| actions.contains(action)),
        ["teams", _, "memberships", _, "update", "status"] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_the_servers_order() {
        let owned = |id: &str| id.to_owned();
        let session = [("userId", owned("U")), ("sessionId", owned("S"))];
        assert_eq!(
            names("users.[userId].sessions.[sessionId].create", &session).join(","),
            "users.U.sessions.S.create,users.*.sessions.*.create,users.U.sessions.*.create,users.*.sessions.S.create,\
             users.U.sessions.S,users.*.sessions.*,users.U.sessions.*,users.*.sessions.S,users.U,users.*"
        );
        let user = [("userId", owned("U"))];
        assert_eq!(
            names("users.[userId].update.status", &user).join(","),
            "users.U.update,users.*.update,users.U.update.status,users.*.update.status,users.U,users.*"
        );
        assert_eq!(
            names("users.[userId].sessions.delete", &user).join(","),
            "users.U.sessions,users.*.sessions,users.U.sessions.delete,users.*.sessions.delete,users.U,users.*"
        );
    }

    #[test]
    fn the_validator_refuses_what_the_server_refuses() {
        for name in [
            "users.*.sessions.*.delete",
            "users.*.update.status",
            "users.*.update",
            "users.*.delete",
            "users.*",
            "users.*.recovery.*.update",
            "users.*.sessions",
            "teams.*.memberships.*.update.status",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in
            ["users.*.update.*", "users", "nope.*", "users.*.update.mfa", "users.*.sessions.*.update", ""]
        {
            assert!(!is_name(name), "{name}");
        }
    }
}
