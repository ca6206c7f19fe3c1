//! The store's part of the machine: what is known of it, what another process wrote, and what it is asked next.

mod elsewhere;

use std::time::Duration;

use super::{
    Decision, Epoch, Incoming, Machine, Reading, Record, SessionState, SignedOutReason, StoreCall,
    StoredSession, planted,
};
use crate::{credential::Credential, store::StoreError};

/// The wait before the first retry. It doubles with each further one, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What is known of the store.
#[derive(Clone, Default)]
pub(super) struct StoreSide {
    known: Known,
    /// The record as it was last read or written; `None` if there is none.
    record: Option<Record>,
    /// The call under way.
    call: Option<Call>,
    /// Whether the store is to be read again.
    stale: bool,
    /// The last call failed with this.
    trouble: Option<StoreError>,
    /// A call has failed, and the store has not taken what it should have since.
    unsaved: bool,
    /// Nothing is asked before the next retry.
    paused: bool,
    /// The call under way has not been answered in time.
    hangs: bool,
    /// The record of the session that is held has vanished, and Appwrite has not been asked about it yet.
    vanished: Vanished,
    /// The record must be written again whatever it says: it does not say which installation wrote it, or the user signed out, after
    /// which nothing may be left that was set aside either.
    rewrite: bool,
    /// How many retries have failed in a row.
    failures: u32,
    /// Whether a retry is due some time.
    armed: bool,
}

/// Whether the record was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Known {
    #[default]
    Unread,
    /// It could not be read, because the store is locked.
    Locked,
    /// It could not be read.
    Unavailable,
    Read,
}

