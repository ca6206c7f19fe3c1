//! User presence: whether the user must be asked before the session is used. The policy, and what it remembers.

use std::time::{Duration, SystemTime};

/// Asks for the user's presence: by biometrics or the device passcode.
///
/// The client asks before the session is used: for gateway calls, `authorize`, and calls about the account. It never asks in order
/// to restore the session, to sign in or to sign out, and never while the app is in the background
/// ([`pause`](crate::SessionClient::pause)).
pub trait UserPresence: Send + Sync + 'static {
    /// Shows the platform's dialog and waits until it is closed. Returns `true` if the user authenticated, and `false` if the user
    /// cancelled or failed.
    ///
    /// Called on a thread that may block, one call at a time; calls that need the answer meanwhile share it. A panic counts as
    /// `false`. When the client is closed it stops waiting for this, and ignores the answer.
    fn confirm(&self) -> bool;
}

/// How long a confirmed presence is valid. A sign-in confirms the presence, too.
///
/// Durations are measured by the wall clock and by the monotonic clock of the device, and the longer of the two counts. So a
/// confirmation does not become valid for longer when somebody sets the device's clock back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresencePolicy {
    /// Until the process ends: the user is asked once after each start of the app.
    Default,
    /// For the calls that wait for the answer: the user is asked for each use.
    Always,
    /// For this long after it was confirmed.
    Session(Duration),
    /// Until the app has been in the background for longer than this. Needs [`pause`](crate::SessionClient::pause) and
    /// [`resume`](crate::SessionClient::resume) to be called when the app goes to the background and comes back.
    Lifecycle(Duration),
}

/// A moment, as both clocks of the device show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) wall: SystemTime,
    /// The monotonic clock, which nobody can set, and which may stand still while the device sleeps.
    pub(crate) elapsed: Duration,
}

impl Moment {
    /// Whether at most `limit` has passed since `earlier`, by either clock. A wall clock that shows an earlier time than then was
    /// set back, and says nothing.
    fn is_within(self, limit: Duration, earlier: Self) -> bool {
        let monotonic = self.elapsed.saturating_sub(earlier.elapsed);
        self.wall.duration_since(earlier.wall).is_ok_and(|passed| passed.max(monotonic) <= limit)
    }
}

/// What the policy is applied to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attendance {
    /// When the user's presence was last confirmed.
    confirmed_at: Option<Moment>,
    /// Since when the app is in the background, if it is.
    left_at: Option<Moment>,
}

/// What a use of the session needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Nothing.
    Granted,
    /// To ask the user.
    Ask,
    /// The user's presence, and nobody can be asked: the app is in the background.
    Denied,
}

impl Attendance {
    /// The user's presence was confirmed.
    pub(crate) fn confirm(&mut self, now: Moment) {
        self.confirmed_at = Some(now);
    }

    /// The app went to the background.
    pub(crate) fn leave(&mut self, now: Moment) {
        self.left_at.get_or_insert(now);
    }

    /// The app came back. A confirmation that ran out meanwhile is forgotten.
    pub(crate) fn come_back(&mut self, policy: PresencePolicy, now: Moment) {
        if !self.is_confirmed(policy, now) {
            self.confirmed_at = None;
        }
        self.left_at = None;
    }

    /// What a use of the session needs now.
    pub(crate) fn admission(&self, policy: PresencePolicy, now: Moment) -> Admission {
        match (self.is_confirmed(policy, now), self.left_at) {
            (true, _) => Admission::Granted,
            (false, None) => Admission::Ask,
            (false, Some(_)) => Admission::Denied,
        }
    }

