//! The blocking store, called off the async threads, with a panic of a store turned into an error.

use std::sync::Arc;

use super::record::Record;
use crate::store::{Persistence, SecureStore, StoreError, StoreKey};

/// One record in one store.
#[derive(Clone)]
pub(crate) struct Vault {
    store: Arc<dyn SecureStore>,
    key: StoreKey,
}

/// What reading the store brought.
pub(crate) enum Loaded {
    /// Nothing is there.
    Nothing,
    /// A record.
    Found(Box<Record>),
    /// What was there cannot be read and was set aside.
    Lost,
}

impl Vault {
    pub(crate) fn new(store: Arc<dyn SecureStore>, key: StoreKey) -> Self {
        Self { store, key }
    }

    pub(crate) fn persistence(&self) -> Persistence {
        self.store.persistence()
    }

    /// Reads the record. What is there and makes no sense is quarantined, never deleted and never read again.
    pub(crate) async fn load(&self) -> Result<Loaded, StoreError> {
        let loaded = self.blocking(|store, key| match store.load(key) {
            Ok(None) => Ok(Loaded::Nothing),
            Ok(Some(text)) => match Record::decode(&text) {
                Some(record) => Ok(Loaded::Found(Box::new(record))),
                None => store.quarantine(key).map(|()| Loaded::Lost),
            },
            Err(StoreError::Corrupt) => store.quarantine(key).map(|()| Loaded::Lost),
            Err(error) => Err(error),
        });
        loaded.await
    }

    /// Writes the record; an empty one is removed, so that a signed-out device keeps nothing.
    pub(crate) async fn save(&self, record: &Record) -> Result<(), StoreError> {
        if record.is_empty() {
            return self.blocking(SecureStore::clear).await;
        }
        let text = record.encode().ok_or(StoreError::Unavailable)?;
        self.blocking(move |store, key| store.save(key, &text)).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn SecureStore, &StoreKey) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Self { store, key } = self.clone();
        let result = tokio::task::spawn_blocking(move || work(&*store, &key)).await;
        let result = result.unwrap_or(Err(StoreError::Unavailable));
        if let Err(error) = &result {
            tracing::warn!(%error, "the secure store failed");
        }
        result
    }
}
