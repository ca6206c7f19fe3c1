//! Where the session rests between two starts of the app: the store trait, and what can go wrong with a store.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
#[cfg(any(test, feature = "testing"))]
mod faulty;
#[cfg(all(any(test, feature = "testing"), not(target_family = "wasm")))]
mod file;
#[cfg(all(feature = "keyring-store", not(target_os = "android")))]
mod keyring;
mod memory;
mod quarantine;

#[cfg(any(test, feature = "testing"))]
pub use self::faulty::{FaultyStore, Gate, Operation};
#[cfg(all(any(test, feature = "testing"), not(target_family = "wasm")))]
pub use self::file::FileStore;
#[cfg(all(feature = "keyring-store", not(target_os = "android")))]
pub use self::keyring::KeyringStore;
pub use self::memory::MemoryStore;
pub(crate) use self::quarantine::Quarantine;
use crate::Secret;

/// In place of an account slot. No slot has this name.
const ACCOUNTS: &str = "#accounts";

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

    /// The key of the list of accounts of `project` at `endpoint`. No account slot has this name.
    pub(crate) fn accounts(endpoint: &str, project: &str) -> Self {
        Self(format!("{endpoint}#{project}#{ACCOUNTS}"))
    }

    /// The key of the account slot `slot`, of which this is the list of accounts.
    pub(crate) fn of_account(&self, slot: &str) -> Self {
        Self(format!("{}{slot}", self.0.trim_end_matches(ACCOUNTS)))
    }

    /// The key of the sign-in in the browser that waits for its callback.
    pub(crate) fn browser_flow(&self) -> Self {
        Self(format!("{}#browser", self.0))
    }

    /// The key under which an unreadable record is set aside.
    pub fn quarantine(&self) -> Self {
        Self(format!("{}#quarantine", self.0))
    }
}

/// How long what a store keeps will last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
#[non_exhaustive]
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
/// back into the client. `Ok(None)` from [`load`](SecureStore::load) is a promise that nothing is stored: a store that cannot
/// look returns [`StoreError::Locked`] or [`StoreError::Unavailable`].
pub trait SecureStore: Send + Sync + 'static {
    /// The record under `key`, or `None` if there is none.
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError>;

    /// Puts `record` under `key`, in place of what was there. When this returns, the record is as durable as the store can make it.
    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError>;

    /// Removes what is under `key`. Nothing there is success.
    fn clear(&self, key: &StoreKey) -> Result<(), StoreError>;

    /// Sets what is under `key` aside under [`StoreKey::quarantine`] where it can, so that `key` is free again. Used only after
    /// [`StoreError::Corrupt`] or for a record whose content makes no sense.
    ///
    /// What is set aside may hold a credential. The client removes it, by [`clear`](SecureStore::clear) of the quarantine key, as
    /// soon as a newer record was saved or the user has signed out.
    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError>;

    /// How many bytes a record may have. A longer one is never passed to [`save`](SecureStore::save).
    fn capacity(&self) -> usize {
        16 * 1024
    }

    /// Puts `new` under `key`, or removes what is there if `new` is `None`, if what is there now is `expected`. Returns whether it
    /// was; if it was not, nothing has changed.
    ///
    /// A store that several processes share should do this in one step, so that of two processes that expect the same only one
    /// succeeds. The provided method looks first and writes afterwards, which is enough where one process has the store alone.
    fn exchange(
        &self,
        key: &StoreKey,
        expected: Option<&Secret>,
        new: Option<&Secret>,
    ) -> Result<bool, StoreError> {
        if !is_expected(self.load(key)?.as_ref(), expected) {
            return Ok(false);
        }
        match new {
            Some(record) => self.save(key, record)?,
            None => self.clear(key)?,
        }
        Ok(true)
    }

    /// How long records of this store last. Asked once, when a client is built.
    fn persistence(&self) -> Persistence;
}

/// Whether a store holds what is expected of it.
fn is_expected(found: Option<&Secret>, expected: Option<&Secret>) -> bool {
    match (found, expected) {
        (None, None) => true,
        (Some(found), Some(expected)) => found.matches(expected),
        _ => false,
    }
}
