//! What members with a session change about their teams: name, preferences and roles (contract §2x.9).

use serde_json::Value;

use super::{
    Route, Scope, route,
    teams::{
        READ, Shown, WRITE, answer_membership, answer_team, check_owner, named, named_membership, roles,
    },
};
use crate::call::{Call, Outcome};

const fn teams(
    method: &'static str,
    path: &'static str,
    scope: Scope,
    act: fn(&mut Call<'_>) -> Outcome,
) -> Route {
    Route { service: "teams", ..route(method, path, scope, act) }
}

pub(super) const ROUTES: &[Route] = &[
    teams("PUT", "/teams/:team", WRITE, rename),
    teams("GET", "/teams/:team/prefs", READ, read_prefs),
    teams("PUT", "/teams/:team/prefs", WRITE, update_prefs),
    teams("PATCH", "/teams/:team/memberships/:membership", WRITE, update_roles),
];

fn rename(call: &mut Call<'_>) -> Outcome {
    let name = call.params().string("name", 1..=128)?;
    let (index, now) = (named(call)?, call.now());
    check_owner(call, index, None)?;
    let team = &mut call.world.teams[index];
    (team.name, team.updated) = (name, now);
    answer_team(call, index)
}

fn read_prefs(call: &mut Call<'_>) -> Outcome {
    let prefs = call.world.teams[named(call)?].prefs.clone();
    call.json(200, Value::Object(prefs))
}

fn update_prefs(call: &mut Call<'_>) -> Outcome {
    let prefs = call.params().object("prefs")?;
    let (index, now) = (named(call)?, call.now());
    check_owner(call, index, None)?;
    let team = &mut call.world.teams[index];
    (team.prefs, team.updated) = (prefs, now);
    read_prefs(call)
}

fn update_roles(call: &mut Call<'_>) -> Outcome {
    let roles = roles(call)?;
    let (team, now) = (named(call)?, call.now());
    let index = named_membership(call, team)?;
    check_owner(call, team, Some("User is not allowed to modify roles"))?;
    let member = &mut call.world.teams[team].memberships[index];
    (member.roles, member.updated) = (roles, now);
    answer_membership(call, 200, team, index, Shown::Written)
}