#[derive(Clone)]
enum Call {
    Reading,
    Writing(Box<Record>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Vanished {
    #[default]
    No,
    Seen,
    Asked,
}

impl StoreSide {
    /// The state while nothing is known of a session.
    pub(super) fn unknown_state(&self) -> SessionState {
        match self.known {
            Known::Unread => SessionState::Restoring,
            Known::Locked => SessionState::StorageLocked,
            Known::Unavailable => SessionState::SignedOut { reason: SignedOutReason::StorageUnavailable },
            Known::Read => SessionState::SignedOut { reason: SignedOutReason::NoSession },
        }
    }

    /// Whether the store was read, and nothing is under way that could bring news.
    pub(super) fn is_read(&self) -> bool {
        self.known == Known::Read && !self.stale && self.call.is_none()
    }

    /// Whether Appwrite is asked about a session whose record has vanished.
    pub(super) fn is_in_question(&self) -> bool {
        self.vanished != Vanished::No
    }

    #[cfg(test)]
    pub(super) fn is_busy(&self) -> bool {
        self.call.is_some()
    }

    /// Why the store does not have what it should have.
    pub(super) fn trouble(&self) -> Option<StoreError> {
        self.trouble.filter(|_| self.paused || self.hangs)
    }

    pub(super) fn is_troubled(&self) -> bool {
        self.trouble.is_some()
    }

    /// Whether the record, as it was last read or written, says that the session of `credential` is to be revoked.
    pub(super) fn lists(&self, credential: &Credential) -> bool {
        let revocations = self.record.iter().flat_map(|record| &record.revocations);
        revocations.into_iter().any(|one| one.is_same(credential))
    }

    /// The store is to be read again.
    pub(super) fn read_again(&mut self) {
        self.stale = true;
    }

    /// The record is to be written whatever it says.
    pub(super) fn write_again(&mut self) {
        self.rewrite = true;
    }

    pub(super) fn try_now(&mut self) {
        self.paused = false;
    }

    /// The retry that was asked for is made now.
    pub(super) fn retried(&mut self) {
        self.armed = false;
    }

    /// The user decided: a record that has vanished is no question any more.
    pub(super) fn decided_here(&mut self) {
        self.vanished = Vanished::No;
    }

    /// Appwrite was asked about a session whose record has vanished.
    pub(super) fn vanished_is_answered(&mut self) {
        if self.vanished == Vanished::Asked {
            self.vanished = Vanished::No;
        }
    }

    /// When to try again, if something is `left` to do and no retry is due.
    pub(super) fn retry_in(&mut self, left: bool) -> Option<Duration> {
        if !left {
            self.failures = 0;
            return None;
        }
        if self.armed {
            return None;
        }
        self.armed = true;
        let wait = FIRST_WAIT.saturating_mul(1 << self.failures.min(16)).min(LONGEST_WAIT);
        self.failures = self.failures.saturating_add(1);
        Some(wait)
    }

    fn failed(&mut self, error: StoreError) {
        if self.known != Known::Read {
            self.known = if error == StoreError::Locked { Known::Locked } else { Known::Unavailable };
        }
        self.trouble = Some(error);
        self.unsaved = true;
        self.paused = true;
    }

    fn succeeded(&mut self) {
        self.call = None;
        self.hangs = false;
        self.trouble = None;
        self.paused = false;
    }
}

impl Machine {
    pub(super) fn is_memory_only(&self) -> bool {
        self.store.known == Known::Unavailable || (self.store.unsaved && self.is_dirty())
    }

    /// Whether nothing is under way: no call of the store, no question to Appwrite, no revocation.
    pub(crate) fn is_idle(&self) -> bool {
        let at_rest = self.store.call.is_none() && !self.store.is_in_question();
        at_rest && self.incoming.is_none() && self.queue.is_idle()
    }

    /// Whether the store is being read.
    pub(crate) fn is_reading(&self) -> bool {
        matches!(self.store.call, Some(Call::Reading))
    }

    /// Whether no session that ended here is left to be revoked, and the store knows it.
    pub(crate) fn has_told_of_all(&self) -> bool {
        self.store.is_read() && self.queue.is_empty() && !self.is_unsaved()
    }

    /// How many sessions ended here of which Appwrite was not told yet.
    pub(crate) fn pending_revocations(&self) -> usize {
        self.queue.len()
    }

    /// Whether the store was asked, or is to be asked, to take something.
    pub(crate) fn is_unsaved(&self) -> bool {
        let writing = matches!(self.store.call, Some(Call::Writing(_)));
        self.rights.writes && (writing || self.is_dirty())
    }

    /// Whether the store has something other than it should.
    pub(super) fn is_dirty(&self) -> bool {
        if self.store.rewrite {
            return true;
        }
        let wanted = self.record();
        match &self.store.record {
            None => !wanted.is_empty(),
            Some(stored) => !(wanted.is_same(stored) || wanted.is_empty() && stored.is_empty()),
        }
    }

    /// What the store is asked next, if anything.
    pub(super) fn next_store_call(&mut self) -> Option<StoreCall> {
        if self.store.call.is_some() {
            return None;
        }
        let reads = self.store.known != Known::Read || self.store.stale;
        let writes = self.rights.writes && self.is_dirty();
        if !reads && !writes {
            // Whatever has failed before, nothing is left of it.
            self.store.succeeded();
            return None;
        }
        if self.store.paused {
            return None;
        }
        if reads {
            self.store.stale = false;
            self.store.call = Some(Call::Reading);
            return Some(StoreCall::Read);
        }
        if self.store.is_in_question() {
            return None;
        }
        let record = Box::new(self.record());
        self.store.call = Some(Call::Writing(record.clone()));
        Some(StoreCall::Write(record))
    }

    /// Which credential Appwrite is to be asked about, because its record has vanished.
    pub(super) fn next_probe(&mut self) -> Option<Epoch> {
        let epoch = self.held.as_ref()?.epoch;
        (self.store.vanished == Vanished::Seen).then(|| {
            self.store.vanished = Vanished::Asked;
            epoch
        })
    }

    // ---- events ----

    pub(super) fn read(&mut self, reading: Reading, now: Decision) {
        let first = self.store.known != Known::Read;
        if first && let Reading::Found(record) | Reading::Reinstalled(record) = &reading {
            // The same moment counts as well: nobody writes and reads within a microsecond.
            self.floor = if record.decision < now { Decision::default() } else { record.decision };
        }
        self.store.succeeded();
        self.store.known = Known::Read;
        match reading {
            Reading::Same => {}
            Reading::Nothing => self.nothing_found(first, SignedOutReason::NoSession),
            Reading::Lost => self.nothing_found(first, SignedOutReason::StorageLost),
            Reading::Reinstalled(record) => self.reinstalled(*record),
            Reading::Found(record) if first => self.first_found(*record),
            Reading::Found(record) => self.changed(*record),
        }
        if !self.rights.writes {
            // They are the business of whoever may write that they are done.
            self.queue.clear();
        }
        // What the store has now says nothing about what is on its way there, except that nothing needs to be.
        if !self.is_dirty() {
            self.store.unsaved = false;
            self.store_answered();
        }
    }

    pub(super) fn written(&mut self, left_out: usize) {
        if let Some(Call::Writing(record)) = self.store.call.take() {
            self.store.rewrite = false;
            self.queue.stored(&record.revocations, left_out);
            let of_incoming = |session: &StoredSession| {
                let incoming = self.incoming.as_ref();
                incoming
                    .is_some_and(|incoming| incoming.holding.session.credential.is_same(&session.credential))
            };
            let has_incoming = record.session.as_ref().is_some_and(of_incoming);
            self.store.record = Some(*record).filter(|record| !record.is_empty());
            self.store.succeeded();
            self.store.unsaved = false;
            if has_incoming {
                self.store_answered();
            }
        }
    }

    pub(super) fn store_failed(&mut self, error: StoreError) {
        // What could not be read is still to be read.
        self.store.stale |= matches!(self.store.call.take(), Some(Call::Reading));
        self.store.hangs = false;
        self.store_does_not_answer(error);
    }

    pub(super) fn store_hangs(&mut self) {
        if self.store.call.is_some() {
            self.store.hangs = true;
            // A store that has said nothing yet may wait for the user to unlock it.
            let unread = self.store.known != Known::Read;
            self.store_does_not_answer(if unread { StoreError::Locked } else { StoreError::Unavailable });
        }
    }

    fn store_does_not_answer(&mut self, error: StoreError) {
        self.store.failed(error);
        let import = |incoming: &Incoming| Some((incoming.holding.epoch, incoming.import?));
        if let Some((epoch, before)) = self.incoming.as_ref().and_then(import) {
            // Where it was it still is, so nothing is lost by having none of it.
            self.incoming = None;
            self.refused = Some((epoch, error));
            self.decided = before;
        }
        if planted!(self, StoreFaultDropsSignIn) {
            self.incoming = None;
        }
        // A store that refuses does not undo a sign-in: it stands in memory, is published as such, and is saved later.
        self.store_answered();
    }
}

#[cfg(test)]
impl StoreSide {
    /// What tells two of them apart, for the exploration.
    pub(super) fn trace(&self) -> String {
        let call = match &self.call {
            None => String::new(),
            Some(Call::Reading) => "r".to_owned(),
            Some(Call::Writing(record)) => super::explore::trace_record(Some(record)),
        };
        format!(
            "{:?}{}{call}{}{:?}{}{}{}{:?}{}{}",
            self.known,
            super::explore::trace_record(self.record.as_ref()),
            self.stale,
            self.trouble,
            self.unsaved,
            self.paused,
            self.hangs,
            self.vanished,
            self.rewrite,
            self.armed
        )
    }
}
