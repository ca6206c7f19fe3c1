//! How results and errors are told.

use appwrite_session_core::{Account, Error, GatewayResponse, Session, SessionState, User};
use serde_json::{Value, json};

pub(crate) fn user(user: &User) -> Value {
    json!({ "id": user.id, "name": user.name, "email": user.email })
}

pub(crate) fn state(state: &SessionState) -> Value {
    let kind = state.name();
    match state {
        SessionState::SignedOut { reason } => json!({ "kind": kind, "reason": reason.as_str() }),
        SessionState::MfaRequired { factors } => {
            json!({ "kind": kind, "factors": factors.iter().map(|factor| factor.as_str()).collect::<Vec<_>>() })
        }
        SessionState::SignedIn { user: who, verified } => {
            json!({ "kind": kind, "user": who.as_ref().map(user), "verified": verified })
        }
        _ => json!({ "kind": kind }),
    }
}

pub(crate) fn account(account: &Account) -> Value {
    json!({
        "id": account.user.id, "name": account.user.name, "email": account.user.email,
        "emailVerified": account.email_verified, "mfaEnabled": account.mfa_enabled,
        "preferences": account.preferences,
    })
}

pub(crate) fn session(session: &Session) -> Value {
    json!({
        "id": session.id, "userId": session.user_id, "provider": session.provider, "current": session.current,
    })
}

pub(crate) fn response(status: u16, body: &[u8]) -> Value {
    let body = serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
    json!({ "status": status, "body": body })
}

pub(crate) fn gateway_response(answer: &GatewayResponse) -> Value {
    let mut told = response(answer.status().as_u16(), answer.bytes());
    told["url"] = json!(answer.url());
    told["redirected"] = json!(answer.is_redirected());
    told
}

pub(crate) fn error(error: &Error) -> Value {
    let reason = match error {
        Error::SignedOut(reason, _) => Some(reason.as_str()),
        _ => None,
    };
    let origin = match error {
        Error::OriginNotAllowed { origin } => Some(origin),
        _ => None,
    };
    let after = error.retry_after().and_then(|after| u64::try_from(after.as_millis()).ok());
    json!({
        "code": error.code().as_str(), "retryable": error.is_retryable(), "retryAfterMs": after,
        "status": error.refusal().map(|refusal| refusal.status()),
        "type": error.refusal().map(|refusal| refusal.kind()), "reason": reason, "origin": origin,
        "detail": error.detail(),
    })
}

/// What does not work by a diagnosis, and what it has looked at. The rest differs from machine to machine.
pub(crate) fn diagnosis(shown: &Value) -> Value {
    let findings = shown["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let problems: Vec<String> = findings
        .iter()
        .filter(|finding| finding["level"] == "problem")
        .map(|finding| format!("{}/{}", text(finding, "area"), text(finding, "code")))
        .collect();
    let mut areas: Vec<String> = findings.iter().map(|finding| text(finding, "area")).collect();
    areas.dedup();
    json!({ "problems": problems, "areas": areas })
}
