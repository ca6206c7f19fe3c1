//! Reads the table of `session/README.md`, and plays every cell of it, and orders of events that no cell shows.

use std::time::SystemTime;

use super::{Decision, Effect, Epoch, Event, Finding, Machine, Outcome, Reading, Revoked, Rights};
use crate::{
    credential::{Credential, samples::credential},
    model::{Factor, User},
    session::{
        SessionState,
        attempt::Attempt,
        record::{Record, StoredSession},
    },
    store::StoreError,
};

const TABLE: &str = include_str!("../README.md");

/// The columns of the table: the states in which an event arrives.
const STATES: [&str; 5] = ["restoring", "storage_locked", "signed_out", "mfa_required", "signed_in"];

fn session(id: &str, factors: Option<Vec<Factor>>) -> StoredSession {
    StoredSession {
        credential: credential(id, "00"),
        session_id: id.to_owned(),
        user: None,
        expires_at: None,
        missing_factors: factors,
    }
}

fn record(session: Option<StoredSession>, revocations: Vec<Credential>, decision: u64) -> Reading {
    Reading::Found(Box::new(Record {
        session,
        revocations,
        installation: None,
        decision: Decision(decision),
    }))
}

fn found(reading: Reading) -> Event {
    Event::Read(reading, Decision(1_000))
}

fn attempt(number: u64) -> Attempt {
    Attempt { decision: Decision(number), ordinal: number, is_earlier: false }
}

/// A machine in the state of that name.
fn machine_in(state: &str) -> Machine {
    let mut machine = Machine::new(Rights { writes: true, marks: false });
    machine.apply(Event::Refresh);
    let event = match state {
        "restoring" => None,
        "storage_locked" => Some(Event::StoreFailed(StoreError::Locked)),
        "signed_out" => Some(found(Reading::Nothing)),
        "mfa_required" => Some(found(record(Some(session("ada", Some(vec![Factor::Totp]))), Vec::new(), 10))),
        "signed_in" => Some(found(record(Some(session("ada", None)), Vec::new(), 10))),
        other => panic!("there is no state {other}"),
    };
    if let Some(event) = event {
        machine.apply(event);
    }
    assert_eq!(machine.view().state.name(), state);
    if state == "storage_locked" {
        machine.apply(Event::Retry);
    }
    machine
}

/// Lets the event of a row happen.
fn play(machine: &mut Machine, row: &str) {
    let epoch = machine.view().epoch.unwrap_or(Epoch(99));
    let user = User { id: "ada".to_owned(), name: String::new(), email: None };
    let probed = |finding| Event::Probed { epoch, finding };
    let event = match row {
        "Read nothing" => found(Reading::Nothing),
        "Read a session" => found(record(Some(session("ada", None)), Vec::new(), 10)),
        "Read what is lost" => found(Reading::Lost),
        "StoreFailed, locked" => Event::StoreFailed(StoreError::Locked),
        "StoreFailed, unavailable" => Event::StoreFailed(StoreError::Unavailable),
        "StoreHangs" => Event::StoreHangs,
        "SignInAnswered" => signed_in_as("eve"),
        "SignInAnswered, stored, and Probed" => {
            let (Outcome::Kept(epoch), _) = machine.apply(signed_in_as("eve")) else { panic!("it is kept") };
            machine.apply(Event::StoreFailed(StoreError::Unavailable));
            Event::Probed { epoch, finding: Finding::Unknown }
        }
        "SignOut" => Event::SignOut { attempt: attempt(500), of: None },
        "SignedOutEverywhere" => Event::SignedOutEverywhere { attempt: attempt(500), epoch },
        "Probed, alive" => probed(Finding::Alive(user)),
        "Probed, a factor is missing" => probed(Finding::MfaPending(vec![Factor::Email])),
        "Probed, ended" => probed(Finding::Ended),
        "Probed, unknown" => probed(Finding::Unknown),
        "FactorAccepted" => Event::FactorAccepted { epoch },
        "Conflict, a later sign-in elsewhere" => {
            Event::Conflict(record(Some(session("eve", None)), Vec::new(), 600))
        }
        "Conflict, a later sign-out elsewhere" => {
            Event::Conflict(record(None, vec![credential("ada", "00")], 600))
        }
        "Conflict, an earlier sign-in elsewhere" => {
            Event::Conflict(record(Some(session("eve", None)), Vec::new(), 5))
        }
        other => panic!("the table has a row that is not played: {other}"),
    };
    machine.apply(event);
}

