//! A store that the host implements, as the core's store.

use std::sync::Arc;

use appwrite_session_core::{
    Secret,
    store::{self, SecureStore, StoreError, StoreKey},
};

use crate::models::Persistence;

/// Why a store of the host could not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostStoreError {
    /// The platform keeps the record but does not give it out now. Try again later.
    #[error("locked")]
    Locked,
    /// There is a record, and the platform cannot read or decrypt it.
    #[error("corrupt")]
    Corrupt,
    /// The store itself cannot be reached or used.
    #[error("unavailable")]
    Unavailable,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostStoreError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        // The reason is dropped: a host's exception can hold the record.
        Self::Unavailable
    }
}

/// A place of the host that keeps one secret record per key.
///
/// The methods block, on threads that are there for it, one at a time per key. They must not call back into the client. What they
/// throw beside [`HostStoreError`] counts as unavailable, and its text goes nowhere.
#[uniffi::export(foreign)]
pub trait HostStore: Send + Sync {
    /// The record under `key`, or nothing if there is certainly none.
    fn load(&self, key: String) -> Result<Option<String>, HostStoreError>;

    /// Puts `record` under `key`, in place of what was there.
    fn save(&self, key: String, record: String) -> Result<(), HostStoreError>;

    /// Removes what is under `key`. Nothing there is success.
    fn clear(&self, key: String) -> Result<(), HostStoreError>;

    /// Moves what is under `key` to `aside` where it can, so that `key` is free again.
    fn quarantine(&self, key: String, aside: String) -> Result<(), HostStoreError>;

    /// How long records of this store last.
    fn persistence(&self) -> Result<Persistence, HostStoreError>;
}

/// A host's store in the core's terms.
pub(crate) struct HostStoreAdapter {
    host: Arc<dyn HostStore>,
    persistence: store::Persistence,
}

impl HostStoreAdapter {
    pub(crate) fn new(host: Arc<dyn HostStore>) -> Self {
        let persistence = host.persistence().unwrap_or(Persistence::MemoryOnly).into();
        Self { host, persistence }
    }
}

impl SecureStore for HostStoreAdapter {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        let record = self.host.load(key.as_str().to_owned())?;
        Ok(record.map(Secret::new))
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        // Exposed to the host, whose task it is to keep it.
        Ok(self.host.save(key.as_str().to_owned(), record.expose().to_owned())?)
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        Ok(self.host.clear(key.as_str().to_owned())?)
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        Ok(self.host.quarantine(key.as_str().to_owned(), key.quarantine().as_str().to_owned())?)
    }

    fn persistence(&self) -> store::Persistence {
        self.persistence
    }
}

impl From<HostStoreError> for StoreError {
    fn from(error: HostStoreError) -> Self {
        match error {
            HostStoreError::Locked => Self::Locked,
            HostStoreError::Corrupt => Self::Corrupt,
            HostStoreError::Unavailable => Self::Unavailable,
        }
    }
}
