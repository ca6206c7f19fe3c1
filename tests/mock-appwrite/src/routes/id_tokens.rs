//! Signing in, or linking an account, by an ID token of Apple or Google (contract §2x.2.1).

use serde_json::Value;

use super::{Route, Scope, Since, TEN, oauth2_providers, otp, route, sessions::opened};
use crate::{
    call::{Call, Outcome, Place},
    dates::{Millis, iso},
    errors::{ApiError, blocked, error, error_with},
    json,
    oidc::Refused,
    world::{Session, User, unique_id},
};

pub(super) const ROUTES: &[Route] = &[Route {
    since: Since::V2_7,
    feature: Some("id-token"),
    limit: Some(TEN),
    resets_limit: true,
    ..route("POST", "/account/sessions/id-token", Scope::Public, create)
}];

/// Who a token says has signed in, with what the app says beside it.
struct Person {
    provider: String,
    uid: String,
    email: Option<String>,
    email_verified: bool,
    name: String,
    id_token: String,
    access_token: String,
    access_token_expiry: Option<Millis>,
}

fn create(call: &mut Call<'_>) -> Outcome {
    let own = call.caller.user_id.clone();
    let old = call.caller.session_id.clone();
    let person = read(call)?;
    if call.world.switches.link_ends_session_first {
        end(call, own.as_deref(), old.as_deref());
    }
    let person = check(call, person)?;
    let user_id = match &own {
        Some(own) => free_to_link(call, own, &person)?,
        None => find_or_make(call, &person)?,
    };
    let now = call.now();
    let traits = call.traits();
    let user = call.world.user_mut(&user_id).ok_or_else(|| error("user_not_found"))?;
    if !user.enabled {
        return Err(blocked(traits));
    }
    fill_in(user, &person, now);
    keep_identity(user, &person, now);
    let session = Session {
        provider_access_token: person.access_token.clone(),
        provider_access_token_expiry: person.access_token_expiry,
        ..call.new_session(&person.provider, &person.uid, &["email", "oauth2"])
    };
    let session = call.keep_session(&user_id, session)?;
    if let Some(old) = &old {
        let targets = call.world.user_mut(&user_id).into_iter().flat_map(|user| &mut user.targets);
        for target in targets.filter(|target| target.session_id.as_ref() == Some(old)) {
            target.session_id = Some(session.id.clone());
        }
    }
    // Only now, so that every refusal leaves the caller signed in.
    end(call, own.as_deref(), old.as_deref());
    opened(call, &user_id, &session)
}

fn end(call: &mut Call<'_>, user_id: Option<&str>, session_id: Option<&str>) {
    if let Some(user) = user_id.and_then(|id| call.world.user_mut(id)) {
        user.sessions.retain(|session| Some(session.id.as_str()) != session_id);
    }
}

/// The parameters; what the token says is not known yet.
fn read(call: &Call<'_>) -> Result<(Person, String), ApiError> {
    let params = call.params();
    let at_most = |most: usize| format!("Value must be a valid string and no longer than {most} chars");
    let optional = |name: &str, most: usize| {
        let given = params.optional_text(name, &at_most(most), |text| text.chars().count() <= most);
        given.map(Option::unwrap_or_default)
    };
    let provider = params.text("provider", "Value must be one of (apple, google)", |_| true)?;
    oauth2_providers::check(call, &provider)?;
    let rule = "Value must be a valid string and at least 1 chars and no longer than 8192 chars";
    let id_token = params.text("idToken", rule, |text| (1..=8192).contains(&text.len()))?;
    let nonce = optional("nonce", 256)?;
    let access_token = optional("accessToken", 4096)?;
    let life = params.number("accessTokenExpiry", 0, 0..=31_536_000)?;
    let name = optional("name", 128)?;
    let person = Person {
        provider,
        uid: String::new(),
        email: None,
        email_verified: false,
        name,
        id_token,
        access_token,
        access_token_expiry: (life > 0).then(|| call.now() + life * 1000),
    };
    Ok((person, nonce))
}

