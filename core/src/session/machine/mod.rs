//! Everything that a client remembers, in one value that changes in one place: [`Machine::apply`].
//!
//! Pure: no I/O, no clock, no task and no lock. The page `README.md` of `session` explains the words and the rules of order; its
//! table is read by a test. `decisions.rs` has what the user decides, `findings.rs` what Appwrite says, `storage.rs` the events of the
//! store, and `queue.rs` the sessions that are to be revoked.

mod decisions;
mod event;
#[cfg(test)]
mod explore;
mod findings;
mod queue;
mod storage;
#[cfg(test)]
mod table;

use std::time::SystemTime;

pub(crate) use event::{Effect, Epoch, Event, Finding, Outcome, Reading, Revoked, StoreCall};
use queue::Queue;
use storage::StoreSide;

use super::{
    attempt::{Attempt, Decision},
    record::{Record, StoredSession},
    state::{SessionState, SignedOutReason},
};
use crate::{credential::Credential, store::StoreError};

/// Whether a mistake was planted, for the test that the exploration finds it. There are none outside of that test.
#[cfg(test)]
macro_rules! planted {
    ($machine:expr, $mistake:ident) => {
        $machine.mistake == Some($crate::session::machine::explore::Mistake::$mistake)
    };
}
#[cfg(not(test))]
macro_rules! planted {
    ($machine:expr, $mistake:ident) => {
        false
    };
}
use planted;

/// What a client may do, which never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    /// Whether it may change the record and revoke sessions.
    pub(crate) writes: bool,
    /// Whether a record must say which installation of the app wrote it.
    pub(crate) marks: bool,
}

/// What a client remembers.
#[derive(Clone)]
pub(crate) struct Machine {
    rights: Rights,
    /// The credential that calls carry.
    held: Option<Holding>,
    /// A credential that was received and is not yet published: a sign-in or an import that is under way.
    incoming: Option<Incoming>,
    /// Why nobody is signed in; `None` until it is known.
    reason: Option<SignedOutReason>,
    /// The last sign-in, sign-out or import that took effect, here or in the record.
    decided: Decision,
    /// The last one of this client; zero if there was none.
    ordinal: u64,
    /// Where the record was decided in the future when it was first read: that decision. The clock was set back since, and every
    /// attempt of this client is newer.
    floor: Decision,
    queue: Queue,
    store: StoreSide,
    /// The last import that the store did not take, and why.
    refused: Option<(Epoch, StoreError)>,
    /// How many credentials this client has numbered.
    epochs: u64,
    #[cfg(test)]
    mistake: Option<explore::Mistake>,
}

/// A credential, and what is known of its session.
#[derive(Clone)]
struct Holding {
    epoch: Epoch,
    session: StoredSession,
    /// Whether Appwrite has confirmed it since this client was built.
    verified: bool,
    /// Whether this client received it from Appwrite. Otherwise it was found in the store, and some other process knows it, too.
    own: bool,
    /// The decision by which it came.
    decision: Decision,
}

/// A credential that is not published yet. It is as soon as the store has answered and Appwrite was asked whose it is.
#[derive(Clone)]
struct Incoming {
    holding: Holding,
    /// Whether the store has it, or has failed to take it.
    stored: bool,
    finding: Option<Finding>,
    /// For an import: the decision before it, to return to if the store does not take it.
    import: Option<Decision>,
}

/// What is visible from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) state: SessionState,
    /// Whether what is held would be lost with the process, because the store does not take it.
    pub(crate) memory_only: bool,
    /// Which credential is held.
    pub(crate) epoch: Option<Epoch>,
    /// The id of its session; empty if it is not known.
    pub(crate) session_id: String,
    /// When its session ends unless it is extended, if that is known.
    pub(crate) expires_at: Option<SystemTime>,
}

