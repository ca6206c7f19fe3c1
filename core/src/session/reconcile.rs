//! Notices what another process of the app wrote into the store, before something stale overwrites it.

use super::{
    manager::{Ledger, Manager},
    record::{Record, StoredSession},
    state::{Epoch, Event, transition},
    vault::Reread,
};
use crate::{credential::Credential, store::StoreError};

impl Manager {
    /// Reads the record again. One that another process changed meanwhile is taken over, unless this process `decides`: then its
    /// session is replaced by what was decided here, and is to be revoked.
    ///
    /// A record that was removed changes nothing here, unless this process only reads: see [`recover`](Self::recover).
    pub(super) async fn reconcile(&self, ledger: &mut Ledger, decides: bool) -> Result<(), StoreError> {
        let reread = self.vault.reread().await?;
        // What is known here only, because the store was unread or refused it, is the newer word.
        let decides = decides || ledger.unread || ledger.unsaved;
        ledger.unread = false;
        let queued = ledger.revocations.len();
        match reread {
            Reread::Same => {}
            Reread::Gone if self.is_read_only() => self.adopt(ledger, None),
            Reread::Gone => ledger.vanished = ledger.session.is_some() && !decides,
            Reread::Changed(record) if self.is_read_only() => self.adopt(ledger, record.session),
            Reread::Changed(record) if decides => overrule(ledger, *record),
            Reread::Changed(record) => self.follow(ledger, *record),
        }
        if ledger.revocations.len() > queued || ledger.vanished {
            self.nudge.notify_one();
        }
        Ok(())
    }

    /// Reads the record again, when the app comes to the foreground or a gateway refuses the credential.
    pub(super) async fn refresh(&self) {
        let mut ledger = self.ledger().await;
        if !ledger.unread {
            // A store that cannot be read now has said nothing.
            let _ = self.reconcile(&mut ledger, false).await;
        }
    }

    /// If the record of the session has vanished: another process may have signed out, or the platform lost it. Appwrite is
    /// asked, and what is not ended is put back.
    pub(super) async fn recover(&self) {
        if !std::mem::take(&mut self.ledger().await.vanished) {
            return;
        }
        if let Some(held) = &self.publisher.view().held {
            self.arbitrate(held).await;
        }
        let mut ledger = self.ledger().await;
        ledger.vanished = false;
        if ledger.session.is_some() {
            let record = self.write(&mut ledger, Ok(())).await;
            tracing::warn!(put_back = record.is_ok(), "the record of the session had vanished");
            self.publish(&ledger);
        }
    }

    fn follow(&self, ledger: &mut Ledger, record: Record) {
        let own = ledger.session.as_ref().map(|(_, session)| session.credential.clone());
        let is_own = |other: &Credential| own.as_ref().is_some_and(|own| own.is_same(other));
        let ended_there = record.revocations.iter().any(is_own);
        for credential in record.revocations {
            queue(ledger, credential);
        }
        match record.session {
            Some(session) if is_own(&session.credential) => self.adopt(ledger, Some(session)),
            // It ended here, and the other process does not know it yet.
            Some(session) if is_queued(ledger, &session.credential) => {}
            Some(session) => self.adopt(ledger, Some(session)),
            None if ended_there => self.adopt(ledger, None),
            None => {}
        }
    }

    /// Holds what the other process left.
    fn adopt(&self, ledger: &mut Ledger, session: Option<StoredSession>) {
        let same =
            |session: &StoredSession, held: &StoredSession| held.credential.is_same(&session.credential);
        let event = match (session, &ledger.session) {
            (None, None) => return,
            (None, Some(_)) => {
                ledger.session = None;
                self.forget_gateway_cookies();
                Event::SignedOut
            }
            (Some(session), Some((epoch, held))) if same(&session, held) => {
                // Only what is not known here: the sign-in was concluded, or its second factor given, over there.
                if held.user.is_some() && held.missing_factors.is_none() {
                    return;
                }
                hold(ledger, *epoch, session)
            }
            (Some(session), _) => {
                let epoch = ledger.next_epoch();
                self.forget_gateway_cookies();
                hold(ledger, epoch, session)
            }
        };
        tracing::info!("another process of the app changed the session");
        ledger.standing = transition(&ledger.standing, event);
        self.publish(ledger);
    }
}

fn hold(ledger: &mut Ledger, epoch: Epoch, session: StoredSession) -> Event {
    let (user, factors) = (session.user.clone(), session.missing_factors.clone());
    ledger.session = Some((epoch, session));
    Event::Adopted { epoch, user, factors }
}

/// Replaces what `record` holds: its sessions are to be revoked, but for the one that is held here.
fn overrule(ledger: &mut Ledger, record: Record) {
    let theirs = record.session.map(|session| session.credential);
    for credential in record.revocations.into_iter().chain(theirs) {
        let held = ledger.session.as_ref().is_some_and(|(_, held)| held.credential.is_same(&credential));
        if !held {
            queue(ledger, credential);
        }
    }
}

fn queue(ledger: &mut Ledger, credential: Credential) {
    if !is_queued(ledger, &credential) {
        ledger.revocations.push(credential);
    }
}

fn is_queued(ledger: &Ledger, credential: &Credential) -> bool {
    ledger.revocations.iter().any(|queued| queued.is_same(credential))
}
