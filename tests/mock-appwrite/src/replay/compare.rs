//! Compares a live response with the recorded one: status, headers, and (in `body`) the body.

use super::bindings::Bindings;
use super::body;
use super::shape::{masked, shape};
use super::transcript::{Headers, Response, all, header, percent_decode};
use serde_json::Value;
use time::OffsetDateTime;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// Where: `status`, `header X`, `body.path`.
    pub what: String,
    /// What the real server sent.
    pub expected: String,
    /// What the live server sent.
    pub got: String,
}

/// What both sides call the present, for values that are relative to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clocks {
    /// The recorded `Date`, in milliseconds.
    pub recorded: i64,
    /// The live `Date`, in milliseconds.
    pub live: i64,
}

impl Clocks {
    /// Reads both `Date` headers.
    pub(super) fn of(recorded: &Response, live: &Response) -> Self {
        let (recorded, live) = (recorded.date().unwrap_or_default(), live.date().unwrap_or_default());
        Self { recorded, live }
    }

    /// Whether two moments are equally far from the present, give or take what a request takes.
    pub(super) fn agree(&self, recorded: i64, live: i64) -> bool {
        ((recorded - self.recorded) - (live - self.live)).abs() <= 3000
    }
}

/// Headers whose value says nothing about the server's behaviour.
const VOLATILE: [&str; 4] = ["date", "x-debug-speed", "content-length", "server"];
/// Headers that a recorder may have left out: they are compared where the recording has them.
const LEFT_OUT: [&str; 2] = ["access-control-allow-methods", "access-control-allow-headers"];
/// Headers that get a comparison of their own.
const SPECIAL: [&str; 3] = ["set-cookie", "x-fallback-cookies", "location"];

/// Compares two responses; an empty list means that they agree.
pub(super) fn compare(recorded: &Response, live: &Response, bindings: &Bindings) -> Vec<Deviation> {
    let clocks = Clocks::of(recorded, live);
    let mut out = Vec::new();
    differ(&mut out, "status", &recorded.status.to_string(), &live.status.to_string());
    if !out.is_empty() {
        // With another status nothing else is alike; the reason says more than every difference would.
        differ(&mut out, "answer", &masked(&recorded.body), &masked(&live.body));
        return out;
    }
    cookies(&mut out, recorded, live, &clocks);
    lines(&mut out, "header X-Fallback-Cookies", recorded, live, "x-fallback-cookies", fallback_shape);
    let location = |value: &str| port_free(&masked(&percent_decode(value)));
    lines(&mut out, "header Location", recorded, live, "location", location);
    headers(&mut out, recorded, live, &clocks);
    body::compare(&mut out, recorded, live, bindings, &clocks);
    out
}

pub(super) fn differ(out: &mut Vec<Deviation>, what: &str, expected: &str, got: &str) {
    if expected != got {
        let (what, expected, got) = (what.to_owned(), clip(expected), clip(got));
        out.push(Deviation { what, expected, got });
    }
}

fn clip(text: &str) -> String {
    if text.chars().count() <= 300 {
        text.to_owned()
    } else {
        text.chars().take(300).chain(['…']).collect()
    }
}

fn lines(
    out: &mut Vec<Deviation>,
    what: &str,
    recorded: &Response,
    live: &Response,
    name: &str,
    form: impl Fn(&str) -> String,
) {
    let read = |response: &Response| -> Vec<String> { all(&response.headers, name).map(&form).collect() };
    let (expected, got) = (read(recorded), read(live));
    if expected.len() != got.len() {
        let count = |list: &[String]| format!("{} line(s)", list.len());
        return differ(out, what, &count(&expected), &count(&got));
    }
    for (expected, got) in expected.iter().zip(&got) {
        differ(out, what, expected, got);
    }
}

/// An array or an object with its keys and the forms of its values.
fn fallback_shape(value: &str) -> String {
    match serde_json::from_str(value) {
        Ok(Value::Object(map)) => {
            let parts: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key}: {}", shape(value.as_str().unwrap_or("not a string"))))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        _ => value.to_owned(),
    }
}

/// A local server's port is not part of the contract.
fn port_free(url: &str) -> String {
    let Some(at) = url.find("://localhost:").map(|at| at + "://localhost:".len()) else {
        return url.to_owned();
    };
    let (start, rest) = url.split_at(at);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    format!("{start}{}{}", if digits > 0 { "<port>" } else { "" }, rest.get(digits..).unwrap_or_default())
}