impl Machine {
    /// A machine that knows nothing. [`Event::Refresh`] makes it read the store.
    pub(crate) fn new(rights: Rights) -> Self {
        Self {
            rights,
            held: None,
            incoming: None,
            reason: None,
            decided: Decision::default(),
            ordinal: 0,
            floor: Decision::default(),
            queue: Queue::default(),
            store: StoreSide::default(),
            refused: None,
            epochs: 0,
            #[cfg(test)]
            mistake: None,
        }
    }

    // ---- what is known ----

    /// What is visible from outside.
    pub(crate) fn view(&self) -> View {
        let state = match &self.held {
            Some(Holding { session, verified, .. }) => match &session.missing_factors {
                Some(factors) => SessionState::MfaRequired { factors: factors.clone() },
                None => SessionState::SignedIn { user: session.user.clone(), verified: *verified },
            },
            None => match self.reason {
                Some(reason) => SessionState::SignedOut { reason },
                None => self.store.unknown_state(),
            },
        };
        let held = self.held.as_ref();
        View {
            state,
            memory_only: self.is_memory_only(),
            epoch: held.map(|held| held.epoch),
            session_id: held.map(|held| held.session.session_id.clone()).unwrap_or_default(),
            expires_at: held.and_then(|held| held.session.expires_at),
        }
    }

    /// The credential that calls carry.
    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.held.as_ref().map(|held| &held.session.credential)
    }

    /// Whether the credential of `epoch` is held or about to be.
    pub(crate) fn stands(&self, epoch: Epoch) -> bool {
        let incoming = self.incoming.as_ref().map(|incoming| incoming.holding.epoch);
        incoming == Some(epoch) || self.held.as_ref().is_some_and(|held| held.epoch == epoch)
    }

    /// Why the store did not take the import of `epoch`, which was dropped therefore.
    pub(crate) fn refusal(&self, epoch: Epoch) -> Option<StoreError> {
        self.refused.filter(|(refused, _)| *refused == epoch).map(|(_, error)| error)
    }

    /// The last sign-in, sign-out or import that took effect, and the last one of this client.
    pub(crate) fn decided(&self) -> (Decision, u64) {
        (self.decided, self.ordinal)
    }

    /// Whether the store has all of it; `None` while that is being found out.
    pub(crate) fn is_saved(&self) -> Option<Result<(), StoreError>> {
        match self.store.trouble() {
            Some(error) => Some(Err(error)),
            // A record that has vanished is put back, or not, when Appwrite has answered, which nobody waits for.
            None if self.store.is_read()
                && (!self.rights.writes || self.store.is_in_question() || !self.is_dirty()) =>
            {
                Some(Ok(()))
            }
            None => None,
        }
    }

    // ---- what happens ----

    /// Applies `event`, and says what is to be done about it, in this order. The only place where anything of this changes.
    pub(crate) fn apply(&mut self, event: Event) -> (Outcome, Vec<Effect>) {
        let before = self.view();
        let outcome = self.decide(event);
        let after = self.view();
        let mut effects = Vec::new();
        if before.epoch.is_some() && before.epoch != after.epoch {
            effects.push(Effect::ForgetGatewayCookies);
        }
        if before != after {
            effects.push(Effect::Publish);
        }
        effects.extend(self.next_probe().map(Effect::Probe));
        effects.extend(self.next_store_call().map(Effect::Store));
        effects.extend(self.next_revocation().map(Effect::Revoke));
        let left = self.store.is_troubled() || self.queue.is_waiting();
        effects.extend(self.store.retry_in(left).map(Effect::RetryIn));
        (outcome, effects)
    }

    fn decide(&mut self, event: Event) -> Outcome {
        match event {
            Event::Read(reading, now) => self.read(reading, now),
            Event::Written { left_out } => self.written(left_out),
            // Only what was read before can be in conflict, so the time is of no use.
            Event::Conflict(reading) => self.read(reading, Decision::default()),
            Event::StoreFailed(error) => self.store_failed(error),
            Event::StoreHangs => self.store_hangs(),
            Event::Refresh => {
                self.store.read_again();
                self.store.try_now();
                self.queue.wake();
            }
            Event::Look => {
                self.store.read_again();
                self.store.try_now();
            }
            Event::Retry => {
                self.store.retried();
                self.try_now();
            }
            Event::SignInAnswered { attempt, credential, session_id, expires_at } => {
                return self.sign_in_answered(attempt, credential, session_id, expires_at);
            }
            Event::Import { attempt, credential } => return self.import(attempt, credential),
            Event::SignOut { attempt, of } => return self.sign_out(attempt, of),
            Event::SignedOutEverywhere { attempt, epoch } => self.signed_out_everywhere(attempt, epoch),
            Event::Probed { epoch, finding } => self.probed(epoch, finding),
            Event::FactorAccepted { epoch } => {
                if let Some(held) = self.held_as(epoch) {
                    held.session.missing_factors = None;
                    held.verified = false;
                }
            }
            Event::SessionLearned { epoch, session_id, expires_at } => {
                if let Some(held) = self.held_as(epoch) {
                    held.session.session_id = session_id;
                    held.session.expires_at = expires_at.or(held.session.expires_at);
                }
            }
            Event::RevocationTried { credential, result } => self.queue.tried(&credential, result),
        }
        Outcome::Applied
    }

    fn held_as(&mut self, epoch: Epoch) -> Option<&mut Holding> {
        self.held.as_mut().filter(|held| held.epoch == epoch)
    }

    fn next_epoch(&mut self) -> Epoch {
        self.epochs += 1;
        Epoch(self.epochs)
    }

    fn try_now(&mut self) {
        self.store.try_now();
        self.queue.try_now();
    }

    /// What the store should hold.
    fn record(&self) -> Record {
        let newest = self.incoming.as_ref().map(|incoming| &incoming.holding).or(self.held.as_ref());
        let session = newest.map(|holding| holding.session.clone());
        let mut revocations = self.queue.credentials();
        if self.incoming.is_some()
            && let Some(held) = &self.held
        {
            // Until the newer one is published it goes on. After a restart only the newer one is known.
            revocations.push(held.session.credential.clone());
        }
        Record { session, revocations, installation: None, decision: self.decided }
    }
}

