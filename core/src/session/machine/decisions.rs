//! What the user decides: a sign-in that was answered, an import, a sign-out. The later attempt wins.

use std::time::SystemTime;

use super::{
    Attempt, Credential, Decision, Epoch, Finding, Holding, Incoming, Machine, Outcome, SignedOutReason,
    StoredSession, planted,
};

impl Machine {
    pub(super) fn sign_in_answered(
        &mut self,
        attempt: Attempt,
        credential: Credential,
        session_id: String,
        expires_at: Option<SystemTime>,
    ) -> Outcome {
        self.try_now();
        if !self.is_newest(attempt) && !planted!(self, LateSignInWins) {
            if !planted!(self, ForgetSuperseded) {
                self.queue.add(credential);
            }
            return Outcome::Superseded;
        }
        self.takes_effect(attempt);
        self.drop_incoming();
        let session = StoredSession { credential, session_id, user: None, expires_at, missing_factors: None };
        let epoch = self.receive(session, None);
        if planted!(self, PublishBeforeSave) {
            self.store_answered();
        }
        Outcome::Kept(epoch)
    }

    pub(super) fn import(&mut self, attempt: Attempt, credential: Credential) -> Outcome {
        let incoming = self.incoming.as_ref().map(|incoming| &incoming.holding);
        if let Some(holding) = incoming.or(self.held.as_ref()) {
            let same = holding.session.credential.is_same(&credential);
            return if same { Outcome::AlreadyHeld } else { Outcome::Declined };
        }
        if self.queue.has(&credential) {
            // The user signed out of it here.
            return Outcome::AlreadyHeld;
        }
        if !self.is_newest(attempt) {
            return Outcome::Declined;
        }
        let before = self.decided;
        self.takes_effect(attempt);
        let session = StoredSession {
            credential,
            // The cookie does not say. Appwrite marks it in its lists.
            session_id: String::new(),
            user: None,
            expires_at: None,
            missing_factors: None,
        };
        let epoch = self.receive(session, Some(before));
        self.conclude(epoch, Finding::Unknown);
        self.try_now();
        Outcome::Kept(epoch)
    }

    pub(super) fn sign_out(&mut self, attempt: Attempt, of: Option<Epoch>) -> Outcome {
        if !self.is_newest(attempt) && !planted!(self, LateSignOutWins) {
            return Outcome::Superseded;
        }
        if of.is_some_and(|epoch| self.held_as(epoch).is_none()) {
            return Outcome::Superseded;
        }
        #[cfg(test)]
        if planted!(self, SignOutWaitsForStore) && self.store.is_busy() {
            return Outcome::Applied;
        }
        self.takes_effect(attempt);
        self.drop_incoming();
        if let Some(held) = self.held.take()
            && !planted!(self, ForgetToRevoke)
        {
            self.queue.add(held.session.credential);
        }
        self.reason = Some(SignedOutReason::SignedOut);
        // Another process may have signed in, which this one has not heard of.
        self.store.read_again();
        self.store.write_again();
        self.try_now();
        Outcome::Applied
    }

    pub(super) fn signed_out_everywhere(&mut self, attempt: Attempt, epoch: Epoch) {
        if !self.is_newest(attempt) {
            return;
        }
        if planted!(self, EverywhereEndsOne) && self.held_as(epoch).is_none() {
            return;
        }
        self.takes_effect(attempt);
        if self.held_as(epoch).is_some() {
            self.lose(SignedOutReason::SignedOut);
        }
        // What was signed in before this was called, and is answered only now, is not what the user wants any more.
        self.drop_incoming();
        if let Some(held) = self.held.take() {
            self.queue.add(held.session.credential);
            self.reason = Some(SignedOutReason::SignedOut);
        }
    }

    /// The number of the decision that an attempt is.
    pub(super) fn decision(&self, attempt: Attempt) -> Decision {
        let least = if attempt.is_earlier { Decision::default() } else { self.floor.plus(attempt.ordinal) };
        attempt.decision.max(least)
    }

    /// Whether nothing was decided after `attempt` was called.
    pub(super) fn is_newest(&self, attempt: Attempt) -> bool {
        attempt.ordinal > self.ordinal && self.decision(attempt) > self.decided
    }

    pub(super) fn takes_effect(&mut self, attempt: Attempt) {
        self.decided = self.decision(attempt);
        self.ordinal = attempt.ordinal;
        self.store.decided_here();
    }

    /// Takes a credential in, unpublished.
    pub(super) fn receive(&mut self, session: StoredSession, import: Option<Decision>) -> Epoch {
        let epoch = self.next_epoch();
        let holding = Holding { epoch, session, verified: false, own: true, decision: self.decided };
        self.incoming = Some(Incoming { holding, stored: false, finding: None, import });
        epoch
    }

    /// A sign-in under way is over: its session is revoked. An import leaves everything as it is.
    pub(super) fn drop_incoming(&mut self) {
        if let Some(incoming) = self.incoming.take()
            && incoming.import.is_none()
        {
            self.queue.add(incoming.holding.session.credential);
        }
    }
}
