//! Tells Appwrite of a session that ended here.

use std::sync::Arc;

use crate::{
    appwrite::Id,
    credential::Credential,
    session::{
        handle::{Session, Shared},
        machine::{Event, Revoked},
    },
};

impl Shared {
    /// Revokes one session in the background. When the client is closed meanwhile, it is left to the next start: the store has it.
    pub(in crate::session) fn start_revocation(self: Arc<Self>, credential: Credential) {
        let tasks = self.tasks.clone();
        let session = Session::of(self);
        drop(tasks.spawn(async move {
            let result = tokio::select! {
                result = session.revoke(&credential) => result,
                () = session.tasks.closed() => Revoked::Later,
            };
            tracing::debug!(?result, "revoking a session that ended here");
            session.note(Event::RevocationTried { credential, result }).await;
        }));
    }
}

impl Session {
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
