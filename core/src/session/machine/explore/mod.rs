//! Explores every order of events of two processes of one app that share one store and one Appwrite.
//!
//! Not a sample: a breadth-first search visits every state that can be reached within the depth, with faults of the store, answers
//! that are lost before or after the work was done, answers that come late, and processes that are killed at any moment. The promises
//! are checked in each of them ([`promises`]), and from each of them everything is let come to rest and checked again.

#![allow(clippy::print_stdout, reason = "what a search saw is what it is for")]

mod action;
mod budget;
mod promises;
mod rest;
mod search;
mod world;

pub(super) use world::trace_record;

use budget::Budget;
use search::{Limits, search};
use world::World;

/// A mistake that can be planted, one for each promise and each rule of order, to see that the search finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    /// A gain is published before it is saved.
    PublishBeforeSave,
    /// A sign-out takes effect only when the store has time for it.
    SignOutWaitsForStore,
    /// An answer to an earlier sign-in replaces what was decided later.
    LateSignInWins,
    /// A sign-out that was called before a sign-in ends it.
    LateSignOutWins,
    /// Signing out everywhere ends only the session that asked for it, and not what an earlier sign-in brings meanwhile.
    EverywhereEndsOne,
    /// The session of an overtaken sign-in is forgotten.
    ForgetSuperseded,
    /// A sign-out does not revoke.
    ForgetToRevoke,
    /// A session that a sign-in replaced is not revoked.
    KeepReplacedAlive,
    /// A session that only this process knows is forgotten when another process has decided later.
    ForgetReplaced,
    /// A late answer about one credential ends another.
    LateProbeEndsNewer,
    /// An answer that decides nothing ends the session.
    SilenceEndsSession,
    /// The session of another process is revoked before the store says who replaced it.
    RevokeBeforeSave,
    /// What another process wrote is overwritten, however late it was decided.
    OwnRecordAlwaysWins,
    /// A store that refuses undoes a sign-in.
    StoreFaultDropsSignIn,
    /// A session that is known to be gone is taken up again from the store.
    DigUpTheDead,
    /// The store writes without looking at what is there. (A mistake of the store's side, not of the machine.)
    WriteBlindly,
}

impl Mistake {
    const ALL: &'static [Self] = &[
        Self::PublishBeforeSave,
        Self::SignOutWaitsForStore,
        Self::LateSignInWins,
        Self::LateSignOutWins,
        Self::EverywhereEndsOne,
        Self::ForgetSuperseded,
        Self::ForgetToRevoke,
        Self::KeepReplacedAlive,
        Self::ForgetReplaced,
        Self::LateProbeEndsNewer,
        Self::SilenceEndsSession,
        Self::RevokeBeforeSave,
        Self::OwnRecordAlwaysWins,
        Self::StoreFaultDropsSignIn,
        Self::DigUpTheDead,
        Self::WriteBlindly,
    ];
}

/// The search of the normal run. `EXPLORE_STATES` makes it longer, for a proof by hand.
fn states() -> usize {
    std::env::var("EXPLORE_STATES").ok().and_then(|number| number.parse().ok()).unwrap_or(200_000)
}

#[test]
fn no_order_of_events_breaks_a_promise() {
    for (name, budget) in Budget::ALL {
        let share = if name == Budget::EVERYTHING { states() / 2 } else { states() / 10 };
        let found = search(World::new(budget, None), Limits { states: share });
        println!("{name}: {} states, every one to depth {}", found.states, found.depth);
        assert!(found.violation.is_none(), "{name}: {}", found.told());
        assert!(found.depth >= 6, "{name}: a search of depth {} says little", found.depth);
    }
}

#[test]
fn every_planted_mistake_is_found() {
    let mut missed = Vec::new();
    for mistake in Mistake::ALL {
        let mut told = None;
        for (_, budget) in Budget::ALL {
            let limits = Limits { states: 50_000 };
            let found = search(World::new(budget, Some(*mistake)), limits);
            if let Some((_, trace)) = &found.violation {
                let without = World::new(budget, None).play(trace);
                assert_eq!(without, Ok(()), "{mistake:?} is not what breaks this: {}", found.told());
                told = Some(format!("{} states: {}", found.states, found.told()));
                break;
            }
        }
        match told {
            Some(told) => println!("{mistake:?}, found after {told}\n"),
            None => missed.push(mistake),
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}
