//! What the core logs, for the host to read. Off until somebody reads, and nothing of the host runs where something is logged.

use std::{
    collections::VecDeque,
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::SystemTime,
};

use tokio::sync::Notify;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};

use crate::models::millis;

/// So many records wait for a reader; then the oldest are forgotten.
const MOST_WAITING: usize = 512;

/// How much a record matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LogLevel {
    /// Something failed that the app is not told otherwise.
    Error,
    /// Something needs attention.
    Warn,
    /// What happens to the session.
    Info,
    /// What helps to find a fault: requests, retries, arbitration.
    Debug,
}

/// Something that was logged. Never holds a secret: secrets are of a type that cannot be formatted.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LogRecord {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// How much it matters.
    pub level: LogLevel,
    /// The module that logged it.
    pub target: String,
    /// What happened.
    pub message: String,
    /// What more is known.
    pub fields: Vec<LogField>,
    /// How many records before this one were forgotten, because the reader was too slow.
    pub missed: u64,
}

/// A value of a record.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LogField {
    /// Its name.
    pub name: String,
    /// The value as text.
    pub value: String,
}

/// Reads what all clients of the process log, from its making until it is ended or dropped.
#[derive(uniffi::Object)]
pub struct LogReader(Arc<Waiting>);

struct Waiting {
    level: Level,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    records: VecDeque<LogRecord>,
    missed: u64,
    is_over: bool,
}

static READERS: Mutex<Vec<Weak<Waiting>>> = Mutex::new(Vec::new());

fn readers() -> MutexGuard<'static, Vec<Weak<Waiting>>> {
    READERS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[uniffi::export]
impl LogReader {
    /// Reads records of `level`, and those that matter more.
    #[uniffi::constructor]
    pub fn new(level: LogLevel) -> Self {
        let waiting = Waiting { level: level.into(), state: Mutex::default(), changed: Notify::new() };
        let waiting = Arc::new(waiting);
        readers().push(Arc::downgrade(&waiting));
        // Fails from the second reader on, when it is there already.
        let _ = tracing::subscriber::set_global_default(Spread);
        tracing::callsite::rebuild_interest_cache();
        Self(waiting)
    }

    /// The next record, as it comes. Nothing once the reader is ended.
    pub async fn next(&self) -> Option<LogRecord> {
        loop {
            {
                let mut state = self.0.state();
                if state.is_over {
                    // One is woken at a time, and wakes the next.
                    self.0.changed.notify_one();
                    return None;
                }
                if let Some(mut record) = state.records.pop_front() {
                    if !state.records.is_empty() {
                        self.0.changed.notify_one();
                    }
                    record.missed = std::mem::take(&mut state.missed);
                    return Some(record);
                }
            }
            self.0.changed.notified().await;
        }
    }

    /// Ends it. A wait for the next record ends with nothing.
    pub fn end(&self) {
        self.0.state().is_over = true;
        self.0.changed.notify_one();
        forget(&self.0);
    }
}

impl Drop for LogReader {
    fn drop(&mut self) {
        forget(&self.0);
    }
}

fn forget(reader: &Arc<Waiting>) {
    readers().retain(|each| !std::ptr::eq(each.as_ptr(), Arc::as_ptr(reader)));
    tracing::callsite::rebuild_interest_cache();
}

impl Waiting {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, record: &LogRecord) {
        let mut state = self.state();
        if state.records.len() == MOST_WAITING {
            state.records.pop_front();
            state.missed += 1;
        }
        state.records.push_back(record.clone());
        drop(state);
        self.changed.notify_one();
    }
}

/// Spreads what is logged to the readers.
struct Spread;

impl Spread {
    fn finest() -> Option<Level> {
        readers().iter().filter_map(Weak::upgrade).map(|reader| reader.level).max()
    }
}

impl Subscriber for Spread {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Others print values that are not theirs.
        let is_ours = metadata.target().starts_with("appwrite_session");
        is_ours && metadata.is_event() && Self::finest().is_some_and(|finest| *metadata.level() <= finest)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(Self::finest().map_or(LevelFilter::OFF, LevelFilter::from_level))
    }

    fn event(&self, event: &Event<'_>) {
        let level = *event.metadata().level();
        let mut record = LogRecord {
            time_ms: millis(SystemTime::now()),
            level: level.into(),
            target: event.metadata().target().to_owned(),
            message: String::new(),
            fields: Vec::new(),
            missed: 0,
        };
        event.record(&mut Written(&mut record));
        let wanting: Vec<_> =
            readers().iter().filter_map(Weak::upgrade).filter(|reader| level <= reader.level).collect();
        for reader in wanting {
            reader.put(&record);
        }
    }

    // There are no spans in the core.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Writes the values of an event into a record.
struct Written<'a>(&'a mut LogRecord);

impl Visit for Written<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // A string takes everything.
        let _ = write!(text, "{value:?}");
        self.record_str(field, &text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.0.message);
        } else {
            self.0.fields.push(LogField { name: field.name().to_owned(), value: value.to_owned() });
        }
    }
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
        }
    }
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::ERROR => Self::Error,
            Level::WARN => Self::Warn,
            Level::INFO => Self::Info,
            _ => Self::Debug,
        }
    }
}
