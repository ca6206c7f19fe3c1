//! Where the session rests between two starts of the app: the store trait, and what can go wrong with a store.

#[cfg(any(test, feature = "test-util"))]
pub mod conformance;
#[cfg(any(test, feature = "test-util"))]
mod faulty;
#[cfg(any(test, feature = "test-util"))]
mod file;
#[cfg(all(feature = "keyring-store", not(target_os = "android")))]
mod keyring;
mod memory;

#[cfg(all(feature = "keyring-store", not(target_os = "android")))]
pub use self::keyring::KeyringStore;
pub use self::memory::MemoryStore;
#[cfg(any(test, feature = "test-util"))]
pub use self::{
    faulty::{FaultyStore, Gate, Operation},
    file::FileStore,
};
use crate::Secret;

/// Names one stored record: one account slot of one project of one Appwrite.
///
/// Two clients with different keys never see each other's record, so flavours and accounts cannot collide.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoreKey(String);

impl StoreKey {
    /// The key of the account slot `slot` of `project` at `endpoint`.
    pub fn new(endpoint: &str, project: &str, slot: &str) -> Self {
        Self(format!("{endpoint}#{project}#{slot}"))
    }

    /// The key as text: printable, without secrets, stable across versions.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key under which an unreadable record is set aside.
    pub fn quarantine(&self) -> Self {
        Self(format!("{}#quarantine", self.0))
    }
}

/// How long what a store keeps will last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// The record outlives the process.
    Durable,
    /// The record is gone when the process ends.
    MemoryOnly,
}

/// Why a store could not do what it was asked.
///
/// The three cases are told apart because the app's next step differs: wait, set aside and sign in again, or go on in memory.
/// No variant carries text: what the platform says of a failure can hold the secret itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The platform keeps the record but does not give it out now (locked phone, locked keyring). Try again later.
    #[error("the secure store is locked")]
    Locked,
    /// There is a record, and the platform cannot read or decrypt it.
    #[error("the stored record cannot be read")]
    Corrupt,
    /// The store itself cannot be reached or used.
    #[error("the secure store is unavailable")]
    Unavailable,
}

/// A place that keeps one secret record per key.
///
/// All methods block; the client calls them off its async threads, one at a time per key. An implementation must not call
/// back into the client. `Ok(None)` from [`load`](SecureStore::load) is a promise that nothing is stored: a store that only
/// cannot look says [`StoreError::Locked`] or [`StoreError::Unavailable`].
pub trait SecureStore: Send + Sync + 'static {
    /// The record under `key`, or `None` if there is none.
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError>;

    /// Puts `record` under `key`, in place of what was there. When this returns, the record is as durable as the store can make it.
    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError>;

    /// Removes what is under `key`. Nothing there is success.
    fn clear(&self, key: &StoreKey) -> Result<(), StoreError>;

    /// Replaces what is under `key` by `new`, or removes it if that is `None`, but only if what is there is `expected`, where `None`
    /// stands for nothing. Says whether it did.
    ///
    /// Two processes of one app may write at the same time, and this is what keeps one from overwriting what it has not seen. The
    /// provided form reads, compares and writes in three steps, which another process can come between; a store that can do it in
    /// one step should.
    fn exchange(
        &self,
        key: &StoreKey,
        expected: Option<&Secret>,
        new: Option<&Secret>,
    ) -> Result<bool, StoreError> {
        let present = self.load(key)?;
        let as_expected = match (&present, expected) {
            (Some(present), Some(expected)) => present.matches(expected),
            (None, None) => true,
            _ => false,
        };
        if as_expected {
            match new {
                Some(record) => self.save(key, record)?,
                None if present.is_some() => self.clear(key)?,
                None => {}
            }
        }
        Ok(as_expected)
    }

    /// Sets what is under `key` aside under [`StoreKey::quarantine`] where it can, so that `key` is free again. Used only after
    /// [`StoreError::Corrupt`] or for a record whose content makes no sense.
    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError>;

    /// How many bytes a record may have. A longer one is never passed to [`save`](SecureStore::save).
    fn capacity(&self) -> usize {
        16 * 1024
    }

    /// How long records of this store last.
    fn persistence(&self) -> Persistence;
}
