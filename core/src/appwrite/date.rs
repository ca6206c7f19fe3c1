//! Appwrite's two date formats, both UTC (contract §4).

use std::time::SystemTime;

use time::{OffsetDateTime, PrimitiveDateTime, format_description::well_known::Rfc3339};

/// Reads `2026-08-21T12:34:56.789+00:00`, or `2026-08-21 12:34:56.789` as `PATCH /account/sessions` answers up to 1.9.6.
/// Anything else is `None`: a date that cannot be read is no reason to fail.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let iso = OffsetDateTime::parse(text, &Rfc3339).ok();
    let plain = || {
        PrimitiveDateTime::parse(
            &text.replacen(' ', "T", 1),
            &time::format_description::well_known::Iso8601::PARSING,
        )
        .ok()
    };
    iso.or_else(|| plain().map(PrimitiveDateTime::assume_utc)).map(SystemTime::from)
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
