//! The store's part of the machine: what is known of it, what another process wrote, and what it is asked next.

use std::{cmp::Ordering, time::Duration};

use super::{
    Decision, Epoch, Holding, Incoming, Machine, Reading, Record, SessionState, SignedOutReason, StoreCall,
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

    // ---- what was found ----

    /// There is no record.
    fn nothing_found(&mut self, first: bool, reason: SignedOutReason) {
        let had = self.store.record.take();
        let decided_since = had.as_ref().is_none_or(|record| self.decided > record.decision);
        if first && self.decided == Decision::default() {
            self.reason.get_or_insert(reason);
        } else if self.held.is_some() && !self.rights.writes {
            self.held = None;
            // Whoever may write has signed out and is done with it, unless a record is there that cannot be read.
            let lost = reason == SignedOutReason::StorageLost;
            self.reason = Some(if lost { reason } else { SignedOutReason::SignedOut });
        } else if !first && self.held.is_some() && had.is_some() && !decided_since {
            // Another process signed out and is done with it, or the platform lost the record: Appwrite knows.
            self.store.vanished = Vanished::Seen;
        }
    }

    /// Whoever installed the app anew begins anew, and the session before is ended like one that was replaced.
    fn reinstalled(&mut self, record: Record) {
        // Nobody decided this: an attempt that was called before goes on.
        self.decided = self.decided.max(record.decision);
        self.reason.get_or_insert(SignedOutReason::NoSession);
        self.queue.follow(&record.revocations);
        if let Some(session) = &record.session {
            self.queue.add(session.credential.clone());
        }
        self.store.rewrite = true;
        self.store.record = Some(record);
    }

    /// The first record that this client reads. What was decided here before is the newer word.
    fn first_found(&mut self, record: Record) {
        self.queue.follow(&record.revocations);
        self.store.rewrite |= self.rights.marks && record.installation.is_none();
        let session = record.session.clone();
        if self.ordinal > 0 {
            self.decided = self.decided.max(self.floor.plus(self.ordinal));
        }
        if self.decided < record.decision || self.decided == Decision::default() {
            self.reason.get_or_insert(SignedOutReason::NoSession);
            self.follow(session, record.decision);
        } else {
            self.overrule(session);
        }
        self.store.record = Some(record);
    }

    /// Another process changed the record.
    fn changed(&mut self, record: Record) {
        self.store.vanished = Vanished::No;
        self.queue.follow(&record.revocations);
        let session = record.session.clone();
        let session = session
            .filter(|session| !self.queue.is_buried(&session.credential) || planted!(self, DigUpTheDead));
        let mut order = record.decision.cmp(&self.decided);
        if planted!(self, OwnRecordAlwaysWins) {
            order = Ordering::Less;
        }
        let yields_to_session = self.incoming.as_ref().is_some_and(|incoming| incoming.import.is_some());
        if yields_to_session && session.is_some() {
            self.incoming = None;
            order = Ordering::Greater;
        }
        match order {
            Ordering::Greater => self.follow(session, record.decision),
            Ordering::Less => {
                self.hear_of_sign_out(&record);
                self.overrule(session);
            }
            Ordering::Equal => self.compare(session, record.decision),
        }
        self.store.record = Some(record);
    }

    /// Another process holds what was decided last.
    fn follow(&mut self, session: Option<StoredSession>, decision: Decision) {
        self.decided = decision;
        self.drop_incoming();
        self.take_over(session);
    }

    /// A sign-in is under way here, and another process signed out before it was called: what is still held until the sign-in is
    /// published is what was signed out of.
    fn hear_of_sign_out(&mut self, record: &Record) {
        let signed_out = |held: &mut Holding| record.session.is_none() && record.decision > held.decision;
        if let Some(held) = self.held.take_if(signed_out) {
            self.give_up(held);
            self.reason = Some(SignedOutReason::SignedOut);
        }
    }

    /// What was decided here is the later word: the session of the other process ends.
    fn overrule(&mut self, session: Option<StoredSession>) {
        let Some(session) = session.filter(|session| !self.is_known(&session.credential)) else { return };
        if self.held.is_some() || self.incoming.is_some() {
            self.queue.add_foreign(session.credential);
        } else {
            // Signed out: that ends it, whether or not the store takes the record.
            self.queue.add(session.credential);
        }
    }

    /// Both processes know the same decision, and perhaps not the same of its session.
    fn compare(&mut self, session: Option<StoredSession>, decision: Decision) {
        let newest = self.incoming.as_ref().map(|incoming| &incoming.holding).or(self.held.as_ref());
        match (newest.map(|holding| holding.session.credential.clone()), session) {
            (None, None) => {}
            // It ended here, and the other process does not know it yet.
            (None, Some(session)) if self.queue.has(&session.credential) => {}
            (None, session) => self.take_over(session),
            // It ended there; Appwrite knows.
            (Some(_), None) => self.store.vanished = Vanished::Seen,
            (Some(own), Some(session)) if own.is_same(&session.credential) => self.learn(session),
            // Two sign-ins of the same microsecond. Every process takes the same one.
            (Some(own), Some(session)) if session.credential.is_before(&own) => self.overrule(Some(session)),
            (Some(_), session) => self.follow(session, decision),
        }
    }

    /// Holds what another process left in the store.
    fn take_over(&mut self, session: Option<StoredSession>) {
        let buried = |session: &StoredSession| {
            self.queue.is_buried(&session.credential) && !planted!(self, DigUpTheDead)
        };
        let Some(session) = session.filter(|session| !buried(session)) else {
            if let Some(held) = self.held.take() {
                self.give_up(held);
                self.reason = Some(SignedOutReason::SignedOut);
            }
            return;
        };
        if self.held.as_ref().is_some_and(|held| held.session.credential.is_same(&session.credential)) {
            return self.learn(session);
        }
        self.queue.forget(&session.credential);
        let epoch = self.next_epoch();
        let replaced = self.held.replace(Holding {
            epoch,
            session,
            verified: false,
            own: false,
            decision: self.decided,
        });
        if let Some(replaced) = replaced {
            self.give_up(replaced);
        }
        self.reason = None;
    }

    /// A credential is not held any more, because of what another process decided. What that process found in the store it revokes
    /// itself; what only this one has received, it may never have seen.
    fn give_up(&mut self, holding: Holding) {
        if holding.own && !planted!(self, ForgetReplaced) {
            self.queue.add(holding.session.credential);
        }
    }

    /// Learns what the record says of the session that is known here.
    fn learn(&mut self, recorded: StoredSession) {
        let holding = self.incoming.as_mut().map(|incoming| &mut incoming.holding).or(self.held.as_mut());
        let Some(holding) = holding else { return };
        let session = &mut holding.session;
        if recorded.user.is_some() {
            session.user = recorded.user;
        }
        if recorded.missing_factors.is_none() {
            session.missing_factors = None;
        }
        if session.session_id.is_empty() {
            session.session_id = recorded.session_id;
        }
        session.expires_at = session.expires_at.max(recorded.expires_at);
    }

    fn is_known(&self, credential: &Credential) -> bool {
        let incoming = self.incoming.as_ref().map(|incoming| &incoming.holding);
        incoming.into_iter().chain(&self.held).any(|holding| holding.session.credential.is_same(credential))
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
