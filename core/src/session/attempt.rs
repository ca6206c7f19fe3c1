//! Numbers what the user decides, so that a later decision always wins over an earlier one.

use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// The number of a sign-in, sign-out or import that took effect. The record holds the last one.
///
/// A number is the time of the call in microseconds since 1970, and always higher than every number that its process had seen by
/// then. So the numbers of several processes of one device can be compared. Zero stands for "nothing was decided".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Decision(pub(crate) u64);

impl Decision {
    /// The number of what is decided at `now`, if nothing was decided before.
    pub(crate) fn at(now: SystemTime) -> Self {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
        Self::of_record(u64::try_from(now).unwrap_or(u64::MAX))
    }

    /// The number that a record has. One that no clock shows in earnest is read as the highest that leaves room for later ones.
    pub(crate) fn of_record(number: u64) -> Self {
        Self(number.min(u64::MAX / 2))
    }

    /// The number that follows this one.
    pub(crate) fn next(self) -> Self {
        self.plus(1)
    }

    /// The number so many further on.
    pub(crate) fn plus(self, count: u64) -> Self {
        Self(self.0.saturating_add(count))
    }
}

/// One call of a sign-in, sign-out or import. It is numbered when it is made, before anything is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The number that the decision has if it takes effect.
    pub(crate) decision: Decision,
    /// How many attempts this client has made, this one included. An attempt can be made before the record was read, by a clock that
    /// was set back since the record was written: it is newer than the record all the same, and this says by how much.
    pub(crate) ordinal: u64,
    /// Whether an earlier process has made it: a sign-in in the browser that was begun before the app was ended. Its number is compared as
    /// it is, because what was decided between the two processes is later.
    pub(crate) is_earlier: bool,
}

impl Attempt {
    /// An attempt that every decision is later than: it never takes effect.
    pub(crate) const OUTDATED: Self = Self { decision: Decision(0), ordinal: 0, is_earlier: true };
}

/// Numbers the attempts of one client.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    decision: Decision,
    ordinal: u64,
}

impl Attempts {
    /// The next attempt, made at `now`. A wall clock that is set back does no harm: the numbers rise.
    pub(crate) fn next(&self, now: SystemTime) -> Attempt {
        let mut last = self.last();
        last.decision = Decision::at(now).max(last.decision.next());
        last.ordinal += 1;
        Attempt { decision: last.decision, ordinal: last.ordinal, is_earlier: false }
    }

    /// Remembers a decision that took effect, here or in another process: the numbers to come are higher.
    pub(crate) fn observe(&self, seen: Decision) {
        let mut last = self.last();
        last.decision = last.decision.max(seen);
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Last> {
        // Two numbers, each written in one step: whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let next = |time| attempts.next(at(time)).decision.0;
        assert_eq!(next(100), 100);
        assert_eq!(next(100), 101, "the same microsecond");
        assert_eq!(next(50), 102, "a clock that was set back");
        attempts.observe(Decision(500));
        attempts.observe(Decision(400));
        assert_eq!(next(60), 501, "another process is ahead");
        assert_eq!(next(900), 900);
        assert_eq!(attempts.next(at(900)).ordinal, 6);
        attempts.observe(Decision::of_record(u64::MAX));
        assert!(
            attempts.next(at(950)).decision > Decision::of_record(u64::MAX),
            "there is always a later one"
        );
    }
}
