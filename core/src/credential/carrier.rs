//! How the credential travels: one header, chosen per gateway (contract §1.6).

use http::{
    HeaderName, HeaderValue,
    header::{AUTHORIZATION, COOKIE},
};

use super::Credential;
use crate::config::ProjectId;

/// `X-Fallback-Cookies`, in requests and responses.
pub(super) const FALLBACK_COOKIES: HeaderName = HeaderName::from_static("x-fallback-cookies");
const SESSION: HeaderName = HeaderName::from_static("x-appwrite-session");
const JWT: HeaderName = HeaderName::from_static("x-appwrite-jwt");

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
    /// `Authorization: Bearer …` with an access token that the gateway issues (`POST /_gateway/token`) and that microservices verify
    /// without asking anybody. The credential itself goes to the gateway only to get a token, some five minutes apart. Tokens are in memory only.
    /// If none can be had, the call fails; nothing else is sent in its place.
    AccessToken,
    /// `Authorization: Bearer …` with a JWT that Appwrite makes for the session and that lives for 15 minutes, for a gateway that asks
    /// Appwrite about it. Otherwise as [`AccessToken`](Self::AccessToken).
    AppwriteJwt,
    /// `X-Appwrite-JWT: …`; otherwise as [`AppwriteJwt`](Self::AppwriteJwt).
    AppwriteJwtHeader,
}

/// Who issues the tokens of a carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Issuer {
    /// The gateway itself.
    Gateway,
    /// Appwrite.
    Appwrite,
}

impl Carrier {
    /// Every carrier there is.
    pub const ALL: &'static [Self] = &[
        Self::Cookie,
        Self::FallbackCookies,
        Self::SessionHeader,
        Self::AccessToken,
        Self::AppwriteJwt,
        Self::AppwriteJwtHeader,
    ];

    /// The name of the header that carries.
    pub fn header_name(self) -> HeaderName {
        match self {
            Self::Cookie => COOKIE,
            Self::FallbackCookies => FALLBACK_COOKIES,
            Self::SessionHeader => SESSION,
            Self::AccessToken | Self::AppwriteJwt => AUTHORIZATION,
            Self::AppwriteJwtHeader => JWT,
        }
    }

    /// Who issues the token that travels in the credential's place, if one does.
    pub(crate) fn issuer(self) -> Option<Issuer> {
        match self {
            Self::Cookie | Self::FallbackCookies | Self::SessionHeader => None,
            Self::AccessToken => Some(Issuer::Gateway),
            Self::AppwriteJwt | Self::AppwriteJwtHeader => Some(Issuer::Appwrite),
        }
    }

    /// What precedes a token in its header.
    pub(crate) fn token_prefix(self) -> &'static str {
        if self.header_name() == AUTHORIZATION { "Bearer " } else { "" }
    }
}

/// The name of the session cookie, lower-cased as Appwrite sets it.
pub(crate) fn cookie_name(project: &ProjectId) -> String {
    format!("a_session_{}", project.as_str().to_ascii_lowercase())
}

/// The header that carries `credential`. The value is marked sensitive, so that no HTTP library prints or indexes it.
///
/// A blob is base64, so the value is always a valid header: `None` for a carrier of tokens only.
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
        // They carry a token in its place.
        Carrier::AccessToken | Carrier::AppwriteJwt | Carrier::AppwriteJwtHeader => return None,
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
