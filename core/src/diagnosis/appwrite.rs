//! Judges what answered in the place of Appwrite, and what Appwrite says about the credential.

use std::time::{Duration, SystemTime};

use super::{
    Area, Finding,
    words::{length, unanswered},
};
use crate::{
    config::Origin,
    date,
    error::{Error, Refusal, Result},
    json::Object,
    transport::Response,
};

/// By so much the device's clock may differ: more than a slow answer explains, and less than a token lives.
const TOLERANCE: Duration = Duration::from_secs(120);

/// Judges the answer to the question for the version, which went through `proxy`. Whether it is Appwrite's comes first.
pub(super) fn reached(
    answer: Result<Response>,
    proxy: Option<&Origin>,
    now: SystemTime,
) -> (bool, Vec<Finding>) {
    let response = match answer {
        Ok(response) => response,
        Err(error) => return (false, vec![unanswered(Area::Appwrite, "Appwrite", proxy, &error)]),
    };
    let body = Object::read(&response.body);
    let text = |name| body.as_ref().and_then(|body| body.text(name));
    let status = response.status.as_u16();
    let version = text("version").filter(|version| is_version(version));
    let refusal = text("type").and_then(|kind| Refusal::new(status, &kind));
    let kind = refusal.as_ref().map(Refusal::kind);
    let is_success = response.status.is_success();
    let area = Area::Appwrite;
    let findings = match (kind, version, status) {
        (Some("project_not_found"), version, _) => vec![
            there(version.as_deref()),
            Finding::problem(Area::Project, "not_found", "Appwrite does not know the project.")
                .advise("Check the project id, and that the endpoint is that of the project's region."),
        ],
        // Appwrite Cloud says so of a project that is in another region, and any Appwrite of a host that it does not serve.
        (Some("general_access_forbidden" | "general_region_access_denied"), version, _) => vec![
            there(version.as_deref()),
            Finding::problem(
                Area::Project,
                "not_here",
                "Appwrite does not serve the project at this endpoint.",
            )
            .advise("Copy the endpoint from the project's settings: it is that of the project's region."),
        ],
        (Some("general_route_not_found"), ..) | (None, None, 404 | 405) => {
            return (false, vec![wrong_path(status)]);
        }
        (_, _, 429) => {
            let limited =
                Finding::warning(area, "rate_limited", "Appwrite answers that there are too many requests.");
            return (true, vec![limited.advise("Wait; Appwrite limits each network address.")]);
        }
        // A network says so that it wants somebody to sign in first (RFC 6585 §6).
        (None, None, 511) => return (false, vec![something_else(status)]),
        (_, _, 500..) => {
            let broken =
                Finding::problem(area, "unavailable", format!("Appwrite answers with status {status}."));
            return (false, vec![broken.advise("Check Appwrite's log, and what is in front of it.")]);
        }
        (None, Some(version), _) if is_success => vec![there(Some(&version)), known()],
        // Appwrite in its own words, about this question only: the project was found before.
        (Some(_), version, _) => vec![there(version.as_deref()), known()],
        _ => return (false, vec![something_else(status)]),
    };
    let clock = clock(&response, now);
    (true, findings.into_iter().chain([clock]).collect())
}

fn something_else(status: u16) -> Finding {
    let text = format!("Something else answers in the place of Appwrite, with status {status}.");
    Finding::problem(Area::Appwrite, "not_appwrite", text).advise(
        "On a network with a sign-in page, sign in there first. Otherwise check the endpoint, and what is in front of Appwrite.",
    )
}

fn there(version: Option<&str>) -> Finding {
    let version = version.map(|version| format!(", version {version}")).unwrap_or_default();
    Finding::ok(Area::Appwrite, "reached", format!("Appwrite answers{version}."))
}

fn known() -> Finding {
    Finding::ok(Area::Project, "known", "Appwrite knows the project.")
}

fn wrong_path(status: u16) -> Finding {
    let text = format!("The endpoint answers with status {status}: Appwrite's API is not there.");
    Finding::problem(Area::Appwrite, "wrong_endpoint", text).advise(
        "Check the path of the endpoint. It ends in /v1, and begins with whatever a proxy puts in front.",
    )
}

