//! The second factor: switching it on, authenticators, challenges, recovery codes (contract §3.3).

use super::{By, Limit, Route, Scope, Since, route};
use crate::{
    call::{Call, Outcome},
    cookies::URLENCODE,
    dates::iso,
    errors::{ApiError, bad_argument, broken, error, error_with, newly_listed},
    json,
    params::invalid,
    render::{self, Secret, SessionStyle},
    totp,
    world::{Challenge, Totp, digits, hex, unique_id},
};
use percent_encoding::utf8_percent_encode;

/// How long a passed challenge counts as recent.
const RECENT: i64 = 30 * 60 * 1000;
/// How long a challenge can be answered.
const LIFE: i64 = 3600 * 1000;

const CREATE: Route = Route {
    limit_path: "/account/mfa/challenges",
    limit: Some(Limit { most: 10, window: 3600, by: &[By::User] }),
    mfa_exempt: true,
    ..route("POST", "/account/mfa/challenge", Scope::Account, create_challenge)
};
const ANSWER: Route = Route {
    limit_path: "/account/mfa/challenges",
    limit: Some(Limit { most: 10, window: 3600, by: &[By::Param("challengeId")] }),
    mfa_exempt: true,
    ..route("PUT", "/account/mfa/challenge", Scope::Account, answer_challenge)
};

pub(super) const ROUTES: &[Route] = &[
    route("PATCH", "/account/mfa", Scope::Account, update),
    Route { mfa_exempt: true, ..route("GET", "/account/mfa/factors", Scope::Account, factors) },
    CREATE,
    Route { path: "/account/mfa/challenges", since: Since::V1_9, ..CREATE },
    ANSWER,
    Route { path: "/account/mfa/challenges", since: Since::V1_9, ..ANSWER },
    route("POST", "/account/mfa/authenticators/:type", Scope::Account, create_authenticator),
    route("PUT", "/account/mfa/authenticators/:type", Scope::Account, verify_authenticator),
    route("DELETE", "/account/mfa/authenticators/:type", Scope::Account, delete_authenticator),
    route("POST", "/account/mfa/recovery-codes", Scope::Account, create_codes),
    route("PATCH", "/account/mfa/recovery-codes", Scope::Account, renew_codes),
    route("GET", "/account/mfa/recovery-codes", Scope::Account, read_codes),
];

fn answer_account(call: &mut Call<'_>) -> Outcome {
    let body = render::account(call.user()?, call.traits());
    call.json(200, body)
}

/// The caller's session by index. A JWT has none, which breaks the action that wants one.
fn own_session(call: &Call<'_>) -> Result<usize, ApiError> {
    let id = call.caller.session_id.clone().unwrap_or_default();
    let sessions = &call.user()?.sessions;
    sessions.iter().position(|each| each.id == id).ok_or_else(broken)
}

/// Switching it on gives the session the factors that its user has proven before (contract §13.7).
fn update(call: &mut Call<'_>) -> Outcome {
    let on = call.params().boolean("mfa")?;
    let index = own_session(call)?;
    let now = call.now();
    let older = !call.traits().newer_fields;
    let user = call.user_mut()?;
    user.mfa = on;
    user.updated = now;
    if on {
        let proven = [
            ("totp", user.totp.as_ref().is_some_and(|totp| totp.verified)),
            ("email", user.email_verified),
            ("phone", user.phone_verified),
        ];
        let session = &mut user.sessions[index];
        let (mut factors, mut gap) = (session.factors.clone(), false);
        for (factor, _) in proven.into_iter().filter(|(_, proven)| *proven) {
            if factors.iter().any(|known| known == factor) {
                gap = true;
            } else if gap && older {
                // A list with a hole is no list to the older server, which has by then switched MFA on (contract §13.7).
                let message = "Invalid document structure: Attribute \"factors\" must be an array";
                return Err(error_with("document_invalid_structure", message));
            } else {
                factors.push(factor.to_owned());
            }
        }
        session.factors = factors;
    }
    answer_account(call)
}

fn factors(call: &mut Call<'_>) -> Outcome {
    let newer = call.traits().fields_of_2;
    let user = call.user()?;
    let mut body = json!({
        "totp": user.totp.as_ref().is_some_and(|totp| totp.verified),
        "phone": user.phone.is_some() && user.phone_verified,
        "email": user.email.is_some() && user.email_verified,
        "recoveryCode": !user.recovery_codes.is_empty(),
    });
    if newer {
        body["custom"] = json!(call.has("custom-factor") && call.world.project.allows("mfa-custom"));
    }
    call.json(200, body)
}

