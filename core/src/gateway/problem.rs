//! Reads the problem of a gateway's answer (RFC 9457), and what the problems of `tests/gateway` say about the credential.

use std::{fmt, time::Duration};

use http::{
    StatusCode,
    header::{CONTENT_TYPE, WWW_AUTHENTICATE},
};
use serde_json::{Map, Value};

use crate::model::setters;
use crate::transport::{Response, is_passing, wait_hint, without_mark};

/// A longer problem is not read.
const LONGEST: usize = 64 << 10;

/// The types that say that the credential was not looked at: it got lost on the way, or Appwrite could not be asked. Appwrite has
/// nothing to add. Every other type, known or not, is a reason to ask: no gateway's word ends a session or asks for a factor.
const UNDECIDED: [&str; 4] = ["session_missing", "auth_unavailable", TOKEN_REFUSED[0], TOKEN_REFUSED[1]];

/// The types that say that the access token is of no use any more, and that another one may be.
const TOKEN_REFUSED: [&str; 2] = ["token_expired", "token_invalid"];

/// The types with which a gateway refuses a request before its service sees it.
pub(super) const UNSEEN: [&str; 6] = [
    "session_missing",
    "session_invalid",
    "mfa_required",
    "auth_unavailable",
    TOKEN_REFUSED[0],
    TOKEN_REFUSED[1],
];

/// What a gateway says about an error: a problem document of RFC 9457, with its standard members only.
///
/// The texts are the gateway's and are shown by the methods only: `Debug`, and the texts of errors, leave them out.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    kind: String,
    title: Option<String>,
    status: Option<u16>,
    detail: Option<String>,
    instance: Option<String>,
}

impl Problem {
    /// The problem that an answer holds, if its content type says so and it is a JSON object.
    pub(super) fn read(response: &Response) -> Option<Self> {
        let kind = response.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/problem+json") || response.body.len() > LONGEST {
            return None;
        }
        let members: Map<String, Value> = serde_json::from_slice(&without_mark(&response.body)).ok()?;
        let text = |name: &str, longest: usize| {
            let text: String = members.get(name)?.as_str()?.chars().take(longest).collect();
            Some(text)
        };
        Some(Self {
            kind: text("type", 256).unwrap_or_else(|| "about:blank".to_owned()),
            title: text("title", 256),
            status: members.get("status").and_then(Value::as_u64).and_then(|status| status.try_into().ok()),
            detail: text("detail", 1024),
            instance: text("instance", 256),
        })
    }

    /// A problem of this type, with nothing else known. For the tests of apps.
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), title: None, status: None, detail: None, instance: None }
    }

    setters! {
        /// The problem with this title.
        with_title: title = title: impl Into<String>, Some(title.into());
        /// The problem that names this status.
        with_status: status = status: u16, Some(status);
        /// The problem with this detail.
        with_detail: detail = detail: impl Into<String>, Some(detail.into());
        /// The problem of this occurrence.
        with_instance: instance = instance: impl Into<String>, Some(instance.into());
    }

    /// The problem's type: a URI or a short name. `about:blank` if there is none. At most 256 characters.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// A short summary of the type, at most 256 characters.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The status that the problem names, which should be that of the answer.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// What happened this time, at most 1024 characters.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// A URI of this occurrence, at most 256 characters.
    pub fn instance(&self) -> Option<&str> {
        self.instance.as_deref()
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem").field("status", &self.status).finish_non_exhaustive()
    }
}

/// An answer with another status than 2xx, where a success was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnexpectedStatus {
    status: StatusCode,
    problem: Option<Problem>,
    retry_after: Option<Duration>,
    /// Whether it answers the question for an access token, and not the call itself.
    before_call: bool,
}

impl UnexpectedStatus {
    /// An answer with this status and without a problem document. For the tests of apps.
    pub fn new(status: StatusCode) -> Self {
        Self { status, problem: None, retry_after: None, before_call: false }
    }

