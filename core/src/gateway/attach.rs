//! Puts the one carrier on a request, and takes off whatever else could be read as one.

use std::ops::Deref;

use http::{HeaderMap, HeaderName, HeaderValue, header::COOKIE};
use url::Url;

use crate::{
    config::{AllowedGateway, ConfigError, ProjectId},
    credential::{Credential, carry},
    error::Result,
    session::Held,
    transport::{CookieJars, is_session_cookie},
};

/// The headers that authorize one request which the app sends by itself.
///
/// Copy them to the request as they are; for `Cookie` that means in place of one that is there. They are for the URL that was
/// asked about only: a client that follows redirects on its own must not follow them to another origin with these headers.
///
/// The values are marked sensitive, so `Debug` does not show them.
#[derive(Clone, Debug)]
pub struct Authorization {
    pub(crate) headers: HeaderMap,
    pub(crate) held: Held,
}

impl Authorization {
    /// The id of the user whom the credential names.
    pub fn user_id(&self) -> &str {
        self.held.credential.user_id()
    }

    /// Whether both carry the same login.
    pub fn is_same_credential(&self, other: &Self) -> bool {
        self.held.credential.is_same(&other.held.credential)
    }
}

impl Deref for Authorization {
    type Target = HeaderMap;

    fn deref(&self) -> &HeaderMap {
        &self.headers
    }
}

impl IntoIterator for Authorization {
    type Item = (Option<HeaderName>, HeaderValue);
    type IntoIter = http::header::IntoIter<HeaderValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.headers.into_iter()
    }
}

/// The headers of a request to `gateway`: what the app set, the gateway's own cookies, and exactly one carrier.
pub(super) fn attach(
    mut headers: HeaderMap,
    url: &Url,
    gateway: &AllowedGateway,
    credential: &Credential,
    project: &ProjectId,
    jars: &CookieJars,
) -> Result<HeaderMap> {
    let (name, carrier) = carry(credential, gateway.carrier, project).ok_or(ConfigError::ProjectId)?;
    let mut cookies: Vec<Vec<u8>> = Vec::new();
    if name == COOKIE {
        cookies.push(carrier.as_bytes().to_vec());
    } else {
        headers.insert(name, carrier);
    }
    cookies.extend(merged_cookies(&headers, jars.cookies(url).as_ref()));
    headers.remove(COOKIE);
    if !cookies.is_empty() {
        let mut value = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
            .map_err(|_| ConfigError::Header { name: COOKIE.to_string() })?;
        value.set_sensitive(true);
        headers.insert(COOKIE, value);
    }
    Ok(headers)
}

/// The app's own cookies, and those of the gateway that the app does not set itself; never a session cookie.
fn merged_cookies(headers: &HeaderMap, jar: Option<&HeaderValue>) -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut cookies = Vec::new();
    for line in headers.get_all(COOKIE).iter().chain(jar) {
        for pair in line.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii) {
            let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().to_vec();
            if pair.is_empty() || is_session_cookie(pair) || names.contains(&name) {
                continue;
            }
            names.push(name);
            cookies.push(pair.to_vec());
        }
    }
    cookies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Gateway, parse_gateways},
        credential::{Carrier, samples::credential},
    };

    fn attached(
        carrier: Carrier,
        own: &[(&'static str, &'static str)],
        sticky: Option<&'static str>,
    ) -> HeaderMap {
        let project = ProjectId::parse("demo").expect("a project id");
        let gateway = Gateway::new("https://api.example.com").carrier(carrier);
        let gateways = parse_gateways(&[gateway], &project).expect("a gateway");
        let url = Url::parse("https://api.example.com/a").expect("a URL");
        let headers = own
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let jars = CookieJars::default();
        if let Some(sticky) = sticky {
            let line = [(http::header::SET_COOKIE, HeaderValue::from_static(sticky))];
            jars.keep(&url, &line.into_iter().collect());
        }
        attach(headers, &url, &gateways[0], &credential("ada", "00"), &project, &jars).expect("headers")
    }

    const BLOB: &str = "eyJpZCI6ImFkYSIsInNlY3JldCI6IjAwIn0=";

    #[test]
    fn one_cookie_header_holds_the_session_the_apps_and_the_gateways_cookies() {
        let headers = attached(Carrier::Cookie, &[("cookie", "theme=dark; lb=mine")], Some("lb=x; Path=/"));
        assert_eq!(headers.get_all(COOKIE).iter().count(), 1);
        assert_eq!(headers["cookie"], format!("a_session_demo={BLOB}; theme=dark; lb=mine"));
    }

    #[test]
    fn a_header_carrier_leaves_cookies_without_a_session() {
        let headers =
            attached(Carrier::FallbackCookies, &[("cookie", "a_session_demo=old; theme=dark")], Some("lb=x"));
        assert_eq!(headers["cookie"], "theme=dark; lb=x");
        assert_eq!(headers["x-fallback-cookies"], format!(r#"{{"a_session_demo":"{BLOB}"}}"#));
    }

    #[test]
    fn debug_shows_no_value() {
        let headers = attached(Carrier::SessionHeader, &[], None);
        assert!(!format!("{headers:?}").contains(BLOB));
    }
}
