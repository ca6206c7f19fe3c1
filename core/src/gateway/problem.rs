//! Reads the problem+json of a gateway that keeps the contract of `tests/gateway`, where its word spares a probe.

use http::header::CONTENT_TYPE;
use serde::Deserialize;

use crate::transport::Response;

/// The types that say that the credential was not looked at: it got lost on the way, or Appwrite could not be asked. Appwrite has
/// nothing to add. Every other type, known or not, is a reason to ask: no gateway's word ends a session or asks for a factor.
const UNDECIDED: [&str; 2] = ["session_missing", "auth_unavailable"];

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
}

/// Whether a gateway's 401 says by itself that it is not about the credential.
pub(super) fn spares_probe(response: &Response) -> bool {
    let kind = response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/problem+json")
        && serde_json::from_slice::<Problem>(&response.body)
            .is_ok_and(|problem| UNDECIDED.contains(&problem.kind.as_str()))
}
