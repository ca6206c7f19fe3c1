//! Performs the operations of the account API on behalf of the user, and tells the machine what they say about the session.

use std::future::Future;

use crate::{
    appwrite::{Call, Failure, Operation, Reply},
    error::{Error, Result, SensitiveAction, Sent},
    model::Account,
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
    /// Performs an operation as the user who is signed in. The work goes on if the future is dropped after it was polled.
    pub(crate) async fn authorized<T>(&self, operation: Operation<T>) -> Result<T> {
        let Operation { call, read } = operation;
        let held = self.admitted().await?;
        read_as(read, &self.authorized_call(held, call, SensitiveAction::Other).await?)
    }

    /// As [`authorized`](Self::authorized), for what Appwrite may want a recent sign-in for.
    pub(crate) async fn authorized_for<T>(
        &self,
        operation: Operation<T>,
        action: SensitiveAction,
    ) -> Result<T> {
        let Operation { call, read } = operation;
        let held = self.admitted().await?;
        read_as(read, &self.authorized_call(held, call, action).await?)
    }

    // Everything that does not depend on the type of the answer is here, and in the library once.
    async fn authorized_call(&self, held: Held, call: Call, action: SensitiveAction) -> Result<Reply> {
        let session = self.clone();
        self.tasks
            .run(async move {
                let answer = session.appwrite.perform(&call, Some(&held.credential)).await;
                session.judged(&held, answer).await.map_err(|error| error.of_action(action))
            })
            .await
    }

    /// Performs an operation that changes the account and answers with it. The state shows the user as Appwrite now has it.
    pub(crate) async fn account_changed(&self, operation: Operation<Account>) -> Result<Account> {
        let held = self.admitted().await?;
        let session = self.clone();
        self.tasks
            .run(async move {
                let answer = session.appwrite.perform(&operation.call, Some(&held.credential)).await;
                let reply = session.judged(&held, answer).await?;
                let account = read_as(operation.read, &reply)?;
                if account.user.id != held.credential.user_id() {
                    return Err(Failure::Unintelligible(None).into());
                }
                let finding = Finding::Alive(account.user.clone());
                // A client that is closed meanwhile keeps the state that it had.
                let _ = session.tell(Event::Probed { epoch: held.epoch, finding }).await;
                Ok(account)
            })
            .await
    }

    /// Performs an operation without a credential.
    pub(crate) async fn unauthorized<T>(&self, operation: Operation<T>) -> Result<T> {
        let Operation { call, read } = operation;
        if self.tasks.is_closed() {
            return Err(Error::Closed(Sent::Nothing));
        }
        read_as(read, &self.appwrite.perform(&call, None).await?)
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
        let answer = self.appwrite.perform(&call, Some(&held.credential)).await;
        self.judged(&held, answer).await?;
        let event = match ending {
            Ending::Deleted => Event::SignedOutEverywhere { attempt, epoch: held.epoch },
            // Appwrite refuses to revoke it now, and is asked again until it lets the user in again.
            Ending::Blocked => Event::SignOut { attempt, of: Some(held.epoch) },
        };
        let saved = self.tell(event).await.map_err(Error::after_sending)?;
        match self.now_or_pending() {
            // A sign-in that was called later keeps its session.
            Ok(_) => Ok(()),
            // Appwrite has done its part, so this is no call that the store held back.
            Err(_) => saved.stored.map_err(|_| Error::StorageUnavailable),
        }
    }
}

fn read_as<T>(read: fn(&[u8]) -> Option<T>, reply: &Reply) -> Result<T> {
    Ok(read(reply.body()).ok_or(Failure::Unintelligible(None))?)
}
