//! Tells Appwrite of a session that ended here.

use std::{pin::pin, sync::Arc, time::Duration};

use crate::{
    appwrite::Id,
    credential::Credential,
    session::{
        handle::{Session, Shared},
        machine::{Event, Revoked},
    },
};

/// How long a revocation under way is waited for when the client is closed.
const CLOSING_GRACE: Duration = Duration::from_secs(3);

impl Shared {
    /// Revokes one session in the background. When the client is closed meanwhile, Appwrite has a moment left to answer; then it is left
    /// to the next start, because the store has it. When the network changes meanwhile, it begins anew: the request before may be stuck
    /// on a dead connection, and any number of them does no harm.
    pub(in crate::session) fn start_revocation(self: Arc<Self>, credential: Credential) {
        let tasks = self.tasks.clone();
        let session = Session::of(self);
        // The task may run for the first time when the client has been closed since.
        let was_closed = tasks.is_closed();
        let mut network = session.appwrite.network();
        drop(tasks.spawn(async move {
            let mut closed = pin!(session.closed_for_a_moment(was_closed));
            let result = loop {
                tokio::select! {
                    result = session.revoke(&credential) => break result,
                    () = &mut closed => break Revoked::Later,
                    // The sender lives in the session, so the wait cannot fail.
                    _ = network.changed() => {}
                }
            };
            if matches!(result, Revoked::Done) {
                session.appwrite.meter().revocations_told.add();
            }
            tracing::debug!(?result, "revoking a session that ended here");
            session.note(Event::RevocationTried { credential, result }).await;
        }));
    }
}

impl Session {
    /// Waits until the client is closed, and then for the time that a revocation has left; for none if it `was_closed` when that
    /// began.
    async fn closed_for_a_moment(&self, was_closed: bool) {
        self.tasks.closed().await;
        if !was_closed {
            self.tasks.sleep(CLOSING_GRACE).await;
        }
    }

    async fn revoke(&self, credential: &Credential) -> Revoked {
        match self.appwrite.delete_session(&Id::CURRENT, credential).await {
            Ok(()) => Revoked::Done,
            Err(failure) if failure.is_gone() => Revoked::Done,
            Err(failure) if failure.is_final_for_revocation() => Revoked::Never,
            Err(failure) if failure.is_refusal_for_now() => Revoked::Refused,
            Err(_) => Revoked::Later,
        }
    }
}
