//! Rate limits: fixed windows aligned to the epoch, one counter per key (contract §6).

use std::collections::HashMap;

use crate::dates::Millis;

/// The counters of all keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    counts: HashMap<(String, i64), u32>,
    /// The counters that a request was held against last.
    last: Vec<(String, i64)>,
}

/// What a limited answer says in its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Seconds since 1970.
    pub(crate) reset: i64,
    pub(crate) exceeded: bool,
}

impl Limits {
    /// Counts a request under each key; the tightest key so far is what is shown, and any one refuses.
    pub(crate) fn count(
        &mut self,
        keys: &[String],
        limit: u32,
        window: i64,
        now: Millis,
    ) -> Option<Standing> {
        self.look(keys, limit, window, now, true)
    }

    /// What a request under each key would be told, without counting it: keys of the API are exempt, yet they see the headers.
    pub(crate) fn peek(&mut self, keys: &[String], limit: u32, window: i64, now: Millis) -> Option<Standing> {
        let standing = self.look(keys, limit, window, now, false)?;
        Some(Standing { exceeded: false, ..standing })
    }

    fn look(
        &mut self,
        keys: &[String],
        limit: u32,
        window: i64,
        now: Millis,
        counts: bool,
    ) -> Option<Standing> {
        let seconds = now / 1000;
        let start = seconds - seconds % window;
        let standing = |count: u32| Standing {
            limit,
            remaining: limit.saturating_sub(count + 1),
            reset: start + window,
            exceeded: count >= limit,
        };
        self.last.clear();
        let mut shown: Option<Standing> = None;
        // One key after the other: what refuses leaves the keys behind it as they are.
        for key in keys {
            let counter = (key.clone(), start);
            let count = self.counts.entry(counter.clone()).or_default();
            self.last.push(counter);
            let standing = standing(*count);
            if shown.is_none_or(|shown| standing.remaining < shown.remaining) {
                shown = Some(standing);
            }
            if counts && standing.exceeded {
                return shown.map(|shown| Standing { exceeded: true, ..shown });
            }
            *count += u32::from(counts);
        }
        shown
    }

    /// Forgets what was counted under the keys.
    pub(crate) fn reset(&mut self, keys: &[String]) {
        self.counts.retain(|(key, _), _| !keys.contains(key));
    }

    /// The counters that a request was held against last.
    pub(crate) fn last(&self) -> &[(String, i64)] {
        &self.last
    }

    /// Counts `times` requests on these counters.
    pub(crate) fn add(&mut self, counters: &[(String, i64)], times: u32) {
        for counter in counters {
            *self.counts.entry(counter.clone()).or_default() += times;
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.counts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_lets_through_exactly_its_limit() {
        let mut limits = Limits::default();
        let key = ["k".to_owned()];
        let mut count = |now| limits.count(&key, 2, 60, now).expect("a standing");
        assert_eq!(count(1_000), Standing { limit: 2, remaining: 1, reset: 60, exceeded: false });
        assert_eq!(count(2_000).remaining, 0);
        assert!(count(59_000).exceeded);
        assert_eq!(count(60_000), Standing { limit: 2, remaining: 1, reset: 120, exceeded: false });
    }

    #[test]
    fn any_key_refuses_and_a_reset_frees() {
        let mut limits = Limits::default();
        let (shared, own) = ("ip".to_owned(), "mail".to_owned());
        limits.count(std::slice::from_ref(&shared), 1, 60, 0);
        assert!(limits.count(&[own.clone(), shared.clone()], 1, 60, 0).expect("a standing").exceeded);
        limits.reset(&[own.clone(), shared.clone()]);
        assert!(!limits.count(&[own, shared], 1, 60, 0).expect("a standing").exceeded);
    }

    #[test]
    fn what_refuses_leaves_the_keys_behind_it_uncounted() {
        let mut limits = Limits::default();
        let (mail, ip) = ("mail".to_owned(), "ip".to_owned());
        limits.count(&[mail.clone(), ip.clone()], 1, 60, 0);
        assert!(limits.count(&[mail, ip.clone()], 1, 60, 0).expect("a standing").exceeded);
        assert_eq!(limits.count(&[ip], 5, 60, 0).expect("a standing").remaining, 3, "counted once");
    }
}
