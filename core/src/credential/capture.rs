//! Finds the credential in an Appwrite response: two `Set-Cookie` spellings and the fallback header (contract §1.3–§1.5).

use http::{HeaderMap, header::SET_COOKIE};

use super::{Credential, carrier::FALLBACK_COOKIES, cookie_name, percent_decoded};
use crate::{config::ProjectId, json::Object};

/// Reads the credential that response headers give; `None` if they give none, or take it back.
///
/// The main cookie comes first, then `_legacy`, then the fallback header; a spelling that holds no credential is passed over,
/// because a response can have any subset of them. Names are compared without case: Appwrite lower-cases the cookie's name and
/// keeps the case of the fallback key.
pub(crate) fn capture(headers: &HeaderMap, project: &ProjectId) -> Option<Credential> {
    let name = cookie_name(project);
    let legacy = format!("{name}_legacy");
    cookie(headers, &name).or_else(|| cookie(headers, &legacy)).or_else(|| fallback(headers, &name))
}

/// The credential in the last line of that cookie which sets or deletes it.
fn cookie(headers: &HeaderMap, name: &str) -> Option<Credential> {
    let mut captured = None;
    for line in headers.get_all(SET_COOKIE) {
        let Some(value) = line.to_str().ok().and_then(|line| value_of(line, name)) else { continue };
        captured = match Credential::of_cookie(value) {
            None if matches!(percent_decoded(value).as_slice(), b"" | b"deleted") => None,
            None => captured,
            given => given,
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

/// The credential in the last fallback header that gives or deletes one. `[]` deletes it.
fn fallback(headers: &HeaderMap, name: &str) -> Option<Credential> {
    let mut captured = None;
    for line in headers.get_all(FALLBACK_COOKIES) {
        if let Some(entries) = Object::read(line.as_bytes()) {
            let value =
                entries.names().find(|key| key.eq_ignore_ascii_case(name)).and_then(|key| entries.text(key));
            captured = value.and_then(|value| Credential::parse(&value)).or(captured);
        } else if line.as_bytes().trim_ascii() == b"[]" {
            captured = None;
        }
    }
    captured
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
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

    fn user(captured: &Option<Credential>) -> Option<&str> {
        captured.as_ref().map(Credential::user_id)
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
    fn a_deletion_gives_nothing_and_takes_back_what_came_before() {
        let demo = project("demo");
        let deleted = format!("a_session_demo=deleted; {ATTRIBUTES}");
        let given = format!("a_session_demo={}; path=/", blob("ada", "00"));
        let fallback = serde_json::json!({ "a_session_demo": blob("ada", "00") }).to_string();
        for lines in [
            vec![("set-cookie", deleted.as_str())],
            vec![("x-fallback-cookies", "[]")],
            vec![("x-fallback-cookies", "{}")],
            vec![("set-cookie", &given), ("set-cookie", &deleted)],
            vec![("x-fallback-cookies", &fallback), ("x-fallback-cookies", "[]")],
            vec![],
        ] {
            assert!(capture(&headers(&lines), &demo).is_none(), "{lines:?}");
        }
        assert_eq!(
            user(&capture(&headers(&[("set-cookie", &deleted), ("set-cookie", &given)]), &demo)),
            Some("ada")
        );
    }

    #[test]
    fn only_an_object_of_texts_is_a_fallback_header() {
        for odd in
            [r#"["a_session_demo"]"#, r#"{"a_session_demo":["x"]}"#, r#"{"a_session_demo":null}"#, "x", ""]
        {
            assert!(capture(&headers(&[("x-fallback-cookies", odd)]), &project("demo")).is_none(), "{odd}");
        }
    }

    #[test]
    fn cookies_of_others_are_passed_over() {
        let other = format!("a_session_demo2={}; path=/", blob("eve", "00"));
        let proxy = "__cf_bm=a_session_demo; path=/";
        let captured = capture(&headers(&[("set-cookie", &other), ("set-cookie", proxy)]), &project("demo"));
        assert!(captured.is_none());
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
                let Some(credential) = capture(&headers(&lines), &project("demo")) else {
                    return Err(TestCaseError::fail("nothing captured"));
                };
                prop_assert_eq!(credential.blob().expose(), blob.as_str());
            }
        }
    }
}