fn create_challenge(call: &mut Call<'_>) -> Outcome {
    // Taken in any case; what is not spelled as the server spells it never passes (contract §14.7).
    let mut names = vec!["email", "phone", "totp", "recoverycode"];
    if call.has("custom-factor") {
        names.push("custom");
    }
    let known = |factor: &str| names.iter().any(|name| factor.eq_ignore_ascii_case(name));
    let rule = format!("Value must be one of ({})", names.join(", "));
    let factor = call.params().text("factor", &rule, known)?;
    if call.traits().fields_of_2 && !call.world.project.allows(&format!("mfa-{factor}")) {
        return Err(error("user_auth_method_unsupported"));
    }
    let (now, traits) = (call.now(), call.traits());
    // In the servers' order: whether it can be sent, whether there is an address, whether that is verified.
    match factor.as_str() {
        "email" => super::otp::check_mail(call, super::otp::NO_MAIL)?,
        "phone" => super::otp::check_phone(call)?,
        _ => {}
    }
    let challenge =
        Challenge { id: unique_id(now), factor: factor.clone(), code: digits(6), expire: now + LIFE };
    let user = call.user_mut()?;
    let lacks = match factor.as_str() {
        "email" if user.email.is_none() => Some(newly_listed(traits, "user_email_not_found")),
        "email" if !user.email_verified => Some(newly_listed(traits, "user_email_not_verified")),
        "phone" if user.phone.is_none() => Some(error("user_phone_not_found")),
        "phone" if !user.phone_verified => Some(newly_listed(traits, "user_phone_not_verified")),
        _ => None,
    };
    if let Some(refused) = lacks {
        return Err(refused);
    }
    let user_id = user.id.clone();
    user.challenges.push(challenge.clone());
    if matches!(factor.as_str(), "email" | "phone") {
        call.world.messages.push(crate::world::Message {
            kind: "mfa-challenge",
            user_id: user_id.clone(),
            secret: challenge.code.clone(),
            url: None,
        });
    }
    let status = call.traits().mfa_created_status;
    call.json(
        status,
        json!({ "$id": challenge.id, "$createdAt": iso(now), "userId": user_id, "expire": iso(challenge.expire) }),
    )
}

fn answer_challenge(call: &mut Call<'_>) -> Outcome {
    let id = call.params().string("challengeId", 1..=256)?;
    let otp = call.params().string("otp", 1..=256)?;
    let index = own_session(call)?;
    let (now, recovery) = (call.now(), call.traits().recovery_factor);
    let leaks = call.traits().leaks_hashes;
    let user = call.user_mut()?;
    // Nobody looks at its expiry: it can be answered until it is cleared away.
    let found = user.challenges.iter().position(|each| each.id == id);
    let found = found.ok_or_else(|| error("user_invalid_token"))?;
    let challenge = user.challenges[found].clone();
    let passes = match challenge.factor.as_str() {
        "totp" => {
            // An authenticator that is not verified yet will do, and that there is none breaks the server.
            let totp = user.totp.as_ref().ok_or_else(broken)?;
            totp::code(&totp.secret, now / 1000) == otp
        }
        // The code of a custom challenge is delivered by the app's own backend (contract §2x.2.4).
        "email" | "phone" | "custom" => challenge.code == otp,
        // Any other spelling is taken for a challenge and never passes (contract §14.7).
        factor => factor == recovery && user.recovery_codes.contains(&otp),
    };
    if !passes {
        return Err(error("user_invalid_token"));
    }
    user.challenges.remove(found);
    user.recovery_codes.retain(|code| *code != otp);
    // As it was spelled for this challenge.
    let factor = challenge.factor;
    let session = &mut user.sessions[index];
    if !session.factors.contains(&factor) {
        session.factors.push(factor);
    }
    session.mfa_updated = Some(now);
    let mut shown = session.clone();
    session.updated = now;
    // Only what was just written is shown in the database's format; the expiry was not.
    shown.updated = now;
    let user = call.user()?;
    let secret = if leaks { Secret::Hash } else { Secret::Masked };
    let mut body = render::session(user, &shown, SessionStyle { current: false, raw: true, secret });
    body["expire"] = json!(iso(shown.expire));
    call.json(200, body)
}