fn cookies(out: &mut Vec<Deviation>, recorded: &Response, live: &Response, clocks: &Clocks) {
    let read = |response: &Response| -> Vec<String> {
        all(&response.headers, "set-cookie").map(str::to_owned).collect()
    };
    let (expected, got) = (read(recorded), read(live));
    let names = |list: &[String]| list.iter().map(|line| cookie_name(line)).collect::<Vec<_>>().join(", ");
    if names(&expected) != names(&got) {
        return differ(out, "header Set-Cookie", &names(&expected), &names(&got));
    }
    for (expected, got) in expected.iter().zip(&got) {
        let what = format!("cookie {}", cookie_name(expected));
        let (expected, expires) = cookie_form(expected);
        let (got, live_expires) = cookie_form(got);
        differ(out, &what, &expected, &got);
        if let (Some(expires), Some(live_expires)) = (expires, live_expires) {
            let literal = expires < clocks.recorded - 86_400_000;
            let same = if literal { expires == live_expires } else { clocks.agree(expires, live_expires) };
            if !same {
                let relative = |at: i64, now: i64| format!("expires {} s from now", (at - now) / 1000);
                let (expected, got) =
                    (relative(expires, clocks.recorded), relative(live_expires, clocks.live));
                differ(out, &what, &expected, &got);
            }
        }
    }
}

fn cookie_name(line: &str) -> String {
    line.split('=').next().unwrap_or_default().to_owned()
}

/// A cookie with its value replaced by its form and its expiry taken out.
fn cookie_form(line: &str) -> (String, Option<i64>) {
    let mut expires = None;
    let mut parts = Vec::new();
    for (index, part) in line.split("; ").enumerate() {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        if index == 0 {
            let value = if value == "deleted" { "deleted".to_owned() } else { shape(value) };
            parts.push(format!("{name}={value}"));
        } else if name.eq_ignore_ascii_case("expires") {
            expires = cookie_date(value);
            let form = if expires.is_some() { "<date with dashes>" } else { value };
            parts.push(format!("{name}={form}"));
        } else {
            parts.push(part.to_owned());
        }
    }
    (parts.join("; "), expires)
}

/// `Tue, 23-Nov-2027 16:19:01 GMT`, with dashes, in milliseconds.
pub(super) fn cookie_date(text: &str) -> Option<i64> {
    if text.matches('-').count() != 2 {
        return None;
    }
    let text = text.replace('-', " ").replace("GMT", "+0000");
    let date = OffsetDateTime::parse(&text, &time::format_description::well_known::Rfc2822).ok()?;
    Some(date.unix_timestamp() * 1000)
}

fn headers(out: &mut Vec<Deviation>, recorded: &Response, live: &Response, clocks: &Clocks) {
    let skipped = |name: &str| {
        let name = name.to_ascii_lowercase();
        let left_out = LEFT_OUT.contains(&name.as_str()) && header(&recorded.headers, &name).is_none();
        left_out || VOLATILE.contains(&name.as_str()) || SPECIAL.contains(&name.as_str())
    };
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in recorded.headers.iter().chain(&live.headers) {
        if !skipped(name) && !names.iter().any(|known| known == name) {
            names.push(name);
        }
    }
    for name in names {
        let (expected, got) = (exactly(&recorded.headers, name), exactly(&live.headers, name));
        let same_window = name.eq_ignore_ascii_case("x-ratelimit-reset") && window(&expected, &got, clocks);
        if !same_window {
            differ(out, &format!("header {name}"), &join(&expected), &join(&got));
        }
    }
    for name in VOLATILE {
        let count = |response: &Response| format!("{} line(s)", all(&response.headers, name).count());
        differ(out, &format!("header {name}"), &count(recorded), &count(live));
    }
}

/// Values of a header whose name is spelled exactly so.
fn exactly(headers: &Headers, name: &str) -> Vec<String> {
    headers.iter().filter(|(found, _)| found == name).map(|(_, value)| value.clone()).collect()
}

fn join(values: &[String]) -> String {
    if values.is_empty() { "absent".to_owned() } else { values.join(" | ") }
}

fn window(expected: &[String], got: &[String], clocks: &Clocks) -> bool {
    let number = |list: &[String]| list.first().and_then(|value| value.parse::<i64>().ok());
    match (number(expected), number(got)) {
        (Some(expected), Some(got)) => clocks.agree(expected * 1000, got * 1000),
        _ => false,
    }
}

/// The content type of a response, without parameters.
pub(super) fn content_type(response: &Response) -> String {
    let value = header(&response.headers, "content-type").unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
