//! The two cookies and the fallback header, in the server's exact text (contract §1.3, §1.5).

use crate::{
    dates::{self, Millis},
    json,
    origin::is_domain_verified,
    profile::Traits,
    request::Request,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What PHP's `urlencode` leaves as it is.
pub(crate) const URLENCODE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The headers of a response that gives a session.
pub(crate) struct Carried {
    pub(crate) fallback: Option<String>,
    pub(crate) cookies: [String; 2],
}

/// Gives `blob` under `key` until `expire`, `duration` seconds from now.
pub(crate) fn give(
    request: &Request,
    key: &str,
    blob: &str,
    expire: Millis,
    duration: i64,
    traits: &Traits,
) -> Carried {
    let value = utf8_percent_encode(blob, URLENCODE).to_string();
    let until = format!("expires={}; Max-Age={duration}", dates::cookie(expire));
    let fallback = (!is_domain_verified(request)).then(|| json!({ key: blob }).to_string());
    Carried { fallback, cookies: lines(request, key, &value, &until, traits) }
}

/// Takes the session of `key` back.
pub(crate) fn take_back(request: &Request, key: &str, traits: &Traits) -> Carried {
    let until = "expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0";
    let fallback = (!is_domain_verified(request)).then(|| "[]".to_owned());
    Carried { fallback, cookies: lines(request, key, "deleted", until, traits) }
}

fn lines(request: &Request, key: &str, value: &str, until: &str, traits: &Traits) -> [String; 2] {
    let key = key.to_ascii_lowercase();
    let domain =
        domain(request, traits.newer_headers).map(|domain| format!("; domain={domain}")).unwrap_or_default();
    let secure = if request.is_https() { "; secure" } else { "" };
    let tail = format!("{until}; path=/{domain}{secure}; {}", traits.http_only);
    [format!("{key}_legacy={value}; {tail}"), format!("{key}={value}; {tail}; {}", traits.same_site)]
}

/// `.host`, except for localhost and addresses.
pub(crate) fn domain(request: &Request, newer: bool) -> Option<String> {
    let host = request.host();
    let plain = host.is_empty() || host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok();
    let host = if newer { host.to_ascii_lowercase() } else { host };
    (!plain).then(|| format!(".{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile::Profile, request::RawRequest};

    fn request(headers: &[(&str, &str)]) -> Request {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Request::parse(RawRequest {
            method: "POST".into(),
            target: "/v1".into(),
            headers,
            ..RawRequest::default()
        })
    }

    #[test]
    fn the_text_is_the_servers_own() {
        let traits = Profile::V1_9.traits();
        let request = request(&[("Host", "api.example.com"), ("X-Forwarded-Proto", "https")]);
        let given = give(&request, "a_session_demo", "eyJ=", 1_826_986_741_000, 31_536_000, traits);
        assert_eq!(
            given.cookies[1],
            "a_session_demo=eyJ%3D; expires=Tue, 23-Nov-2027 16:19:01 GMT; Max-Age=31536000; path=/; \
             domain=.api.example.com; secure; HttpOnly; SameSite=None"
        );
        assert_eq!(given.fallback.as_deref(), Some(r#"{"a_session_demo":"eyJ="}"#));
    }

    #[test]
    fn deletion_has_its_own_text_and_an_empty_list() {
        let traits = Profile::V1_5.traits();
        let taken = take_back(&request(&[("Host", "localhost")]), "a_session_demo", traits);
        assert_eq!(
            taken.cookies[0],
            "a_session_demo_legacy=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/; httponly"
        );
        assert_eq!(taken.fallback.as_deref(), Some("[]"));
    }

    #[test]
    fn an_origin_of_the_same_domain_gets_no_fallback() {
        let same =
            request(&[("Host", "appwrite.example.app"), ("Origin", "appwrite-android://com.example.app")]);
        let traits = Profile::V1_9.traits();
        assert_eq!(give(&same, "a_session_demo", "eyJ", 0, 1, traits).fallback, None);
    }
}
