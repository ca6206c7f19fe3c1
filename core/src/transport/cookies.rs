//! Cookies that gateways set for themselves (sticky sessions): in memory, per origin and per credential, within limits, and never
//! a session cookie.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use cookie_store::{CookieStore, StoreAction};
use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use url::Url;

use crate::{config::Origin, host::CookieJar};

/// How many cookies an origin can set. One more replaces the one that was set first.
const MOST: usize = 32;

/// How many bytes the names and values of an origin's cookies have together: what comes back to it in every request.
const MOST_BYTES: usize = 8 << 10;

/// A longer `Set-Cookie` line is not read (RFC 6265 §6.1).
const LONGEST_LINE: usize = 4 << 10;

/// The cookies that gateways set while the credential that is held was carried.
///
/// A credential is known by its number, which grows with each. Cookies do not know ports (RFC 6265 §8.5), the credential does, so
/// each origin has a jar of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct CookieJars(Arc<Shared>);

#[derive(Default)]
struct Shared {
    jars: Mutex<Jars>,
    /// Whether there is any cookie, so that most calls need not look.
    any: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CookieJars").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Jars {
    credential: u64,
    of_origins: HashMap<Origin, Jar>,
}

impl CookieJars {
    /// Keeps what an answer of `url` to a call that carried `credential` sets. Cookies whose name begins with `a_session_` are
    /// Appwrite's and not kept. A late answer to a call of an earlier credential changes nothing.
    pub(crate) fn keep(&self, credential: u64, url: &Url, headers: &HeaderMap) {
        let mut lines = headers.get_all(SET_COOKIE).iter().peekable();
        if lines.peek().is_none() {
            return;
        }
        let mut jars = self.jars();
        if credential < jars.credential {
            return;
        }
        if credential > jars.credential {
            *jars = Jars { credential, of_origins: HashMap::new() };
        }
        let jar = jars.of_origins.entry(Origin::of(url)).or_default();
        for line in lines {
            jar.keep(line, url);
        }
        self.0.any.store(true, Ordering::Release);
    }

    /// The cookies for a request to `url` that carries `credential`, as `name=value; …`.
    pub(crate) fn cookies(&self, credential: u64, url: &Url) -> Option<HeaderValue> {
        if !self.0.any.load(Ordering::Acquire) {
            return None;
        }
        let jars = self.jars();
        if jars.credential != credential {
            return None;
        }
        jars.of_origins.get(&Origin::of(url))?.cookies.header(url)
    }

    /// Forgets everything, because the next user's calls must not be routed or known by the last one's cookies.
    pub(crate) fn clear(&self) {
        let mut jars = self.jars();
        jars.of_origins.clear();
        self.0.any.store(false, Ordering::Release);
    }

