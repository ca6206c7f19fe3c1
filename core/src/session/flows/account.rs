//! The user's sessions, here and elsewhere: list, extend, revoke.

use std::future::Future;

use crate::{
    appwrite::Id,
    error::Result,
    model::Session as Listed,
    session::{attempt::Attempt, handle::Session, machine::Event, publisher::Held},
};

impl Session {
    /// Every session of the user.
    pub(crate) async fn sessions(&self) -> Result<Vec<Listed>> {
        let held = self.admitted().await?;
        let listed = self.appwrite_as(&held).sessions(&held.credential).await;
        let sessions = self.judged(&held, listed).await?;
        if let Some(own) = sessions.iter().find(|session| session.current) {
            self.learn(&held, own).await;
        }
        Ok(sessions)
    }

    /// The session of this device, as Appwrite sees it.
    pub(crate) async fn current_session(&self) -> Result<Listed> {
        let held = self.admitted().await?;
        self.current_session_of(&held).await
    }

    async fn current_session_of(&self, held: &Held) -> Result<Listed> {
        let session = self.appwrite_as(held).current_session(&held.credential).await;
        let session = self.judged(held, session).await?;
        self.learn(held, &session).await;
        Ok(session)
    }

    /// Starts the session's life anew, and stores until when.
    pub(crate) async fn extend_session(&self) -> Result<Listed> {
        let held = self.admitted().await?;
        let session = self.clone();
        self.tasks
            .run(async move {
                let extended = session.appwrite_as(&held).extend_session(&held.credential).await;
                let extended = session.judged(&held, extended).await?;
                session.learn(&held, &extended).await;
                Ok(extended)
            })
            .await
    }

    /// Revokes one session; this device's own is a sign-out.
    ///
    /// The attempt is numbered now, when this is called.
    pub(crate) fn revoke_session(&self, id: &str) -> impl Future<Output = Result<()>> + Send + use<> {
        let (session, attempt, id) = (self.clone(), self.attempt(), Id::parse("session", id));
        async move { session.session_revoked(id?, attempt).await }
    }

    async fn session_revoked(&self, id: Id, attempt: Attempt) -> Result<()> {
        let held = self.admitted().await?;
        let mut own = held.session_id.clone();
        if own.is_empty() && id != Id::CURRENT {
            // After an import nobody has said yet which session this is.
            own = self.current_session_of(&held).await?.id;
        }
        if id.as_str() == own || id == Id::CURRENT {
            return self.signed_out(attempt, Some(held.epoch)).await;
        }
        let session = self.clone();
        self.tasks
            .run(async move {
                match session.appwrite_as(&held).delete_session(&id, &held.credential).await {
                    // A session that is gone is what was asked for.
                    Err(failure) if failure.is_gone() && !failure.is_guest() => Ok(()),
                    other => session.judged(&held, other).await,
                }
            })
            .await
    }

    /// Keeps what Appwrite said of the session that is held.
    async fn learn(&self, held: &Held, session: &Listed) {
        let known = held.session_id == session.id && held.expires_at == session.expires_at;
        if !known {
            let event = Event::SessionLearned {
                epoch: held.epoch,
                session_id: session.id.clone(),
                expires_at: session.expires_at,
            };
            // Appwrite is the judge of expiry, so a store that refuses this costs nothing; it is saved later.
            let _ = self.tell(event).await;
        }
    }
}
