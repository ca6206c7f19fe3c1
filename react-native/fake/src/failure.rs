//! Errors as JavaScript gets them: `NativeError` of the specification.

use appwrite_session_core::{Error, Sent};
use appwrite_session_world::json;
use serde_json::Value;

use crate::models::{known, millis_of};

/// A failed call, as JSON.
pub(crate) struct Failure(pub(crate) Value);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let refusal = error.refusal();
        let status = match &error {
            Error::AppwriteUnavailable { status, .. } => *status,
            Error::UnexpectedStatus(answer) => Some(answer.status().as_u16()),
            _ => refusal.map(|refusal| refusal.status()),
        };
        let reason = match &error {
            Error::SignedOut(reason, _) => Some(reason.as_str()),
            _ => None,
        };
        let origin = match &error {
            Error::OriginNotAllowed { origin } => Some(origin),
            _ => None,
        };
        Self(known(json!({
            "code": error.code().as_str(), "message": error.to_string(), "retryable": error.is_retryable(),
            "retryAfterMs": error.retry_after().map(millis_of),
            "failureCause": error.cause().map(appwrite_session_core::Cause::as_str),
            "mayHaveArrived": error.may_have_arrived(), "status": status,
            "type": refusal.map(|refusal| refusal.kind()), "reason": reason, "origin": origin,
            "detail": error.detail(),
        })))
    }
}

impl Failure {
    /// A wrong configuration or argument. `message` says what to write instead.
    pub(crate) fn misconfigured(message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self(json!({ "code": "config", "message": message, "retryable": false, "mayHaveArrived": false }))
    }

    /// The client is closed, or there never was one with that number.
    pub(crate) fn closed() -> Self {
        Error::Closed(Sent::Nothing).into()
    }

    /// The caller cancelled the call.
    pub(crate) fn cancelled() -> Self {
        Self(json!({
            "code": "cancelled", "message": "the call was cancelled", "retryable": false, "mayHaveArrived": true,
        }))
    }
}

/// The one of `names` that is `name`.
pub(crate) fn one_of<T: Copy>(what: &str, name: &str, names: &[(&str, T)]) -> Result<T, Failure> {
    names.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        Failure::misconfigured(format!("{what} must be one of: {}", names.join(", ")))
    })
}
