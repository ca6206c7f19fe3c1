//! The dates of answers and cookies, all UTC: Appwrite's two formats (contract §4), and that of HTTP.

use std::time::SystemTime;

use time::{
    OffsetDateTime,
    format_description::well_known::{Rfc2822, Rfc3339},
};

/// Reads `2026-08-21T12:34:56.789+00:00`, or `2026-08-21 12:34:56.789` as `PATCH /account/sessions` answers up to 1.9.6.
/// Anything else is `None`: a date that cannot be read is no reason to fail.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let iso = match text.split_once(' ') {
        Some((date, time)) => format!("{date}T{time}Z"),
        None => text.to_owned(),
    };
    OffsetDateTime::parse(&iso, &Rfc3339).ok().map(SystemTime::from)
}

/// Reads the date of a header or of a cookie's `expires`: `Sun, 06 Nov 1994 08:49:37 GMT`. Swoole writes `Sun, 06-Nov-1994` in
/// cookies. HTTP's two obsolete formats, which no server has written for decades, are `None`.
pub(crate) fn parse_http(text: &str) -> Option<SystemTime> {
    OffsetDateTime::parse(&text.trim().replace('-', " "), &Rfc2822).ok().map(SystemTime::from)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn both_formats_are_the_same_moment() {
        let iso = parse("2026-08-21T12:34:56.789+00:00").expect("ISO");
        assert_eq!(parse("2026-08-21 12:34:56.789"), Some(iso));
        assert_eq!(parse("2026-08-21T12:34:56.789Z"), Some(iso));
    }

    #[test]
    fn a_date_of_http_is_read_with_blanks_or_dashes() {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", " Sun, 06-Nov-1994 08:49:37 GMT "] {
            assert_eq!(parse_http(text), Some(moment), "{text}");
        }
        assert_eq!(
            parse_http("Thu, 01-Jan-1970 00:00:01 GMT"),
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1))
        );
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "soon", "2026-13-01 00:00:00.000", "1790000000"] {
            assert_eq!((parse(text), parse_http(text)), (None, None), "{text:?}");
        }
    }
}
