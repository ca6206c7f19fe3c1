//! Teams, as far as signing in goes: making one, inviting, and accepting, which opens a session (contract §1.4).

use serde_json::{Map, Value, json};

use super::{Route, Scope, TEN, account::is_phone, lists, route};
use crate::{
    call::{Call, Outcome},
    dates::iso,
    errors::{ApiError, error},
    params::is_email,
    redirects,
    world::{Membership, Message, Team, hex, unique_id},
};

pub(super) const READ: Scope = Scope::User("teams.read");
pub(super) const WRITE: Scope = Scope::User("teams.write");

const fn teams(
    method: &'static str,
    path: &'static str,
    scope: Scope,
    act: fn(&mut Call<'_>) -> Outcome,
) -> Route {
    Route { service: "teams", ..route(method, path, scope, act) }
}

pub(super) const ROUTES: &[Route] = &[
    teams("POST", "/teams", WRITE, create),
    teams("GET", "/teams", READ, list),
    teams("GET", "/teams/:team", READ, read),
    teams("DELETE", "/teams/:team", WRITE, delete),
    Route { limit: Some(TEN), ..teams("POST", "/teams/:team/memberships", WRITE, invite) },
    teams("GET", "/teams/:team/memberships", READ, list_memberships),
    teams("GET", "/teams/:team/memberships/:membership", READ, read_membership),
    teams("DELETE", "/teams/:team/memberships/:membership", WRITE, delete_membership),
    teams("PATCH", "/teams/:team/memberships/:membership/status", Scope::Public, accept),
];

fn body(team: &Team) -> Value {
    let total = team.memberships.iter().filter(|member| member.joined.is_some()).count();
    json!({
        "$id": team.id, "$createdAt": iso(team.created), "$updatedAt": iso(team.updated), "name": team.name,
        "total": total, "prefs": team.prefs,
    })
}

fn membership_body(call: &Call<'_>, team: &Team, member: &Membership) -> Value {
    let user = call.world.user(&member.user_id);
    let newer = call.traits().newer_fields;
    let mut body = json!({
        "$id": member.id, "$createdAt": iso(member.created), "$updatedAt": iso(member.updated),
        "userId": member.user_id, "userName": user.map(|user| user.name.clone()).unwrap_or_default(),
        "userEmail": user.and_then(|user| user.email.clone()).unwrap_or_default(),
    });
    if newer {
        body["userPhone"] = json!(user.and_then(|user| user.phone.clone()).unwrap_or_default());
    }
    body["teamId"] = json!(team.id);
    body["teamName"] = json!(team.name);
    body["invited"] = json!(iso(member.created));
    body["joined"] = json!(member.joined.map(iso).unwrap_or_default());
    body["confirm"] = json!(member.joined.is_some());
    body["mfa"] = json!(user.is_some_and(|user| user.mfa));
    if newer {
        body["userAccessedAt"] = json!(user.and_then(|user| user.accessed).map(iso).unwrap_or_default());
    }
    body["roles"] = json!(member.roles);
    body
}

/// The team of the path, if the caller may see it.
pub(super) fn named(call: &Call<'_>) -> Result<usize, ApiError> {
    let id = call.path.first().map(String::as_str).unwrap_or_default();
    let own = call.caller.user_id.as_deref();
    let visible = |team: &Team| {
        call.caller.api_key || team.memberships.iter().any(|each| Some(each.user_id.as_str()) == own)
    };
    let found = call.world.teams.iter().position(|team| team.id == id && visible(team));
    found.ok_or_else(|| error("team_not_found"))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let id = params.custom_id("teamId")?;
    let rule = "Value must be a valid string and at least 1 chars and no longer than 128 chars";
    let name = params.text("name", rule, |name| (1..=128).contains(&name.chars().count()))?;
    let now = call.now();
    let id = id.unwrap_or_else(|| unique_id(now));
    let roles = match params.0.get("roles").filter(|roles| !roles.is_null()) {
        Some(_) => params.texts("roles")?,
        None => vec!["owner".to_owned()],
    };
    if call.world.teams.iter().any(|team| team.id == id) {
        return Err(error("team_already_exists"));
    }
    let prefs = Map::new();
    let mut team = Team { id, created: now, updated: now, name, prefs, memberships: Vec::new() };
    if let Some(owner) = call.caller.user_id.clone() {
        team.memberships.push(Membership {
            id: unique_id(now),
            created: now,
            updated: now,
            user_id: owner,
            roles,
            secret: String::new(),
            joined: Some(now),
        });
    }
    let body = body(&team);
    call.world.teams.push(team);
    call.json(201, body)
}

fn list(call: &mut Call<'_>) -> Outcome {
    let own = call.caller.user_id.as_deref();
    let visible = |team: &&Team| {
        call.caller.api_key || team.memberships.iter().any(|each| Some(each.user_id.as_str()) == own)
    };
    let found = lists::search(call)?;
    let teams = call.world.teams.iter().filter(visible).filter(|team| found(&team.name)).map(body).collect();
    lists::answer(call, "teams", teams, &["name", "total", "billingPlan"])
}

fn read(call: &mut Call<'_>) -> Outcome {
    let index = named(call)?;
    answer_team(call, index)
}

pub(super) fn answer_team(call: &mut Call<'_>, index: usize) -> Outcome {
    let body = body(&call.world.teams[index]);
    call.json(200, body)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let index = named(call)?;
    call.world.teams.remove(index);
    call.no_content()
}

/// A member who is not known yet becomes a user; one who is invited by an API key is a member at once.
fn invite(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let email = params.optional_text("email", "Value must be a valid email address", is_email)?;
    let user_id = params.optional_text("userId", "Value must be a valid string", |_| true)?;
    let rule = "Phone number must start with a '+' can have a maximum of fifteen digits.";
    let phone = params.optional_text("phone", rule, |phone| phone.is_empty() || is_phone(phone))?;
    let phone = phone.filter(|phone| !phone.is_empty());
    let roles = params.texts("roles")?;
    let name = params.optional_text("name", "Value must be a valid string", |name| name.len() <= 128)?;
    let url = match params.0.get("url") {
        None | Some(Value::Null) => None,
        Some(_) => Some(redirects::param(call.world, &params, "url")?),
    };
    let team = named(call)?;
    let email = email.map(|email| email.to_lowercase());
    let known = match (&user_id, &email) {
        (Some(id), _) => Some(call.world.user(id).ok_or_else(|| error("user_not_found"))?.id.clone()),
        (None, Some(email)) => call.world.user_by_email(email).map(|user| user.id.clone()),
        (None, None) if phone.is_some() => {
            let owner = call.world.users.iter().find(|user| user.phone == phone);
            owner.map(|user| user.id.clone())
        }
        (None, None) => return Err(error("general_argument_invalid")),
    };
    let user_id = match known {
        Some(id) => id,
        None => {
            super::otp::check_room(call)?;
            let called = email.as_ref().or(phone.as_ref()).cloned().unwrap_or_default();
            let name = name.filter(|name| !name.is_empty()).unwrap_or(called);
            let user = call.world.add_user(None, email, &name);
            user.phone = phone;
            user.accessed = None;
            user.targets.clear();
            user.id.clone()
        }
    };
    if call.world.teams[team].memberships.iter().any(|each| each.user_id == user_id) {
        return Err(error("team_invite_already_exists"));
    }
    let now = call.now();
    let secret = hex(128);
    let member = Membership {
        id: unique_id(now),
        created: now,
        updated: now,
        user_id: user_id.clone(),
        roles,
        secret: secret.clone(),
        joined: call.caller.api_key.then_some(now),
    };
    let body = membership_body(call, &call.world.teams[team], &member);
    call.world.teams[team].memberships.push(member);
    if !call.caller.api_key {
        call.world.messages.push(Message { kind: "invitation", user_id, secret, url });
    }
    call.json(201, body)
}

fn list_memberships(call: &mut Call<'_>) -> Outcome {
    let found = lists::search(call)?;
    let team = &call.world.teams[named(call)?];
    let members = team.memberships.iter().map(|member| membership_body(call, team, member));
    let members = members.filter(|body| found(body["userName"].as_str().unwrap_or_default())).collect();
    lists::answer(
        call,
        "memberships",
        members,
        &["userId", "teamId", "invited", "joined", "confirm", "roles"],
    )
}

/// The membership of the path.
pub(super) fn named_membership(call: &Call<'_>, team: usize) -> Result<usize, ApiError> {
    let id = call.path.get(1).map(String::as_str).unwrap_or_default();
    let found = call.world.teams[team].memberships.iter().position(|member| member.id == id);
    found.ok_or_else(|| error("membership_not_found"))
}

fn read_membership(call: &mut Call<'_>) -> Outcome {
    let team = named(call)?;
    let member = named_membership(call, team)?;
    answer_membership(call, team, member)
}

pub(super) fn answer_membership(call: &mut Call<'_>, team: usize, member: usize) -> Outcome {
    let team = &call.world.teams[team];
    let body = membership_body(call, team, &team.memberships[member]);
    call.json(200, body)
}

fn delete_membership(call: &mut Call<'_>) -> Outcome {
    let team = named(call)?;
    let member = named_membership(call, team)?;
    call.world.teams[team].memberships.remove(member);
    call.no_content()
}

/// Accepting proves the e-mail, and signs in who is not signed in.
fn accept(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let user_id = params.id("userId")?;
    let secret = params.text("secret", "Value must be a valid string", |text| text.len() <= 256)?;
    let team_id = call.path.first().map(String::as_str).unwrap_or_default();
    let id = call.path.get(1).map(String::as_str).unwrap_or_default();
    let teams = &call.world.teams;
    let member = teams.iter().flat_map(|team| &team.memberships).find(|member| member.id == id);
    let member = member.ok_or_else(|| error("membership_not_found"))?.clone();
    let team = teams.iter().position(|team| team.id == team_id).ok_or_else(|| error("team_not_found"))?;
    if member.secret != secret {
        return Err(error("team_invalid_secret"));
    }
    if member.user_id != user_id || call.caller.user_id.as_ref().is_some_and(|own| *own != user_id) {
        return Err(error("team_invite_mismatch"));
    }
    if member.joined.is_some() {
        return Err(error("membership_already_confirmed"));
    }
    let now = call.now();
    let user = call.world.user_mut(&user_id).ok_or_else(|| error("user_not_found"))?;
    user.email_verified = true;
    user.updated = now;
    let email = user.email.clone().unwrap_or_default();
    if call.caller.user_id.is_none() {
        call.open_session(&user_id, "email", &email, &["email"])?;
    }
    let index = call.world.teams[team].memberships.iter().position(|each| each.id == member.id);
    if let Some(index) = index {
        let member = &mut call.world.teams[team].memberships[index];
        (member.joined, member.updated) = (Some(now), now);
        let team = &call.world.teams[team];
        let body = membership_body(call, team, &team.memberships[index]);
        return call.json(200, body);
    }
    Err(error("membership_not_found"))
}
