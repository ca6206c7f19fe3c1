//! The Secret Service (GNOME Keyring, KWallet, KeePassXC): the `keyring` crate's store for it, and the lock that it does not show.

use std::{collections::HashMap, sync::Arc};

use keyring::Result;
pub(super) use keyring::{Entry, Error};
use keyring_core::api::CredentialStoreApi as _;
use secret_service::{
    EncryptionType,
    blocking::{Collection, SecretService},
};
use zbus_secret_service_keyring_store::{Store, errors::decode_error};

use crate::store::StoreError;

/// One connection for entries, and one that asks for the lock.
///
/// The store is made here and not taken from the `keyring` crate's process-wide default: that one is made once, so it would
/// stay dead when the service restarts, or when there was none when the app started.
pub(super) struct Platform {
    entries: Arc<Store>,
    service: SecretService<'static>,
}

impl Platform {
    pub(super) fn open(_access_group: Option<&str>) -> Result<Self> {
        // No secret passes through the second connection: `Plain` spares its key exchange.
        let service = SecretService::connect(EncryptionType::Plain).map_err(decode_error)?;
        Ok(Self { entries: Store::new()?, service })
    }

    pub(super) fn entry(&self, service: &str, user: &str) -> Result<Entry> {
        let label = format!("{service} ({user})");
        let inner = self.entries.build(service, user, Some(&HashMap::from([("label", label.as_str())])))?;
        Ok(Entry { inner })
    }

    /// Whether the default keyring, which is where entries are made, is locked.
    ///
    /// A locked keyring may hide its entries (KWallet and KeePassXC do; GNOME Keyring does after a restart for those it
    /// cannot match), and the `keyring` crate then says that there are none.
    pub(super) fn is_locked(&self) -> std::result::Result<bool, StoreError> {
        self.collection()?.is_locked().map_err(|_| StoreError::Unavailable)
    }

    /// Succeeds if nothing can be hidden now.
    pub(super) fn shows_all(&self, _service: &str) -> std::result::Result<(), StoreError> {
        if self.is_locked()? { Err(StoreError::Locked) } else { Ok(()) }
    }

    /// Shows the desktop's own dialog and waits for the answer. A refusal, or a desktop that cannot ask, leaves it locked.
    pub(super) fn ask_to_unlock(&self) -> std::result::Result<(), StoreError> {
        self.collection()?.unlock().map_err(|_| StoreError::Locked)
    }

    fn collection(&self) -> std::result::Result<Collection<'_>, StoreError> {
        self.service.get_default_collection().map_err(|_| StoreError::Unavailable)
    }
}

/// What a failure of the platform's own means. D-Bus knows many; they are not told apart.
pub(super) fn meaning(_failure: &(dyn std::error::Error + Send + Sync + 'static)) -> StoreError {
    StoreError::Unavailable
}
