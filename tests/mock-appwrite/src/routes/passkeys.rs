//! The passkeys of an account: registering, listing, renaming and deleting them (contract §2x.2.2).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;

use super::{By, Limit, Route, Scope, Since, lists, route};
use crate::{
    call::{Call, Outcome},
    dates::{Millis, iso},
    errors::{ApiError, error, error_with},
    json,
    webauthn::{Challenge, Expected, Passkey, Purpose, State},
    world::unique_id,
};

/// How long a challenge can be answered.
const LIFE: Millis = 5 * 60 * 1000;
/// How long ago a sign-in or a challenge of MFA may be.
const RECENT: Millis = 10 * 60 * 1000;
/// How many passkeys a user can have.
const MOST: usize = 10;

const BY_USER: Limit = Limit { most: 10, window: 3600, by: &[By::User] };

const fn passkeys(method: &'static str, path: &'static str, act: fn(&mut Call<'_>) -> Outcome) -> Route {
    Route { since: Since::V2_7, feature: Some("passkeys"), ..route(method, path, Scope::Account, act) }
}

pub(super) const ROUTES: &[Route] = &[
    passkeys("GET", "/account/passkeys", list),
    Route { limit: Some(BY_USER), auth_method: METHOD, ..passkeys("POST", "/account/passkeys", create) },
    passkeys("GET", "/account/passkeys/:id", read),
    passkeys("PATCH", "/account/passkeys/:id", rename),
    passkeys("DELETE", "/account/passkeys/:id", delete),
    Route { limit: Some(BY_USER), ..passkeys("PUT", "/account/passkeys/:id/verification", verify) },
];

/// The sign-in method that begins a ceremony; listing, deleting and completing go on without it.
pub(super) const METHOD: Option<(&str, &str)> = Some(("passkey", "Passkey"));

pub(super) fn body(passkey: &Passkey) -> Value {
    json!({
        "$id": passkey.id, "$createdAt": iso(passkey.created), "$updatedAt": iso(passkey.updated),
        "name": passkey.name, "accessedAt": passkey.accessed.map(iso).unwrap_or_default(),
    })
}

/// The relying party's id, without which nothing begins.
pub(super) fn relying_party(call: &Call<'_>) -> Result<String, ApiError> {
    let message = "Passkey authentication is not configured for this project";
    let rp_id = call.world.passkeys.rp_id.clone();
    rp_id.ok_or_else(|| error_with("user_auth_method_unsupported", message))
}

/// Refuses to complete what can no longer be completed: passkeys are not configured, or off where that counts.
pub(super) fn check_open(call: &Call<'_>) -> Outcome {
    let passkeys = &call.world.passkeys;
    let off = !call.world.project.allows("passkey") && !passkeys.completes_when_off;
    match passkeys.rp_id {
        Some(_) if !off => Ok(()),
        _ => Err(error("user_invalid_token")),
    }
}

/// Gives out a challenge.
pub(super) fn challenge(call: &mut Call<'_>, purpose: Purpose) -> Challenge {
    let now = call.now();
    let bytes: Vec<u8> = (0..32).map(|_| fastrand::u8(..)).collect();
    let challenge = Challenge {
        id: unique_id(now),
        expire: now + LIFE,
        value: BASE64URL.encode(bytes),
        purpose,
        party: call.world.passkeys.party(),
    };
    call.world.passkeys.challenges.push(challenge.clone());
    challenge
}

/// Answers with a challenge and the options for the platform.
pub(super) fn answer_challenge(
    call: &mut Call<'_>,
    challenge: &Challenge,
    passkey_id: &str,
    options: Value,
) -> Outcome {
    let body = json!({
        "$id": challenge.id, "$createdAt": iso(challenge.expire - LIFE), "passkeyId": passkey_id,
        "expire": iso(challenge.expire), "publicKey": options,
    });
    call.json(201, body)
}

/// The session must have signed in, or passed a challenge of MFA, a short while ago.
fn check_recent(call: &Call<'_>) -> Outcome {
    let user = call.user()?;
    let session = user.sessions.iter().find(|each| Some(&each.id) == call.caller.session_id.as_ref());
    let proven = session.map(|session| session.created.max(session.mfa_updated.unwrap_or_default()));
    match proven {
        Some(at) if call.now() - at <= RECENT => Ok(()),
        _ => Err(error("user_reauthentication_required")),
    }
}

fn list(call: &mut Call<'_>) -> Outcome {
    let own = call.user()?.id.clone();
    answer_list(call, &own)
}

/// Answers with the verified passkeys of a user.
pub(super) fn answer_list(call: &mut Call<'_>, user_id: &str) -> Outcome {
    let all = call.world.passkeys.list.iter();
    let verified = all.filter(|passkey| passkey.user_id == user_id && passkey.credential().is_some());
    let items = verified.map(body).collect();
    lists::answer(call, "passkeys", items, &["name", "accessedAt"])
}

/// A verified passkey of a user, by its index.
pub(super) fn find(call: &Call<'_>, user_id: &str, id: &str) -> Result<usize, ApiError> {
    let fits =
        |passkey: &Passkey| passkey.id == id && passkey.user_id == user_id && passkey.credential().is_some();
    call.world.passkeys.list.iter().position(fits).ok_or_else(|| error("user_passkey_not_found"))
}

/// The passkey that the path of an account's route names.
fn named(call: &Call<'_>) -> Result<usize, ApiError> {
    find(call, &call.user()?.id, call.path.first().map(String::as_str).unwrap_or_default())
}

fn read(call: &mut Call<'_>) -> Outcome {
    let body = body(&call.world.passkeys.list[named(call)?]);
    call.json(200, body)
}

/// The new name of a passkey.
pub(super) fn new_name(call: &Call<'_>) -> Result<String, ApiError> {
    let rule = "Value must be a valid string and at least 1 chars and no longer than 128 chars";
    call.params().text("name", rule, |name| (1..=128).contains(&name.chars().count()))
}

/// Renames a passkey and answers with it.
pub(super) fn set_name(call: &mut Call<'_>, index: usize, name: String) -> Outcome {
    let now = call.now();
    let passkey = &mut call.world.passkeys.list[index];
    (passkey.name, passkey.updated) = (name, now);
    let body = body(passkey);
    call.json(200, body)
}

fn rename(call: &mut Call<'_>) -> Outcome {
    let name = new_name(call)?;
    let index = named(call)?;
    set_name(call, index, name)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    check_recent(call)?;
    let index = named(call)?;
    call.world.passkeys.list.remove(index);
    call.no_content()
}

fn create(call: &mut Call<'_>) -> Outcome {
    check_recent(call)?;
    let params = call.params();
    let id = if params.0.get("passkeyId").is_some_and(|id| !id.is_null()) {
        params.custom_id("passkeyId")?
    } else {
        None
    };
    let rule = "Value must be a valid string and no longer than 128 chars";
    let name = params.optional_text("name", rule, |name| name.chars().count() <= 128)?.unwrap_or_default();
    let rp_id = relying_party(call)?;
    let (now, user) = (call.now(), call.user()?.clone());
    if call.world.passkeys.refuses_unverified && !user.email_verified && !user.phone_verified {
        return Err(error("user_passkey_unavailable"));
    }
    let id = id.unwrap_or_else(|| unique_id(now));
    let own = |passkey: &Passkey| passkey.user_id == user.id;
    let list = &mut call.world.passkeys.list;
    if list.iter().any(|other| other.id == id && (!own(other) || other.credential().is_some())) {
        return Err(error("user_passkey_already_exists"));
    }
    list.retain(|passkey| passkey.id != id);
    let counts = |passkey: &&Passkey| {
        own(passkey) && (passkey.credential().is_some() || now - passkey.created <= LIFE)
    };
    if list.iter().filter(counts).count() >= MOST {
        return Err(error("user_passkey_limit_exceeded"));
    }
    let excluded: Vec<Value> = list
        .iter()
        .filter(|passkey| own(passkey))
        .filter_map(Passkey::credential)
        .map(|credential| json!({ "type": "public-key", "id": credential.id }))
        .collect();
    let session_id = call.caller.session_id.clone();
    let purpose = Purpose::Register { user_id: user.id.clone(), session_id, passkey_id: id.clone() };
    let challenge = challenge(call, purpose);
    let passkeys = &mut call.world.passkeys;
    passkeys.list.push(Passkey {
        id: id.clone(),
        user_id: user.id.clone(),
        created: now,
        updated: now,
        name,
        accessed: None,
        state: State::Pending(challenge.id.clone()),
    });
    let handle = passkeys.handles.entry(user.id.clone()).or_insert_with(|| {
        let bytes: Vec<u8> = (0..32).map(|_| fastrand::u8(..)).collect();
        BASE64URL.encode(bytes)
    });
    let shown = [user.email.as_ref(), user.phone.as_ref(), Some(&user.name), Some(&user.id)];
    let shown = shown.into_iter().flatten().find(|name| !name.is_empty()).cloned().unwrap_or_default();
    let full = if user.name.is_empty() { &shown } else { &user.name };
    let options = json!({
        "rp": { "id": rp_id, "name": call.world.project.id },
        "user": { "id": *handle, "name": shown, "displayName": full },
        "challenge": challenge.value,
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -257 }],
        "excludeCredentials": excluded,
        "authenticatorSelection": { "residentKey": "required", "userVerification": "required" },
        "attestation": "none",
    });
    answer_challenge(call, &challenge, &id, options)
}