/// Whether it looks like a version, so that no other text travels in a finding.
fn is_version(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-');
    text.len() <= 24 && text.bytes().next().is_some_and(|c| c.is_ascii_digit()) && text.bytes().all(plain)
}

fn clock(response: &Response, now: SystemTime) -> Finding {
    let area = Area::Clock;
    let date = response.headers.get("date").and_then(|date| date.to_str().ok()).and_then(date::parse_http);
    let Some(theirs) = date else {
        return Finding::unknown(area, "no_date", "Appwrite's answer has no date.");
    };
    let (difference, direction) = match now.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    if difference <= TOLERANCE {
        return Finding::ok(area, "right", "The device's clock agrees with Appwrite's.");
    }
    let text = format!("The device's clock is {} {direction} Appwrite's.", length(difference));
    Finding::problem(area, "off", text)
        .advise("Set the device's clock, or the server's. Certificates, codes of authenticators and access tokens depend on it.")
}

/// Judges what a probe came to.
pub(super) fn credential(probed: Result<()>) -> Finding {
    let area = Area::Credential;
    match probed {
        Ok(()) => Finding::ok(area, "accepted", "Appwrite accepts the credential."),
        Err(Error::SignedOut(..)) => {
            Finding::problem(area, "session_ended", "Appwrite does not know the session.").advise(
                "It was revoked, it has expired, its user was deleted, or it is of another project. Sign in anew.",
            )
        }
        Err(Error::MfaRequired(_)) => {
            Finding::warning(area, "mfa_required", "Appwrite wants a second factor first.")
        }
        Err(Error::UserBlocked) => Finding::problem(area, "user_blocked", "The user is blocked.")
            .advise("Lift the block in Appwrite's console; the session is kept."),
        Err(Error::RateLimited { .. }) => {
            Finding::unknown(area, "rate_limited", "Appwrite did not answer: there are too many requests.")
        }
        Err(Error::Superseded(_)) => {
            Finding::unknown(area, "superseded", "The user has signed in or out meanwhile.")
        }
        Err(Error::Forbidden(refusal)) => {
            Finding::problem(area, "forbidden", format!("Appwrite forbids the question ({refusal})."))
                .advise("Check in Appwrite's console that the app is registered and the account service is on.")
        }
        Err(error) => {
            let code = error.cause().map_or(error.code().as_str(), |cause| cause.as_str());
            Finding::unknown(area, code, "Appwrite was asked, and nothing was decided.")
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn codes(status: u16, body: &str) -> Vec<&'static str> {
        let status = StatusCode::from_u16(status).expect("a status");
        let response = Response { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) };
        let (_, findings) = reached(Ok(response), None, SystemTime::UNIX_EPOCH);
        assert!(findings.iter().all(|finding| !finding.text.contains("canary")), "{findings:?}");
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn only_appwrite_counts_as_appwrite() {
        for (status, body, found) in [
            (200, r#"{"version":"1.9.6"}"#, vec!["reached", "known", "no_date"]),
            (200, r#"{"version":"canary"}"#, vec!["not_appwrite"]),
            (200, r#"{"ok":true}"#, vec!["not_appwrite"]),
            (200, "<html>canary</html>", vec!["not_appwrite"]),
            (302, "", vec!["not_appwrite"]),
            (511, "<html>canary</html>", vec!["not_appwrite"]),
            (401, r#"{"type":"general_access_forbidden"}"#, vec!["reached", "not_here", "no_date"]),
            (401, r#"{"type":"general_region_access_denied"}"#, vec!["reached", "not_here", "no_date"]),
            (404, "<html>canary</html>", vec!["wrong_endpoint"]),
            (404, r#"{"type":"general_route_not_found"}"#, vec!["wrong_endpoint"]),
            (404, r#"{"type":"project_not_found"}"#, vec!["reached", "not_found", "no_date"]),
            (403, r#"{"type":"general_service_disabled"}"#, vec!["reached", "known", "no_date"]),
            (403, r#"{"type":"Canary canary"}"#, vec!["not_appwrite"]),
            (429, "", vec!["rate_limited"]),
            (503, "", vec!["unavailable"]),
        ] {
            assert_eq!(codes(status, body), found, "{status} {body}");
        }
    }
}
