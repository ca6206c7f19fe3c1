//! The second factor: switching it on, authenticators, challenges, recovery codes (contract §3.3).

use percent_encoding::utf8_percent_encode;
use serde_json::json;

use super::{By, Limit, Route, Scope, Since, route};
use crate::{
    call::{Call, Outcome},
    cookies::URLENCODE,
    dates::iso,
    errors::{ApiError, error, error_with},
    params::invalid,
    render::{self, Secret, SessionStyle},
    totp,
    world::{Challenge, Totp, digits, hex, unique_id},
};

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

/// The caller's session by index, which a JWT does not have.
fn own_session(call: &Call<'_>) -> Result<usize, ApiError> {
    let id = call.caller.session_id.clone().unwrap_or_default();
    let sessions = &call.user()?.sessions;
    sessions.iter().position(|each| each.id == id).ok_or_else(|| error("user_session_not_found"))
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
    let (now, unverified) = (call.now(), call.traits().unverified_status);
    let challenge =
        Challenge { id: unique_id(now), factor: factor.clone(), code: digits(6), expire: now + LIFE };
    let user = call.user_mut()?;
    let lacks = match factor.as_str() {
        "email" => user.email.is_none().then_some("user_email_not_found"),
        "phone" => user.phone.is_none().then_some("user_phone_not_found"),
        _ => None,
    };
    if let Some(kind) = lacks {
        return Err(error(kind));
    }
    let lacks = match factor.as_str() {
        "email" => (!user.email_verified).then_some("user_email_not_verified"),
        "phone" => (!user.phone_verified).then_some("user_phone_not_verified"),
        _ => None,
    };
    if let Some(kind) = lacks {
        let refused = error(kind);
        // A status that is not public becomes 500 and loses its message, but not its type (contract §7).
        let message = if unverified == 500 { "Server Error".to_owned() } else { refused.message.clone() };
        return Err(ApiError { status: unverified, message, ..refused });
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
    let id = call.params().text("challengeId", "Value must be a valid string", |_| true)?;
    let otp = call.params().text("otp", "Value must be a valid string", |_| true)?;
    let index = own_session(call)?;
    let (now, recovery) = (call.now(), call.traits().recovery_factor);
    let leaks = call.traits().leaks_hashes;
    let user = call.user_mut()?;
    let found = user.challenges.iter().position(|each| each.id == id && each.expire >= now);
    let found = found.ok_or_else(|| error("user_invalid_token"))?;
    let challenge = user.challenges[found].clone();
    let passes = match challenge.factor.as_str() {
        "totp" => user
            .totp
            .as_ref()
            .is_some_and(|totp| totp.verified && totp::code(&totp.secret, now / 1000) == otp),
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
    let factor = if challenge.factor == recovery { "recoveryCode".to_owned() } else { challenge.factor };
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

fn check_type(call: &Call<'_>) -> Outcome {
    match call.path.first().map(String::as_str) {
        Some("totp") => Ok(()),
        _ => Err(invalid("type", "Value must be one of (totp)")),
    }
}

fn create_authenticator(call: &mut Call<'_>) -> Outcome {
    check_type(call)?;
    let user = call.user_mut()?;
    if user.totp.as_ref().is_some_and(|totp| totp.verified) {
        return Err(error("user_authenticator_already_verified"));
    }
    let secret = totp::new_secret();
    let account = user.email.clone().unwrap_or_default();
    user.totp = Some(Totp { secret: secret.clone(), verified: false });
    let label = utf8_percent_encode(&format!("demo:{account}"), URLENCODE).to_string();
    let uri = format!("otpauth://totp/{label}?issuer=demo&secret={secret}");
    call.json(200, json!({ "secret": secret, "uri": uri }))
}

fn verify_authenticator(call: &mut Call<'_>) -> Outcome {
    check_type(call)?;
    let otp = call.params().text("otp", "Value must be a valid string", |_| true)?;
    let now = call.now();
    let index = own_session(call).ok();
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
    if let Some(index) = index {
        user.sessions[index].factors.push("totp".to_owned());
    }
    answer_account(call)
}

/// What is protected needs a challenge passed a short while ago.
fn check_recent(call: &Call<'_>) -> Outcome {
    let passed = own_session(call).ok().and_then(|index| call.user().ok()?.sessions[index].mfa_updated);
    match passed {
        Some(at) if call.now() - at <= RECENT => Ok(()),
        _ => Err(error("user_challenge_required")),
    }
}

fn delete_authenticator(call: &mut Call<'_>) -> Outcome {
    check_recent(call)?;
    check_type(call)?;
    match call.user_mut()?.totp.take() {
        Some(_) => call.no_content(),
        None => Err(error("user_authenticator_not_found")),
    }
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
