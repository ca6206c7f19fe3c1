//! Puts the one carrier on a request, and takes off whatever else could be read as one.

use http::{HeaderMap, HeaderName, HeaderValue, header::COOKIE};
use url::Url;

use crate::{
    config::ConfigError,
    error::Result,
    transport::{CookieJars, is_session_cookie},
};

/// The one header that carries the credential, or the token in its place.
pub(super) struct CarrierHeader {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
    /// The number of the token, if it is one.
    pub(super) token: Option<u64>,
}

/// Completes the headers of a request: what the app set, the gateway's own cookies, and exactly one carrier.
pub(super) fn attach(
    headers: &mut HeaderMap,
    url: &Url,
    carrier: CarrierHeader,
    credential: u64,
    jars: &CookieJars,
) -> Result<()> {
    let CarrierHeader { name, value, .. } = carrier;
    let sticky = jars.cookies(credential, url);
    if name != COOKIE {
        headers.insert(name, value);
        if sticky.is_none() && !headers.contains_key(COOKIE) {
            return Ok(());
        }
        return set_cookies(headers, merged_cookies(headers, sticky.as_ref()));
    }
    if sticky.is_none() && !headers.contains_key(COOKIE) {
        headers.insert(COOKIE, value);
        return Ok(());
    }
    let mut cookies = vec![value.as_bytes().to_vec()];
    cookies.extend(merged_cookies(headers, sticky.as_ref()));
    set_cookies(headers, cookies)
}

fn set_cookies(headers: &mut HeaderMap, cookies: Vec<Vec<u8>>) -> Result<()> {
    headers.remove(COOKIE);
    if !cookies.is_empty() {
        let mut value = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
            .map_err(|_| ConfigError::Header { name: COOKIE.as_str().to_owned() })?;
        value.set_sensitive(true);
        headers.insert(COOKIE, value);
    }
    Ok(())
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
        config::ProjectId,
        credential::{Carrier, carry, samples::credential},
    };

    fn attached(
        carrier: Carrier,
        own: &[(&'static str, &'static str)],
        sticky: Option<&'static str>,
    ) -> HeaderMap {
        let project = ProjectId::parse("demo").expect("a project id");
        let url = Url::parse("https://api.example.com/a").expect("a URL");
        let mut headers: HeaderMap = own
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let jars = CookieJars::default();
        if let Some(sticky) = sticky {
            let line = [(http::header::SET_COOKIE, HeaderValue::from_static(sticky))];
            jars.keep(1, &url, &line.into_iter().collect());
        }
        let (name, value) = carry(&credential("ada", "00"), carrier, &project).expect("a header");
        attach(&mut headers, &url, CarrierHeader { name, value, token: None }, 1, &jars).expect("headers");
        headers
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