/// A challenge is used up by every attempt, also by one that fails.
fn verify(call: &mut Call<'_>) -> Outcome {
    if call.world.passkeys.recent_on_verification {
        check_recent(call)?;
    }
    let said = match call.world.passkeys.needs_challenge_id {
        true => Some(call.params().id("challengeId")?),
        false => None,
    };
    let credential = call.params().object("credential")?;
    check_open(call)?;
    let (now, user_id) = (call.now(), call.user()?.id.clone());
    let id = call.path.first().cloned().unwrap_or_default();
    let pending = |passkey: &Passkey| match &passkey.state {
        State::Pending(challenge) if passkey.id == id && passkey.user_id == user_id => {
            Some(challenge.clone())
        }
        _ => None,
    };
    let waiting = call.world.passkeys.list.iter().find_map(pending);
    let waiting = waiting.ok_or_else(|| error("user_passkey_not_found"))?;
    if said.is_some_and(|said| said != waiting) {
        return Err(error("user_invalid_token"));
    }
    let session_id = call.caller.session_id.clone();
    let purpose = Purpose::Register { user_id, session_id, passkey_id: id.clone() };
    let challenge = call.world.passkeys.consume(&waiting, &purpose, now);
    let challenge = challenge.ok_or_else(|| error("user_invalid_token"))?;
    let expected = Expected { world: call.world, challenge: &challenge.value };
    let registered = expected.registration(&credential).map_err(invalid)?;
    let list = &mut call.world.passkeys.list;
    if list.iter().filter_map(Passkey::credential).any(|other| other.id == registered.id) {
        return Err(error("user_passkey_already_exists"));
    }
    let passkey = list.iter_mut().find(|passkey| passkey.id == id);
    let passkey = passkey.ok_or_else(|| error("user_passkey_not_found"))?;
    (passkey.state, passkey.updated) = (State::Verified(registered), now);
    let body = body(passkey);
    call.json(200, body)
}

/// The refusal of a credential. The real server does not say why; a test wants to know.
pub(super) fn invalid(why: &str) -> ApiError {
    error_with("user_passkey_invalid", format!("{} ({why})", error("user_passkey_invalid").message))
}
