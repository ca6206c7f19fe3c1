//! The form of a value that a server makes up, where the value itself cannot be compared.

use super::credential::{BLOB_START, JWT_START, decode, jwt_payload};
use serde_json::Value;

/// Whether a text is written as an ISO date of the API: `2026-08-21T12:34:56.789+00:00`.
pub(super) fn is_iso_date(text: &str) -> bool {
    matches(text, "dddd-dd-ddTdd:dd:dd.ddd+00:00")
}

/// Whether a text is written as the database writes dates: `2026-08-21 12:34:56.789`.
pub(super) fn is_db_date(text: &str) -> bool {
    matches(text, "dddd-dd-dd dd:dd:dd.ddd")
}

fn matches(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(found, wanted)| match wanted {
            b'd' => found.is_ascii_digit(),
            _ => found == wanted,
        })
}

/// Milliseconds since the epoch of a date in either format.
pub(super) fn date_ms(text: &str) -> Option<i64> {
    if !is_iso_date(text) && !is_db_date(text) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<i64>().ok());
    let month = time::Month::try_from(u8::try_from(number(5..7)?).ok()?).ok()?;
    let day = u8::try_from(number(8..10)?).ok()?;
    let date = time::Date::from_calendar_date(i32::try_from(number(0..4)?).ok()?, month, day).ok()?;
    let seconds = date.midnight().assume_utc().unix_timestamp();
    let clock = number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
    Some((seconds + clock) * 1000 + number(20..23)?)
}

/// Names the form of a value: its kind, and its length where that is fixed.
pub(super) fn shape(text: &str) -> String {
    if text.is_empty() {
        return "empty".to_owned();
    }
    if is_iso_date(text) {
        return "ISO date".to_owned();
    }
    if is_db_date(text) {
        return "database date".to_owned();
    }
    if text.starts_with(BLOB_START) {
        let tail = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        return match decode(text) {
            Some(credential) => {
                format!("credential(secret {}, ending {tail:?})", plain_shape(&credential.secret))
            }
            None => "text that begins like a credential".to_owned(),
        };
    }
    if text.starts_with(JWT_START) {
        let keys = match jwt_payload(text) {
            Some(Value::Object(map)) => map.keys().cloned().collect::<Vec<_>>().join(","),
            _ => "unreadable".to_owned(),
        };
        return format!("JWT({keys})");
    }
    plain_shape(text)
}

fn plain_shape(text: &str) -> String {
    let all = |test: fn(&u8) -> bool| text.bytes().all(|byte| test(&byte));
    if text.starts_with("$argon2") {
        return "argon2 hash".to_owned();
    }
    if all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f')) {
        // Short codes of hex digits can be digits only by chance.
        return format!("hex of {}", text.len());
    }
    if text.len() >= 32 && all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')) {
        return "base32".to_owned();
    }
    format!("text {text:?}")
}

/// Replaces every server-made value in a text by its form, so that two texts can be compared.
pub(super) fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let jwt = rest.starts_with(JWT_START);
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || jwt && matches!(byte, b'.' | b'_' | b'-'))
            .count();
        let (word, tail) = rest.split_at(if length == 0 { first.len_utf8() } else { length });
        let made_up = word.starts_with(BLOB_START)
            || jwt
            || word.len() >= 20 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if made_up {
            out.push_str(&format!("<{}>", shape(word)));
        } else {
            out.push_str(word);
        }
        rest = tail;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_date_formats_differ() {
        assert_eq!(shape("2026-08-21T12:34:56.789+00:00"), "ISO date");
        assert_eq!(shape("2026-08-21 12:34:56.789"), "database date");
        assert_eq!(date_ms("2026-11-23 17:06:23.007"), Some(1_795_453_583_007));
        assert_eq!(date_ms("2026-11-23T17:06:23.007+00:00"), Some(1_795_453_583_007));
    }

    #[test]
    fn made_up_values_are_masked_and_the_rest_stays() {
        let text = "http://localhost/done?userId=6b046e37088787ea7f0d&secret=abc#";
        assert_eq!(masked(text), "http://localhost/done?userId=<hex of 20>&secret=abc#");
    }
}
