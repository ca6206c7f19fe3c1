//! The last failures of a client: what failed, where and when, and nothing of what was sent.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use url::Url;

use crate::config::Origin;

/// So many failures are remembered.
const MOST: usize = 8;

/// The last failures, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<VecDeque<PastFailure>>);

/// One attempt that failed.
#[derive(Clone, Debug)]
pub(crate) struct PastFailure {
    /// The cause, `rate_limited` or `unavailable`.
    pub(crate) code: &'static str,
    /// The status, if there was an answer.
    pub(crate) status: Option<u16>,
    /// Where it was sent.
    pub(crate) origin: Origin,
    /// When, by the clock that nobody sets.
    pub(crate) at: Duration,
}

impl Failures {
    pub(super) fn note(&self, code: &'static str, status: Option<u16>, url: &Url, at: Duration) {
        let failure = PastFailure { code, status, origin: Origin::of(url), at };
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == MOST {
            last.pop_front();
        }
        last.push_back(failure);
    }

    /// The last failures, the newest first.
    pub(crate) fn newest_first(&self) -> Vec<PastFailure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_ones_are_remembered_and_nothing_of_their_urls_but_the_origin() {
        let failures = Failures::default();
        for at in 0..20 {
            let url = Url::parse("https://ada:canary@api.example.com:8443/canary?canary").expect("a URL");
            failures.note("dns", None, &url, Duration::from_secs(at));
        }
        let last = failures.newest_first();
        assert_eq!((last.len(), last[0].at.as_secs(), last[7].at.as_secs()), (MOST, 19, 12));
        assert_eq!(last[0].origin.to_string(), "https://api.example.com:8443");
        assert!(!format!("{failures:?}").contains("canary"));
    }
}
