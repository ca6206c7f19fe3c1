//! What a failed Appwrite call means: the only place that maps Appwrite's error `type`s to errors (contract §7).

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use crate::{
    error::{Error, Refusal},
    transport::{Response, TransportError, wait_hint},
};

/// Why a call of Appwrite brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No whole answer.
    Transport(TransportError),
    /// Appwrite refused, in its own words.
    Refused {
        /// Its words.
        refusal: Refusal,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// A 5xx, or an answer that is not Appwrite's: HTML, a proxy's page, JSON without a `type`. It decides nothing.
    Broken {
        /// The status.
        status: u16,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// A success that cannot be read.
    Unintelligible(Option<u16>),
}

/// The part of Appwrite's error body that is looked at.
#[derive(Deserialize)]
struct ErrorBody {
    #[serde(rename = "type")]
    kind: String,
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl Failure {
    /// Reads an answer that is not a success.
    pub(crate) fn read(response: &Response, now: SystemTime) -> Self {
        let status = response.status.as_u16();
        let retry_after = wait_hint(&response.headers, now);
        let refusal = serde_json::from_slice::<ErrorBody>(&response.body)
            .ok()
            .and_then(|body| Refusal::new(status, &body.kind));
        match refusal {
            // 501 is how Appwrite says that a sign-in method is switched off; every other 5xx is a fault.
            Some(refusal) if status < 500 || status == 501 => Self::Refused { refusal, retry_after },
            _ => Self::Broken { status, retry_after },
        }
    }

    /// Whether Appwrite knows no user for the credential that was sent. On `GET /account`, and only there, this ends a session.
    pub(crate) fn is_guest(&self) -> bool {
        self.is_refusal(401, "general_unauthorized_scope")
    }

    /// Whether the credential lives and another factor is missing.
    pub(crate) fn is_mfa_pending(&self) -> bool {
        self.is_refusal(401, "user_more_factors_required")
    }

    /// Whether a session that was to be deleted is gone already.
    pub(crate) fn is_gone(&self) -> bool {
        self.is_guest() || self.is_refusal(404, "user_session_not_found")
    }

    /// Whether the request may have been carried out, because no answer of Appwrite's own says otherwise.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Transport(error) => error.sent,
            Self::Broken { .. } | Self::Unintelligible(_) => true,
            Self::Refused { .. } => false,
        }
    }

    /// Whether this is a 401 that is not Appwrite's own word, such as a page of HTML.
    pub(crate) fn is_unreadable_401(&self) -> bool {
        matches!(self, Self::Broken { status: 401, .. })
    }

    /// The error where Appwrite contradicts itself, so that nothing is decided.
    pub(crate) fn undecided(&self) -> Error {
        let status = match self {
            Self::Refused { refusal, .. } => Some(refusal.status()),
            Self::Broken { status, .. } => Some(*status),
            Self::Transport(_) | Self::Unintelligible(_) => None,
        };
        Error::AppwriteUnavailable { status, retry_after: None }
    }

    /// Whether a session can never be revoked, so that trying again is in vain.
    pub(crate) fn is_final_for_revocation(&self) -> bool {
        self.is_refusal(404, "project_not_found")
    }

    /// Whether Appwrite refuses in its own words, and will until somebody changes something there.
    pub(crate) fn is_refusal_for_now(&self) -> bool {
        matches!(self, Self::Refused { refusal, .. } if refusal.status() != 429)
    }

    /// Whether a parameter was refused.
    pub(crate) fn is_bad_argument(&self) -> bool {
        self.is_refusal(400, "general_argument_invalid")
    }

    fn is_refusal(&self, status: u16, kind: &str) -> bool {
        matches!(self, Self::Refused { refusal, .. } if refusal.status() == status && refusal.kind() == kind)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let (refusal, retry_after) = match failure {
            Failure::Transport(error) => return error.into(),
            Failure::Broken { status: 429, retry_after } => return Self::RateLimited { retry_after },
            Failure::Broken { status, retry_after } => {
                return Self::AppwriteUnavailable { status: Some(status), retry_after };
            }
            Failure::Unintelligible(status) => {
                return Self::AppwriteUnavailable { status, retry_after: None };
            }
            Failure::Refused { refusal, retry_after } => (refusal, retry_after),
        };
        match refusal.kind() {
            "user_invalid_credentials" => Self::InvalidCredentials,
            "user_invalid_token" => Self::InvalidToken,
            "user_blocked" => Self::UserBlocked,
            "user_more_factors_required" => Self::MfaRequired,
            "general_rate_limit_exceeded" => Self::RateLimited { retry_after },
            "user_already_exists" | "user_email_already_exists" | "user_phone_already_exists" => {
                Self::AlreadyExists
            }
            "project_not_found" => Self::Forbidden(refusal),
            _ => match refusal.status() {
                429 => Self::RateLimited { retry_after },
                400 | 404 | 409 | 412 | 422 => Self::InvalidInput(refusal),
                _ => Self::Forbidden(refusal),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn read(status: u16, body: &'static str) -> Failure {
        let status = StatusCode::from_u16(status).expect("a status");
        let response =
            Response { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        Failure::read(&response, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn only_appwrites_own_word_is_a_refusal() {
        assert!(read(401, r#"{"code":401,"type":"general_unauthorized_scope"}"#).is_guest());
        for (status, body) in [
            (401, "<html>general_unauthorized_scope</html>"),
            (401, r#"{"message":"no","code":401}"#),
            (401, ""),
            (403, r#"{"type":"general_unauthorized_scope"}"#),
            (500, r#"{"type":"general_unauthorized_scope"}"#),
        ] {
            assert!(!read(status, body).is_guest(), "{status} {body}");
        }
    }

    #[test]
    fn refusals_become_what_the_app_should_do() {
        let code = |status, body| Error::from(read(status, body)).code().as_str();
        assert_eq!(code(401, r#"{"type":"user_invalid_credentials"}"#), "invalid_credentials");
        assert_eq!(code(401, r#"{"type":"user_blocked"}"#), "user_blocked");
        assert_eq!(code(403, r#"{"type":"user_blocked"}"#), "user_blocked");
        assert_eq!(code(403, r#"{"type":"general_unknown_origin"}"#), "forbidden");
        assert_eq!(code(404, r#"{"type":"project_not_found"}"#), "forbidden");
        assert_eq!(code(400, r#"{"type":"general_argument_invalid"}"#), "invalid_input");
        assert_eq!(code(409, r#"{"type":"user_already_exists"}"#), "already_exists");
        assert_eq!(code(429, r#"{"type":"general_rate_limit_exceeded"}"#), "rate_limited");
        assert_eq!(code(429, "slow down"), "rate_limited");
        assert_eq!(code(500, r#"{"type":"general_unknown"}"#), "appwrite_unavailable");
        assert_eq!(code(401, "<html>"), "appwrite_unavailable");
        assert_eq!(code(501, r#"{"type":"user_auth_method_unsupported"}"#), "forbidden");
    }
}
