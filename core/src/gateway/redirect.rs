//! What a redirect of a gateway leads to: a pure rule.
//!
//! Within an origin everything goes along. To another allowed gateway go the method, the body with the headers that describe it,
//! and what every request may say; the credential is attached there by that gateway's own carrier. Off the list go
//! `GET` and `HEAD` without a body, with what every request may say ([`RedirectTarget::kept_headers`]); and from then on the chain carries nothing of the user, also
//! if it leads back, because whoever redirected it chooses what it asks for.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, Method, StatusCode,
    header::{
        ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, LOCATION,
        RANGE, TRANSFER_ENCODING, USER_AGENT,
    },
};
use url::Url;

use super::{
    call::Hop,
    content::Content,
    target::{Allowed, check_length},
};
use crate::{
    config::Origin,
    error::{Error, Result},
    host::Head,
};

/// How many redirects one call follows.
pub(super) const MOST: usize = 10;

/// Headers that describe a body, and then those that say nothing about the user.
const PLAIN_AND_OF_BODY: &[HeaderName] = &[
    CONTENT_TYPE,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    ACCEPT,
    ACCEPT_LANGUAGE,
    RANGE,
    USER_AGENT,
];

/// How many of them describe a body.
const OF_BODY: usize = 5;

/// Where a redirect of a gateway leads, and so what may go along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedirectTarget {
    /// The same origin. Everything goes along.
    SameOrigin,
    /// Another allowed gateway. The method and the body go along, and the headers of [`kept_headers`](Self::kept_headers). The
    /// credential is attached anew.
    OtherGateway,
    /// An origin that is no gateway. Only the headers of [`kept_headers`](Self::kept_headers) go along, and this and every later
    /// request of the chain carries no credential, also if it leads back to a gateway: whoever redirected it chooses what it asks for.
    Elsewhere,
}

impl RedirectTarget {
    /// The names of the request headers that may go along; `None` if all may.
    pub fn kept_headers(self) -> Option<&'static [HeaderName]> {
        match self {
            Self::SameOrigin => None,
            Self::OtherGateway => Some(PLAIN_AND_OF_BODY),
            Self::Elsewhere => Some(&PLAIN_AND_OF_BODY[OF_BODY..]),
        }
    }
}

/// The hop that follows `hop` after the answer `head`, or `None` if that is no redirect. From https to http nothing is followed.
pub(super) fn follow(hop: &Hop, head: &Head, allowed: &Allowed) -> Result<Option<Hop>> {
    let Some(method) = next_method(head.status, &hop.method) else { return Ok(None) };
    let Some(location) = head.headers.get(LOCATION) else { return Ok(None) };
    // As browsers do: some servers write a path beyond ASCII as it is.
    let url = str::from_utf8(location.as_bytes())
        .ok()
        .and_then(|location| hop.url.join(location).ok())
        .filter(is_followable)
        .ok_or(Error::InvalidRedirect)?;
    let (mut headers, mut body) = (hop.headers.clone(), hop.body.clone());
    if method != hop.method {
        body = Content::Whole(Bytes::new());
        PLAIN_AND_OF_BODY[..OF_BODY].iter().for_each(|name| drop(headers.remove(name)));
    }
    // A chain that has left the list stays off it.
    let next = hop.gateway.and_then(|_| allowed.of(&url));
    let target = target(&hop.url, &url, next.is_some(), &method, !body.is_empty())?;
    if let Some(kept) = target.kept_headers() {
        headers = only(&headers, kept);
    }
    let gateway = if target == RedirectTarget::SameOrigin { hop.gateway } else { next };
    Ok(Some(Hop { method, url, gateway, headers, body }))
}

/// Where the redirect of a gateway at `from` to `to` leads. `method` and `has_body` are of the request that would follow it.
///
/// # Errors
///
/// `InvalidRedirect`, if it must not be followed.
pub(super) fn judge(
    allowed: &Allowed,
    from: &str,
    to: &str,
    method: &Method,
    has_body: bool,
) -> Result<RedirectTarget> {
    let parse = |url: &str| Url::parse(url).ok().filter(is_followable).ok_or(Error::InvalidRedirect);
    let (from, to) = (parse(from)?, parse(to)?);
    target(&from, &to, allowed.of(&to).is_some(), method, has_body)
}

