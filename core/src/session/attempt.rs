//! Numbers the decisions of the user, so that a later one always wins over an earlier one.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

/// The number of one sign-in, sign-out or import. It is taken when the call is made, before anything is awaited.
///
/// A number is the time of the call in microseconds since 1970, and always higher than every number that this client has given or
/// seen before. So the numbers of several processes of one device can be compared, and a wall clock that is set back does no harm
/// within one process. Zero stands for "nothing was decided".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Attempt(pub(crate) u64);

impl Attempt {
    /// The number that follows this one.
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Gives out the numbers of one client.
#[derive(Debug, Default)]
pub(crate) struct Attempts(AtomicU64);

impl Attempts {
    /// The number of an attempt that is made at `now`.
    pub(crate) fn take(&self, now: SystemTime) -> Attempt {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let number = |last: u64| now.max(last.saturating_add(1));
        let last = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(number(last)));
        // The update cannot be refused: the closure always gives a number.
        Attempt(number(last.unwrap_or_else(|last| last)))
    }

    /// Remembers a number that another process gave: the numbers to come are higher.
    pub(crate) fn observe(&self, seen: Attempt) {
        self.0.fetch_max(seen.0, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(microseconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(microseconds)
    }

    #[test]
    fn numbers_rise_whatever_the_clock_does() {
        let attempts = Attempts::default();
        assert_eq!(attempts.take(at(100)), Attempt(100));
        assert_eq!(attempts.take(at(100)), Attempt(101), "the same microsecond");
        assert_eq!(attempts.take(at(50)), Attempt(102), "a clock that was set back");
        attempts.observe(Attempt(500));
        attempts.observe(Attempt(400));
        assert_eq!(attempts.take(at(60)), Attempt(501), "another process is ahead");
        assert_eq!(attempts.take(at(900)), Attempt(900));
    }
}
