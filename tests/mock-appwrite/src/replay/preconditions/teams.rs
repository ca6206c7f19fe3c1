//! Teams and memberships that an answer shows to have been there.

use super::super::bindings::Bindings;
use super::super::credential::carried;
use super::super::evidence::keyed;
use super::super::stage::{NewMembership, Stage};
use super::super::transcript::Exchange;
use super::Preconditions;
use crate::{json, replay::shape::date_ms};
use serde_json::{Map, Value};

impl Preconditions<'_> {
    pub(super) fn teams(&self, exchange: &Exchange, stage: &Stage, bindings: &Bindings) {
        let (request, response) = (&exchange.request, &exchange.response);
        let kind = response.error_type().unwrap_or_default();
        let body = response.json().unwrap_or_default();
        let segments = request.segments();
        if request.method == "POST" && segments == ["teams"] {
            if let Some(id) = request.param("teamId").filter(|_| kind == "team_already_exists") {
                stage.make_team(bindings.live(&id), "");
            }
            return;
        }
        for team in body.get("teams").and_then(Value::as_array).into_iter().flatten() {
            let team = Team { id: text(team, "$id"), name: text(team, "name") };
            self.team(&team, exchange, stage, bindings);
        }
        let ["teams", id, rest @ ..] = segments.as_slice() else { return };
        let seen = response.status < 300
            || ["membership_", "team_invite_", "team_membership_", "team_invalid_", "user_unauthorized"]
                .iter()
                .any(|start| kind.starts_with(start));
        if !seen {
            return;
        }
        let name =
            if rest.is_empty() || *rest == ["prefs"] { text(&body, "name") } else { text(&body, "teamName") };
        self.team(&Team { id: (*id).to_owned(), name }, exchange, stage, bindings);
        for member in body.get("memberships").and_then(Value::as_array).into_iter().flatten() {
            membership(id, member, stage, bindings);
        }
        if let ["memberships", member, ..] = rest {
            let secret = request.param("secret");
            named(
                &Named { team: id, id: member, secret, kind: &kind, body: &body, exchange },
                stage,
                bindings,
            );
        }
    }

    /// A team that was there, with its caller as a member of it if a session is the caller.
    fn team(&self, team: &Team, exchange: &Exchange, stage: &Stage, bindings: &Bindings) {
        let live = bindings.live(&team.id);
        stage.make_team(live, &team.name);
        let accepts = exchange.request.segments().last() == Some(&"status");
        let Some(own) = carried(&exchange.request).into_iter().next() else { return };
        if accepts || keyed(&exchange.request) {
            return;
        }
        let owner = exchange.response.error_type().as_deref() != Some("user_unauthorized");
        let roles = if owner { vec!["owner".to_owned()] } else { vec!["member".to_owned()] };
        stage.make_membership(
            live,
            NewMembership {
                user: bindings.live(&own.user).to_owned(),
                roles,
                joined: true,
                ..NewMembership::default()
            },
        );
    }
}

struct Team {
    id: String,
    name: String,
}

/// A membership that the path of an exchange names.
struct Named<'a> {
    team: &'a str,
    id: &'a str,
    secret: Option<String>,
    kind: &'a str,
    body: &'a Value,
    exchange: &'a Exchange,
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A membership as an answer shows it.
fn membership(team: &str, shown: &Value, stage: &Stage, bindings: &Bindings) {
    let user = bindings.live(&text(shown, "userId")).to_owned();
    let fields: Map<String, Value> = [("name", "userName"), ("email", "userEmail")]
        .iter()
        .map(|(field, name)| ((*field).to_owned(), json!(text(shown, name))))
        .filter(|(_, value)| *value != "")
        .collect();
    stage.make_user(&user, None, &fields);
    stage.name_user(&user, &text(shown, "userName"));
    let roles = shown.get("roles").and_then(Value::as_array).into_iter().flatten();
    stage.make_membership(
        bindings.live(team),
        NewMembership {
            id: Some(bindings.live(&text(shown, "$id")).to_owned()),
            user,
            roles: roles.filter_map(|role| role.as_str().map(str::to_owned)).collect(),
            joined: shown.get("confirm") == Some(&Value::Bool(true)),
            created: date_ms(&text(shown, "$createdAt")),
            secret: None,
        },
    );
}

/// The membership of a path: shown by the answer, or needed by what it says.
fn named(named: &Named<'_>, stage: &Stage, bindings: &Bindings) {
    let Named { team, id, kind, body, .. } = named;
    if matches!(*kind, "membership_not_found" | "team_invite_not_found" | "team_membership_mismatch") {
        return;
    }
    let accepts = named.exchange.request.segments().last() == Some(&"status");
    if body.get("teamId").is_some() {
        membership(team, body, stage, bindings);
        if accepts {
            // It was accepted by this exchange, and the answer does not say the secret.
            let secret = named.secret.as_deref().map(|secret| bindings.live(secret));
            stage.invite_again(bindings.live(team), bindings.live(id), secret.unwrap_or_default());
        }
        return;
    }
    let user = named.exchange.request.param("userId").filter(|_| *kind != "team_invite_mismatch");
    let secret = named.secret.clone().filter(|_| *kind != "team_invalid_secret");
    let user = user.map(|user| bindings.live(&user).to_owned());
    if let Some(user) = &user {
        stage.make_user(user, None, &Map::new());
    }
    stage.make_membership(
        bindings.live(team),
        NewMembership {
            id: Some(bindings.live(id).to_owned()),
            user: user.unwrap_or_else(|| "nobody".to_owned()),
            roles: Vec::new(),
            joined: !accepts || *kind == "membership_already_confirmed",
            created: None,
            secret: secret.map(|secret| bindings.live(&secret).to_owned()),
        },
    );
}
