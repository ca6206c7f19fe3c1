//! When a record that was set aside is removed.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{SecureStore, StoreError, StoreKey};

/// Removes the quarantined record of one key once it is of no more use.
///
/// A quarantined record is a credential at rest: it is kept for as long as the user might be asked to send it in, which is until
/// the next record is saved or the user signs out. Whether one is there is not known at first, so the first call of a process
/// asks the store to remove it; later calls do so only after another record was set aside.
#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    is_empty: AtomicBool,
}

impl Quarantine {
    /// Remembers that a record was set aside.
    pub(crate) fn filled(&self) {
        self.is_empty.store(false, Ordering::Relaxed);
    }

    /// Removes the quarantined record of `key`, after a record was saved under `key` or the record there was removed.
    ///
    /// # Errors
    ///
    /// The store's; the next call tries again.
    pub(crate) fn discard(&self, store: &dyn SecureStore, key: &StoreKey) -> Result<(), StoreError> {
        if !self.is_empty.load(Ordering::Relaxed) {
            store.clear(&key.quarantine())?;
            self.is_empty.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Secret,
        store::{FaultyStore, MemoryStore, Operation},
    };

    fn key() -> StoreKey {
        StoreKey::new("https://a.example/v1", "project", "default")
    }

    #[test]
    fn what_was_set_aside_is_removed_once_and_again_when_there_is_more() {
        let (store, quarantine) = (FaultyStore::new(MemoryStore::new()), Quarantine::default());
        for round in 1..3 {
            store.save(&key(), &Secret::from("damaged")).unwrap();
            store.quarantine(&key()).unwrap();
            quarantine.filled();
            quarantine.discard(&store, &key()).unwrap();
            quarantine.discard(&store, &key()).unwrap();
            assert!(store.load(&key().quarantine()).unwrap().is_none());
            assert_eq!(store.calls(Operation::Clear), round);
        }
    }

    #[test]
    fn a_removal_that_failed_is_tried_again() {
        let (store, quarantine) = (FaultyStore::new(MemoryStore::new()), Quarantine::default());
        store.save(&key().quarantine(), &Secret::from("left by an earlier process")).unwrap();
        store.fail_next(Operation::Clear, StoreError::Locked, 1);
        assert_eq!(quarantine.discard(&store, &key()), Err(StoreError::Locked));
        quarantine.discard(&store, &key()).unwrap();
        assert!(store.load(&key().quarantine()).unwrap().is_none());
    }
}
