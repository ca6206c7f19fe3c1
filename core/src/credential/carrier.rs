//! How the credential travels: one header, chosen per gateway (contract §1.6).

use http::{HeaderName, HeaderValue, header::COOKIE};

use super::Credential;
use crate::config::ProjectId;

/// `X-Fallback-Cookies`, in requests and responses.
pub(super) const FALLBACK_COOKIES: HeaderName = HeaderName::from_static("x-fallback-cookies");
const SESSION: HeaderName = HeaderName::from_static("x-appwrite-session");

/// How the credential travels to a gateway. Exactly one is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Carrier {
    /// `Cookie: a_session_<project>=…`, what Appwrite itself sets.
    #[default]
    Cookie,
    /// `X-Fallback-Cookies: {"a_session_<project>":"…"}`, for a gateway behind something that drops or rewrites cookies.
    FallbackCookies,
    /// `X-Appwrite-Session: …`, the plainest to pass on; read by Appwrite since 1.5.
    SessionHeader,
}

impl Carrier {
    /// The name of the header that carries.
    pub fn header_name(self) -> HeaderName {
        match self {
            Self::Cookie => COOKIE,
            Self::FallbackCookies => FALLBACK_COOKIES,
            Self::SessionHeader => SESSION,
        }
    }
}

/// The name of the session cookie, lower-cased as Appwrite sets it.
pub(crate) fn cookie_name(project: &ProjectId) -> String {
    format!("a_session_{}", project.as_str().to_ascii_lowercase())
}

/// The header that carries `credential`. The value is marked sensitive, so that no HTTP library prints or indexes it.
///
/// A blob is base64, so the value is always a valid header; `None` cannot happen for a parsed credential.
pub(crate) fn carry(
    credential: &Credential,
    carrier: Carrier,
    project: &ProjectId,
) -> Option<(HeaderName, HeaderValue)> {
    // The one place where the blob leaves its type: it becomes the header of a request that was found to be allowed.
    let blob = credential.blob().expose();
    let text = match carrier {
        Carrier::Cookie => format!("{}={blob}", cookie_name(project)),
        Carrier::FallbackCookies => format!(r#"{{"a_session_{}":"{blob}"}}"#, project.as_str()),
        Carrier::SessionHeader => blob.to_owned(),
    };
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some((carrier.header_name(), value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::samples::credential, *};

    fn carried(carrier: Carrier, project: &str) -> String {
        let project = ProjectId::parse(project).expect("a project id");
        let (name, value) = carry(&credential("ada", "00"), carrier, &project).expect("a header");
        assert!(value.is_sensitive());
        format!("{name}: {}", value.to_str().expect("printable"))
    }

    #[test]
    fn each_carrier_has_its_exact_text() {
        let blob = "eyJpZCI6ImFkYSIsInNlY3JldCI6IjAwIn0=";
        assert_eq!(carried(Carrier::Cookie, "demo"), format!("cookie: a_session_demo={blob}"));
        assert_eq!(
            carried(Carrier::FallbackCookies, "demo"),
            format!(r#"x-fallback-cookies: {{"a_session_demo":"{blob}"}}"#)
        );
        assert_eq!(carried(Carrier::SessionHeader, "demo"), format!("x-appwrite-session: {blob}"));
    }

    #[test]
    fn the_cookie_is_lower_cased_and_the_fallback_key_is_not() {
        assert!(carried(Carrier::Cookie, "MyProj").contains("a_session_myproj="));
        assert!(carried(Carrier::FallbackCookies, "MyProj").contains(r#""a_session_MyProj":"#));
    }

    proptest! {
        #[test]
        fn every_credential_can_be_carried(id in "\\PC{1,60}", secret in "\\PC{1,300}") {
            let project = ProjectId::parse("demo").expect("a project id");
            for carrier in [Carrier::Cookie, Carrier::FallbackCookies, Carrier::SessionHeader] {
                prop_assert!(carry(&credential(&id, &secret), carrier, &project).is_some());
            }
        }
    }
}
