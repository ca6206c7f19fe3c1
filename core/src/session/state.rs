//! Where the user stands, as a pure function: `(state, event) → state`. No I/O, no clock, no secret.
//!
//! The table and the diagram are in `README.md` beside this file.

use crate::model::{Factor, User};

/// Where the user stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// The secure store is being read. It ends by itself, without a request.
    Restoring,
    /// The secure store is locked, so nobody knows yet. It is tried again by itself and at `resume`.
    StorageLocked,
    /// Nobody is signed in.
    SignedOut {
        /// Why.
        reason: SignedOutReason,
    },
    /// A session is kept, and Appwrite wants another factor before it is of use.
    MfaRequired {
        /// The factors that the user can choose from; empty if Appwrite could not be asked.
        factors: Vec<Factor>,
    },
    /// A session is kept.
    SignedIn {
        /// Who it is, as far as is known.
        user: Option<User>,
        /// Whether Appwrite has confirmed the session since the app started.
        verified: bool,
    },
}

impl SessionState {
    /// The names of all states.
    pub const NAMES: [&'static str; 5] =
        ["restoring", "storage_locked", "signed_out", "mfa_required", "signed_in"];

    /// The state's stable name, the same in every language.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Restoring => "restoring",
            Self::StorageLocked => "storage_locked",
            Self::SignedOut { .. } => "signed_out",
            Self::MfaRequired { .. } => "mfa_required",
            Self::SignedIn { .. } => "signed_in",
        }
    }
}

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignedOutReason {
    /// Nothing is stored on this device.
    NoSession,
    /// The app signed out.
    SignedOut,
    /// Appwrite said that the session is no more: revoked, expired, or its user deleted.
    SessionEnded,
    /// The stored session could not be read for good (a restored backup, a lost key). It was set aside.
    StorageLost,
    /// The secure store cannot be reached. A sign-in works, and lasts until the process ends or the store is back.
    StorageUnavailable,
}

impl SignedOutReason {
    /// Every reason there is.
    pub const ALL: [Self; 5] =
        [Self::NoSession, Self::SignedOut, Self::SessionEnded, Self::StorageLost, Self::StorageUnavailable];

    /// The reason's stable name, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSession => "no_session",
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_ended",
            Self::StorageLost => "storage_lost",
            Self::StorageUnavailable => "storage_unavailable",
        }
    }
}

/// Numbers the credentials that a client has held, in order. What is learned about one is applied only to that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Epoch(pub(crate) u64);

/// The state together with which credential is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: SessionState,
    /// The credential held; `Some` exactly in `MfaRequired` and `SignedIn`.
    pub(crate) held: Option<Epoch>,
}

impl Standing {
    /// Where every client starts.
    pub(crate) fn restoring() -> Self {
        Self { state: SessionState::Restoring, held: None }
    }

    /// Whether the store's content is still unknown, so that a result of reading it is news.
    pub(crate) fn awaits_store(&self) -> bool {
        matches!(
            self.state,
            SessionState::Restoring
                | SessionState::StorageLocked
                | SessionState::SignedOut { reason: SignedOutReason::StorageUnavailable }
        )
    }
}

/// What can happen to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The store was read: it is locked.
    StoreLocked,
    /// The store was read: nothing is there.
    StoreEmpty,
    /// The store was read: what was there is lost.
    StoreLost,
    /// The store could not be read.
    StoreUnavailable,
    /// The store was read: a credential is there, with what was known of it.
    Restored { epoch: Epoch, user: Option<User>, factors: Option<Vec<Factor>> },
    /// Another process of the app put a credential into the store, which this one now holds.
    Adopted { epoch: Epoch, user: Option<User>, factors: Option<Vec<Factor>> },
    /// A sign-in brought a new credential; `factors` if Appwrite wants another one.
    SignedIn { epoch: Epoch, user: Option<User>, verified: bool, factors: Option<Vec<Factor>> },
    /// Appwrite confirmed the session.
    Verified { epoch: Epoch, user: User },
    /// Appwrite wants another factor.
    FactorsRequired { epoch: Epoch, factors: Vec<Factor> },
    /// Appwrite said that the session is no more.
    Ended { epoch: Epoch },
    /// The app signed out.
    SignedOut,
}

