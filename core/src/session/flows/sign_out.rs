//! Signing out: here, or everywhere.

use std::{future::Future, sync::PoisonError};

use crate::{
    error::{Error, Result},
    session::{
        attempt::Attempt,
        handle::Session,
        machine::{Epoch, Event},
        publisher::Held,
    },
};

/// How often Appwrite is asked to delete every session, when answers are lost.
const TRIES: u32 = 3;

impl Session {
    /// Ends the session here, at once and whatever the network does; Appwrite is told as soon as it can be. The attempt is numbered
    /// now, when this is called.
    pub(crate) fn sign_out(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        let (session, attempt) = (self.clone(), self.attempt());
        async move { session.signed_out(attempt, None).await }
    }

    /// As [`sign_out`](Self::sign_out), of the session that is held now, and of none that comes later. If none is, of whatever the store has.
    pub(crate) fn sign_out_of_now(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        let (session, attempt) = (self.clone(), self.attempt());
        let of = self.publisher.view().held.as_ref().map(|held| held.epoch);
        async move { session.signed_out(attempt, of).await }
    }

    /// Signs out of any session, or only of the one whose credential has the epoch `of`.
    pub(super) async fn signed_out(&self, attempt: Attempt, of: Option<Epoch>) -> Result<()> {
        self.writable()?;
        let session = self.clone();
        let event = Event::SignOut { attempt, of };
        self.tasks.run(async move { Ok(session.tell_end(attempt, event).await?.stored?) }).await
    }

    /// Ends the session here after Appwrite has deleted all of them.
    pub(crate) fn sign_out_everywhere(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        let (session, attempt) = (self.clone(), self.attempt());
        async move {
            session.writable()?;
            let held = session.admitted().await?;
            let tasks = session.tasks.clone();
            tasks.run(async move { session.signed_out_everywhere(held, attempt).await }).await
        }
    }

    async fn signed_out_everywhere(&self, held: Held, attempt: Attempt) -> Result<()> {
        let mut tries = 0;
        let deleted = loop {
            tries += 1;
            let deleted = self.appwrite_as(&held).delete_sessions(&held.credential).await;
            let lost = deleted.as_ref().is_err_and(|failure| failure.may_have_arrived());
            if lost {
                self.perhaps_ended(Some(held.epoch));
            }
            if !lost || tries == TRIES || self.tasks.is_closed() {
                break deleted;
            }
        };
        // After a lost answer "no such session" says that it was done.
        let done = match &deleted {
            Ok(()) => true,
            Err(failure) => failure.is_guest() && self.is_perhaps_ended(held.epoch),
        };
        if !done {
            self.judged(&held, deleted).await?;
        }
        self.perhaps_ended(None);
        let event = Event::SignedOutEverywhere { attempt, epoch: held.epoch };
        let saved = self.tell_end(attempt, event).await.map_err(Error::after_sending)?;
        match self.now_or_pending() {
            // A sign-in that was called later keeps its session.
            Ok(_) => Ok(()),
            // Appwrite has done its part, so this is no call that the store held back.
            Err(_) => saved.stored.map_err(|_| Error::StorageUnavailable),
        }
    }

    fn perhaps_ended(&self, epoch: Option<Epoch>) {
        *self.perhaps_ended.lock().unwrap_or_else(PoisonError::into_inner) = epoch;
    }

    fn is_perhaps_ended(&self, epoch: Epoch) -> bool {
        *self.perhaps_ended.lock().unwrap_or_else(PoisonError::into_inner) == Some(epoch)
    }
}
