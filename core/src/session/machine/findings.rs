//! What Appwrite says about a credential, and when an incoming one is published.

use super::{Epoch, Finding, Machine, SignedOutReason, planted};

impl Machine {
    pub(super) fn probed(&mut self, epoch: Epoch, finding: Finding) {
        self.store.vanished_is_answered();
        if self.incoming.as_ref().is_some_and(|incoming| incoming.holding.epoch == epoch) {
            self.conclude(epoch, finding);
            return;
        }
        if planted!(self, LateProbeEndsNewer)
            && let Some(held) = &self.held
        {
            return self.found(held.epoch, finding);
        }
        self.found(epoch, finding);
    }

    /// Applies what Appwrite says about the credential that is held, if it is the one of `epoch`.
    pub(super) fn found(&mut self, epoch: Epoch, finding: Finding) {
        let Some(held) = self.held_as(epoch) else { return };
        match finding {
            Finding::Alive(user) => {
                held.session.user = Some(user);
                held.session.missing_factors = None;
                held.verified = true;
            }
            Finding::MfaPending(factors) => {
                // An empty list says that Appwrite could not be asked which they are.
                let known = held.session.missing_factors.take().filter(|_| factors.is_empty());
                held.session.missing_factors = Some(known.unwrap_or(factors));
                held.verified = false;
            }
            Finding::Ended => self.lose(SignedOutReason::SessionEnded),
            Finding::Unknown if planted!(self, SilenceEndsSession) => {
                self.lose(SignedOutReason::SessionEnded)
            }
            Finding::Unknown => {}
        }
    }

    /// Notes whose the incoming credential is, and publishes it if the store has answered.
    pub(super) fn conclude(&mut self, epoch: Epoch, finding: Finding) {
        if let Some(incoming) = self.incoming.as_mut().filter(|incoming| incoming.holding.epoch == epoch) {
            incoming.finding = Some(finding);
            self.publish_incoming();
        }
    }

    /// The store has taken the incoming credential, or has failed to.
    pub(super) fn store_answered(&mut self) {
        if let Some(incoming) = &mut self.incoming {
            incoming.stored = true;
            self.publish_incoming();
        }
    }

    /// Makes the incoming credential the one that is held, once nothing is missing. What it replaces is revoked.
    pub(super) fn publish_incoming(&mut self) {
        let Some(incoming) = self.incoming.take_if(|incoming| incoming.stored && incoming.finding.is_some())
        else {
            return;
        };
        let replaced = self.held.replace(incoming.holding);
        if let Some(replaced) = replaced
            && !planted!(self, KeepReplacedAlive)
        {
            let credential = replaced.session.credential;
            // Usually the store has taken it already, together with what replaces it, and is not written again.
            if self.store.lists(&credential) {
                self.queue.add_stored(credential)
            } else {
                self.queue.add(credential)
            }
        }
        self.reason = None;
        if let (Some(held), Some(finding)) = (&self.held, incoming.finding) {
            self.found(held.epoch, finding);
        }
    }

    /// The credential that is held is of no use any more.
    pub(super) fn lose(&mut self, reason: SignedOutReason) {
        if let Some(held) = self.held.take() {
            self.queue.bury(held.session.credential);
        }
        self.reason = Some(reason);
    }
}