impl Event {
    /// Whether it comes of a decision of the user's here, which stands against whatever another process did.
    pub(crate) fn decides(&self) -> bool {
        matches!(self, Self::SignedIn { .. } | Self::SignedOut)
    }

    fn epoch(&self) -> Option<Epoch> {
        match self {
            Self::Verified { epoch, .. } | Self::FactorsRequired { epoch, .. } | Self::Ended { epoch } => {
                Some(*epoch)
            }
            _ => None,
        }
    }

    fn is_of_store(&self) -> bool {
        matches!(
            self,
            Self::StoreLocked
                | Self::StoreEmpty
                | Self::StoreLost
                | Self::StoreUnavailable
                | Self::Restored { .. }
        )
    }
}

/// The next standing. An event that has no meaning in `standing`, or is about another credential, changes nothing.
pub(crate) fn transition(standing: &Standing, event: Event) -> Standing {
    let overtaken = event.is_of_store() && !standing.awaits_store();
    let of_another = event.epoch().is_some() && event.epoch() != standing.held;
    if overtaken || of_another {
        return standing.clone();
    }
    match event {
        Event::StoreLocked => Standing { state: SessionState::StorageLocked, held: None },
        Event::StoreEmpty => signed_out(SignedOutReason::NoSession),
        Event::StoreLost => signed_out(SignedOutReason::StorageLost),
        Event::StoreUnavailable => signed_out(SignedOutReason::StorageUnavailable),
        Event::Restored { epoch, user, factors } | Event::Adopted { epoch, user, factors } => {
            holding(epoch, user, false, factors)
        }
        Event::SignedIn { epoch, user, verified, factors } => holding(epoch, user, verified, factors),
        Event::Verified { epoch, user } => holding(epoch, Some(user), true, None),
        Event::FactorsRequired { epoch, factors } => holding(epoch, None, false, Some(factors)),
        Event::Ended { .. } => signed_out(SignedOutReason::SessionEnded),
        Event::SignedOut => signed_out(SignedOutReason::SignedOut),
    }
}

fn signed_out(reason: SignedOutReason) -> Standing {
    Standing { state: SessionState::SignedOut { reason }, held: None }
}

