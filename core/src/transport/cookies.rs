//! Cookies that gateways set for themselves (sticky sessions): one jar per origin, in memory, never holding a session cookie.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use reqwest::cookie::CookieStore as _;
use reqwest_cookie_store::CookieStoreMutex;
use url::Url;

use crate::config::Origin;

/// The jars of all origins that have set a cookie.
///
/// Cookies do not know ports (RFC 6265 §8.5), the credential does: so each origin has a jar of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct CookieJars(Arc<Mutex<HashMap<Origin, Arc<CookieStoreMutex>>>>);

impl CookieJars {
    /// Keeps what an answer of `url` sets, except cookies whose name begins with `a_session_`: those are Appwrite's.
    pub(crate) fn keep(&self, url: &Url, headers: &HeaderMap) {
        let is_own = |line: &&HeaderValue| !is_session_cookie(line.as_bytes());
        let mut lines = headers.get_all(SET_COOKIE).iter().filter(is_own).peekable();
        if lines.peek().is_some() {
            let jar = self.lock().entry(Origin::of(url)).or_default().clone();
            jar.set_cookies(&mut lines, url);
        }
    }

    /// The cookies for a request to `url`, as `name=value; …`.
    pub(crate) fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        let jar = self.lock().get(&Origin::of(url))?.clone();
        jar.cookies(url)
    }

    /// Forgets everything, because the next user's calls must not be routed or known by the last one's cookies.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Origin, Arc<CookieStoreMutex>>> {
        // The map is whole after any panic: every change of it is a single call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a `name=value` text is of one of Appwrite's session cookies.
pub(crate) fn is_session_cookie(text: &[u8]) -> bool {
    let name = text.trim_ascii_start();
    name.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"a_session_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (SET_COOKIE, HeaderValue::from_static(line))).collect()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn sticky_cookies_come_back_to_their_origin_only() {
        let jars = CookieJars::default();
        jars.keep(&url("http://127.0.0.1:1/a"), &set(&["lb=x; Path=/", "other=y; Path=/deep"]));
        assert_eq!(jars.cookies(&url("http://127.0.0.1:1/b")).expect("a cookie"), "lb=x");
        assert_eq!(jars.cookies(&url("http://127.0.0.1:2/b")), None);
        jars.clear();
        assert_eq!(jars.cookies(&url("http://127.0.0.1:1/b")), None);
    }

    #[test]
    fn a_gateway_cannot_plant_a_session_cookie() {
        let jars = CookieJars::default();
        jars.keep(
            &url("https://api.example.com/"),
            &set(&["A_Session_demo=evil; Path=/", "a_session_x_legacy=e"]),
        );
        assert_eq!(jars.cookies(&url("https://api.example.com/")), None);
    }
}
