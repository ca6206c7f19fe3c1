//! Finds the credential in what Appwrite's own SDKs stored on the device: cookies, in whatever form their platform keeps them.

use std::{collections::BTreeMap, time::SystemTime};

use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{Credential, cookie_name};
use crate::{config::ProjectId, date, json};

/// Longer texts are not read: a cookie jar of an app has some kilobytes.
const LONGEST: usize = 1 << 20;

/// JSON that is nested more deeply is not read.
const DEEPEST: usize = 100;

/// A cookie's name and value.
type Cookie = (String, Zeroizing<String>);

/// The credential of `project` in `stored`, if there is one that [`capture`](super::capture) would take.
///
/// Understood are cookie lines (`Set-Cookie`, `Cookie`), and JSON of any shape in which a cookie is a member (its name and its
/// value), an object with `name` and `value`, or a text that is such a line. The main cookie comes before the one named
/// `_legacy`, a later one before an earlier one; one that is marked as deleted or says that it has run out is none.
///
/// Every copy of a value that is made on the way is wiped.
pub(crate) fn find_legacy(stored: &str, project: &ProjectId, now: SystemTime) -> Option<Credential> {
    if stored.len() > LONGEST {
        return None;
    }
    let stored = stored.strip_prefix('\u{feff}').unwrap_or(stored);
    let mut cookies = Vec::new();
    match json::read(stored) {
        Some(json) => read_json(json, DEEPEST, now, &mut cookies)?,
        None => read_lines(stored, now, &mut cookies),
    }
    let main = cookie_name(project);
    let legacy = format!("{main}_legacy");
    [main, legacy].iter().find_map(|wanted| {
        let mut of_name = cookies.iter().rev().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        of_name.find_map(|(_, value)| Credential::of_cookie(value))
    })
}

/// Collects the cookies in `json`; `None` if it is nested too deeply.
fn read_json(json: &RawValue, depth: usize, now: SystemTime, cookies: &mut Vec<Cookie>) -> Option<()> {
    if depth == 0 {
        return None;
    }
    match json.get().as_bytes().first() {
        Some(b'"') => {
            if let Some(text) = json::wiped_text(json) {
                read_lines(&text, now, cookies);
            }
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = json::read(json.get()).unwrap_or_default();
            items.into_iter().try_for_each(|item| read_json(item, depth - 1, now, cookies))?;
        }
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = json::read(json.get()).unwrap_or_default();
            let text = |name: &str| members.get(name).and_then(|member| json::wiped_text(member));
            if let (Some(name), Some(value)) = (text("name"), text("value")) {
                cookies.push((name.to_string(), value));
            }
            for (name, member) in &members {
                if let Some(value) = json::wiped_text(member) {
                    cookies.push((name.clone(), value));
                }
                read_json(member, depth - 1, now, cookies)?;
            }
        }
        _ => {}
    }
    Some(())
}

fn read_lines(text: &str, now: SystemTime, cookies: &mut Vec<Cookie>) {
    for line in text.lines() {
        let pairs = || line.split(';').filter_map(|pair| pair.trim().split_once('='));
        // Attributes are read as cookies, too: none has the name of a session's.
        if !pairs().any(|(name, value)| has_run_out(name, value, now)) {
            cookies.extend(pairs().map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_owned()))));
        }
    }
}