/// The type of the path is taken in any case; whether it is not spelled as the server spells it, which no authenticator is.
fn check_type(call: &Call<'_>) -> Result<bool, ApiError> {
    match call.path.first().map(String::as_str) {
        Some("totp") => Ok(false),
        Some(other) if other.eq_ignore_ascii_case("totp") => Ok(true),
        _ => Err(invalid("type", "Value must be one of (totp)")),
    }
}

fn create_authenticator(call: &mut Call<'_>) -> Outcome {
    if check_type(call)? {
        return Err(bad_argument("Unknown type."));
    }
    let user = call.user_mut()?;
    // The label is the address, and that there is none breaks the server.
    let account = user.email.clone().ok_or_else(broken)?;
    if user.totp.as_ref().is_some_and(|totp| totp.verified) {
        return Err(error("user_authenticator_already_verified"));
    }
    let secret = totp::new_secret();
    user.totp = Some(Totp { secret: secret.clone(), verified: false });
    let label = utf8_percent_encode(&format!("demo:{account}"), URLENCODE).to_string();
    let uri = format!("otpauth://totp/{label}?issuer=demo&secret={secret}");
    call.json(200, json!({ "secret": secret, "uri": uri }))
}

fn verify_authenticator(call: &mut Call<'_>) -> Outcome {
    let misspelt = check_type(call)?;
    let otp = call.params().string("otp", 1..=256)?;
    let now = call.now();
    let index = own_session(call)?;
    if misspelt {
        return Err(error("user_authenticator_not_found"));
    }
    let user = call.user_mut()?;
    let totp = user.totp.as_mut().ok_or_else(|| error("user_authenticator_not_found"))?;
    if totp.verified {
        return Err(error("user_authenticator_already_verified"));
    }
    if totp::code(&totp.secret, now / 1000) != otp {
        return Err(error("user_invalid_token"));
    }
    totp.verified = true;
    user.updated = now;
    let factors = &mut user.sessions[index].factors;
    if !factors.iter().any(|factor| factor == "totp") {
        factors.push("totp".to_owned());
    }
    answer_account(call)
}

/// What is protected needs a challenge passed a short while ago.
fn check_recent(call: &Call<'_>) -> Outcome {
    match call.user()?.sessions[own_session(call)?].mfa_updated {
        Some(at) if call.now() - at <= RECENT => Ok(()),
        _ => Err(error("user_challenge_required")),
    }
}

/// The older server wants a code, of the authenticator or for recovery, and the newer one a challenge a short while ago.
fn delete_authenticator(call: &mut Call<'_>) -> Outcome {
    let newer = call.traits().newer_fields;
    if newer {
        check_recent(call)?;
    }
    let misspelt = check_type(call)?;
    let otp = if newer { String::new() } else { call.params().string("otp", 1..=256)? };
    if misspelt {
        return Err(error("user_authenticator_not_found"));
    }
    let now = call.now();
    let user = call.user_mut()?;
    let totp = user.totp.as_ref().ok_or_else(|| error("user_authenticator_not_found"))?;
    if !newer && totp::code(&totp.secret, now / 1000) != otp {
        let code = user.recovery_codes.iter().position(|code| *code == otp);
        user.recovery_codes.remove(code.ok_or_else(|| error("user_invalid_token"))?);
    }
    user.totp = None;
    call.no_content()
}

pub(crate) fn new_codes() -> Vec<String> {
    (0..6).map(|_| hex(5)).collect()
}

fn create_codes(call: &mut Call<'_>) -> Outcome {
    let user = call.user_mut()?;
    if !user.recovery_codes.is_empty() {
        return Err(error("user_recovery_codes_already_exists"));
    }
    user.recovery_codes = new_codes();
    let body = json!({ "recoveryCodes": user.recovery_codes });
    let status = call.traits().mfa_created_status;
    call.json(status, body)
}

fn renew_codes(call: &mut Call<'_>) -> Outcome {
    check_recent(call)?;
    let user = call.user_mut()?;
    if user.recovery_codes.is_empty() {
        return Err(error("user_recovery_codes_not_found"));
    }
    user.recovery_codes = new_codes();
    let body = json!({ "recoveryCodes": user.recovery_codes });
    call.json(200, body)
}

fn read_codes(call: &mut Call<'_>) -> Outcome {
    check_recent(call)?;
    let codes = call.user()?.recovery_codes.clone();
    if codes.is_empty() {
        return Err(error("user_recovery_codes_not_found"));
    }
    call.json(200, json!({ "recoveryCodes": codes }))
}
