//! iOS's Keychain: items that are readable after the first unlock, on this device only, and in no backup.

use std::{collections::HashMap, error::Error as StdError, sync::Arc};

use apple_native_keyring_store::protected::Store;
pub(super) use keyring_core::{Entry, Error};
use keyring_core::{Result, api::CredentialStoreApi as _};

use super::{classify, status};
use crate::store::StoreError;

/// The name of the item that shows whether the Keychain can be used. Its content is no secret.
const WITNESS: &str = "appwrite-session-witness";

/// The app's part of the Keychain, or that of its access group.
pub(super) struct Platform(Arc<Store>);

impl Platform {
    pub(super) fn open(access_group: Option<&str>) -> Result<Self> {
        let group = access_group.map(|group| ("access-group", group));
        Store::new_with_configuration(&group.into_iter().collect()).map(Self)
    }

    pub(super) fn entry(&self, service: &str, user: &str) -> Result<Entry> {
        let policy = HashMap::from([("access-policy", "after-first-unlock-this-device-only")]);
        self.0.build(service, user, Some(&policy))
    }

    /// The Keychain has no such flag: it refuses by a status, or hides its items, for which [`shows_all`](Self::shows_all) is there.
    pub(super) fn is_locked(&self) -> std::result::Result<bool, StoreError> {
        Ok(false)
    }

    /// Writes the witness, which the Keychain refuses exactly while items of its kind cannot be read.
    pub(super) fn shows_all(&self, service: &str) -> std::result::Result<(), StoreError> {
        let witness = self.entry(service, WITNESS).map_err(classify)?;
        witness.set_secret(b"1").map_err(classify)
    }

    pub(super) fn ask_to_unlock(&self) -> std::result::Result<(), StoreError> {
        Ok(())
    }
}

/// What a failure of the Keychain means.
pub(super) fn meaning(failure: &(dyn StdError + Send + Sync + 'static)) -> StoreError {
    failure
        .downcast_ref::<security_framework::base::Error>()
        .map_or(StoreError::Unavailable, |error| status::meaning(error.code()))
}
