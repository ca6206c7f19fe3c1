//! Time as the server writes it: milliseconds since 1970 inside, three formats outside.

use time::{Date, OffsetDateTime, Time, format_description::well_known::Rfc3339};

/// Milliseconds since 1970.
pub(crate) type Millis = i64;

/// The day and the time. The time is written by hand: what the library needs for any format at all is much code.
fn moment(at: Millis) -> (Date, Time) {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    (moment.date(), moment.time())
}

/// `2026-08-21`.
fn day(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// `12:34:56`.
fn seconds(time: Time) -> String {
    format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

/// `12:34:56.789`.
fn millis(time: Time) -> String {
    format!("{}.{:03}", seconds(time), time.millisecond())
}

/// `Tue, 23-Nov-2027 16:19:01 GMT`, with `between` in place of the dashes.
fn english(at: Millis, between: char) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (date, time) = moment(at);
    let weekday = DAYS[usize::from(date.weekday().number_days_from_monday())];
    let month = MONTHS[usize::from(u8::from(date.month()) - 1)];
    let (day, year, time) = (date.day(), date.year(), seconds(time));
    format!("{weekday}, {day:02}{between}{month}{between}{year:04} {time} GMT")
}

/// `2026-08-21T12:34:56.789+00:00`.
pub(crate) fn iso(at: Millis) -> String {
    let (date, time) = moment(at);
    format!("{}T{}+00:00", day(date), millis(time))
}

/// `2026-08-21 12:34:56.789`, as the database has it and some answers leak it.
pub(crate) fn database(at: Millis) -> String {
    let (date, time) = moment(at);
    format!("{} {}", day(date), millis(time))
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
    english(at, '-')
}

/// `Mon, 23 Nov 2026 17:06:23 GMT`.
pub(crate) fn http(at: Millis) -> String {
    english(at, ' ')
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