fn signed_in_as(id: &str) -> Event {
    Event::SignInAnswered {
        attempt: attempt(500),
        credential: credential(id, "00"),
        session_id: id.to_owned(),
        expires_at: None::<SystemTime>,
    }
}

#[test]
fn the_table_holds() {
    let table = TABLE.lines().skip_while(|line| !line.starts_with("| event |")).skip(2);
    let mut rows = 0;
    for line in table.take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let (row, cells) = cells.split_first().expect("a row");
        let row = row.replace('`', "");
        for (state, cell) in STATES.iter().zip(cells) {
            if *cell == "·" {
                // It cannot happen there.
                continue;
            }
            let mut machine = machine_in(state);
            play(&mut machine, &row);
            let expected = if *cell == "-" { state } else { cell };
            assert_eq!(machine.view().state.name(), *expected, "{row} in {state}");
        }
        rows += 1;
    }
    assert_eq!(rows, 18, "every row is read");
    assert_eq!(SessionState::NAMES, STATES);
}

#[test]
fn what_is_about_another_credential_changes_nothing() {
    for state in ["mfa_required", "signed_in"] {
        for finding in [Finding::Ended, Finding::MfaPending(Vec::new()), Finding::Unknown] {
            let mut machine = machine_in(state);
            let before = machine.view();
            machine.apply(Event::Probed { epoch: Epoch(77), finding });
            machine.apply(Event::FactorAccepted { epoch: Epoch(77) });
            machine.apply(Event::SignOut { attempt: attempt(500), of: Some(Epoch(77)) });
            assert_eq!(machine.view(), before);
        }
    }
}

/// While a sign-in is under way, what it will replace is still carried: not after another process has signed out of it.
#[test]
fn a_sign_out_elsewhere_ends_what_is_held_while_a_sign_in_is_under_way() {
    let mut machine = machine_in("signed_in");
    machine.apply(signed_in_as("eve"));
    assert_eq!(machine.view().state.name(), "signed_in");
    machine.apply(Event::Conflict(record(None, vec![credential("ada", "00")], 400)));
    assert_eq!(machine.view().state.name(), "signed_out");
    assert!(machine.credential().is_none());
}

/// A store that has refused something is asked again only while something is left for it.
#[test]
fn a_fault_of_the_store_that_left_nothing_undone_is_not_retried() {
    let mut machine = machine_in("signed_in");
    let revoked = |id| Event::RevocationTried { credential: credential(id, "00"), result: Revoked::Done };
    machine.apply(Event::SignOut { attempt: attempt(600), of: None });
    machine.apply(found(Reading::Same));
    machine.apply(Event::Written { left_out: 0 });
    machine.apply(revoked("ada"));
    let (outcome, _) = machine.apply(signed_in_as("eve"));
    assert_eq!(outcome, Outcome::Superseded);
    machine.apply(Event::Written { left_out: 0 });
    machine.apply(Event::StoreFailed(StoreError::Unavailable));
    machine.apply(revoked("eve"));
    let (_, effects) = machine.apply(Event::Retry);
    assert!(effects.is_empty(), "{effects:?}");
    assert_eq!(machine.is_saved(), Some(Ok(())));
}

/// What is still carried is not revoked, also if another process asks for it: first the sign-in that replaces it is published.
#[test]
fn what_is_held_is_not_revoked() {
    let mut machine = machine_in("signed_in");
    machine.apply(signed_in_as("eve"));
    let elsewhere = record(Some(session("bob", None)), vec![credential("ada", "00")], 400);
    let (_, effects) = machine.apply(Event::Conflict(elsewhere));
    assert_eq!(machine.view().state.name(), "signed_in");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Revoke(_))), "{effects:?}");
}