/// Whether an attribute says that its cookie is no more. How old a cookie is is not known, so only an age of nothing tells.
fn has_run_out(name: &str, value: &str, now: SystemTime) -> bool {
    if name.eq_ignore_ascii_case("max-age") {
        return value.trim().parse::<i64>().is_ok_and(|age| age <= 0);
    }
    name.eq_ignore_ascii_case("expires") && date::parse_http(value).is_some_and(|end| end <= now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{super::samples::blob, *};

    /// 2026-11-24.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_478_400)
    }

    fn find(stored: &str) -> Option<String> {
        let project = ProjectId::parse("demo").expect("a project id");
        find_legacy(stored, &project, now()).map(|credential| credential.user_id().to_owned())
    }

    fn ada() -> String {
        blob("ada", "00ff")
    }

    const KEPT: &str = "expires=Tue, 23-Nov-2027 16:19:01 GMT; path=/; secure; httponly";
    const RUN_OUT: &str = "expires=Mon, 23-Nov-2026 16:19:01 GMT; path=/; secure; httponly";

    #[test]
    fn what_each_sdk_leaves_is_read() {
        let (ada, encoded) = (ada(), ada().replace('=', "%3D"));
        let set_cookie = format!("a_session_demo={encoded}; {KEPT}");
        for (sdk, stored) in [
            (
                // SharedPreferences `myCookie`: the value under the endpoint's host.
                "Android 25.2",
                serde_json::json!([
                    {"name": "a_session_demo_legacy", "value": encoded, "domain": "localhost", "maxAge": 31_536_000.0, "httpOnly": true},
                    {"name": "a_session_demo", "value": encoded, "domain": "localhost", "path": "/", "secure": true, "version": 0.0},
                ])
                .to_string(),
            ),
            // UserDefaults under the endpoint's host: an array of whole lines.
            ("Apple 18.2", serde_json::json!(["sticky=1; path=/", set_cookie]).to_string()),
            ("Apple 18.2, a line", set_cookie.clone()),
            // A file of the cookie jar: path, name, line with the time of its creation.
            (
                "Flutter 24.2",
                serde_json::json!({"/": {"a_session_demo": format!("{set_cookie};_crt=1795000000")}}).to_string(),
            ),
            // What CookieManager and HTTPCookieStorage give.
            ("React Native 0.29", format!("theme=dark; a_session_demo={encoded}; a_session_demo_legacy={encoded}")),
            // localStorage `cookieFallback`.
            ("Web 25", format!(r#"{{"a_session_demo":"{ada}"}}"#)),
        ] {
            assert_eq!(find(&stored).as_deref(), Some("ada"), "{sdk}");
        }
    }

    #[test]
    fn what_has_run_out_or_was_deleted_is_none() {
        let ada = ada();
        for stored in [
            format!("a_session_demo={ada}; {RUN_OUT}"),
            format!("a_session_demo={ada}; Max-Age=0"),
            format!(r#"["a_session_demo={ada}; {RUN_OUT}"]"#),
            format!("a_session_demo=deleted; {KEPT}"),
            "{}".to_owned(),
            "[]".to_owned(),
            String::new(),
        ] {
            assert_eq!(find(&stored), None, "{stored}");
        }
    }

    #[test]
    fn the_session_of_another_project_is_none() {
        let ada = ada();
        for name in ["a_session_other", "a_session_demo2", "a_session_", "session", "value"] {
            assert_eq!(find(&format!("{name}={ada}; {KEPT}")), None, "{name}");
            assert_eq!(find(&serde_json::json!([{"name": name, "value": ada}]).to_string()), None, "{name}");
            assert_eq!(find(&serde_json::json!({ name: ada }).to_string()), None, "{name}");
        }
    }

    #[test]
    fn the_latest_of_the_main_name_comes_first() {
        let line = |name: &str, id: &str| format!("{name}={}; {KEPT}", blob(id, "00"));
        let stored = [
            line("a_session_demo", "old"),
            line("a_session_demo", "new"),
            line("a_session_demo_legacy", "legacy"),
        ];
        assert_eq!(find(&stored.join("\n")).as_deref(), Some("new"));
        assert_eq!(find(&stored[2]).as_deref(), Some("legacy"));
    }

    #[test]
    fn what_is_too_long_or_too_deep_is_not_read() {
        let cookie = format!(r#"{{"a_session_demo":"{}"}}"#, ada());
        assert_eq!(find(&format!("{}{cookie}", " ".repeat(LONGEST))), None);
        assert_eq!(find(&format!("{}{cookie}{}", "[".repeat(100_000), "]".repeat(100_000))), None);
        assert_eq!(find(&format!("{}{cookie}{}", "[".repeat(50), "]".repeat(50))).as_deref(), Some("ada"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_find_what_is_not_there(stored in "\\PC{0,400}") {
            prop_assert_eq!(find(&stored), None);
        }

        #[test]
        fn no_bytes_around_a_cookie_name_make_it_panic(stored in r#"[\[\]{}",:;= %a-z_\\\r\n]{0,60}(a_session_demo)?[\[\]{}",:;=% ]{0,9}"#) {
            let _ = find(&stored);
        }

        #[test]
        fn a_cookie_is_found_at_any_place(
            before in "[a-z]{1,8}=[a-zA-Z0-9%]{0,20}", after in "[a-z]{1,8}=[a-zA-Z0-9%]{0,20}", depth in 0usize..60, id in "[a-z0-9]{1,20}",
        ) {
            prop_assume!(!before.starts_with("expires") && !after.starts_with("expires"));
            let line = format!("{before}; a_session_demo={}; {after}", blob(&id, "00ff"));
            prop_assert_eq!(find(&line), Some(id.clone()));
            let json = (0..depth).fold(serde_json::json!(line), |inner, level| {
                if level % 2 == 0 { serde_json::json!([inner]) } else { serde_json::json!({ "x": inner }) }
            });
            prop_assert_eq!(find(&json.to_string()), Some(id));
        }
    }
}
