//! States, accounts and answers as JavaScript gets them: the types of the specification of the native module.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use appwrite_session_core::{
    Account, Authorization, Change, GatewayResponse, MfaChallenge, Session, SessionState, store::Persistence,
};
use appwrite_session_world::json;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderMap;
use serde_json::Value;

/// An object without the members that are null: in JavaScript they are not there.
pub(crate) fn known(mut object: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

/// A duration in milliseconds.
pub(crate) fn millis_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds since 1970.
fn millis(time: SystemTime) -> i64 {
    let of = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    time.duration_since(UNIX_EPOCH).map_or_else(|before| -of(before.duration()), of)
}

/// A `NativeChange` of the client with that number, the client's changes of earlier starts counted before it.
pub(crate) fn change(client: u32, before: u64, change: &Change) -> Value {
    let (reason, factors, user, verified) = match &change.state {
        SessionState::SignedOut { reason } => (Some(reason.as_str()), Vec::new(), None, false),
        SessionState::MfaRequired { factors } => {
            (None, factors.iter().map(|factor| factor.as_str()).collect(), None, false)
        }
        SessionState::SignedIn { user, verified } => (None, Vec::new(), user.as_ref(), *verified),
        _ => (None, Vec::new(), None, false),
    };
    known(json!({
        "client": client, "number": before + change.number, "kind": change.state.name(), "reason": reason,
        "factors": factors, "userId": user.map(|user| &user.id), "userName": user.map(|user| &user.name),
        "userEmail": user.and_then(|user| user.email.as_ref()), "verified": verified,
        "persistence": match change.persistence {
            Persistence::Durable => "durable",
            _ => "memory_only",
        },
    }))
}

/// A `NativeAccount`.
pub(crate) fn account(account: Account) -> Value {
    known(json!({
        "userId": account.user.id, "userName": account.user.name, "userEmail": account.user.email,
        "phone": account.phone, "emailVerified": account.email_verified, "phoneVerified": account.phone_verified,
        "mfaEnabled": account.mfa_enabled, "labels": account.labels,
        "preferencesJson": Value::Object(account.preferences).to_string(),
        "registeredAtMs": account.registered_at.map(millis),
    }))
}

/// A `NativeSession`.
pub(crate) fn session(session: Session) -> Value {
    known(json!({
        "id": session.id, "userId": session.user_id, "provider": session.provider, "current": session.current,
        "factors": session.factors, "createdAtMs": session.created_at.map(millis),
        "expiresAtMs": session.expires_at.map(millis), "ip": session.ip, "os": session.os,
        "clientName": session.client, "device": session.device, "country": session.country,
    }))
}

/// A `NativeMfaChallenge`.
pub(crate) fn challenge(challenge: MfaChallenge) -> Value {
    known(json!({ "id": challenge.id, "expiresAtMs": challenge.expires_at.map(millis) }))
}

/// A `NativeResponse`.
pub(crate) fn response(response: GatewayResponse) -> Value {
    let (body, is_base64) = body(response.bytes());
    json!({
        "url": response.url(), "redirected": response.is_redirected(), "status": response.status().as_u16(),
        "headers": lines(response.headers()), "body": body, "bodyIsBase64": is_base64,
    })
}

/// A `NativeAuthorization` with that number.
pub(crate) fn authorization(number: u32, authorization: &Authorization) -> Value {
    json!({
        "authorization": number, "userId": authorization.user_id(), "headers": lines(authorization.headers()),
    })
}

/// A body as text if it is valid UTF-8, or as base64, and whether it is that.
pub(crate) fn body(bytes: &[u8]) -> (String, bool) {
    std::str::from_utf8(bytes)
        .map_or_else(|_| (BASE64_STANDARD.encode(bytes), true), |text| (text.to_owned(), false))
}

/// The bytes of a body that is text or base64.
pub(crate) fn bytes(body: &str, is_base64: bool) -> Vec<u8> {
    if is_base64 { BASE64_STANDARD.decode(body).unwrap_or_default() } else { body.into() }
}

fn lines(headers: &HeaderMap) -> Vec<Value> {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| json!({ "name": name.as_str(), "value": String::from_utf8_lossy(value.as_bytes()) });
    headers.iter().map(line).collect()
}
