//! What a failed Appwrite call means: the only place that maps Appwrite's error `type`s to errors (contract §7).

use std::time::{Duration, SystemTime};

use crate::{
    Secret,
    error::{Error, Refusal, SensitiveAction, Sent, Unsupported},
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
    /// This Appwrite is too old: it has the route since that version.
    NoSuchRoute(&'static str),
    /// The credential is not held any more, so no attempt, or no further one, was sent.
    Withdrawn(Sent),
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

    /// Reads the `error` of a browser's redirect: JSON of `message`, `type` and `code` (contract §3.2). `None` if the user has declined at
    /// the provider.
    pub(crate) fn of_redirect(error: &Secret) -> Option<Self> {
        // Exposed to be read. It is no secret, but came in a URL that holds some.
        let body = Object::read(error.expose().as_bytes());
        let text = |name| body.as_ref().and_then(|body| body.text(name)).unwrap_or_default();
        let status = body.as_ref().and_then(|body| body.get("code")).unwrap_or(400);
        let kind = text("type");
        // The one place where a message counts: nothing else tells that it was the user (RFC 6749, 4.1.2.1).
        let declined = ["access_denied", "user_cancelled_login", "user_cancelled_authorize"];
        if kind.starts_with("user_oauth2_") && declined.iter().any(|word| text("message").contains(word)) {
            return None;
        }
        Some(match Refusal::new(status, &kind) {
            // As an answer to an extension it says that the session cannot be extended; here the provider did not take the code.
            Some(_) if kind == "user_oauth2_bad_request" => Self::Broken { status, retry_after: None },
            Some(refusal) => Self::Refused { refusal, retry_after: None },
            None => Self::Broken { status, retry_after: None },
        })
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

    /// Whether what a DELETE of `path` is about is not there (any more): the user, who is a guest then, or what the user has.
    pub(crate) fn is_absence_of(&self, path: &[&str]) -> bool {
        let is_missing = |refusal: &Refusal| refusal.status() == 404 && refusal.kind().starts_with("user_");
        match path {
            ["account"] | ["account", "sessions"] => self.is_guest(),
            _ => matches!(self, Self::Refused { refusal, .. } if is_missing(refusal)),
        }
    }

    /// Whether the request may have been carried out, because no answer of Appwrite's own says otherwise.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Transport(error) => error.may_have_arrived(),
            Self::Broken { .. } | Self::Unintelligible(_) => true,
            Self::Refused { .. } | Self::NoSuchRoute(_) => false,
            Self::Withdrawn(sent) => *sent == Sent::Something,
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
            Self::Transport(_) | Self::Unintelligible(_) | Self::NoSuchRoute(_) | Self::Withdrawn(_) => None,
        };
        Error::AppwriteUnavailable { status, retry_after: None }
    }

    /// Whether Appwrite refuses in its own words, and will until somebody changes something there, as for a blocked user.
    pub(crate) fn is_refusal_for_now(&self) -> bool {
        matches!(self, Self::Refused { refusal, .. } if refusal.status() != 429)
    }

    /// The failure of a call whose route exists since a version: a route that is missing, in Appwrite's own words or as a page of HTML
    /// (contract §3, §14.2), means that the server is older.
    pub(crate) fn of_route_since(self, since: &'static str) -> Self {
        let is_missing = self.is_refusal(404, "general_route_not_found")
            || matches!(self, Self::Broken { status: 404 | 405, .. });
        if is_missing { Self::NoSuchRoute(since) } else { self }
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
/// 501 is how Appwrite says that a sign-in method is switched off, and 503 that no mail server or SMS provider is configured. Where it
/// gives an error a status that is not on its list of public ones, it sends 500 and leaves the type as it is (contract §7): 1.5 and 1.7
/// do so for `user_email_not_verified`. What is wrong with an OAuth2 provider passes, and is a fault.
fn is_verdict(refusal: &Refusal) -> bool {
    let of_user = refusal.kind().starts_with("user_") && !refusal.kind().starts_with("user_oauth2_");
    let unconfigured = matches!(refusal.kind(), "general_smtp_disabled" | "general_phone_disabled");
    refusal.status() == 501 || refusal.status() == 500 && of_user || refusal.status() == 503 && unconfigured
}

/// What one of Appwrite's error types asks of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    InvalidCredentials,
    InvalidToken,
    InvalidInput,
    AlreadyExists,
    UserBlocked,
    MfaRequired,
    ReauthenticationRequired,
    ChallengeRequired,
    RateLimited,
    Forbidden,
    Unsupported,
    Unavailable,
}

/// What an error `type` means, whatever its status; `None` for one that this version does not know (contract §7, §2x.5).
fn meaning(kind: &str) -> Option<Meaning> {
    Some(match kind {
        "user_invalid_credentials" => Meaning::InvalidCredentials,
        "user_invalid_token" | "user_oauth2_token_invalid" | "user_passkey_invalid" => Meaning::InvalidToken,
        "user_blocked" => Meaning::UserBlocked,
        "user_more_factors_required" => Meaning::MfaRequired,
        "user_reauthentication_required" => Meaning::ReauthenticationRequired,
        "user_challenge_required" => Meaning::ChallengeRequired,
        "general_rate_limit_exceeded" => Meaning::RateLimited,
        "user_already_exists"
        | "user_email_already_exists"
        | "user_phone_already_exists"
        | "user_passkey_already_exists"
        | "user_target_already_exists"
        | "user_authenticator_already_verified"
        | "user_recovery_codes_already_exists"
        | "user_email_already_verified"
        | "user_email_alread_verified"
        | "user_phone_already_verified" => Meaning::AlreadyExists,
        "general_argument_invalid"
        | "general_bad_request"
        | "general_cursor_not_found"
        | "general_route_not_found"
        | "password_personal_data"
        | "password_recently_used"
        | "project_invalid_failure_url"
        | "project_invalid_success_url"
        | "user_authenticator_not_found"
        | "user_email_disposable"
        | "user_email_free"
        | "user_email_not_canonical"
        | "user_email_not_corporate"
        | "user_email_not_found"
        | "user_email_not_verified"
        | "user_identity_not_found"
        | "user_missing_id"
        | "user_not_found"
        | "user_passkey_limit_exceeded"
        | "user_passkey_not_found"
        | "user_password_mismatch"
        | "user_phone_not_found"
        | "user_phone_not_verified"
        | "user_recovery_codes_not_found"
        | "user_session_not_found"
        | "user_target_not_found" => Meaning::InvalidInput,
        // A session without a refresh token cannot be extended; 1.9.0 extends only sessions of OAuth2.
        "user_oauth2_bad_request"
        | "project_provider_unsupported"
        | "general_smtp_disabled"
        | "general_phone_disabled"
        | "general_protocol_unsupported" => Meaning::Unsupported,
        "general_access_forbidden"
        | "general_api_disabled"
        | "general_region_access_denied"
        | "general_resource_blocked"
        | "general_service_disabled"
        | "general_unauthorized_scope"
        | "general_unknown_origin"
        | "project_not_found"
        | "project_provider_disabled"
        | "user_api_key_and_session_set"
        | "user_auth_method_unsupported"
        | "user_count_exceeded"
        | "user_jwt_and_cookie_set"
        | "user_jwt_creation_denied"
        | "user_jwt_invalid"
        | "user_key_and_session_set"
        | "user_oauth2_unauthorized"
        | "user_password_reset_required"
        | "user_session_already_exists"
        | "user_unauthorized" => Meaning::Forbidden,
        "general_resource_locked"
        | "general_server_error"
        | "general_unknown"
        | "user_oauth2_failure"
        | "user_oauth2_provider_error" => Meaning::Unavailable,
        _ => return None,
    })
}

/// What a type that is not known means, by the class of its status. It ends nothing.
fn meaning_of_status(status: u16) -> Meaning {
    match status {
        429 => Meaning::RateLimited,
        400 | 404 | 409 | 412 | 422 => Meaning::InvalidInput,
        _ => Meaning::Forbidden,
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
            Failure::Withdrawn(sent) => return Self::Superseded(sent),
            Failure::NoSuchRoute(since) => return Self::Unsupported(Unsupported::before(since)),
            Failure::Refused { refusal, retry_after } => (refusal, retry_after),
        };
        // The type first: it stays the same where versions answer with different statuses.
        match meaning(refusal.kind()).unwrap_or_else(|| meaning_of_status(refusal.status())) {
            Meaning::InvalidCredentials => Self::InvalidCredentials,
            Meaning::InvalidToken => Self::InvalidToken,
            Meaning::InvalidInput => Self::InvalidInput(refusal),
            Meaning::AlreadyExists => Self::AlreadyExists,
            Meaning::UserBlocked => Self::UserBlocked,
            Meaning::MfaRequired => Self::MfaRequired(Sent::Something),
            Meaning::ReauthenticationRequired => Self::ReauthenticationRequired(SensitiveAction::Other),
            Meaning::ChallengeRequired => Self::ChallengeRequired,
            Meaning::RateLimited => Self::RateLimited { retry_after },
            Meaning::Forbidden => Self::Forbidden(refusal),
            Meaning::Unsupported => Self::Unsupported(refusal.into()),
            Meaning::Unavailable => Self::AppwriteUnavailable { status: Some(refusal.status()), retry_after },
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
        for kind in ["general_smtp_disabled", "general_phone_disabled"] {
            assert_eq!(code(503, kind), "unsupported", "{kind}");
        }
        for kind in ["general_unknown", "general_protocol_unsupported", "user_oauth2_provider_error"] {
            assert_eq!(code(500, kind), "appwrite_unavailable", "{kind}");
        }
        assert_eq!(code(503, "user_email_not_verified"), "appwrite_unavailable");
    }

    #[test]
    fn other_refusals_with_401_are_no_sign_out() {
        for (kind, code) in [
            ("user_reauthentication_required", "reauthentication_required"),
            ("user_passkey_invalid", "invalid_token"),
            ("user_oauth2_token_invalid", "invalid_token"),
            ("user_challenge_required", "challenge_required"),
            ("user_jwt_invalid", "forbidden"),
            ("something_new", "forbidden"),
        ] {
            let failure = read(401, &format!(r#"{{"type":"{kind}"}}"#));
            assert!(!failure.is_guest() && !failure.is_mfa_pending() && !failure.is_gone(), "{kind}");
            assert_eq!(Error::from(failure).code().as_str(), code, "{kind}");
        }
    }

    /// The error types in the first column of the tables of those sections.
    fn types_of_contract() -> Vec<String> {
        let contract = include_str!("../../../tests/mock-appwrite/CONTRACT.md");
        let of = |heading: &str| {
            let section = contract.split_once(heading).expect("the section").1;
            let table = section.lines().skip_while(|line| !line.starts_with("| type |")).skip(2);
            table.take_while(|line| line.starts_with('|')).collect::<Vec<_>>()
        };
        let mut types = Vec::new();
        for line in [of("\n## 7. Errors\n"), of("\n### 2x.5 New and changed errors\n")].concat() {
            let cell = line.split('|').nth(1).expect("a cell").replace("**", "").replace("since 1.9.0 ", "");
            let mut stem = "";
            for name in cell.split(',').map(str::trim) {
                // `user_email_disposable, _free` leaves out what both begin with.
                if !name.starts_with('_') {
                    stem = name.rsplit_once('_').map_or("", |(stem, _)| stem);
                }
                types.push(if name.starts_with('_') { format!("{stem}{name}") } else { name.to_owned() });
            }
        }
        types
    }

    #[test]
    fn every_type_of_the_contract_means_something() {
        let types = types_of_contract();
        assert!(types.len() > 75, "{}", types.len());
        for kind in types {
            assert!(Refusal::new(400, &kind).is_some(), "{kind:?} is no type: the table is read wrongly");
            assert!(meaning(&kind).is_some(), "{kind} of the contract has no meaning here");
        }
    }

    #[test]
    fn a_route_that_an_older_server_lacks_is_unsupported_and_names_the_version() {
        for (status, body) in [(404, r#"{"type":"general_route_not_found"}"#), (404, "<html>"), (405, "")] {
            let error = Error::from(read(status, body).of_route_since("2.5"));
            let Error::Unsupported(unsupported) = &error else { panic!("{error:?}") };
            assert_eq!(unsupported.since(), Some("2.5"));
            assert!(error.to_string().contains("Appwrite 2.5"), "{error}");
        }
        let missing = read(404, r#"{"type":"user_passkey_not_found"}"#).of_route_since("2.5");
        assert_eq!(Error::from(missing).code().as_str(), "invalid_input");
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
