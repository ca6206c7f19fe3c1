//! Invitations to teams, and accepting them, which opens a session (contract §1.4, §14.24).

use serde_json::Value;

use super::{
    Route, Scope, TEN,
    teams::{
        Shown, WRITE, answer_membership, check_owner, membership_anywhere, named, path_param, roles, teams,
    },
};
use crate::{
    call::{Call, Outcome},
    errors::{ApiError, broken, error, error_with},
    params::{EMAIL_RULE, PHONE_RULE, is_email_to, is_phone},
    redirects,
    world::{Membership, Message, User, hex, unique_id},
};

pub(super) const ROUTES: &[Route] = &[
    Route {
        limit: Some(TEN),
        auth_method: Some(("invites", "Invites")),
        ..teams("POST", "/teams/:team/memberships", WRITE, invite)
    },
    teams("PATCH", "/teams/:team/memberships/:membership/status", Scope::Open, accept),
];

/// Whom an invitation is for.
struct Invitee {
    user_id: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

impl Invitee {
    /// The user who is meant, if there is one already. What else is said has to be true of that user.
    fn find<'a>(&self, call: &'a Call<'_>) -> Result<Option<&'a User>, ApiError> {
        let mismatch =
            |what: &str| Err(error_with("user_already_exists", format!("Given {what} doesn't match")));
        let others = |user: &User, email: bool| {
            let wrong = |wanted: &Option<String>, has: &Option<String>| wanted.is_some() && wanted != has;
            (email && wrong(&self.email, &user.email), wrong(&self.phone, &user.phone))
        };
        if let Some(id) = &self.user_id {
            let missing = || error_with("user_not_found", "User with given userId doesn't exist.");
            let user = call.world.user(id).ok_or_else(missing)?;
            return match others(user, true) {
                (true, _) => mismatch("userId and email"),
                (_, true) => mismatch("userId and phone"),
                _ => Ok(Some(user)),
            };
        }
        if let Some(email) = &self.email {
            let user = call.world.user_by_email(email);
            return match user.map(|user| others(user, false)) {
                Some((_, true)) => mismatch("email and phone"),
                _ => Ok(user),
            };
        }
        Ok(call.world.users.iter().find(|user| self.phone.is_some() && user.phone == self.phone))
    }
}

/// A member who is not known yet becomes a user; one who is invited by an API key is a member at once.
fn invite(call: &mut Call<'_>) -> Outcome {
    path_param(call, 0, "teamId")?;
    let (params, traits) = (call.params(), call.traits());
    let email = params.optional_text("email", EMAIL_RULE, |email| is_email_to(email, traits))?;
    let user_id = params.optional_id("userId")?;
    let phone = params.optional_text("phone", PHONE_RULE, |phone| is_phone(phone, traits))?;
    let roles = roles(call)?;
    let url = match params.0.get("url") {
        None => None,
        Some(Value::Null) => return Err(broken()),
        Some(_) => Some(redirects::param(call, "url")?),
    };
    let name = params.optional_string("name", 1..=128)?;
    let by_key = call.caller.api_key;
    if url.is_none() && !by_key {
        return Err(error_with("general_argument_invalid", "URL is required"));
    }
    if user_id.is_none() && email.is_none() && phone.is_none() {
        let message = "At least one of userId, email, or phone is required";
        return Err(error_with("general_argument_invalid", message));
    }
    if !by_key && !call.world.project.allows("smtp") {
        return Err(error("general_smtp_disabled"));
    }
    let email = email.map(|email| email.to_lowercase());
    let team = named(call)?;
    let invitee = Invitee { user_id, email, phone };
    let user_id = match invitee.find(call)?.map(|user| user.id.clone()) {
        Some(id) => id,
        None => new_member(call, invitee, name)?,
    };
    check_owner(call, team, Some("User is not allowed to send invitations for this team"))?;
    let (now, secret) = (call.now(), hex(128));
    let joined = by_key.then_some(now);
    let known = call.world.teams[team].memberships.iter().position(|each| each.user_id == user_id);
    let index = match known {
        None => {
            call.world.teams[team].memberships.push(Membership {
                id: unique_id(now),
                created: now,
                updated: now,
                invited: now,
                user_id: user_id.clone(),
                roles,
                secret: secret.clone(),
                joined,
            });
            call.world.teams[team].memberships.len() - 1
        }
        Some(_) if !call.traits().newer_fields => return Err(error("team_invite_already_exists")),
        // The newer server sends an invitation that was not accepted once more.
        Some(index) => {
            let member = &mut call.world.teams[team].memberships[index];
            if member.joined.is_some() {
                return Err(error("membership_already_confirmed"));
            }
            (member.secret, member.invited, member.updated, member.joined) =
                (secret.clone(), now, now, joined);
            index
        }
    };
    if !by_key {
        call.world.messages.push(Message { kind: "invitation", user_id, secret, url });
    }
    answer_membership(call, 201, team, index, Shown::Written)
}

/// Makes the user whom an invitation is for.
fn new_member(call: &mut Call<'_>, invitee: Invitee, name: Option<String>) -> Result<String, ApiError> {
    let limit = call.world.project.user_limit;
    if limit > 0 && call.world.users.len() >= limit && !call.caller.api_key {
        let message = "Project registration is restricted. Contact your administrator for more information.";
        return Err(error_with("user_count_exceeded", message));
    }
    if invitee.email.as_ref().is_some_and(|email| call.world.is_identified(email, None)) {
        return Err(error("user_email_already_exists"));
    }
    let name = name.or_else(|| invitee.email.clone()).unwrap_or_default();
    let user = call.world.add_user(None, invitee.email, &name);
    user.phone = invitee.phone;
    user.accessed = None;
    user.targets.clear();
    Ok(user.id.clone())
}

/// Accepting proves the e-mail, and signs in who is not signed in. The older server signs in everybody.
fn accept(call: &mut Call<'_>) -> Outcome {
    let team_id = path_param(call, 0, "teamId")?;
    path_param(call, 1, "membershipId")?;
    let params = call.params();
    let user_id = params.id("userId")?;
    let secret = params.string("secret", 1..=256)?;
    let (of, index) = membership_anywhere(call).ok_or_else(|| error("membership_not_found"))?;
    let team = call.world.teams.iter().position(|team| team.id == team_id);
    let team = team.ok_or_else(|| error("team_not_found"))?;
    if of != team {
        return Err(error("team_membership_mismatch"));
    }
    let member = call.world.teams[team].memberships[index].clone();
    if member.secret != secret {
        return Err(error("team_invalid_secret"));
    }
    if member.user_id != user_id || call.caller.user_id.as_ref().is_some_and(|own| *own != user_id) {
        let own = call.user().ok().and_then(|user| user.email.clone()).unwrap_or_default();
        let message = format!("Invite does not belong to current user ({own})");
        return Err(error_with("team_invite_mismatch", message));
    }
    if member.joined.is_some() {
        return Err(error("membership_already_confirmed"));
    }
    let now = call.now();
    let user = call.world.user_mut(&user_id).ok_or_else(|| error("user_not_found"))?;
    user.email_verified = true;
    user.updated = now;
    let email = user.email.clone().unwrap_or_default();
    if call.caller.user_id.is_none() || !call.traits().newer_fields {
        call.open_session(&user_id, "email", &email, &["email"])?;
    }
    let member = &mut call.world.teams[team].memberships[index];
    (member.joined, member.updated) = (Some(now), now);
    answer_membership(call, 200, team, index, Shown::Written)
}