    fn is_confirmed(&self, policy: PresencePolicy, now: Moment) -> bool {
        self.confirmed_at.is_some_and(|confirmed| match policy {
            PresencePolicy::Default => true,
            PresencePolicy::Always => false,
            PresencePolicy::Session(limit) => now.is_within(limit, confirmed),
            PresencePolicy::Lifecycle(limit) => self.left_at.is_none_or(|left| now.is_within(limit, left)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(seconds: u64) -> Moment {
        shown(1_000_000 + seconds, seconds)
    }

    fn shown(wall: u64, elapsed: u64) -> Moment {
        Moment {
            wall: SystemTime::UNIX_EPOCH + Duration::from_secs(wall),
            elapsed: Duration::from_secs(elapsed),
        }
    }

    fn confirmed(seconds: u64) -> Attendance {
        Attendance { confirmed_at: Some(at(seconds)), left_at: None }
    }

    #[test]
    fn a_user_whose_presence_was_never_confirmed_is_asked() {
        for policy in policies() {
            assert_eq!(Attendance::default().admission(policy, at(0)), Admission::Ask, "{policy:?}");
        }
    }

    #[test]
    fn a_confirmation_is_valid_for_as_long_as_the_policy_says() {
        let after = |policy, seconds| confirmed(0).admission(policy, at(seconds));
        assert_eq!(after(PresencePolicy::Default, 1_000_000), Admission::Granted);
        assert_eq!(after(PresencePolicy::Always, 0), Admission::Ask);
        assert_eq!(after(PresencePolicy::Session(MINUTE), 60), Admission::Granted);
        assert_eq!(after(PresencePolicy::Session(MINUTE), 61), Admission::Ask);
        assert_eq!(after(PresencePolicy::Lifecycle(MINUTE), 1_000_000), Admission::Granted);
    }

    #[test]
    fn a_short_absence_is_no_absence() {
        let policy = PresencePolicy::Lifecycle(MINUTE);
        for (away, expected) in [(60, Admission::Granted), (61, Admission::Ask)] {
            let mut attendance = confirmed(0);
            attendance.leave(at(100));
            attendance.leave(at(100 + away)); // said twice: the first time counts
            attendance.come_back(policy, at(100 + away));
            assert_eq!(attendance.admission(policy, at(100 + away)), expected, "{away} s");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_confirms_nothing() {
        let policy = PresencePolicy::Session(MINUTE);
        assert_eq!(confirmed(100).admission(policy, at(99)), Admission::Ask, "to before the confirmation");
        let set_back = shown(1_000_110, 161);
        assert_eq!(confirmed(100).admission(policy, set_back), Admission::Ask, "to shortly after it");

        let policy = PresencePolicy::Lifecycle(MINUTE);
        let mut attendance = confirmed(0);
        attendance.leave(at(100));
        attendance.come_back(policy, set_back);
        assert_eq!(attendance.admission(policy, set_back), Admission::Ask);
    }

    #[test]
    fn a_device_that_slept_counts_the_time_of_the_wall_clock() {
        let policy = PresencePolicy::Session(MINUTE);
        assert_eq!(confirmed(0).admission(policy, shown(1_000_061, 1)), Admission::Ask);
    }

    fn policies() -> Vec<PresencePolicy> {
        vec![
            PresencePolicy::Default,
            PresencePolicy::Always,
            PresencePolicy::Session(MINUTE),
            PresencePolicy::Lifecycle(MINUTE),
        ]
    }

    proptest! {
        #[test]
        fn nobody_is_asked_in_the_background(
            policy in prop::sample::select(policies()), confirmed in prop::option::of(0u64..200), left in 0u64..200, now in 0u64..400,
        ) {
            let mut attendance = Attendance { confirmed_at: confirmed.map(at), left_at: None };
            attendance.leave(at(left));
            prop_assert_ne!(attendance.admission(policy, at(now)), Admission::Ask);
        }

        #[test]
        fn a_confirmation_that_ran_out_does_not_come_back(
            policy in prop::sample::select(policies()), left in 0u64..100, back in 0u64..300, now in 0u64..600,
        ) {
            let mut attendance = confirmed(0);
            attendance.leave(at(left));
            let denied = attendance.admission(policy, at(back)) == Admission::Denied;
            attendance.come_back(policy, at(back));
            if denied {
                prop_assert_eq!(attendance.admission(policy, at(now)), Admission::Ask);
            }
        }
    }
}
