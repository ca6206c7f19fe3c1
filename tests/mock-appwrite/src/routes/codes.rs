//! Recovery of a password and verification of an e-mail by a code of six digits, without any link (contract §2x.2.3).

use super::{
    By, Limit, Route, Scope, Since,
    account::new_password_rule,
    otp,
    recovery::{BY_EMAIL, BY_USER, BY_USER_ID, proof, prove},
    route,
};
use crate::{
    call::{Call, Outcome},
    errors::{blocked, error},
    world::{Message, TokenKind, digits},
};

const QUARTER: i64 = 15 * 60 * 1000;

pub(super) const ROUTES: &[Route] = &[
    Route {
        limit: Some(BY_EMAIL),
        ..code("recovery-code", route("POST", "/account/recovery/otp", Scope::Public, ask_recovery))
    },
    Route {
        limit: Some(BY_USER_ID),
        ..code("recovery-code", route("PUT", "/account/recovery/otp", Scope::Public, recover))
    },
    Route {
        limit: Some(BY_USER),
        ..code(
            "verification-code",
            route("POST", "/account/verifications/email/otp", Scope::Account, ask_email),
        )
    },
    Route {
        limit: Some(Limit { most: 10, window: 3600, by: &[By::Param("userId")] }),
        ..code(
            "verification-code",
            route("PUT", "/account/verifications/email/otp", Scope::Open, prove_email),
        )
    },
];

const fn code(feature: &'static str, route: Route) -> Route {
    Route { since: Since::V2_7, feature: Some(feature), ..route }
}

fn send(call: &mut Call<'_>, kind: TokenKind, name: &'static str, user: &str) -> Outcome {
    let phrase = otp::phrase(&call.params())?;
    let secret = digits(6);
    let mut body = otp::add_token(call, user, kind, &secret, QUARTER)?;
    if phrase {
        body["phrase"] = otp::security_phrase().into();
    }
    call.world.messages.push(Message { kind: name, user_id: user.to_owned(), secret, url: None });
    call.json(201, body)
}

fn ask_recovery(call: &mut Call<'_>) -> Outcome {
    let email = call.params().email(call.traits())?;
    otp::phrase(&call.params())?;
    let user = call.world.user_by_email(&email).ok_or_else(|| error("user_not_found"))?;
    if !user.enabled {
        return Err(blocked(call.traits()));
    }
    let id = user.id.clone();
    send(call, TokenKind::RecoveryCode, "recovery-code", &id)
}

fn recover(call: &mut Call<'_>) -> Outcome {
    let (id, secret) = proof(call)?;
    let password = call.params().password("password", new_password_rule(call.world.profile))?;
    let (now, ends_all) = (call.now(), call.world.project.invalidate_sessions);
    prove(call, &id, &secret, &TokenKind::RecoveryCode, |user| {
        user.password = Some(password);
        user.password_updated = Some(now);
        user.email_verified = true;
        if ends_all {
            user.sessions.clear();
        }
    })
}

fn ask_email(call: &mut Call<'_>) -> Outcome {
    otp::phrase(&call.params())?;
    let user = call.user()?;
    if user.email.is_none() {
        return Err(error("user_email_not_found"));
    }
    if user.email_verified {
        return Err(error("user_email_already_verified"));
    }
    let id = user.id.clone();
    send(call, TokenKind::EmailVerificationCode, "email-verification-code", &id)
}

fn prove_email(call: &mut Call<'_>) -> Outcome {
    let (id, secret) = proof(call)?;
    prove(call, &id, &secret, &TokenKind::EmailVerificationCode, |user| user.email_verified = true)
}