#[cfg(test)]
impl Machine {
    /// A machine with a mistake, for the test that the exploration finds it.
    fn with_mistake(self, mistake: Option<explore::Mistake>) -> Self {
        Self { mistake, ..self }
    }

    /// Whether this machine knows of the credential, so that it will be used or revoked.
    fn remembers(&self, credential: &Credential) -> bool {
        let is_it = |holding: &Holding| holding.session.credential.is_same(credential);
        self.held.as_ref().is_some_and(is_it)
            || self.incoming.as_ref().is_some_and(|incoming| is_it(&incoming.holding))
            || self.queue.has(credential)
    }

    /// Whether a session is still to be revoked.
    fn has_revocations_left(&self) -> bool {
        !self.queue.credentials().is_empty()
    }

    /// The credential of the last decision: what is held, or about to be.
    fn newest(&self) -> Option<Credential> {
        self.record().session.map(|session| session.credential)
    }

    /// What tells two machines apart.
    fn trace(&self) -> String {
        let holding = |holding: &Holding| {
            let session = &holding.session;
            format!(
                "{}{}{:?}{:?}{}{}{}",
                holding.epoch.0,
                session.credential.user_id(),
                session.user.as_ref().map(|user| &user.id),
                session.missing_factors,
                holding.verified,
                holding.own,
                holding.decision.0
            )
        };
        let incoming = self.incoming.as_ref().map(|incoming| {
            format!("{}{}{:?}", holding(&incoming.holding), incoming.stored, incoming.finding)
        });
        format!(
            "{:?}|{incoming:?}|{:?}|{:?}|{}|{}|{}",
            self.held.as_ref().map(holding),
            self.reason,
            self.decided,
            self.ordinal,
            self.queue.trace(),
            self.store.trace(),
        )
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine")
            .field("view", &self.view())
            .field("decided", &self.decided)
            .finish_non_exhaustive()
    }
}
