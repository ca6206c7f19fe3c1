//! Shows that the comparison finds planted differences, each by itself.

use super::super::credential::{Credential, encode};
use super::*;

fn pairs(list: &[(&str, &str)]) -> Headers {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn login(secret: char, day: &str) -> Response {
    let blob =
        encode(&Credential { user: "user-alice".into(), secret: std::iter::repeat_n(secret, 256).collect() });
    let cookie = |name: &str, end: &str| {
        format!(
            "{name}={blob}%3D; expires=Tue, {day}-Nov-2027 16:43:53 GMT; Max-Age=31536000; path=/; HttpOnly{end}"
        )
    };
    let mut headers = pairs(&[
        ("Date", &format!("Mon, {day} Nov 2026 16:43:53 GMT")),
        ("X-Ratelimit-Limit", "10"),
        ("X-Ratelimit-Remaining", "9"),
        ("X-Ratelimit-Reset", "1795453200"),
        ("X-Fallback-Cookies", &format!("{{\"a_session_demo\":\"{blob}=\"}}")),
        ("Content-Type", "application/json; charset=UTF-8"),
    ]);
    headers.push(("Set-Cookie".into(), cookie("a_session_demo_legacy", "")));
    headers.push(("Set-Cookie".into(), cookie("a_session_demo", "; SameSite=None")));
    let body = format!(
        "{{\"$id\":\"{}\",\"expire\":\"2027-11-{day}T16:43:53.668+00:00\",\"current\":true,\"factors\":[\"password\"],\"secret\":\"\",\"total\":1}}",
        std::iter::repeat_n(secret, 20).collect::<String>()
    );
    Response { status: 201, headers, body }
}

fn found(live: &Response) -> Vec<String> {
    let recorded = login('a', "23");
    compare(&recorded, live, &Bindings::default()).into_iter().map(|deviation| deviation.what).collect()
}

fn with(change: impl Fn(&mut Response)) -> Vec<String> {
    let mut live = login('b', "23");
    change(&mut live);
    found(&live)
}

fn swap(response: &mut Response, name: &str, from: &str, to: &str) {
    for (found, value) in &mut response.headers {
        if found == name {
            *value = value.replace(from, to);
        }
    }
}

#[test]
fn other_secrets_and_ids_agree() {
    assert_eq!(found(&login('b', "23")), Vec::<String>::new());
}

#[test]
fn another_status_is_found() {
    assert_eq!(with(|live| live.status = 200), ["status"]);
}

#[test]
fn a_missing_or_reordered_cookie_is_found() {
    assert_eq!(with(|live| drop(live.headers.pop())), ["header Set-Cookie"]);
    assert_eq!(with(|live| live.headers.swap(6, 7)), ["header Set-Cookie"]);
}

#[test]
fn a_wrong_cookie_attribute_is_found() {
    let both = ["cookie a_session_demo_legacy", "cookie a_session_demo"];
    assert_eq!(with(|live| swap(live, "Set-Cookie", "HttpOnly", "httponly")), both);
    assert_eq!(with(|live| swap(live, "Set-Cookie", "SameSite=None", "SameSite=Lax")), both[1..]);
    assert_eq!(with(|live| swap(live, "Set-Cookie", "; path=/", "")), both);
    assert_eq!(with(|live| swap(live, "Set-Cookie", "16:43:53 GMT", "16:53:53 GMT")), both);
    assert_eq!(with(|live| swap(live, "Set-Cookie", "%3D", "=")), both);
    assert_eq!(with(|live| swap(live, "Set-Cookie", "23-Nov-2027", "23 Nov 2027")), both);
}

#[test]
fn a_missing_or_misspelled_rate_limit_header_is_found() {
    assert_eq!(with(|live| drop(live.headers.remove(2))), ["header X-Ratelimit-Remaining"]);
    assert_eq!(with(|live| swap(live, "X-Ratelimit-Remaining", "9", "8")), ["header X-Ratelimit-Remaining"]);
    let renamed = with(|live| {
        if let Some(header) = live.headers.get_mut(1) {
            header.0 = "X-RateLimit-Limit".into();
        }
    });
    assert_eq!(renamed, ["header X-Ratelimit-Limit", "header X-RateLimit-Limit"]);
    assert_eq!(
        with(|live| swap(live, "X-Ratelimit-Reset", "1795453200", "1795456800")),
        ["header X-Ratelimit-Reset"]
    );
}

#[test]
fn the_fallback_header_is_held_to_its_form_and_count() {
    assert_eq!(with(|live| drop(live.headers.remove(4))), ["header X-Fallback-Cookies"]);
    assert_eq!(
        with(|live| swap(live, "X-Fallback-Cookies", "_demo", "_demo_legacy")),
        ["header X-Fallback-Cookies"]
    );
}

#[test]
fn a_missing_field_a_wrong_type_and_a_wrong_date_format_are_found() {
    let body = |from: &'static str, to: &'static str| with(|live| live.body = live.body.replace(from, to));
    assert_eq!(body("\"current\":true,", ""), ["body.current"]);
    assert_eq!(body("\"current\":true", "\"current\":\"true\""), ["body.current"]);
    assert_eq!(body("\"total\":1", "\"total\":1.0"), ["body.total"]);
    assert_eq!(body("\"password\"", "\"password\",\"email\""), ["body.factors"]);
    assert_eq!(body("T16:43:53.668+00:00", " 16:43:53.668"), ["body.expire"]);
    assert_eq!(body("T16:43:53.668", "T17:43:53.668"), ["body.expire"]);
    assert_eq!(body("\"secret\":\"\"", "\"secret\":null"), ["body.secret"]);
    assert_eq!(body("\"total\":1", "\"total\":1,\"x\":1"), ["body.x"]);
    assert_eq!(body("bbbbbbbbbbbbbbbbbbbb", "bbbb"), ["body.$id"]);
}

#[test]
fn a_known_user_must_stay_the_same_user() {
    let mut bindings = Bindings::default();
    bindings.bind("aaaaaaaaaaaaaaaaaaaa", "cccccccccccccccccccc");
    let deviations = compare(&login('a', "23"), &login('b', "23"), &bindings);
    assert_eq!(deviations.first().map(|deviation| deviation.what.as_str()), Some("body.$id"));
}