fn holding(epoch: Epoch, user: Option<User>, verified: bool, factors: Option<Vec<Factor>>) -> Standing {
    let state = match factors {
        Some(factors) => SessionState::MfaRequired { factors },
        None => SessionState::SignedIn { user, verified },
    };
    Standing { state, held: Some(epoch) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HELD: Epoch = Epoch(7);

    fn user() -> User {
        User { id: "ada".to_owned(), name: String::new(), email: None }
    }

    fn standings() -> Vec<Standing> {
        let mut all = vec![
            Standing::restoring(),
            Standing { state: SessionState::StorageLocked, held: None },
            holding(HELD, None, false, Some(vec![Factor::Totp])),
            holding(HELD, Some(user()), true, None),
            holding(HELD, None, false, None),
        ];
        all.extend(SignedOutReason::ALL.map(signed_out));
        all
    }

    fn events(epoch: Epoch) -> Vec<Event> {
        vec![
            Event::StoreLocked,
            Event::StoreEmpty,
            Event::StoreLost,
            Event::StoreUnavailable,
            Event::Restored { epoch, user: None, factors: None },
            Event::Restored { epoch, user: None, factors: Some(vec![]) },
            Event::Adopted { epoch, user: None, factors: None },
            Event::SignedIn { epoch, user: Some(user()), verified: true, factors: None },
            Event::SignedIn { epoch, user: None, verified: false, factors: Some(vec![Factor::Totp]) },
            Event::Verified { epoch, user: user() },
            Event::FactorsRequired { epoch, factors: vec![Factor::Totp] },
            Event::Ended { epoch },
            Event::SignedOut,
        ]
    }

    #[test]
    fn every_state_is_among_the_names() {
        let mut names: Vec<&str> = standings().iter().map(|standing| standing.state.name()).collect();
        names.sort_unstable();
        names.dedup();
        let mut all = SessionState::NAMES;
        all.sort_unstable();
        assert_eq!(names, all);
    }

    /// The table of `README.md`, cell by cell: the name of the next state, or `-` for no change.
    #[test]
    fn the_table_holds() {
        let table = include_str!("README.md");
        let rows: Vec<Vec<&str>> = table
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect())
            .collect();
        assert_eq!(rows.len(), 11, "one row for each event");
        for row in rows {
            let event = named_event(row[0]);
            for (name, expected) in SessionState::NAMES.iter().zip(&row[1..]) {
                for standing in standings().iter().filter(|standing| standing.state.name() == *name) {
                    let next = transition(standing, event.clone());
                    let unavailable = SessionState::SignedOut { reason: SignedOutReason::StorageUnavailable };
                    if *expected == "-" && standing.state == unavailable && event.is_of_store() {
                        continue; // the README's footnote; see `a_store_that_comes_back_is_read`
                    }
                    match *expected {
                        "-" => assert_eq!(&next, standing, "{event:?} in {standing:?}"),
                        state => assert_eq!(next.state.name(), state, "{event:?} in {standing:?}"),
                    }
                }
            }
        }
    }

    fn named_event(name: &str) -> Event {
        match name {
            "StoreLocked" => Event::StoreLocked,
            "StoreEmpty" => Event::StoreEmpty,
            "StoreLost" => Event::StoreLost,
            "StoreUnavailable" => Event::StoreUnavailable,
            "Restored" => Event::Restored { epoch: HELD, user: None, factors: None },
            "Adopted" => Event::Adopted { epoch: Epoch(8), user: None, factors: None },
            "SignedIn" => Event::SignedIn { epoch: Epoch(8), user: None, verified: true, factors: None },
            "Verified" => Event::Verified { epoch: HELD, user: user() },
            "FactorsRequired" => Event::FactorsRequired { epoch: HELD, factors: vec![] },
            "Ended" => Event::Ended { epoch: HELD },
            "SignedOut" => Event::SignedOut,
            other => panic!("the README names an unknown event {other}"),
        }
    }

    #[test]
    fn a_store_that_comes_back_is_read() {
        let waiting = signed_out(SignedOutReason::StorageUnavailable);
        let restored = Event::Restored { epoch: HELD, user: None, factors: None };
        assert_eq!(transition(&waiting, restored).held, Some(HELD));
    }

    #[test]
    fn a_restored_session_that_lacked_a_factor_still_lacks_it() {
        let restored = Event::Restored { epoch: HELD, user: None, factors: Some(vec![Factor::Totp]) };
        let next = transition(&Standing::restoring(), restored);
        assert_eq!(next.state, SessionState::MfaRequired { factors: vec![Factor::Totp] });
    }

    fn any_standing() -> impl Strategy<Value = Standing> {
        prop::sample::select(standings())
    }

    proptest! {
        #[test]
        fn a_result_about_another_credential_changes_nothing(standing in any_standing(), other in 0u64..20) {
            prop_assume!(Epoch(other) != HELD);
            for event in events(Epoch(other)).into_iter().filter(|event| event.epoch().is_some()) {
                prop_assert_eq!(&transition(&standing, event), &standing);
            }
        }

        #[test]
        fn a_credential_is_held_exactly_in_the_states_that_have_one(
            start in any_standing(),
            picks in prop::collection::vec((0usize..13, 5u64..9), 0..40),
        ) {
            let mut standing = start;
            for (pick, epoch) in picks {
                standing = transition(&standing, events(Epoch(epoch)).swap_remove(pick));
                let has_one =
                    matches!(standing.state, SessionState::MfaRequired { .. } | SessionState::SignedIn { .. });
                prop_assert_eq!(standing.held.is_some(), has_one);
            }
        }

        #[test]
        fn only_a_sign_out_or_appwrite_ends_a_session(standing in any_standing(), pick in 0usize..13) {
            prop_assume!(standing.held.is_some());
            let event = events(HELD).swap_remove(pick);
            let next = transition(&standing, event.clone());
            if next.held.is_none() {
                prop_assert!(matches!(event, Event::SignedOut | Event::Ended { .. }), "{:?}", event);
            }
        }

        #[test]
        fn a_sign_out_always_wins(standing in any_standing()) {
            prop_assert_eq!(transition(&standing, Event::SignedOut), signed_out(SignedOutReason::SignedOut));
        }
    }
}
