//! Appwrite's two date formats, both UTC (contract §4).

use std::time::SystemTime;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Reads `2026-08-21T12:34:56.789+00:00`, or `2026-08-21 12:34:56.789` as `PATCH /account/sessions` answers up to 1.9.6.
/// Anything else is `None`: a date that cannot be read is no reason to fail.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let iso = match text.split_once(' ') {
        Some((date, time)) => format!("{date}T{time}Z"),
        None => text.to_owned(),
    };
    OffsetDateTime::parse(&iso, &Rfc3339).ok().map(SystemTime::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_are_the_same_moment() {
        let iso = parse("2026-08-21T12:34:56.789+00:00").expect("ISO");
        assert_eq!(parse("2026-08-21 12:34:56.789"), Some(iso));
        assert_eq!(parse("2026-08-21T12:34:56.789Z"), Some(iso));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "soon", "2026-13-01 00:00:00.000", "1790000000"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
