//! Performs the operations of the account API on behalf of the user, and tells the machine what they say about the session.

use std::future::Future;

use crate::{
    appwrite::{Behalf, Call, Failure, Operation, Reply},
    error::{Error, Result, Sent},
    session::{
        attempt::Attempt,
        handle::Session,
        machine::{Event, Finding},
        publisher::Held,
    },
};

/// What ends the use of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is gone, with all of its sessions.
    Deleted,
    /// Nobody can use it, and its sessions are still there.
    Blocked,
}

impl Session {
    /// Performs an operation, and reads its answer. What is done on behalf of the user goes on if the future is dropped after it was polled.
    pub(crate) async fn perform<T>(&self, operation: Operation<T>) -> Result<T> {
        let Operation { call, read } = operation;
        let reply = self.reply(call).await?;
        Ok(read(reply.body()).ok_or(Failure::Unintelligible(None))?)
    }

    /// Performs one of several operations that belong together, on behalf of the user of the first one.
    pub(crate) async fn perform_as<T>(&self, held: &Held, operation: Operation<T>) -> Result<T> {
        let Operation { call, read } = operation;
        let reply = self.reply_to(call, held.clone()).await?;
        Ok(read(reply.body()).ok_or(Failure::Unintelligible(None))?)
    }

    /// Performs an operation.
    pub(crate) async fn reply(&self, call: Call) -> Result<Reply> {
        if self.tasks.is_closed() {
            return Err(Error::Closed(Sent::Nothing));
        }
        if call.behalf == Behalf::Nobody {
            return Ok(self.appwrite.perform(&call, None).await?);
        }
        let held = self.admitted().await?;
        self.reply_to(call, held).await
    }

    async fn reply_to(&self, call: Call, held: Held) -> Result<Reply> {
        let session = self.clone();
        self.tasks.run(async move { session.reply_to_user(call, held).await }).await
    }

    async fn reply_to_user(&self, call: Call, held: Held) -> Result<Reply> {
        let answer = self.appwrite_as(&held).perform(&call, Some(&held.credential)).await;
        let reply = self.judged(&held, answer).await;
        match call.behalf {
            Behalf::User(action) => reply.map_err(|error| error.of_action(action)),
            Behalf::UserWhoChanges => {
                let reply = reply?;
                let account = reply.account().filter(|account| account.user.id == held.credential.user_id());
                let finding = Finding::Alive(account.ok_or(Failure::Unintelligible(None))?.user);
                // The state shows the user as Appwrite now has it. A client that is closed meanwhile keeps the state that it had.
                let _ = self.tell(Event::Probed { epoch: held.epoch, finding }).await;
                Ok(reply)
            }
            Behalf::Nobody => reply,
        }
    }

    /// Performs an operation after which the account is of no use any more, and signs out here.
    ///
    /// The attempt is numbered now, when this is called.
    pub(crate) fn account_ended<T: 'static>(
        &self,
        operation: Operation<T>,
        ending: Ending,
    ) -> impl Future<Output = Result<()>> + Send + use<T> {
        let (session, attempt, call) = (self.clone(), self.attempt(), operation.call);
        async move {
            session.writable()?;
            let held = session.admitted().await?;
            let tasks = session.tasks.clone();
            tasks.run(async move { session.ended_by(call, held, attempt, ending).await }).await
        }
    }

    async fn ended_by(&self, call: Call, held: Held, attempt: Attempt, ending: Ending) -> Result<()> {
        let answer = self.appwrite_as(&held).perform(&call, Some(&held.credential)).await;
        self.judged(&held, answer).await?;
        let event = match ending {
            Ending::Deleted => Event::SignedOutEverywhere { attempt, epoch: held.epoch },
            // Appwrite refuses to revoke it now, and is asked again until it lets the user in again.
            Ending::Blocked => Event::SignOut { attempt, of: Some(held.epoch) },
        };
        let saved = self.tell_end(attempt, event).await.map_err(Error::after_sending)?;
        match self.now_or_pending() {
            // A sign-in that was called later keeps its session.
            Ok(_) => Ok(()),
            // Appwrite has done its part, so this is no call that the store held back.
            Err(_) => saved.stored.map_err(|_| Error::StorageUnavailable),
        }
    }
}
