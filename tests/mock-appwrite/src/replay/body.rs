//! Compares bodies: presence, JSON types, exact values where they are determined, forms where they are not.

use super::bindings::Bindings;
use super::compare::{Clocks, Deviation, content_type, differ};
use super::credential::{BLOB_START, JWT_START, jwt_payload};
use super::shape::{date_ms, shape};
use super::transcript::Response;
use serde_json::Value;

/// Adds every difference between two bodies.
pub(super) fn compare(
    out: &mut Vec<Deviation>,
    recorded: &Response,
    live: &Response,
    bindings: &Bindings,
    clocks: &Clocks,
) {
    match (recorded.json(), live.json()) {
        (Some(expected), Some(got)) => Walk { out, bindings, clocks }.value("body", "", &expected, &got),
        (None, None) => {
            differ(out, "body", &form(recorded), &form(live));
        }
        (Some(_), None) => differ(out, "body", "JSON", &form(live)),
        (None, Some(_)) => differ(out, "body", &form(recorded), "JSON"),
    }
}

fn form(response: &Response) -> String {
    let body = response.body.trim_start();
    if body.is_empty() {
        "empty".to_owned()
    } else if body.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!DOCTYPE")) {
        "an HTML page".to_owned()
    } else if body.contains('\u{fffd}') {
        "compressed".to_owned()
    } else {
        format!("{} {body:?}", content_type(response))
    }
}

struct Walk<'a> {
    out: &'a mut Vec<Deviation>,
    bindings: &'a Bindings,
    clocks: &'a Clocks,
}

impl Walk<'_> {
    fn value(&mut self, path: &str, key: &str, expected: &Value, got: &Value) {
        match (expected, got) {
            (Value::Object(expected), Value::Object(got)) => {
                for (key, value) in expected {
                    let path = format!("{path}.{key}");
                    match got.get(key) {
                        Some(found) => self.value(&path, key, value, found),
                        None => differ(self.out, &path, kind(value), "absent"),
                    }
                }
                for (key, value) in got.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                    differ(self.out, &format!("{path}.{key}"), "absent", kind(value));
                }
            }
            (Value::Array(expected), Value::Array(got)) => {
                let count = |list: &[Value]| format!("{} element(s)", list.len());
                differ(self.out, path, &count(expected), &count(got));
                for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
                    self.value(&format!("{path}[{index}]"), key, expected, got);
                }
            }
            (Value::String(expected), Value::String(got)) => self.text(path, key, expected, got),
            _ if kind(expected) != kind(got) => {
                differ(self.out, path, &written(expected), &written(got));
            }
            _ => differ(self.out, path, &expected.to_string(), &got.to_string()),
        }
    }

    fn text(&mut self, path: &str, key: &str, expected: &str, got: &str) {
        if let (Some(at), Some(live)) = (date_ms(expected), date_ms(got)) {
            differ(self.out, path, &shape(expected), &shape(got));
            let relative = key.to_ascii_lowercase().contains("expir");
            if relative && !self.clocks.agree(at, live) {
                let from = |at: i64, now: i64| format!("{} s from now", (at - now) / 1000);
                let (expected, got) = (from(at, self.clocks.recorded), from(live, self.clocks.live));
                differ(self.out, path, &expected, &got);
            }
            return;
        }
        if let Some(bound) = self.bindings.bound(expected) {
            return differ(self.out, path, bound, got);
        }
        if expected.starts_with(JWT_START) {
            return self.jwt(path, expected, got);
        }
        if is_made_up(key, expected) {
            return differ(self.out, path, &shape(expected), &shape(got));
        }
        if key == "phrase" && !expected.is_empty() {
            return differ(self.out, path, "a phrase", if got.is_empty() { "empty" } else { "a phrase" });
        }
        if expected.starts_with("otpauth:") {
            let uri = |text: &str| {
                let secret = text.split("secret=").nth(1).and_then(|rest| rest.split('&').next());
                secret.map_or_else(|| text.to_owned(), |secret| text.replace(secret, "<secret>"))
            };
            return differ(self.out, path, &uri(expected), &uri(got));
        }
        differ(self.out, path, &self.bindings.rewrite(expected), got);
    }

    fn jwt(&mut self, path: &str, expected: &str, got: &str) {
        differ(self.out, path, &shape(expected), &shape(got));
        let expiry = |text: &str| jwt_payload(text).and_then(|payload| payload.get("exp")?.as_i64());
        if let (Some(at), Some(live)) = (expiry(expected), expiry(got))
            && !self.clocks.agree(at * 1000, live * 1000)
        {
            let from = |at: i64, now: i64| format!("expires {} s from now", at - now / 1000);
            let (expected, got) = (from(at, self.clocks.recorded), from(live, self.clocks.live));
            differ(self.out, path, &expected, &got);
        }
    }
}

fn written(value: &Value) -> String {
    format!("{} {value}", kind(value))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Values that the server makes up, of which only the form can agree.
fn is_made_up(key: &str, text: &str) -> bool {
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.starts_with(BLOB_START)
        || text.starts_with("$argon2")
        || hex && text.len() >= 20
        || matches!(key, "secret" | "recoveryCodes") && !text.is_empty()
}
