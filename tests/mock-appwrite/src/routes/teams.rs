//! Teams and memberships: making, reading and deleting them (contract §14.24).

use serde_json::{Map, Value};

use super::{Route, Scope, lists, route};
use crate::{
    call::{Call, Outcome},
    dates::iso,
    errors::{ApiError, broken, error, error_with},
    json,
    params::path_id,
    world::{Membership, Team, User, unique_id},
};

pub(super) const READ: Scope = Scope::User("teams.read");
pub(super) const WRITE: Scope = Scope::User("teams.write");

pub(super) const fn teams(
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
    teams("GET", "/teams/:team/memberships", READ, list_memberships),
    teams("GET", "/teams/:team/memberships/:membership", READ, read_membership),
    teams("DELETE", "/teams/:team/memberships/:membership", WRITE, delete_membership),
];

fn body(team: &Team) -> Value {
    let total = team.memberships.iter().filter(|member| member.joined.is_some()).count();
    json!({
        "$id": team.id, "$createdAt": iso(team.created), "$updatedAt": iso(team.updated), "name": team.name,
        "total": total, "prefs": team.prefs,
    })
}

/// How a membership is shown: with what is looked up about its user, or as it was just written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// As it was written.
    Written,
    /// With what its user is now.
    LookedUp,
}

fn membership_body(call: &Call<'_>, team: &Team, member: &Membership, shown: Shown) -> Value {
    let user = call.world.user(&member.user_id);
    let newer = call.traits().newer_fields;
    let looked_up = user.filter(|_| shown == Shown::LookedUp);
    let mut body = json!({
        "$id": member.id, "$createdAt": iso(member.created), "$updatedAt": iso(member.updated),
        "userId": member.user_id, "userName": user.map(|user| user.name.clone()).unwrap_or_default(),
        "userEmail": user.and_then(|user| user.email.clone()).unwrap_or_default(),
    });
    if newer {
        body["userPhone"] = json!(looked_up.and_then(|user| user.phone.clone()).unwrap_or_default());
    }
    body["teamId"] = json!(team.id);
    body["teamName"] = json!(team.name);
    body["invited"] = json!(iso(member.invited));
    body["joined"] = json!(member.joined.map(iso).unwrap_or_default());
    body["confirm"] = json!(member.joined.is_some());
    body["mfa"] = json!(looked_up.is_some_and(User::needs_two_factors));
    if newer {
        // When somebody was here last is a matter of privacy, which a new project keeps from all but keys.
        let accessed = looked_up.and_then(|user| user.accessed).filter(|_| call.caller.api_key);
        body["userAccessedAt"] = json!(accessed.map(iso).unwrap_or_default());
    }
    body["roles"] = json!(member.roles);
    body
}

/// The id of the path at that place, which is a parameter of that name.
pub(super) fn path_param<'a>(call: &'a Call<'_>, index: usize, name: &str) -> Result<&'a str, ApiError> {
    let id = call.path.get(index).map(String::as_str).unwrap_or_default();
    path_id(name, id)?;
    Ok(id)
}

/// Whether the caller is a member of the team, with that role if one is given; a key may do everything.
fn belongs(call: &Call<'_>, team: &Team, role: Option<&str>) -> bool {
    let own = call.caller.user_id.as_deref();
    let fits = |member: &Membership| {
        Some(member.user_id.as_str()) == own
            && member.joined.is_some()
            && role.is_none_or(|role| member.roles.iter().any(|each| each == role))
    };
    call.caller.api_key || team.memberships.iter().any(fits)
}

/// The team of the path, if the caller may see it.
pub(super) fn named(call: &Call<'_>) -> Result<usize, ApiError> {
    let id = path_param(call, 0, "teamId")?;
    let found = call.world.teams.iter().position(|team| team.id == id && belongs(call, team, None));
    found.ok_or_else(|| error("team_not_found"))
}

/// Refuses who is no owner of a team; `message` is what the server says, if it is not what it says to everybody.
pub(super) fn check_owner(call: &Call<'_>, team: usize, message: Option<&str>) -> Outcome {
    match (belongs(call, &call.world.teams[team], Some("owner")), message) {
        (true, _) => Ok(()),
        (false, None) => Err(error("user_unauthorized")),
        (false, Some(message)) => Err(error_with("user_unauthorized", message)),
    }
}

