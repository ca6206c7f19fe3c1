//! A store that lasts as long as the process: the fallback where there is no secure store, and the simplest store for tests.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Persistence, SecureStore, StoreError, StoreKey, is_expected};
use crate::Secret;

/// Keeps records in memory only.
///
/// Clones share what they keep: a test that wants to "restart" an app drops its client and hands a clone to the next one.
#[derive(Clone, Default)]
pub struct MemoryStore {
    records: Arc<Mutex<HashMap<StoreKey, Secret>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every change is one call on the map, so even a poisoned lock guards whole records.
    fn records(&self) -> MutexGuard<'_, HashMap<StoreKey, Secret>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SecureStore for MemoryStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        Ok(self.records().get(key).cloned())
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        self.records().insert(key.clone(), record.clone());
        Ok(())
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.records().remove(key);
        Ok(())
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        let mut records = self.records();
        if let Some(record) = records.remove(key) {
            records.insert(key.quarantine(), record);
        }
        Ok(())
    }

    fn exchange(
        &self,
        key: &StoreKey,
        expected: Option<&Secret>,
        new: Option<&Secret>,
    ) -> Result<bool, StoreError> {
        let mut records = self.records();
        if !is_expected(records.get(key), expected) {
            return Ok(false);
        }
        match new {
            Some(record) => records.insert(key.clone(), record.clone()),
            None => records.remove(key),
        };
        Ok(true)
    }

    fn persistence(&self) -> Persistence {
        Persistence::MemoryOnly
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::store_conformance_tests!(MemoryStore::new);

    #[test]
    fn of_exchanges_that_expect_the_same_one_succeeds() {
        let store = MemoryStore::new();
        crate::store::conformance::one_exchange_of_many_succeeds(|| store.clone());
    }

    #[test]
    fn clones_share_what_they_keep() {
        let (store, key) = (MemoryStore::new(), StoreKey::new("https://a.example/v1", "project", "default"));
        store.clone().save(&key, &Secret::from("record")).unwrap();
        assert!(store.load(&key).unwrap().unwrap().matches(&Secret::from("record")));
    }
}
