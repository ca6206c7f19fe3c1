//! Whether the user must prove to be there before the session is used: the policy, and what it remembers.

use std::time::{Duration, SystemTime};

/// Asks the user to prove to be there: by face, finger or the device's code.
///
/// The client asks before the session is used: for gateway calls, `authorize`, and calls about the account. It never asks in order
/// to restore the session, to sign in or to sign out, and never while the app is in the background
/// ([`pause`](crate::SessionClient::pause)).
pub trait UserPresence: Send + Sync + 'static {
    /// Shows the platform's dialog and waits for its end: `true` if the user has just proven to be there. Called on a thread that
    /// may block, one at a time; calls that need the answer meanwhile share it. A panic counts as `false`.
    fn confirm(&self) -> bool;
}

/// How long a proof that the user is there is good for. A sign-in is such a proof, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresencePolicy {
    /// Until the process ends: asked once after each start of the app.
    Default,
    /// For the calls that wait for it: asked for each use.
    Always,
    /// For so long.
    Session(Duration),
    /// Until the app has been in the background for longer than that. Needs [`pause`](crate::SessionClient::pause) and
    /// [`resume`](crate::SessionClient::resume) to be called when the app leaves and comes back.
    Lifecycle(Duration),
}

/// What the policy is applied to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attendance {
    /// When the user last proved to be there.
    confirmed_at: Option<SystemTime>,
    /// Since when the app is in the background, if it is.
    left_at: Option<SystemTime>,
}

/// What a use of the session needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Nothing.
    Granted,
    /// To ask the user.
    Ask,
    /// A user, and there is none to ask: the app is in the background.
    Denied,
}

impl Attendance {
    /// The user has proven to be there.
    pub(crate) fn confirm(&mut self, now: SystemTime) {
        self.confirmed_at = Some(now);
    }

    /// The app went to the background.
    pub(crate) fn leave(&mut self, now: SystemTime) {
        self.left_at.get_or_insert(now);
    }

    /// The app came back. A proof that ran out meanwhile is forgotten.
    pub(crate) fn come_back(&mut self, policy: PresencePolicy, now: SystemTime) {
        if !self.is_confirmed(policy, now) {
            self.confirmed_at = None;
        }
        self.left_at = None;
    }

    /// What a use of the session needs now.
    pub(crate) fn admission(&self, policy: PresencePolicy, now: SystemTime) -> Admission {
        match (self.is_confirmed(policy, now), self.left_at) {
            (true, _) => Admission::Granted,
            (false, None) => Admission::Ask,
            (false, Some(_)) => Admission::Denied,
        }
    }

    fn is_confirmed(&self, policy: PresencePolicy, now: SystemTime) -> bool {
        // A clock that was set back has told nothing about how long it was: the user is asked.
        let within = |since: SystemTime, limit| now.duration_since(since).is_ok_and(|passed| passed <= limit);
        self.confirmed_at.is_some_and(|confirmed| match policy {
            PresencePolicy::Default => true,
            PresencePolicy::Always => false,
            PresencePolicy::Session(limit) => within(confirmed, limit),
            PresencePolicy::Lifecycle(limit) => self.left_at.is_none_or(|left| within(left, limit)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    fn confirmed(seconds: u64) -> Attendance {
        Attendance { confirmed_at: Some(at(seconds)), left_at: None }
    }

    #[test]
    fn whoever_has_proven_nothing_is_asked() {
        for policy in policies() {
            assert_eq!(Attendance::default().admission(policy, at(0)), Admission::Ask, "{policy:?}");
        }
    }

    #[test]
    fn a_proof_is_good_for_as_long_as_the_policy_says() {
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
    fn a_clock_that_was_set_back_proves_nothing() {
        let policy = PresencePolicy::Session(MINUTE);
        assert_eq!(confirmed(100).admission(policy, at(99)), Admission::Ask);
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
        fn a_proof_that_ran_out_does_not_come_back(
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