/// The person, once the token has passed every check.
fn check(call: &Call<'_>, (person, nonce): (Person, String)) -> Result<Person, ApiError> {
    let native = call.world.native.iter().find(|native| native.name == person.provider);
    let native = native.ok_or_else(|| error("project_provider_unsupported"))?;
    if call.caller.place != Place::Project || !native.enabled || native.client_ids.is_empty() {
        return Err(error("project_provider_disabled"));
    }
    let claims = native.verify(&person.id_token, &nonce, call.now() / 1000).map_err(|why| match why {
        Refused::Invalid(why) => error_with("user_oauth2_token_invalid", why),
        // 424 is none of the statuses that the server shows (contract §7).
        Refused::Unreachable => error_with("user_oauth2_provider_error", "Server Error").with_status(500),
    })?;
    let text = |name: &str| claims[name].as_str().filter(|text| !text.is_empty());
    // Apple says "true".
    let email_verified = claims["email_verified"] == true || claims["email_verified"] == "true";
    Ok(Person {
        uid: text("sub").unwrap_or_default().to_owned(),
        email: text("email").map(str::to_lowercase),
        email_verified,
        name: text("name").map_or(person.name, str::to_owned),
        ..person
    })
}

fn has_identity(user: &User, person: &Person) -> bool {
    let in_identity =
        |identity: &Value| identity["provider"] == *person.provider && identity["providerUid"] == *person.uid;
    let in_session =
        |session: &Session| session.provider == person.provider && session.provider_uid == person.uid;
    user.identities.iter().any(in_identity) || user.sessions.iter().any(in_session)
}

fn has_email(user: &User, person: &Person) -> bool {
    let Some(email) = person.email.as_deref() else { return false };
    user.email.as_deref() == Some(email)
        || user.identities.iter().any(|identity| identity["providerEmail"] == *email)
}

/// The caller's own account, unless identity or e-mail are somebody else's.
fn free_to_link(call: &Call<'_>, own: &str, person: &Person) -> Result<String, ApiError> {
    let others = call.world.users.iter().filter(|user| user.id != own);
    match others.into_iter().any(|user| has_identity(user, person) || has_email(user, person)) {
        true => Err(error("user_already_exists")),
        false => Ok(own.to_owned()),
    }
}

/// The user of the identity, or of an e-mail that the provider has verified; else a new one.
fn find_or_make(call: &mut Call<'_>, person: &Person) -> Result<String, ApiError> {
    if let Some(user) = call.world.users.iter().find(|user| has_identity(user, person)) {
        return Ok(user.id.clone());
    }
    if let Some(user) = call.world.users.iter().find(|user| has_email(user, person)) {
        let proven = person.email_verified.then(|| user.id.clone());
        return proven.ok_or_else(|| error("general_bad_request"));
    }
    otp::check_room(call)?;
    Ok(call.world.add_user(None, person.email.clone(), &person.name).id.clone())
}

fn fill_in(user: &mut User, person: &Person, now: Millis) {
    if user.email.is_none()
        && let Some(email) = &person.email
    {
        user.email = Some(email.clone());
        user.targets.push(crate::world::Target::new(now, "email", email));
    }
    if user.email == person.email && person.email_verified {
        user.email_verified = true;
    }
    if user.name.is_empty() {
        user.name.clone_from(&person.name);
    }
    user.updated = now;
}

fn keep_identity(user: &mut User, person: &Person, now: Millis) {
    let known =
        |each: &&mut Value| each["provider"] == *person.provider && each["providerUid"] == *person.uid;
    let ends = person.access_token_expiry.map(iso).unwrap_or_default();
    if let Some(identity) = user.identities.iter_mut().find(known) {
        identity["$updatedAt"] = json!(iso(now));
        identity["providerAccessToken"] = json!(person.access_token);
        identity["providerAccessTokenExpiry"] = json!(ends);
        identity["providerIdToken"] = json!(person.id_token);
        return;
    }
    let identity = json!({
        "$id": unique_id(now), "$createdAt": iso(now), "$updatedAt": iso(now), "userId": user.id,
        "provider": person.provider, "providerUid": person.uid,
        "providerEmail": person.email.clone().unwrap_or_default(), "providerAccessToken": person.access_token,
        "providerAccessTokenExpiry": ends, "providerRefreshToken": "", "providerIdToken": person.id_token,
    });
    user.identities.push(identity);
}