    setters! {
        /// The answer with this problem document.
        with_problem: problem = problem: Problem, Some(problem);
        /// The answer that asks to wait for this long.
        with_retry_after: retry_after = wait: Duration, Some(wait);
    }

    /// The same answer, to the question for an access token before a call.
    pub(crate) fn before_call(self) -> Self {
        Self { before_call: true, ..self }
    }

    /// Whether it answers the question for an access token, and the call itself was not sent.
    pub fn is_before_call(&self) -> bool {
        self.before_call
    }

    pub(super) fn of(response: &Response) -> Self {
        let now = std::time::SystemTime::now();
        let retry_after = wait_hint(&response.headers, now);
        let problem = Problem::read(response);
        Self { status: response.status, problem, retry_after, before_call: false }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What the gateway says about it, if it answered with a problem document.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// How long the gateway asks to wait, at most 30 days.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the status says that the same call can work later: 429, 502, 503 or 504.
    pub fn is_retryable(&self) -> bool {
        is_passing(self.status)
    }
}

impl fmt::Display for UnexpectedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the status {}", self.status.as_u16())
    }
}

/// Whether a gateway's 401 says by itself that it is not about the credential.
pub(super) fn spares_probe(problem: Option<&Problem>) -> bool {
    problem.is_some_and(|problem| UNDECIDED.contains(&problem.kind()))
}

/// Whether a 401 says that the access token is of no use any more, and so that nobody but who looks at tokens has seen the request: by
/// a problem of the gateway's, or as RFC 6750 §3.1 has it.
pub(super) fn refuses_token(response: &Response) -> bool {
    if let Some(problem) = Problem::read(response) {
        return TOKEN_REFUSED.contains(&problem.kind());
    }
    response.headers.get_all(WWW_AUTHENTICATE).iter().any(|line| {
        let line = line.to_str().unwrap_or_default().to_ascii_lowercase();
        line.starts_with("bearer") && line.contains("error=\"invalid_token\"")
    })
}

/// Whether a gateway says that it refused the request before its service saw it.
pub(super) fn refuses_unseen(problem: Option<&Problem>) -> bool {
    problem.is_some_and(|problem| UNSEEN.contains(&problem.kind()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn problem(kind: &'static str, body: &'static str) -> Option<Problem> {
        let headers: HeaderMap = [(CONTENT_TYPE, HeaderValue::from_static(kind))].into_iter().collect();
        let body = Bytes::from_static(body.as_bytes());
        Problem::read(&Response { status: StatusCode::UNAUTHORIZED, headers, body })
    }

    #[test]
    fn the_standard_members_are_read() {
        let body = "\u{feff}{\"type\":\"session_missing\",\"title\":\"No\",\"status\":401,\"detail\":\"d\",\"x\":[1]}";
        let read = problem("application/problem+json; charset=utf-8", body).expect("a problem");
        assert_eq!((read.kind(), read.title(), read.status()), ("session_missing", Some("No"), Some(401)));
        assert_eq!((read.detail(), read.instance()), (Some("d"), None));
        assert!(spares_probe(Some(&read)) && refuses_unseen(Some(&read)));
        let odd = problem("application/problem+json", r#"{"type":7,"status":"x"}"#).expect("a problem");
        assert_eq!((odd.kind(), odd.status()), ("about:blank", None));
    }

    #[test]
    fn what_is_no_problem_is_not_read_as_one() {
        assert!(problem("application/json", r#"{"type":"session_missing"}"#).is_none());
        // serde would read a list as the members of a struct, in their order.
        assert!(problem("application/problem+json", r#"["session_missing"]"#).is_none());
        assert!(problem("application/problem+json", "session_missing").is_none());
    }

    #[test]
    fn debug_shows_no_text_of_the_gateway() {
        let read =
            problem("application/problem+json", r#"{"type":"canary","title":"canary","detail":"canary"}"#);
        assert!(!format!("{read:?}").contains("canary"));
    }
}
