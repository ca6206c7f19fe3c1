//! Takes over the session that one of Appwrite's own SDKs left on the device.

use std::future::Future;

use crate::{
    credential::Credential,
    error::{Error, Result},
    session::{
        attempt::Attempt,
        handle::Session,
        machine::{Event, Outcome},
    },
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

impl Session {
    /// Holds and stores the session in `legacy`, unless one is held. The attempt is numbered now, when this is called.
    pub(crate) fn import(&self, legacy: &str) -> impl Future<Output = Result<Import>> + Send + use<> {
        let (session, attempt) = (self.clone(), self.attempt());
        let found = self.appwrite.find_legacy(legacy);
        async move {
            session.writable()?;
            let Some(credential) = found else { return Ok(Import::NothingFound) };
            let tasks = session.tasks.clone();
            tasks.run(async move { session.imported(credential, attempt).await }).await
        }
    }

    async fn imported(&self, credential: Credential, attempt: Attempt) -> Result<Import> {
        self.store_was_read().await?;
        // Another process may have signed in by now. A store that cannot be read decides nothing.
        self.look().await?.stored?;
        let offered = self.publisher.view().held.is_none();
        if offered && !self.store_is_durable() {
            return Err(Error::StorageUnavailable);
        }
        let saved = self.tell(Event::Import { attempt, credential }).await?;
        match saved.outcome {
            Outcome::AlreadyHeld => Ok(Import::AlreadyHeld),
            Outcome::Kept(_) => saved.stored.map(|()| Import::Imported).map_err(Error::from),
            Outcome::Superseded if saved.stored.is_err() => {
                saved.stored.map(|()| Import::Declined).map_err(Error::from)
            }
            _ => Ok(Import::Declined),
        }
    }
}
