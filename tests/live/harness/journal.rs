//! What a server of the harness received, in order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header::COOKIE};

/// One request, as it arrived.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    /// The kinds of credential on the request, by the names of their headers.
    pub(crate) fn carriers(&self) -> Vec<&'static str> {
        let session_cookie = self
            .headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .any(|line| line.split(';').any(|pair| pair.trim_start().starts_with("a_session_")));
        let header = |name: &'static str| self.headers.contains_key(name).then_some(name);
        session_cookie
            .then_some("cookie")
            .into_iter()
            .chain(
                ["x-fallback-cookies", "x-appwrite-session", "x-appwrite-jwt", "authorization"]
                    .into_iter()
                    .filter_map(header),
            )
            .collect()
    }

    /// Whether `text` is anywhere in the request.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let in_body = || self.body.windows(text.len()).any(|window| window == text.as_bytes());
        let in_headers =
            || self.headers.values().any(|value| String::from_utf8_lossy(value.as_bytes()).contains(text));
        self.target.contains(text) || in_headers() || in_body()
    }

    /// The method and the path: what may be printed.
    pub(crate) fn line(&self) -> String {
        let path = self.target.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method)
    }
}

/// A list that its clones share.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<Seen>>>);

impl Journal {
    /// Notes a request, and gives the note back.
    pub(crate) fn note(&self, request: &Request<Bytes>) -> Seen {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let seen = Seen {
            method: request.method().clone(),
            target,
            headers: request.headers().clone(),
            body: request.body().clone(),
        };
        self.entries().push(seen.clone());
        seen
    }

    /// Everything so far.
    pub(crate) fn all(&self) -> Vec<Seen> {
        self.entries().clone()
    }

    /// How many requests there were.
    pub(crate) fn len(&self) -> usize {
        self.entries().len()
    }

    /// Those whose [`Seen::line`] is `line`.
    pub(crate) fn of(&self, line: &str) -> Vec<Seen> {
        self.entries().iter().filter(|seen| seen.line() == line).cloned().collect()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
