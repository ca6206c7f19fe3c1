//! The secure stores of a device, which fail as a test says.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use appwrite_session_core::{
    Secret,
    store::{Persistence, SecureStore, StoreError, StoreKey},
};

use crate::locked;

/// A secure store. Its content outlives the app's process. Clones are the same store.
#[derive(Clone, Default)]
pub struct DeviceStore(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    records: HashMap<String, Secret>,
    /// Records that are found at the next reading, by account slot.
    seeds: HashMap<String, Secret>,
    fault: Option<StoreError>,
}

impl DeviceStore {
    /// Makes the store fail in that way from now on; `None` makes it work again, and so does setting a record aside.
    pub fn fault(&self, fault: Option<StoreError>) {
        locked(&self.0).fault = fault;
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        locked(&self.0).records.is_empty()
    }

    /// The next client of that account slot finds this record, whatever its endpoint and project.
    pub fn seed(&self, slot: &str, record: &str) {
        let mut content = locked(&self.0);
        content.records.retain(|key, _| slot_of(key) != slot);
        content.seeds.insert(slot.to_owned(), Secret::new(record));
    }

    /// Removes everything.
    pub(crate) fn reset(&self) {
        *locked(&self.0) = Content::default();
    }
}

impl Content {
    fn check(&self) -> Result<(), StoreError> {
        self.fault.map_or(Ok(()), Err)
    }
}

impl SecureStore for DeviceStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        let mut content = locked(&self.0);
        content.check()?;
        if let Some(seed) = content.seeds.remove(slot_of(key.as_str())) {
            content.records.entry(key.as_str().to_owned()).or_insert(seed);
        }
        Ok(content.records.get(key.as_str()).cloned())
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        let mut content = locked(&self.0);
        content.check()?;
        content.records.insert(key.as_str().to_owned(), record.clone());
        Ok(())
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        let mut content = locked(&self.0);
        content.check()?;
        content.records.remove(key.as_str());
        Ok(())
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        let mut content = locked(&self.0);
        content.fault = None;
        if let Some(record) = content.records.remove(key.as_str()) {
            content.records.insert(key.quarantine().as_str().to_owned(), record);
        }
        Ok(())
    }

    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }
}

/// The account slot of a key, which is written as `endpoint#project#slot`.
fn slot_of(key: &str) -> &str {
    key.split('#').nth(2).unwrap_or_default()
}