fn target(from: &Url, to: &Url, to_gateway: bool, method: &Method, has_body: bool) -> Result<RedirectTarget> {
    let (from, to) = (Origin::of(from), Origin::of(to));
    if from == to {
        return Ok(RedirectTarget::SameOrigin);
    }
    if from.is_https() && !to.is_https() {
        return Err(Error::InvalidRedirect);
    }
    if to_gateway {
        return Ok(RedirectTarget::OtherGateway);
    }
    let is_plain = !has_body && matches!(*method, Method::GET | Method::HEAD);
    if is_plain { Ok(RedirectTarget::Elsewhere) } else { Err(Error::InvalidRedirect) }
}

fn is_followable(url: &Url) -> bool {
    let named = url.host().is_some() && url.username().is_empty() && url.password().is_none();
    named && matches!(url.scheme(), "http" | "https") && check_length(url).is_ok()
}

/// The headers of those names.
fn only(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in names {
        for value in headers.get_all(name) {
            kept.append(name, value.clone());
        }
    }
    kept
}

/// The method after a redirect (RFC 9110 §15.4): 303 becomes GET, 301 and 302 turn a POST into GET as every client does.
fn next_method(status: StatusCode, method: &Method) -> Option<Method> {
    match status.as_u16() {
        307 | 308 => Some(method.clone()),
        303 if *method == Method::HEAD => Some(Method::HEAD),
        303 => Some(Method::GET),
        301 | 302 if *method == Method::POST => Some(Method::GET),
        301 | 302 => Some(method.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::config::{Gateway, ProjectId, parse_gateways};

    const API: &str = "https://api.example.com/a/b";

    fn allowed() -> Allowed {
        let project = ProjectId::parse("demo").expect("a project id");
        let gateways = ["https://api.example.com", "https://other.example.com"].map(Gateway::new);
        Allowed::new(parse_gateways(&gateways, &project).expect("gateways"))
    }

    fn hop(method: Method, url: &str) -> Hop {
        let lines = [
            ("authorization", "canary"),
            ("proxy-authorization", "canary"),
            ("x-api-key", "canary"),
            ("x-csrf-token", "canary"),
            ("cookie", "canary"),
            ("x-fallback-cookies", "canary"),
            ("content-type", "text/plain"),
            ("accept", "text/html"),
            ("accept-language", "de"),
            ("range", "bytes=0-9"),
        ];
        let line = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let body = if method == Method::GET { Bytes::new() } else { Bytes::from_static(b"body") };
        let body = Content::Whole(body);
        let url = Url::parse(url).expect("a URL");
        Hop { method, gateway: allowed().of(&url), url, headers: lines.map(line).into_iter().collect(), body }
    }

    fn answer(status: u16, location: &str) -> Head {
        let location = HeaderValue::from_str(location).expect("a header");
        let headers = [(LOCATION, location)].into_iter().collect();
        Head { status: StatusCode::from_u16(status).expect("a status"), headers }
    }

    fn followed(method: Method, from: &str, status: u16, location: &str) -> Result<Option<Hop>> {
        follow(&hop(method, from), &answer(status, location), &allowed())
    }

    fn next(method: Method, from: &str, status: u16, location: &str) -> Hop {
        followed(method, from, status, location).expect("followed").expect("a hop")
    }

    fn is_refused(method: Method, from: &str, status: u16, location: &str) -> bool {
        matches!(followed(method, from, status, location), Err(Error::InvalidRedirect))
    }

    #[test]
    fn off_the_list_go_plain_headers_only() {
        for location in ["https://evil.test/", "https://api.example.com:444/", "//evil.test/"] {
            let next = next(Method::GET, API, 302, location);
            let mut names: Vec<&str> = next.headers.keys().map(HeaderName::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, ["accept", "accept-language", "range"], "{location}");
            assert_eq!(next.gateway, None);
        }
    }

    #[test]
    fn off_the_list_goes_no_body_and_no_other_method() {
        let evil = "https://evil.test/";
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            assert!(is_refused(method.clone(), API, 307, evil), "{method}");
        }
        assert!(is_refused(Method::DELETE, API, 302, evil));
        let mut with_body = hop(Method::GET, API);
        with_body.body = Content::Whole(Bytes::from_static(b"body"));
        assert!(follow(&with_body, &answer(302, evil), &allowed()).is_err());
        assert!(next(Method::POST, API, 303, evil).body.is_empty());
    }

    #[test]
    fn a_chain_that_has_left_carries_nothing_again() {
        let away = next(Method::GET, API, 302, "https://evil.test/");
        let back = follow(&away, &answer(302, API), &allowed()).expect("followed").expect("a hop");
        assert_eq!(back.gateway, None);
        let on = follow(&back, &answer(302, "/c"), &allowed()).expect("followed").expect("a hop");
        assert_eq!(on.gateway, None);
    }

    #[test]
    fn another_gateway_gets_the_body_and_none_of_the_apps_own_headers() {
        let next = next(Method::POST, API, 307, "https://other.example.com/c");
        assert_eq!(next.gateway, Some(1));
        assert!(matches!(&next.body, Content::Whole(body) if body == "body"));
        assert!(next.headers.contains_key(CONTENT_TYPE) && next.headers.contains_key(ACCEPT));
        assert!(next.headers.values().all(|value| value != "canary"), "{:?}", next.headers);
    }

    #[test]
    fn the_same_origin_keeps_the_apps_headers() {
        let next = next(Method::GET, API, 307, "../c");
        assert_eq!((next.url.as_str(), next.gateway), ("https://api.example.com/c", Some(0)));
        assert!(next.headers.contains_key("authorization"));
    }

    #[test]
    fn user_info_and_http_are_not_followed() {
        for location in [
            "http://api.example.com/",
            "https://user:pw@api.example.com/",
            "https://user@evil.test/",
            "https://:pw@evil.test/",
        ] {
            assert!(is_refused(Method::GET, API, 302, location), "{location}");
        }
    }

    #[test]
    fn an_app_that_follows_by_itself_is_told_the_same() {
        let judge = |from, to, method: Method, body| judge(&allowed(), from, to, &method, body).ok();
        let other = "https://other.example.com/";
        assert_eq!(
            judge(API, "https://api.example.com/", Method::POST, true),
            Some(RedirectTarget::SameOrigin)
        );
        assert_eq!(judge(API, other, Method::POST, true), Some(RedirectTarget::OtherGateway));
        assert_eq!(judge(API, "https://evil.test/", Method::GET, false), Some(RedirectTarget::Elsewhere));
        for (to, method, body) in [
            ("https://evil.test/", Method::POST, false),
            ("https://evil.test/", Method::GET, true),
            ("http://other.example.com/", Method::GET, false),
            ("https://user@other.example.com/", Method::GET, false),
            ("no URL", Method::GET, false),
        ] {
            assert_eq!(judge(API, to, method, body), None, "{to}");
        }
        let kept = RedirectTarget::Elsewhere.kept_headers().expect("a list");
        assert_eq!(kept, [ACCEPT, ACCEPT_LANGUAGE, RANGE, USER_AGENT]);
        assert!(RedirectTarget::OtherGateway.kept_headers().expect("a list").contains(&CONTENT_TYPE));
    }

    #[test]
    fn methods_change_as_the_standard_says() {
        let method = |method, status| {
            let next = next(method, API, status, "/b");
            (next.method.to_string(), next.body.is_empty(), next.headers.contains_key(CONTENT_TYPE))
        };
        assert_eq!(method(Method::POST, 302), ("GET".to_owned(), true, false));
        assert_eq!(method(Method::POST, 303), ("GET".to_owned(), true, false));
        assert_eq!(method(Method::POST, 307), ("POST".to_owned(), false, true));
        assert_eq!(method(Method::PUT, 301), ("PUT".to_owned(), false, true));
    }

    #[test]
    fn a_path_beyond_ascii_is_followed() {
        let location = HeaderValue::from_bytes("/b\u{fc}cher".as_bytes()).expect("a header");
        let head = Head { status: StatusCode::FOUND, headers: [(LOCATION, location)].into_iter().collect() };
        let next = follow(&hop(Method::GET, API), &head, &allowed()).expect("followed").expect("a hop");
        assert_eq!(next.url.as_str(), "https://api.example.com/b%C3%BCcher");
    }

    #[test]
    fn an_answer_that_leads_nowhere_is_no_redirect() {
        assert!(followed(Method::GET, API, 304, "/b").expect("no error").is_none());
        assert!(followed(Method::GET, API, 200, "/b").expect("no error").is_none());
    }
}
