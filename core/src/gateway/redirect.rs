//! What a redirect of a gateway leads to: a pure rule.

use crate::{
    config::Origin,
    credential::CARRIER_HEADERS,
    error::{Error, Result},
    transport::{Request, Response},
};
use http::{
    HeaderMap, Method, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, TRANSFER_ENCODING},
};

/// How many redirects one call follows.
pub(super) const MOST: usize = 10;

/// The request that follows `request` after the redirect `response`, or `None` if it is no redirect.
///
/// It carries no credential yet; to another origin it loses everything else that could prove something, too. From https to http
/// nothing is followed.
pub(super) fn follow(request: &Request, response: &Response) -> Result<Option<Request>> {
    let Some(method) = next_method(response.status, &request.method) else { return Ok(None) };
    let Some(location) = response.headers.get(LOCATION) else { return Ok(None) };
    let url = location
        .to_str()
        .ok()
        .and_then(|location| request.url.join(location).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        .ok_or(Error::InvalidRedirect)?;
    let (from, to) = (Origin::of(&request.url), Origin::of(&url));
    if from.is_https() && !to.is_https() {
        return Err(Error::InvalidRedirect);
    }
    let mut next = Request { method, url, ..request.clone() };
    if next.method != request.method {
        next.body = bytes::Bytes::new();
        remove(&mut next.headers, &[CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, TRANSFER_ENCODING]);
    }
    if from != to {
        remove(&mut next.headers, &CARRIER_HEADERS);
    }
    Ok(Some(next))
}

fn remove(headers: &mut HeaderMap, names: &[http::HeaderName]) {
    for name in names {
        headers.remove(name);
    }
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
    use bytes::Bytes;
    use http::{HeaderValue, header::AUTHORIZATION};
    use url::Url;

    use super::*;

    fn request(method: Method, url: &str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("canary"));
        headers.insert("cookie", HeaderValue::from_static("canary"));
        headers.insert("x-fallback-cookies", HeaderValue::from_static("canary"));
        headers.insert("x-trace", HeaderValue::from_static("kept"));
        let url = Url::parse(url).expect("a URL");
        Request { method, url, headers, body: Bytes::from_static(b"body"), timeout: None, repeatable: false }
    }

    fn redirect(status: u16, location: &'static str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_static(location));
        Response { status: StatusCode::from_u16(status).expect("a status"), headers, body: Bytes::new() }
    }

    fn followed(method: Method, from: &str, status: u16, location: &'static str) -> Option<Request> {
        follow(&request(method, from), &redirect(status, location)).expect("followed")
    }

    #[test]
    fn another_origin_gets_nothing_that_proves_something() {
        for location in ["https://evil.test/", "https://api.example.com:444/", "//evil.test/"] {
            let next = followed(Method::GET, "https://api.example.com/a", 302, location).expect("a request");
            assert_eq!(next.headers.len(), 1, "{location}: {:?}", next.headers);
            assert!(next.headers.contains_key("x-trace"));
        }
    }

    #[test]
    fn the_same_origin_keeps_the_apps_headers() {
        let next = followed(Method::GET, "https://api.example.com/a/b", 307, "../c").expect("a request");
        assert_eq!(next.url.as_str(), "https://api.example.com/c");
        assert!(next.headers.contains_key(AUTHORIZATION));
    }

    #[test]
    fn https_never_becomes_http() {
        let answer = redirect(302, "http://api.example.com/");
        let refused = follow(&request(Method::GET, "https://api.example.com/a"), &answer);
        assert!(matches!(refused, Err(Error::InvalidRedirect)));
    }

    #[test]
    fn methods_change_as_the_standard_says() {
        let method = |method, status| {
            let next = followed(method, "https://a.test/", status, "/b").expect("a request");
            (next.method.to_string(), next.body.is_empty())
        };
        assert_eq!(method(Method::POST, 302), ("GET".to_owned(), true));
        assert_eq!(method(Method::POST, 303), ("GET".to_owned(), true));
        assert_eq!(method(Method::POST, 307), ("POST".to_owned(), false));
        assert_eq!(method(Method::PUT, 301), ("PUT".to_owned(), false));
    }

    #[test]
    fn an_answer_that_leads_nowhere_is_no_redirect() {
        assert!(followed(Method::GET, "https://a.test/", 304, "/b").is_none());
        assert!(followed(Method::GET, "https://a.test/", 200, "/b").is_none());
    }
}
