//! What the store has that this client did not write: what another process decided, or an earlier installation of the app.

use std::cmp::Ordering;

use super::Vanished;
use crate::{
    credential::Credential,
    session::{
        SignedOutReason,
        attempt::Decision,
        machine::{Holding, Machine, planted},
        record::{Record, StoredSession},
    },
};

impl Machine {
    /// There is no record.
    pub(super) fn nothing_found(&mut self, first: bool, reason: SignedOutReason) {
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
    pub(super) fn reinstalled(&mut self, record: Record) {
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
    pub(super) fn first_found(&mut self, record: Record) {
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
    pub(super) fn changed(&mut self, record: Record) {
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
    pub(super) fn follow(&mut self, session: Option<StoredSession>, decision: Decision) {
        self.decided = decision;
        self.drop_incoming();
        self.take_over(session);
    }

    /// A sign-in is under way here, and another process signed out before it was called: what is still held until the sign-in is
    /// published is what was signed out of.
    pub(super) fn hear_of_sign_out(&mut self, record: &Record) {
        let signed_out = |held: &mut Holding| record.session.is_none() && record.decision > held.decision;
        if let Some(held) = self.held.take_if(signed_out) {
            self.give_up(held);
            self.reason = Some(SignedOutReason::SignedOut);
        }
    }

    /// What was decided here is the later word: the session of the other process ends.
    pub(super) fn overrule(&mut self, session: Option<StoredSession>) {
        let Some(session) = session.filter(|session| !self.is_known(&session.credential)) else { return };
        if self.held.is_some() || self.incoming.is_some() {
            self.queue.add_foreign(session.credential);
        } else {
            // Signed out: that ends it, whether or not the store takes the record.
            self.queue.add(session.credential);
        }
    }

    /// Both processes know the same decision, and perhaps not the same of its session.
    pub(super) fn compare(&mut self, session: Option<StoredSession>, decision: Decision) {
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
    pub(super) fn take_over(&mut self, session: Option<StoredSession>) {
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
    pub(super) fn give_up(&mut self, holding: Holding) {
        if holding.own && !planted!(self, ForgetReplaced) {
            self.queue.add(holding.session.credential);
        }
    }

    /// Learns what the record says of the session that is known here.
    pub(super) fn learn(&mut self, recorded: StoredSession) {
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

    pub(super) fn is_known(&self, credential: &Credential) -> bool {
        let incoming = self.incoming.as_ref().map(|incoming| &incoming.holding);
        incoming.into_iter().chain(&self.held).any(|holding| holding.session.credential.is_same(credential))
    }
}
