//! Time as the server writes it: milliseconds since 1970 inside, three formats outside.

use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// Milliseconds since 1970.
pub(crate) type Millis = i64;

fn moment(at: Millis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// `2026-08-21T12:34:56.789+00:00`.
pub(crate) fn iso(at: Millis) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+00:00");
    moment(at).format(format).unwrap_or_default()
}

/// `2026-08-21 12:34:56.789`, as the database has it and some answers leak it.
pub(crate) fn database(at: Millis) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]");
    moment(at).format(format).unwrap_or_default()
}

/// A date with or without a time, as clients write it.
pub(crate) fn parse(text: &str) -> Option<Millis> {
    let dated = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let text = text.trim().replacen(' ', "T", 1);
    let at = dated(&text)
        .or_else(|| dated(&format!("{text}Z")))
        .or_else(|| dated(&format!("{text}T00:00:00Z")))?;
    Millis::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

/// `Tue, 23-Nov-2027 16:19:01 GMT`, with dashes.
pub(crate) fn cookie(at: Millis) -> String {
    let format = format_description!(
        "[weekday repr:short], [day]-[month repr:short]-[year] [hour]:[minute]:[second] GMT"
    );
    moment(at).format(format).unwrap_or_default()
}

/// `Mon, 23 Nov 2026 17:06:23 GMT`.
pub(crate) fn http(at: Millis) -> String {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    moment(at).format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_the_servers_own() {
        let at = 1_819_124_341_007;
        assert_eq!(iso(at), "2027-08-24T16:19:01.007+00:00");
        assert_eq!(database(at), "2027-08-24 16:19:01.007");
        assert_eq!(cookie(at), "Tue, 24-Aug-2027 16:19:01 GMT");
        assert_eq!(http(at), "Tue, 24 Aug 2027 16:19:01 GMT");
        for text in ["2027-08-24T16:19:01.007+00:00", "2027-08-24 16:19:01.007", "2027-08-24T16:19:01.007Z"] {
            assert_eq!(parse(text), Some(at), "{text}");
        }
        assert!(parse("2027-08-24").is_some_and(|midnight| midnight < at));
        assert_eq!(parse("yesterdays"), None);
    }
}
