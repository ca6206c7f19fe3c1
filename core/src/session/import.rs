//! Takes over the session that one of Appwrite's own SDKs left on the device.

use super::{
    manager::Manager,
    record::StoredSession,
    state::{Event, transition},
};
use crate::{
    credential::Credential,
    error::{Error, Result},
    store::Persistence,
};

/// What came of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// The session is held, and stored. Erase what was passed.
    Imported,
    /// The very session is held already: an import before this one was not cleaned up after. Erase what was passed.
    AlreadyHeld,
    /// Another session is held, which stays. What was passed is left as it is, here and at Appwrite.
    Declined,
    /// There was no session of this project in what was passed.
    NothingFound,
}

impl Import {
    /// Whether the app is to erase what it passed, which is the credential in the open.
    pub fn may_erase(self) -> bool {
        matches!(self, Self::Imported | Self::AlreadyHeld)
    }
}

impl Manager {
    /// Holds and stores the session in `left`, unless one is held.
    pub(crate) async fn import_left_behind(&self, left: &str) -> Result<Import> {
        self.writable()?;
        let Some(credential) = self.appwrite.find_left_behind(left) else { return Ok(Import::NothingFound) };
        let manager = self.clone();
        self.tasks
            .run(async move {
                match manager.held_or_pending().await {
                    Ok(_) | Err(Error::SignedOut(_)) => {}
                    Err(error) => return Err(error),
                }
                manager.take_over(credential).await
            })
            .await
    }

    async fn take_over(&self, credential: Credential) -> Result<Import> {
        let mut ledger = self.ledger().await;
        self.reconcile(&mut ledger, false).await?;
        if let Some((_, held)) = &ledger.session {
            let same = held.credential.is_same(&credential);
            return Ok(if same { Import::AlreadyHeld } else { Import::Declined });
        }
        if ledger.revocations.iter().any(|queued| queued.is_same(&credential)) {
            // The user signed out of it here.
            return Ok(Import::AlreadyHeld);
        }
        if self.vault.persistence() == Persistence::MemoryOnly {
            return Err(Error::StorageUnavailable);
        }
        let epoch = ledger.next_epoch();
        let session = StoredSession {
            credential,
            // The cookie does not say. Appwrite marks it in its lists.
            session_id: String::new(),
            user: None,
            expires_at: None,
            missing_factors: None,
        };
        ledger.session = Some((epoch, session));
        if let Err(error) = self.write(&mut ledger, Ok(())).await {
            // Where it was it is still, so nothing is lost by having none of it.
            ledger.session = None;
            ledger.unsaved = !ledger.revocations.is_empty();
            return Err(error.into());
        }
        ledger.standing = transition(&ledger.standing, Event::Adopted { epoch, user: None, factors: None });
        self.publish(&ledger);
        Ok(Import::Imported)
    }
}
