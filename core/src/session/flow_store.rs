//! Where the sign-in in the browser rests while the app may be ended: an entry of its own beside the record.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    Secret,
    store::{SecureStore, StoreError, StoreKey},
};

/// The entry of one client.
pub(crate) struct FlowStore {
    store: Arc<dyn SecureStore>,
    key: StoreKey,
    /// One call at a time, so that what is known last is stored last.
    turn: Mutex<()>,
}

impl FlowStore {
    pub(super) fn new(store: Arc<dyn SecureStore>, key: StoreKey) -> Self {
        Self { store, key, turn: Mutex::default() }
    }

    /// What is stored. What cannot be read is nothing.
    pub(super) fn load(&self) -> Result<Option<Secret>, StoreError> {
        match self.store.load(&self.key) {
            Err(StoreError::Corrupt) => Ok(None),
            other => other,
        }
    }

    /// Stores what `known` says when it is this call's turn.
    pub(super) fn keep(&self, known: impl FnOnce() -> Option<Secret>) -> Result<(), StoreError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        match known() {
            Some(text) => self.store.save(&self.key, &text),
            None => self.store.clear(&self.key),
        }
    }
}
