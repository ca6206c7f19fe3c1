//! What a failed Appwrite call means: the only place that maps Appwrite's error `type`s to errors (contract §7).

use std::time::{Duration, SystemTime};

use crate::{
    error::{Error, Refusal, Sent},
    host::TransportError,
    json::Object,
    transport::{Response, wait_hint},
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
        let kind = Object::read(&response.body).and_then(|body| body.text("type"));
        match kind.and_then(|kind| Refusal::new(status, &kind)) {
            Some(refusal) if status < 500 || is_verdict(&refusal) => Self::Refused { refusal, retry_after },
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
            Self::Transport(error) => error.may_have_arrived(),
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

    /// Whether Appwrite refuses in its own words, and will until somebody changes something there, as for a blocked user.
    pub(crate) fn is_refusal_for_now(&self) -> bool {
        matches!(self, Self::Refused { refusal, .. } if refusal.status() != 429)
    }

    /// Whether a parameter was refused.
    pub(crate) fn is_bad_argument(&self) -> bool {
        self.is_refusal(400, "general_argument_invalid")
    }

    /// Whether a code or token was refused.
    pub(crate) fn is_invalid_token(&self) -> bool {
        self.is_refusal(401, "user_invalid_token")
    }

    /// Whether it is of no use ever to ask again for the revocation that failed with this: the session, its user or the project is
    /// gone, or the request itself is refused. Whatever may pass is not final, and neither is a type that is not known here.
    ///
    /// A blocked user is not final: the session lives on once the block is lifted.
    pub(crate) fn is_final_for_revocation(&self) -> bool {
        let Self::Refused { refusal, .. } = self else { return false };
        self.is_gone()
            || matches!(
                (refusal.status(), refusal.kind()),
                (404, "user_not_found" | "project_not_found") | (400, "general_argument_invalid")
            )
    }

    fn is_refusal(&self, status: u16, kind: &str) -> bool {
        matches!(self, Self::Refused { refusal, .. } if refusal.status() == status && refusal.kind() == kind)
    }
}

/// Whether an answer with a 5xx is about the request, and not a fault of the server.
///
/// 501 is how Appwrite says that a sign-in method is switched off. Where it gives an error a status that is not on its list of
/// public ones, it sends 500 and leaves the type as it is (contract §7): 1.5 and 1.7 do so for `user_email_not_verified`. What is
/// wrong with an OAuth2 provider passes, and is a fault.
fn is_verdict(refusal: &Refusal) -> bool {
    let of_user = refusal.kind().starts_with("user_") && !refusal.kind().starts_with("user_oauth2_");
    refusal.status() == 501 || refusal.status() == 500 && of_user
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
        // The type first: it stays the same where versions answer with different statuses.
        match refusal.kind() {
            "user_invalid_credentials" => Self::InvalidCredentials,
            "user_invalid_token" => Self::InvalidToken,
            "user_blocked" => Self::UserBlocked,
            "user_more_factors_required" => Self::MfaRequired(Sent::Something),
            "general_rate_limit_exceeded" => Self::RateLimited { retry_after },
            "user_already_exists" | "user_email_already_exists" | "user_phone_already_exists" => {
                Self::AlreadyExists
            }
            "user_email_not_found"
            | "user_email_not_verified"
            | "user_phone_not_found"
            | "user_phone_not_verified" => Self::InvalidInput(refusal),
            // A session without a refresh token cannot be extended; 1.9.0 extends only sessions of OAuth2.
            "user_oauth2_bad_request" | "project_provider_unsupported" => Self::Unsupported(refusal),
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

    fn read(status: u16, body: &str) -> Failure {
        let status = StatusCode::from_u16(status).expect("a status");
        let response = Response { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) };
        Failure::read(&response, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn only_appwrites_own_word_is_a_refusal() {
        assert!(read(401, r#"{"code":401,"type":"general_unauthorized_scope"}"#).is_guest());
        for (status, body) in [
            (401, "<html>general_unauthorized_scope</html>"),
            (401, r#"{"message":"no","code":401}"#),
            (401, ""),
            (401, r#"["general_unauthorized_scope"]"#),
            (401, r#"{"error":{"type":"general_unauthorized_scope"}}"#),
            (401, r#"{"type":["general_unauthorized_scope"]}"#),
            (401, r#"{"type":null}"#),
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

    #[test]
    fn a_refusal_is_read_behind_a_byte_order_mark_and_beside_odd_fields() {
        assert!(read(401, "\u{feff}{\"type\":\"general_unauthorized_scope\"}").is_guest());
        assert!(
            read(401, r#"{"code":"401","message":null,"type":"general_unauthorized_scope","trace":[[]]}"#)
                .is_guest()
        );
    }

    #[test]
    fn the_type_counts_before_the_status() {
        let code = |status, kind: &str| {
            Error::from(read(status, &format!(r#"{{"type":"{kind}"}}"#))).code().as_str()
        };
        for status in [400, 500] {
            assert_eq!(code(status, "user_email_not_verified"), "invalid_input");
            assert_eq!(code(status, "user_phone_not_verified"), "invalid_input");
        }
        assert_eq!(code(400, "user_oauth2_bad_request"), "unsupported");
        assert_eq!(code(400, "project_provider_unsupported"), "unsupported");
        assert_eq!(code(501, "project_provider_unsupported"), "unsupported");
        for kind in ["general_unknown", "general_protocol_unsupported", "user_oauth2_provider_error"] {
            assert_eq!(code(500, kind), "appwrite_unavailable", "{kind}");
        }
        assert_eq!(code(503, "user_email_not_verified"), "appwrite_unavailable");
    }

    #[test]
    fn other_refusals_with_401_are_no_sign_out() {
        for kind in [
            "user_reauthentication_required",
            "user_passkey_invalid",
            "user_oauth2_token_invalid",
            "user_challenge_required",
            "user_jwt_invalid",
            "something_new",
        ] {
            let failure = read(401, &format!(r#"{{"type":"{kind}"}}"#));
            assert!(!failure.is_guest() && !failure.is_mfa_pending() && !failure.is_gone(), "{kind}");
            assert_eq!(Error::from(failure).code().as_str(), "forbidden", "{kind}");
        }
    }

    #[test]
    fn a_revocation_is_given_up_only_where_asking_again_is_of_no_use() {
        let is_final =
            |status, kind: &str| read(status, &format!(r#"{{"type":"{kind}"}}"#)).is_final_for_revocation();
        for (status, kind) in [
            (401, "general_unauthorized_scope"),
            (404, "user_session_not_found"),
            (404, "user_not_found"),
            (404, "project_not_found"),
        ] {
            assert!(is_final(status, kind), "{status} {kind}");
        }
        for (status, kind) in [
            (401, "user_more_factors_required"),
            (401, "user_reauthentication_required"),
            (401, "something_new"),
            (403, "general_service_disabled"),
            (403, "general_api_disabled"),
            (403, "general_unknown_origin"),
            (404, "general_route_not_found"),
            (429, "general_rate_limit_exceeded"),
            (500, "general_unknown"),
            (401, "user_blocked"),
            (403, "user_blocked"),
            (500, "user_blocked"),
            (503, "general_service_disabled"),
        ] {
            assert!(!is_final(status, kind), "{status} {kind}");
        }
        for (status, refused) in [(401, true), (403, true), (429, false)] {
            assert_eq!(read(status, r#"{"type":"user_blocked"}"#).is_refusal_for_now(), refused, "{status}");
        }
        for body in ["<html>", "", r#"["project_not_found"]"#] {
            assert!(!read(404, body).is_final_for_revocation(), "{body}");
        }
        assert!(!Failure::Unintelligible(Some(200)).is_final_for_revocation());
    }
}