/// The longest name of a role.
fn longest_role(call: &Call<'_>) -> usize {
    if call.traits().newer_fields { 81 } else { 36 }
}

pub(super) fn roles(call: &Call<'_>) -> Result<Vec<String>, ApiError> {
    call.params().roles("roles", longest_role(call))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let id = params.custom_id("teamId")?;
    let name = params.string("name", 1..=128)?;
    let mut roles = match params.0.get("roles") {
        Some(Value::Null) => return Err(broken()),
        Some(_) => params.roles("roles", 36)?,
        None => Vec::new(),
    };
    if !roles.iter().any(|role| role == "owner") {
        roles.push("owner".to_owned());
    }
    let now = call.now();
    let id = id.unwrap_or_else(|| unique_id(now));
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
            invited: now,
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
    let found = lists::search(call)?;
    let visible = call.world.teams.iter().filter(|team| belongs(call, team, None));
    let teams = visible.filter(|team| found(&team.name)).map(body).collect();
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
    check_owner(call, index, None)?;
    call.world.teams.remove(index);
    call.no_content()
}

fn list_memberships(call: &mut Call<'_>) -> Outcome {
    path_param(call, 0, "teamId")?;
    let found = lists::search(call)?;
    let team = &call.world.teams[named(call)?];
    let members = team.memberships.iter().map(|member| membership_body(call, team, member, Shown::LookedUp));
    let members = members.filter(|body| found(body["userName"].as_str().unwrap_or_default())).collect();
    lists::answer(
        call,
        "memberships",
        members,
        &["userId", "teamId", "invited", "joined", "confirm", "roles"],
    )
}

/// All memberships of a user.
pub(super) fn memberships_of(call: &Call<'_>, user: &str) -> Vec<Value> {
    let all = call.world.teams.iter().flat_map(|team| team.memberships.iter().map(move |each| (team, each)));
    let own = all.filter(|(_, member)| member.user_id == user);
    own.map(|(team, member)| membership_body(call, team, member, Shown::Written)).collect()
}

/// The membership of the path by its team and its place there, whatever team the path names.
pub(super) fn membership_anywhere(call: &Call<'_>) -> Option<(usize, usize)> {
    let id = call.path.get(1).map(String::as_str).unwrap_or_default();
    let mut all = call.world.teams.iter().enumerate().flat_map(|(team, each)| {
        each.memberships.iter().enumerate().map(move |(index, member)| (team, index, member))
    });
    all.find(|(_, _, member)| member.id == id).map(|(team, index, _)| (team, index))
}

/// The membership of the path; one of another team is none of this one.
pub(super) fn named_membership(call: &Call<'_>, team: usize) -> Result<usize, ApiError> {
    let (of, index) = membership_anywhere(call).ok_or_else(|| error("membership_not_found"))?;
    if of == team { Ok(index) } else { Err(error("team_membership_mismatch")) }
}

fn read_membership(call: &mut Call<'_>) -> Outcome {
    path_param(call, 0, "teamId")?;
    path_param(call, 1, "membershipId")?;
    let team = named(call)?;
    let member = named_membership(call, team)?;
    answer_membership(call, 200, team, member, Shown::LookedUp)
}

pub(super) fn answer_membership(
    call: &mut Call<'_>,
    status: u16,
    team: usize,
    member: usize,
    shown: Shown,
) -> Outcome {
    let team = &call.world.teams[team];
    let body = membership_body(call, team, &team.memberships[member], shown);
    call.json(status, body)
}

fn delete_membership(call: &mut Call<'_>) -> Outcome {
    path_param(call, 0, "teamId")?;
    path_param(call, 1, "membershipId")?;
    let (of, index) = membership_anywhere(call).ok_or_else(|| error("team_invite_not_found"))?;
    let team = named(call)?;
    if of != team {
        return Err(error("team_membership_mismatch"));
    }
    let own = call.caller.user_id.as_ref() == Some(&call.world.teams[team].memberships[index].user_id);
    if !own {
        check_owner(call, team, None)?;
    }
    call.world.teams[team].memberships.remove(index);
    call.no_content()
}
