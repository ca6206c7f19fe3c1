//! The blocking store, called off the async threads, with a panic of a store turned into an error.

use std::sync::{Arc, Mutex, PoisonError};

use super::{installation::Installation, record::Record, tasks::blocking};
use crate::{
    Secret,
    store::{Persistence, Quarantine, SecureStore, StoreError, StoreKey},
};

/// One record in one store.
#[derive(Clone)]
pub(crate) struct Vault {
    store: Arc<dyn SecureStore>,
    key: StoreKey,
    access: Access,
    installation: Option<Installation>,
    quarantine: Arc<Quarantine>,
    /// The record as it was last read or written.
    seen: Arc<Mutex<Option<Secret>>>,
}

/// What a client may do with its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everything.
    ReadWrite,
    /// Nothing but to read it: an extension, or another process of the app.
    ReadOnly,
}

/// What reading the store brought.
pub(crate) enum Loaded {
    /// Nothing is there.
    Nothing,
    /// A record.
    Found(Box<Record>),
    /// What was there cannot be read and was set aside.
    Lost,
    /// A record of an installation of the app before this one.
    Reinstalled(Box<Record>),
}

/// What reading the store again brought.
pub(crate) enum Reread {
    /// What was read or written last.
    Same,
    /// Nothing is there.
    Gone,
    /// Something else.
    Changed(Box<Record>),
}

impl Vault {
    pub(crate) fn new(
        store: Arc<dyn SecureStore>,
        key: StoreKey,
        access: Access,
        installation: Option<Installation>,
    ) -> Self {
        Self { store, key, access, installation, quarantine: Arc::default(), seen: Arc::default() }
    }

    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// Whether records are to say which installation wrote them.
    pub(crate) fn marks_installations(&self) -> bool {
        self.installation.is_some() && self.access == Access::ReadWrite
    }

    pub(crate) fn persistence(&self) -> Persistence {
        self.store.persistence()
    }

    /// Reads the record. What is there and makes no sense is quarantined, never deleted and never read again.
    pub(crate) async fn load(&self) -> Result<Loaded, StoreError> {
        self.blocking(|vault| {
            let record = match vault.read()? {
                Read::Nothing => return Ok(Loaded::Nothing),
                Read::Nonsense => return Ok(Loaded::Lost),
                Read::Record(record) => record,
            };
            match (&vault.installation, &record.installation) {
                (Some(this), Some(recorded)) => match this.is_another(recorded) {
                    Ok(true) => Ok(Loaded::Reinstalled(record)),
                    Ok(false) => Ok(Loaded::Found(record)),
                    Err(error) => {
                        // Not decided, so not seen.
                        *vault.seen() = None;
                        Err(error)
                    }
                },
                _ => Ok(Loaded::Found(record)),
            }
        })
        .await
    }

    /// Reads the record again.
    pub(crate) async fn reread(&self) -> Result<Reread, StoreError> {
        self.blocking(|vault| {
            let before = vault.seen().clone();
            let record = match vault.read()? {
                Read::Nothing | Read::Nonsense => return Ok(Reread::Gone),
                Read::Record(record) => record,
            };
            let same = match (&before, &*vault.seen()) {
                (Some(before), Some(now)) => before.matches(now),
                _ => false,
            };
            Ok(if same { Reread::Same } else { Reread::Changed(record) })
        })
        .await
    }

    /// Writes the record; an empty one is removed, so that a signed-out device keeps nothing. Does nothing where it may not.
    pub(crate) async fn save(&self, record: Record) -> Result<(), StoreError> {
        if self.access == Access::ReadOnly {
            return Ok(());
        }
        self.blocking(move |vault| {
            if record.is_empty() {
                vault.store.clear(&vault.key)?;
                *vault.seen() = None;
                vault.discard_quarantine();
                return Ok(());
            }
            let installation = vault.installation.as_ref().and_then(Installation::id);
            let text = Record { installation, ..record }.encode().ok_or(StoreError::Unavailable)?;
            vault.store.save(&vault.key, &text)?;
            *vault.seen() = Some(text);
            vault.discard_quarantine();
            Ok(())
        })
        .await
    }

    /// What was saved is saved, whatever the store says to this; the next save tries it again.
    fn discard_quarantine(&self) {
        if let Err(error) = self.quarantine.discard(&*self.store, &self.key) {
            tracing::debug!(%error, "a quarantined record could not be removed");
        }
    }

    /// Reads, remembers what it saw, and sets aside what makes no sense.
    fn read(&self) -> Result<Read, StoreError> {
        let text = match self.store.load(&self.key) {
            Err(StoreError::Corrupt) => None,
            Ok(None) => {
                *self.seen() = None;
                return Ok(Read::Nothing);
            }
            other => other?,
        };
        match text.as_ref().and_then(Record::decode) {
            Some(record) => {
                *self.seen() = text;
                Ok(Read::Record(Box::new(record)))
            }
            None => {
                if self.access == Access::ReadWrite {
                    self.store.quarantine(&self.key)?;
                    self.quarantine.filled();
                }
                *self.seen() = None;
                Ok(Read::Nonsense)
            }
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Option<Secret>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let vault = self.clone();
        let result = blocking(move || work(&vault)).await.unwrap_or(Err(StoreError::Unavailable));
        if let Err(error) = &result {
            tracing::warn!(%error, "the secure store failed");
        }
        result
    }
}

/// One look at the store.
enum Read {
    Nothing,
    Nonsense,
    Record(Box<Record>),
}
