//! That the host can read what is logged, that nothing is logged otherwise, and that no secret is.

use super::{EMAIL, PASSWORD, client, run};
use crate::{LogLevel, LogReader, LogRecord};

/// What is there now.
async fn read(reader: &LogReader) -> Vec<LogRecord> {
    let mut records = Vec::new();
    while let Ok(Some(record)) = tokio::time::timeout(std::time::Duration::ZERO, reader.next()).await {
        records.push(record);
    }
    records
}

#[test]
fn a_reader_reads_what_matters_enough_and_never_a_secret() {
    run(async |mock, control, store| {
        let user = control.user(EMAIL, PASSWORD);
        let (debug, info, ended) = (
            LogReader::new(LogLevel::Debug),
            LogReader::new(LogLevel::Info),
            LogReader::new(LogLevel::Debug),
        );
        let mut waiting = Box::pin(ended.next());
        super::begun(waiting.as_mut()).await;
        ended.end();
        assert_eq!(waiting.await, None);
        let client = client(&mock, &store);
        client.sign_in_with_email(EMAIL.to_owned(), PASSWORD.to_owned()).await.unwrap();
        let credential = control.sessions(&user)[0].credential.clone();
        client.shut_down().await;
        let (all, few) = (read(&debug).await, read(&info).await);
        let changed = |record: &LogRecord| {
            let state = record.fields.iter().find(|field| field.name == "state");
            record.message == "session changed" && state.is_some_and(|field| field.value == "signed_in")
        };
        assert!(all.iter().any(changed) && few.iter().any(changed), "{few:?}");
        let answered = |record: &LogRecord| record.level == LogLevel::Debug && record.message == "answered";
        assert!(all.iter().any(answered) && !few.iter().any(answered));
        assert!(all.iter().all(|record| record.target.starts_with("appwrite_session") && record.time_ms > 0));
        let text = format!("{all:?}");
        for secret in [PASSWORD, &credential, EMAIL] {
            assert!(!text.contains(secret));
        }
        assert_eq!(ended.next().await, None);
    });
}

#[test]
fn all_who_wait_at_one_reader_are_told_of_its_end() {
    run(async |_, _, _| {
        let reader = LogReader::new(LogLevel::Error);
        let (mut one, mut other) = (Box::pin(reader.next()), Box::pin(reader.next()));
        super::begun(one.as_mut()).await;
        super::begun(other.as_mut()).await;
        reader.end();
        let limit = std::time::Duration::from_secs(10);
        let both = tokio::time::timeout(limit, async { (one.await, other.await) }).await;
        assert_eq!(both, Ok((None, None)));
    });
}

#[test]
fn a_slow_reader_forgets_the_oldest_and_says_how_many() {
    run(async |_, _, _| {
        let reader = LogReader::new(LogLevel::Warn);
        for number in 0..600 {
            tracing::warn!(target: "appwrite_session_core::test", number, "counted");
            tracing::warn!(target: "hyper", number, "of others");
        }
        let records = read(&reader).await;
        assert_eq!((records.len(), records[0].missed, records[1].missed), (512, 88, 0));
        assert_eq!(records[0].fields[0].value, "88");
        drop(reader);
        // Nobody reads, so nothing is made.
        tracing::warn!(target: "appwrite_session_core::test", made = %Panics, "not made");
    });
}

/// What must not be formatted.
struct Panics;

impl std::fmt::Display for Panics {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        unreachable!("nobody reads the log")
    }
}
