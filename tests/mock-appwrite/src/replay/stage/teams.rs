//! Teams and memberships, set up.

use super::Stage;
use crate::{
    dates::Millis,
    world::{Membership, Team, hex, unique_id},
};
use serde_json::Map;

/// A membership to be set up.
#[derive(Clone, Debug, Default)]
pub(in crate::replay) struct NewMembership {
    /// Its id, or none for a new one, of which a user has one at most.
    pub(in crate::replay) id: Option<String>,
    pub(in crate::replay) user: String,
    pub(in crate::replay) roles: Vec<String>,
    pub(in crate::replay) joined: bool,
    pub(in crate::replay) created: Option<Millis>,
    pub(in crate::replay) secret: Option<String>,
}

impl Stage {
    /// Makes a team, unless it is there.
    pub(in crate::replay) fn make_team(&self, id: &str, name: &str) {
        self.with(|world| {
            if world.teams.iter().any(|team| team.id == id) {
                return;
            }
            let now = world.now();
            let (id, name) = (id.to_owned(), name.to_owned());
            let memberships = Vec::new();
            world.teams.push(Team { id, created: now, updated: now, name, prefs: Map::new(), memberships });
        });
    }

    /// Makes a membership, unless it is there.
    pub(in crate::replay) fn make_membership(&self, team: &str, new: NewMembership) {
        self.with(|world| {
            let now = world.now();
            let Some(team) = world.teams.iter_mut().find(|each| each.id == team) else { return };
            let known = |member: &Membership| match &new.id {
                Some(id) => member.id == *id || member.user_id == new.user,
                None => member.user_id == new.user,
            };
            if let Some(member) = team.memberships.iter_mut().find(|member| known(member)) {
                // One that was only inferred gets the id that is shown.
                member.id = new.id.unwrap_or_else(|| member.id.clone());
                return;
            }
            let created = new.created.unwrap_or(now);
            team.memberships.push(Membership {
                id: new.id.unwrap_or_else(|| unique_id(now)),
                created,
                updated: created,
                invited: created,
                user_id: new.user,
                roles: new.roles,
                secret: new.secret.unwrap_or_else(|| hex(128)),
                joined: new.joined.then_some(created),
            });
        });
    }

    /// Makes a membership that was only inferred an invitation with that secret; one that was recorded has its own.
    pub(in crate::replay) fn invite_again(&self, team: &str, id: &str, secret: &str) {
        self.with(|world| {
            let team = world.teams.iter_mut().find(|each| each.id == team);
            let member = team.and_then(|team| team.memberships.iter_mut().find(|member| member.id == id));
            if let Some(member) = member.filter(|member| member.joined.is_some()) {
                (member.joined, member.secret) = (None, secret.to_owned());
            }
        });
    }
}
