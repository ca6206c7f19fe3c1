//! Finds the credential in an Appwrite response: two `Set-Cookie` spellings and the fallback header (contract §1.3–§1.5).

use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{Credential, carrier::FALLBACK_COOKIES, cookie_name};
use crate::config::ProjectId;

/// What a response says about the credential.
#[derive(Clone, Debug)]
pub(crate) enum Captured {
    /// Nothing.
    Nothing,
    /// It gives this credential.
    Given(Credential),
    /// It takes the credential back: the `deleted` cookie, or the empty fallback object.
    Deleted,
}

/// Reads the credential out of response headers.
///
/// The main cookie comes first, then `_legacy`, then the fallback header; a spelling that holds no credential is passed over,
/// because a response can have any subset of them. Names are compared without case: Appwrite lower-cases the cookie's name and
/// keeps the case of the fallback key.
pub(crate) fn capture(headers: &HeaderMap, project: &ProjectId) -> Captured {
    let name = cookie_name(project);
    let legacy = format!("{name}_legacy");
    let cookies = [cookie(headers, &name), cookie(headers, &legacy)];
    let found = cookies.into_iter().chain([fallback(headers, &name)]);
    let mut deleted = false;
    for spelling in found {
        match spelling {
            Captured::Given(_) => return spelling,
            Captured::Deleted => deleted = true,
            Captured::Nothing => {}
        }
    }
    if deleted { Captured::Deleted } else { Captured::Nothing }
}

fn cookie(headers: &HeaderMap, name: &str) -> Captured {
    let mut captured = Captured::Nothing;
    for line in headers.get_all(SET_COOKIE) {
        let Some(value) = line.to_str().ok().and_then(|line| value_of(line, name)) else { continue };
        let decoded = percent_decode_str(value.trim().trim_matches('"')).decode_utf8_lossy();
        captured = match Credential::parse(&decoded) {
            Some(credential) => Captured::Given(credential),
            None if decoded.is_empty() || decoded == "deleted" => Captured::Deleted,
            None => captured,
        };
    }
    captured
}

/// The value of the `Set-Cookie` line if it is of the cookie `name`; what follows the first `;` are attributes.
fn value_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let pair = line.split_once(';').map_or(line, |(pair, _)| pair);
    let (key, value) = pair.split_once('=')?;
    key.trim().eq_ignore_ascii_case(name).then_some(value)
}

fn fallback(headers: &HeaderMap, name: &str) -> Captured {
    headers.get_all(FALLBACK_COOKIES).iter().fold(Captured::Nothing, |captured, line| {
        match parse_fallback(line, name) {
            Captured::Nothing => captured,
            newer => newer,
        }
    })
}

fn parse_fallback(line: &HeaderValue, name: &str) -> Captured {
    match serde_json::from_slice(line.as_bytes()) {
        Ok(Value::Array(entries)) if entries.is_empty() => Captured::Deleted,
        Ok(Value::Object(entries)) => entries
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .find_map(|(_, value)| Credential::parse(value.as_str()?))
            .map_or(Captured::Nothing, Captured::Given),
        _ => Captured::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;
    use proptest::prelude::*;

    use super::{super::samples::blob, *};

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header"))
            })
            .collect()
    }

    fn project(id: &str) -> ProjectId {
        ProjectId::parse(id).expect("a project id")
    }

    fn user(captured: &Captured) -> Option<&str> {
        match captured {
            Captured::Given(credential) => Some(credential.user_id()),
            _ => None,
        }
    }

    const ATTRIBUTES: &str =
        "expires=Tue, 23-Nov-2027 16:19:01 GMT; Max-Age=31536000; path=/; HttpOnly; SameSite=None";

    #[test]
    fn the_main_cookie_is_read_percent_decoded() {
        let encoded = blob("user-alice", "0").replace('=', "%3D");
        assert!(encoded.contains("%3D"), "the sample must need decoding");
        let legacy = format!("a_session_demo_legacy={}; path=/", blob("eve", "00"));
        let main = format!("a_session_demo={encoded}; {ATTRIBUTES}");
        let captured = capture(&headers(&[("set-cookie", &legacy), ("set-cookie", &main)]), &project("demo"));
        assert_eq!(user(&captured), Some("user-alice"));
    }

    #[test]
    fn legacy_serves_when_the_main_cookie_is_missing() {
        let legacy = format!("a_session_demo_legacy={}; path=/", blob("ada", "00"));
        assert_eq!(user(&capture(&headers(&[("set-cookie", &legacy)]), &project("demo"))), Some("ada"));
    }

    #[test]
    fn the_lower_cased_name_of_a_mixed_case_project_is_found() {
        let line = format!("a_session_myproj={}; path=/", blob("ada", "00"));
        assert_eq!(user(&capture(&headers(&[("set-cookie", &line)]), &project("MyProj"))), Some("ada"));
    }

    #[test]
    fn the_fallback_header_alone_is_enough() {
        let line = serde_json::json!({ "a_session_demo": blob("ada", "00") }).to_string();
        let captured = capture(&headers(&[("x-fallback-cookies", &line)]), &project("demo"));
        assert_eq!(user(&captured), Some("ada"));
    }

    #[test]
    fn deletion_is_told_apart_from_silence() {
        let demo = project("demo");
        let cookie = format!("a_session_demo=deleted; {ATTRIBUTES}");
        assert!(matches!(capture(&headers(&[("set-cookie", &cookie)]), &demo), Captured::Deleted));
        assert!(matches!(capture(&headers(&[("x-fallback-cookies", "[]")]), &demo), Captured::Deleted));
        assert!(matches!(capture(&HeaderMap::new(), &demo), Captured::Nothing));
        assert!(matches!(capture(&headers(&[("x-fallback-cookies", "{}")]), &demo), Captured::Nothing));
    }

    #[test]
    fn cookies_of_others_are_passed_over() {
        let other = format!("a_session_demo2={}; path=/", blob("eve", "00"));
        let proxy = "__cf_bm=a_session_demo; path=/";
        let captured = capture(&headers(&[("set-cookie", &other), ("set-cookie", proxy)]), &project("demo"));
        assert!(matches!(captured, Captured::Nothing));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(cookie in "[ -~]{0,200}", fallback in "[ -~]{0,200}") {
            let _ = capture(&headers(&[("set-cookie", &cookie), ("x-fallback-cookies", &fallback)]), &project("demo"));
        }

        #[test]
        fn every_spelling_gives_the_same_credential(id in "[A-Za-z0-9._-]{1,36}", secret in "[0-9a-f]{1,256}") {
            let blob = blob(&id, &secret);
            let cookie = format!("a_session_demo={}; {ATTRIBUTES}", blob.replace('=', "%3D"));
            let fallback = serde_json::json!({ "a_session_demo": blob }).to_string();
            for lines in [[("set-cookie", cookie.as_str())], [("x-fallback-cookies", fallback.as_str())]] {
                let Captured::Given(credential) = capture(&headers(&lines), &project("demo")) else {
                    return Err(TestCaseError::fail("nothing captured"));
                };
                prop_assert_eq!(credential.blob().expose(), blob.as_str());
            }
        }
    }
}
