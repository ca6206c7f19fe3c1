//! How often Appwrite may be asked because a gateway answered 401: a pure circuit breaker.

use std::time::{Duration, SystemTime};

use super::machine::{Epoch, Finding};

/// An answer about a credential is not asked for again this soon.
const FRESH: Duration = Duration::from_secs(2);
/// So many probes may follow each other closely …
const BURST: f64 = 5.0;
/// … and then one each so often: a gateway that answers 401 by mistake costs Appwrite three requests a minute, not thousands.
const REFILL: Duration = Duration::from_secs(20);

/// A token bucket with a memory of the last answer.
#[derive(Debug)]
pub(crate) struct Breaker {
    tokens: f64,
    refilled_at: SystemTime,
    last: Option<(Epoch, SystemTime, Finding)>,
}

impl Breaker {
    pub(crate) fn new(now: SystemTime) -> Self {
        Self { tokens: BURST, refilled_at: now, last: None }
    }

    /// Whether a probe of `epoch` may start, which takes a token.
    pub(crate) fn admits(&mut self, epoch: Epoch, now: SystemTime) -> bool {
        if self.is_fresh(epoch, now) {
            return false;
        }
        let waited = now.duration_since(self.refilled_at).unwrap_or_default();
        self.tokens = (self.tokens + waited.as_secs_f64() / REFILL.as_secs_f64()).min(BURST);
        self.refilled_at = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    /// Notes that a probe of `epoch` has ended, and what it found.
    pub(crate) fn probed(&mut self, epoch: Epoch, now: SystemTime, finding: Finding) {
        self.last = Some((epoch, now, finding));
    }

    /// What was found may not be true any more.
    #[cfg(feature = "realtime")]
    pub(crate) fn forget(&mut self) {
        self.last = None;
    }

    /// What a probe of `epoch` found a moment ago, if that decided anything.
    pub(crate) fn fresh(&self, epoch: Epoch, now: SystemTime) -> Option<Finding> {
        let (_, _, finding) = self.last.as_ref().filter(|_| self.is_fresh(epoch, now))?;
        Some(finding.clone()).filter(|finding| *finding != Finding::Unknown)
    }

    fn is_fresh(&self, epoch: Epoch, now: SystemTime) -> bool {
        let within = |at: SystemTime| now.duration_since(at).is_ok_and(|age| age < FRESH);
        self.last.as_ref().is_some_and(|(last, at, _)| *last == epoch && within(*at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_fresh_answer_is_not_asked_for_again() {
        let mut breaker = Breaker::new(at(100));
        assert!(breaker.admits(Epoch(1), at(100)));
        breaker.probed(Epoch(1), at(100), Finding::Unknown);
        assert!(!breaker.admits(Epoch(1), at(101)));
        assert!(breaker.admits(Epoch(2), at(101)), "another credential is another question");
        assert!(breaker.admits(Epoch(1), at(102)));
    }

    #[test]
    fn a_gateway_that_errs_for_ever_costs_three_probes_a_minute() {
        let mut breaker = Breaker::new(at(0));
        let probes = (0..=600)
            .filter(|second| {
                let admitted = breaker.admits(Epoch(1), at(*second));
                if admitted {
                    breaker.probed(Epoch(1), at(*second), Finding::Unknown);
                }
                admitted
            })
            .count();
        assert!((30..=36).contains(&probes), "{probes} probes in ten minutes");
    }

    #[test]
    fn a_clock_set_back_opens_nothing_and_breaks_nothing() {
        let mut breaker = Breaker::new(at(1_000));
        breaker.probed(Epoch(1), at(1_000), Finding::Unknown);
        for _ in 0..5 {
            breaker.admits(Epoch(1), at(10));
        }
        assert!(!breaker.admits(Epoch(1), at(10)));
        assert!(breaker.admits(Epoch(1), at(31)));
    }
}
