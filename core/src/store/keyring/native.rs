//! Keychain and Credential Manager: what the `keyring` crate picks, stateless behind its entries.

use keyring::Result;
pub(super) use keyring::{Entry, Error};

use crate::store::StoreError;

/// The platform's store as the `keyring` crate set it up.
pub(super) struct Platform;

impl Platform {
    pub(super) fn open(_access_group: Option<&str>) -> Result<Self> {
        if Entry::store_status().is_ok() { Ok(Self) } else { Err(Error::NoDefaultStore) }
    }

    pub(super) fn entry(&self, service: &str, user: &str) -> Result<Entry> {
        Entry::new(service, user)
    }

    /// Neither platform hides entries while it is locked: it unlocks with the user's session, or refuses by an error.
    pub(super) fn is_locked(&self) -> std::result::Result<bool, StoreError> {
        Ok(false)
    }

    pub(super) fn shows_all(&self, _service: &str) -> std::result::Result<(), StoreError> {
        Ok(())
    }

    pub(super) fn ask_to_unlock(&self) -> std::result::Result<(), StoreError> {
        Ok(())
    }
}

/// What a failure of the platform's own means. Neither platform's are told apart.
pub(super) fn meaning(_failure: &(dyn std::error::Error + Send + Sync + 'static)) -> StoreError {
    StoreError::Unavailable
}
