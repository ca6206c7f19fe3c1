//! The user's sessions, here and elsewhere: list, extend, revoke.

use super::manager::Manager;
use crate::{appwrite::Id, error::Result, model::Session};

impl Manager {
    /// Every session of the user.
    pub(crate) async fn sessions(&self) -> Result<Vec<Session>> {
        let held = self.admitted().await?;
        let listed = self.appwrite.sessions(&held.credential).await;
        self.settle(held.epoch, listed).await
    }

    /// The session of this device, as Appwrite sees it.
    pub(crate) async fn current_session(&self) -> Result<Session> {
        let held = self.admitted().await?;
        let session = self.appwrite.current_session(&held.credential).await;
        self.settle(held.epoch, session).await
    }

    /// Starts the session's life anew, and stores until when.
    pub(crate) async fn extend_session(&self) -> Result<Session> {
        let held = self.admitted().await?;
        let manager = self.clone();
        self.tasks
            .run(async move {
                let extended = manager.appwrite.extend_session(&held.credential).await;
                let session = manager.settle(held.epoch, extended).await?;
                let mut ledger = manager.ledger().await;
                if let Some(stored) = ledger.session_of(held.epoch) {
                    stored.expires_at = session.expires_at;
                    // Appwrite is the judge of expiry, so a store that refuses this costs nothing; the upkeep saves it.
                    let _ = manager.save(&mut ledger).await;
                    manager.publish(&ledger);
                }
                Ok(session)
            })
            .await
    }

    /// Revokes one session; this device's own is a sign-out.
    pub(crate) async fn revoke_session(&self, id: &str) -> Result<()> {
        let id = Id::parse("session", id)?;
        let held = self.admitted().await?;
        let own = self
            .ledger()
            .await
            .session_of(held.epoch)
            .is_some_and(|session| session.session_id == id.as_str());
        if own || id == Id::CURRENT {
            return self.sign_out().await;
        }
        let manager = self.clone();
        self.tasks
            .run(async move {
                match manager.appwrite.delete_session(&id, &held.credential).await {
                    // A session that is gone is what was asked for.
                    Err(failure) if failure.is_gone() && !failure.is_guest() => Ok(()),
                    other => manager.settle(held.epoch, other).await,
                }
            })
            .await
    }
}
