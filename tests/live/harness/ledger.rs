//! What Appwrite's answers told of its rate limits, and whether a promise fits into what is left.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::{HeaderMap, Method, header::DATE};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::limits::{Limited, Need};

/// The limits of one server, as far as its answers told of them. Its clones share what they know.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// By [`Limited::counter`].
    counters: BTreeMap<Limited, Counter>,
    /// What a route allows, where the server said so.
    most: BTreeMap<Limited, u32>,
    /// The last request that was answered 429.
    refused: Option<Lack>,
    /// How far the server's clock is ahead of ours, in seconds.
    ahead: i64,
}

#[derive(Clone, Copy)]
struct Counter {
    used: u32,
    /// When its window ends, in seconds since 1970, by the server's clock.
    ends: i64,
}

/// A limit that a promise does not fit into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lack {
    limited: Limited,
    most: u32,
    left: u32,
    /// How many requests are needed; `None` if one of them was answered 429.
    needed: Option<u32>,
    /// When the limit's window ends, in seconds since 1970; `None` if the server does not say it.
    ends: Option<i64>,
}

impl Ledger {
    /// Notes what an answer tells. `path` is below the endpoint.
    pub(crate) fn note(&self, method: &Method, path: &str, status: u16, headers: &HeaderMap) {
        let mut known = self.known();
        if let Some(theirs) = date(headers) {
            known.ahead = theirs - seconds();
        }
        let Some(limited) = Limited::of(method.as_str(), path) else { return };
        let number =
            |name: &str| headers.get(name).and_then(|value| value.to_str().ok()?.trim().parse::<i64>().ok());
        let count = |name: &str| number(name).and_then(|number| u32::try_from(number).ok());
        let (most, ends) = (count("x-ratelimit-limit"), number("x-ratelimit-reset"));
        known.most.extend(most.map(|most| (limited, most)));
        let most = most.unwrap_or(limited.most());
        let remaining = if status == 429 { Some(0) } else { count("x-ratelimit-remaining") };
        if let (Some(remaining), Some(ends), true) = (remaining, ends, limited.is_shared()) {
            let used = most.saturating_sub(remaining);
            known.counters.insert(limited.counter(), Counter { used, ends });
        }
        if status == 429 {
            known.refused = Some(Lack { limited, most, left: 0, needed: None, ends });
        }
    }

    /// The first of the limits that `needs` do not fit into, as far as is known. What was not told yet is taken to be unused.
    pub(crate) fn lack(&self, needs: &[Need]) -> Option<Lack> {
        let known = self.known();
        needs.iter().find_map(|(limited, _)| {
            let counter =
                known.counters.get(&limited.counter()).filter(|counter| counter.ends > known.now())?;
            let most = known.most.get(limited).copied().unwrap_or(limited.most());
            let together = needs.iter().filter(|(other, _)| other.counter() == limited.counter());
            let needed = together.map(|(_, count)| count).sum();
            let left = most.saturating_sub(counter.used);
            let lack = Lack { limited: *limited, most, left, needed: Some(needed), ends: Some(counter.ends) };
            (needed > left).then_some(lack)
        })
    }

    /// The last request that was answered 429, since this was asked last.
    pub(crate) fn take_refusal(&self) -> Option<Lack> {
        self.known().refused.take()
    }

    /// How long it takes until the limit's window has ended.
    pub(crate) fn until_end(&self, lack: &Lack) -> Option<Duration> {
        // One second more, because the server's clock is known to the second.
        let seconds = lack.ends?.saturating_sub(self.known().now()).max(0).saturating_add(1);
        Some(Duration::from_secs(seconds.unsigned_abs()))
    }

    /// The server's clock, in seconds since 1970; ours before its first answer.
    pub(crate) fn now(&self) -> i64 {
        self.known().now()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// The server's clock, in seconds since 1970.
    fn now(&self) -> i64 {
        seconds().saturating_add(self.ahead)
    }
}

impl std::fmt::Display for Lack {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (route, counted_by) = self.limited.shown();
        write!(out, "Appwrite's limit for {route} allows {} per hour {counted_by}; ", self.most)?;
        match self.needed {
            Some(needed) => {
                let are = if self.left == 1 { "is" } else { "are" };
                write!(out, "{} {are} left, this promise needs {needed}", self.left)?;
            }
            None => write!(out, "a request was answered 429")?,
        }
        match self.ends.and_then(|ends| OffsetDateTime::from_unix_timestamp(ends).ok()) {
            Some(ends) => write!(out, "; again at {:02}:{:02} UTC", ends.hour(), ends.minute()),
            None => write!(out, "; it does not say when it can be tried again"),
        }
    }
}

/// The server's clock, in seconds since 1970, as an answer has it.
pub(crate) fn date(headers: &HeaderMap) -> Option<i64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    OffsetDateTime::parse(date, &Rfc2822).ok().map(OffsetDateTime::unix_timestamp)
}

/// Our own clock, in seconds since 1970.
pub(crate) fn seconds() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |time| time.as_secs().cast_signed())
}