    fn jars(&self) -> MutexGuard<'_, Jars> {
        // The jars are whole after any panic: what a change has left undone is one cookie.
        self.0.jars.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The cookies of one origin.
#[derive(Default)]
struct Jar {
    cookies: CookieJar,
    /// Where each cookie is in the jar, and how long it is; the oldest first.
    kept: VecDeque<Kept>,
}

#[derive(PartialEq, Eq)]
struct Place {
    domain: String,
    path: String,
    name: String,
}

struct Kept {
    place: Place,
    bytes: usize,
}

impl Jar {
    /// Reads one line. Not by `store_response_cookies`, which writes values to the log.
    fn keep(&mut self, line: &HeaderValue, url: &Url) {
        if line.len() > LONGEST_LINE || is_session_cookie(line.as_bytes()) {
            return;
        }
        let Some(cookie) = line.to_str().ok().and_then(|line| cookie_store::Cookie::parse(line, url).ok())
        else {
            return;
        };
        let place = Place {
            domain: cookie.domain.as_cow().unwrap_or_default().into_owned(),
            path: String::from(&*cookie.path),
            name: cookie.name().to_owned(),
        };
        let bytes = cookie.name().len() + cookie.value().len();
        let kept = &mut self.kept;
        self.cookies.change(|store| {
            match store.insert(cookie.into_owned(), url) {
                Ok(StoreAction::Inserted | StoreAction::UpdatedExisting) => {
                    kept.retain(|kept| kept.place != place);
                    kept.push_back(Kept { place, bytes });
                }
                Ok(StoreAction::ExpiredExisting) => kept.retain(|kept| kept.place != place),
                Err(_) => {}
            }
            trim(kept, store);
        });
    }
}

/// Removes the oldest cookies until the limits are kept.
fn trim(kept: &mut VecDeque<Kept>, store: &mut CookieStore) {
    while kept.len() > MOST || kept.iter().map(|kept| kept.bytes).sum::<usize>() > MOST_BYTES {
        let Some(Kept { place, .. }) = kept.pop_front() else { return };
        store.remove(&place.domain, &place.path, &place.name);
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

    fn set(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (SET_COOKIE, HeaderValue::from_str(line).expect("a header"))).collect()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn sticky_cookies_come_back_to_their_origin_only() {
        let jars = CookieJars::default();
        jars.keep(1, &url("http://127.0.0.1:1/a"), &set(&["lb=x; Path=/", "other=y; Path=/deep"]));
        assert_eq!(jars.cookies(1, &url("http://127.0.0.1:1/b")).expect("a cookie"), "lb=x");
        assert_eq!(jars.cookies(1, &url("http://127.0.0.1:2/b")), None);
        jars.clear();
        assert_eq!(jars.cookies(1, &url("http://127.0.0.1:1/b")), None);
    }

    #[test]
    fn cookies_belong_to_the_credential_they_came_with() {
        let (jars, gateway) = (CookieJars::default(), url("https://api.example.com/"));
        jars.keep(1, &gateway, &set(&["lb=ada"]));
        assert_eq!(jars.cookies(2, &gateway), None);
        jars.keep(2, &gateway, &set(&["lb=bob"]));
        jars.keep(1, &gateway, &set(&["lb=late"]));
        assert_eq!(jars.cookies(2, &gateway).expect("a cookie"), "lb=bob");
        assert_eq!(jars.cookies(1, &gateway), None);
    }

    #[test]
    fn a_gateway_cannot_plant_a_session_cookie() {
        let jars = CookieJars::default();
        let lines = set(&["A_Session_demo=evil; Path=/", "a_session_x_legacy=e"]);
        jars.keep(1, &url("https://api.example.com/"), &lines);
        assert_eq!(jars.cookies(1, &url("https://api.example.com/")), None);
    }

    #[test]
    fn a_gateway_that_sets_cookies_without_end_keeps_the_last_ones() {
        let (jars, gateway) = (CookieJars::default(), url("https://api.example.com/"));
        for index in 0..1000 {
            jars.keep(1, &gateway, &set(&[&format!("c{index}={}", "x".repeat(1000))]));
        }
        let sent = jars.cookies(1, &gateway).expect("cookies");
        assert!(sent.len() < MOST_BYTES + 100, "{} bytes", sent.len());
        let sent = sent.to_str().expect("text");
        assert!(sent.contains("c999=") && !sent.contains("c900="));
        jars.keep(1, &gateway, &set(&[&format!("long={}", "x".repeat(LONGEST_LINE))]));
        assert!(!jars.cookies(1, &gateway).expect("cookies").to_str().expect("text").contains("long="));
        for index in 0..1000 {
            jars.keep(1, &gateway, &set(&[&format!("s{index}=1")]));
        }
        let sent = jars.cookies(1, &gateway).expect("cookies");
        assert_eq!(sent.to_str().expect("text").split("; ").count(), MOST);
    }

    #[test]
    fn an_expired_cookie_makes_room() {
        let (jars, gateway) = (CookieJars::default(), url("https://api.example.com/"));
        jars.keep(1, &gateway, &set(&["lb=x"]));
        jars.keep(1, &gateway, &set(&["lb=x; Max-Age=0"]));
        assert_eq!(jars.cookies(1, &gateway), None);
        assert!(jars.jars().of_origins.values().all(|jar| jar.kept.is_empty()));
    }
}
