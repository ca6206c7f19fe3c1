//! Does later what could not be done at once: reads a store that was locked, saves what it refused, and tells Appwrite of
//! sessions that ended here while it could not be reached.

use std::time::Duration;

use super::{manager::Manager, state::SessionState};
use crate::{
    appwrite::{Failure, Id},
    credential::Credential,
};

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

impl Manager {
    /// Reads the store, and stays for what is left to do. Ends when the client is closed or gone.
    pub(super) fn start_upkeep(&self) {
        let manager = self.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = manager.keep_up() => {}
                () = manager.tasks.closed() => {}
            }
        });
    }

    /// Does not end by itself. Dropping it between two steps leaves nothing half done: what is left to do is in the store.
    async fn keep_up(&self) {
        self.restore().await;
        let mut wait = FIRST_WAIT;
        loop {
            let settled = self.ledger().await.is_settled();
            if settled {
                self.nudge.notified().await;
                wait = FIRST_WAIT;
            } else if self.waits_out(wait).await {
                wait = (wait * 2).min(LONGEST_WAIT);
            } else {
                wait = FIRST_WAIT;
            }
            self.resume().await;
        }
    }

    /// Whether the wait was waited out; a nudge ends it early.
    async fn waits_out(&self, wait: Duration) -> bool {
        tokio::select! {
            () = self.clock.sleep(wait) => true,
            () = self.nudge.notified() => false,
        }
    }

    /// Tries everything that is left to do, once, now.
    pub(crate) async fn resume(&self) -> SessionState {
        let manager = self.clone();
        // The task is waited for; if the client is closed or the runtime ends under it, the state is what it was.
        let work = async move {
            manager.catch_up().await;
            Ok(())
        };
        let _ = self.tasks.run(work).await;
        self.publisher.view().change.state.clone()
    }

    async fn catch_up(&self) {
        let _alone = self.chores.lock().await;
        self.restore().await;
        self.refresh().await;
        self.recover().await;
        {
            let mut ledger = self.ledger().await;
            if ledger.unsaved {
                let _ = self.save(&mut ledger).await;
                self.publish(&ledger);
            }
        }
        let waiting = self.ledger().await.revocations.clone();
        for credential in waiting {
            self.revoke(&credential).await;
        }
    }

    /// Revokes one session at Appwrite, and forgets it once Appwrite has done so or knows it no more.
    async fn revoke(&self, credential: &Credential) {
        let answer = self.appwrite.delete_session(&Id::CURRENT, credential).await;
        let done = answer.as_ref().map_or_else(Failure::is_final_for_revocation, |()| true);
        let blocked = answer.as_ref().is_err_and(Failure::is_user_blocked);
        tracing::debug!(done, blocked, "revoking a session that ended here");
        if done {
            let mut ledger = self.ledger().await;
            ledger.revocations.retain(|waiting| !waiting.is_same(credential));
            // If the store refuses, the revocation is tried again after a restart, and found done.
            let _ = self.save(&mut ledger).await;
            self.publish(&ledger);
        }
    }
}
