//! The device's store: in memory, durable by its own word, and as broken as it is told to be.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use appwrite_session_core::{
    Secret,
    store::{MemoryStore, Persistence, SecureStore, StoreError, StoreKey},
};

/// What is wrong with a store.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It says so.
    Says(StoreError),
    /// It panics.
    Panics,
}

/// A store that outlives its clients.
#[derive(Clone, Default)]
pub(crate) struct Device {
    records: MemoryStore,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Device {
    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        *self.lock() = fault;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Fault>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[allow(clippy::panic, reason = "a store that panics is what is asked for")]
    fn check(&self) -> Result<(), StoreError> {
        let fault = self.lock().clone();
        match fault {
            None => Ok(()),
            Some(Fault::Says(error)) => Err(error),
            Some(Fault::Panics) => panic!("the store was told to panic"),
        }
    }
}

impl SecureStore for Device {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.check()?;
        self.records.load(key)
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        self.check()?;
        self.records.save(key, record)
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.check()?;
        self.records.clear(key)
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        // What cannot be read can be set aside.
        self.records.quarantine(key)?;
        self.set_fault(None);
        Ok(())
    }

    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }
}
