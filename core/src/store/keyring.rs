//! The platform's own secure store: Keychain on iOS and macOS, Credential Manager on Windows, Secret Service on Linux and BSD.

#[cfg_attr(target_os = "ios", path = "keyring/keychain.rs")]
#[cfg_attr(any(target_os = "macos", target_os = "windows"), path = "keyring/native.rs")]
#[cfg_attr(
    not(any(target_os = "ios", target_os = "macos", target_os = "windows")),
    path = "keyring/secret_service.rs"
)]
mod platform;
#[cfg(any(target_os = "ios", test))]
mod status;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};

use zeroize::{Zeroize as _, Zeroizing};

use self::platform::{Entry, Error, Platform};
use super::{Persistence, SecureStore, StoreError, StoreKey};
use crate::Secret;

/// Keeps records in the platform's own secure store.
///
/// Nothing is opened before the first call, so making one always succeeds. If the platform's store goes away and comes back
/// (its daemon restarts), the next call opens it anew.
///
/// **iOS.** Records can be read from the first unlock after a start of the device on, never leave it, and are in no backup.
/// Before the first unlock, an app that the system starts in advance is told that nothing is stored; that is believed only
/// if the Keychain takes an item of ours at the same moment, and is [`StoreError::Locked`] otherwise.
///
/// **Locked keyrings.** On Linux and BSD a call that finds the keyring locked asks the desktop to unlock it, which shows the
/// user the desktop's own dialog, and waits for the answer. A user who refuses is not asked again by this store until the
/// keyring was unlocked by other means, except by [`save`](SecureStore::save): who has just signed in wants to stay so.
///
/// **Limits.** Windows keeps at most 2560 bytes per record: [`save`](SecureStore::save) of a longer one is
/// [`StoreError::Unavailable`]. A Secret Service without a default keyring cannot be used, and is never taken for an empty one.
///
/// Every call blocks, for as long as the user looks at a dialog. Call it from a thread that may block, such as that of
/// `spawn_blocking`, never from an async task. Calls through one store run one at a time.
pub struct KeyringStore {
    service: String,
    access_group: Option<String>,
    held: Mutex<Held>,
}

/// What is kept between two calls.
#[derive(Default)]
struct Held {
    platform: Option<Platform>,
    /// The user was asked to unlock the keyring, and it is still locked.
    refused: bool,
}

/// Whether a user who refused to unlock the keyring is asked again.
#[derive(Clone, Copy, PartialEq)]
enum Ask {
    Once,
    Again,
}

impl KeyringStore {
    /// A store whose entries carry `service`, the identifier of the app (`com.example.shop`): it keeps apps of one user
    /// apart that talk to the same project, and is what the user reads in the desktop's own keyring program.
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into(), access_group: None, held: Mutex::default() }
    }

    /// On iOS: shares the records with the apps and extensions of this Keychain access group, such as
    /// `ABCDE12345.com.example.shared`, which the app's entitlements must list. Elsewhere it has no meaning.
    #[must_use]
    pub fn access_group(mut self, group: impl Into<String>) -> Self {
        self.access_group = Some(group.into());
        self
    }

    /// Runs `work` on an open, unlocked keyring; on a newly opened one, if one that was kept from earlier turns out to be dead.
    fn run<T>(&self, ask: Ask, work: impl Fn(&Platform) -> Result<T, StoreError>) -> Result<T, StoreError> {
        // Panics of the platform's crates end in `attempt`; what is held is whole in any case.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = held.platform.is_some();
        let open = || Platform::open(self.access_group.as_deref()).map_err(classify);
        match held.attempt(ask, open, &work) {
            Err(StoreError::Unavailable) if kept => held.attempt(ask, open, &work),
            outcome => outcome,
        }
    }

    fn entry(&self, platform: &Platform, key: &StoreKey) -> Result<Entry, StoreError> {
        platform.entry(&self.service, key.as_str()).map_err(classify)
    }
}

/// The store of an app that shares its logins with all others that use this default.
impl Default for KeyringStore {
    fn default() -> Self {
        Self::new("appwrite-session")
    }
}

impl Held {
    /// One try. Afterwards the platform's store is kept, unless it failed or panicked.
    fn attempt<T>(
        &mut self,
        ask: Ask,
        open: impl Fn() -> Result<Platform, StoreError>,
        work: &impl Fn(&Platform) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Self { platform, refused } = self;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let open = match platform.take() {
                Some(kept) => kept,
                None => open()?,
            };
            let outcome = unlock(&open, refused, ask).and_then(|()| match work(&open) {
                // The platforms' words for "locked" vary; a keyring that is locked now explains any failure.
                Err(_) if open.is_locked().unwrap_or(false) => Err(StoreError::Locked),
                outcome => outcome,
            });
            if !matches!(outcome, Err(StoreError::Unavailable)) {
                *platform = Some(open);
            }
            outcome
        }));
        // A panic's payload may hold anything: it is dropped, not shown.
        outcome.unwrap_or(Err(StoreError::Unavailable))
    }
}

/// Sees to it that the keyring is unlocked, so that what is not found in it is not there.
fn unlock(platform: &Platform, refused: &mut bool, ask: Ask) -> Result<(), StoreError> {
    if platform.is_locked()? {
        if *refused && ask == Ask::Once {
            return Err(StoreError::Locked);
        }
        *refused = true;
        platform.ask_to_unlock()?;
        if platform.is_locked()? {
            return Err(StoreError::Locked);
        }
    }
    *refused = false;
    Ok(())
}

/// Passes `outcome` on if the platform hides nothing: one that is locked may hide entries, and "there is none" is then no answer.
fn unless_hidden<T>(platform: &Platform, service: &str, outcome: T) -> Result<T, StoreError> {
    platform.shows_all(service).map(|()| outcome)
}

/// The one place where a keyring's error becomes ours. It is never formatted: some variants carry the secret.
fn classify(error: Error) -> StoreError {
    match error {
        Error::NoStorageAccess(_) => StoreError::Locked,
        Error::BadEncoding(mut bytes) | Error::BadDataFormat(mut bytes, _) => {
            bytes.zeroize();
            StoreError::Corrupt
        }
        // Several entries answer to one key, and nothing says which is the record.
        Error::Ambiguous(_) => StoreError::Corrupt,
        Error::PlatformFailure(failure) => platform::meaning(&*failure),
        // `NoEntry` gets here only where an entry disappeared between two steps.
        _ => StoreError::Unavailable,
    }
}

/// Deletes an entry, or all that answer to its key.
fn delete(entry: &Entry) -> Result<(), Error> {
    match entry.delete_credential() {
        Err(Error::Ambiguous(all)) => all.iter().try_for_each(|one| match one.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            outcome => outcome,
        }),
        outcome => outcome,
    }
}

impl SecureStore for KeyringStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.run(Ask::Once, |platform| match self.entry(platform, key)?.get_secret() {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Some(Secret::new(text))),
                Err(error) => {
                    error.into_bytes().zeroize();
                    Err(StoreError::Corrupt)
                }
            },
            Err(Error::NoEntry) => unless_hidden(platform, &self.service, None),
            Err(error) => Err(classify(error)),
        })
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        self.run(Ask::Again, |platform| {
            let entry = self.entry(platform, key)?;
            // Exposed to be stored: the platform encrypts it, also on the way there.
            let bytes = record.expose().as_bytes();
            match entry.set_secret(bytes) {
                Err(Error::Ambiguous(all)) => {
                    // The record first, so that a failure in between does not lose it; it is found again once it is alone.
                    let Some((first, others)) = all.split_first() else {
                        return Err(StoreError::Unavailable);
                    };
                    first.set_secret(bytes).map_err(classify)?;
                    others.iter().try_for_each(|other| other.delete_credential()).map_err(classify)
                }
                outcome => outcome.map_err(classify),
            }
        })
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.run(Ask::Once, |platform| match delete(&self.entry(platform, key)?) {
            Err(Error::NoEntry) => unless_hidden(platform, &self.service, ()),
            outcome => outcome.map_err(classify),
        })
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.run(Ask::Once, |platform| {
            let entry = self.entry(platform, key)?;
            match entry.get_secret() {
                Ok(bytes) => {
                    let bytes = Zeroizing::new(bytes);
                    self.entry(platform, &key.quarantine())?.set_secret(&bytes).map_err(classify)?;
                }
                Err(Error::NoEntry) => return unless_hidden(platform, &self.service, ()),
                Err(error) => match classify(error) {
                    // There is no one set of bytes to set aside, and the key must become free.
                    StoreError::Corrupt => {}
                    other => return Err(other),
                },
            }
            delete(&entry).map_err(classify)
        })
    }

    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }
}

impl fmt::Debug for KeyringStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyringStore").field("service", &self.service).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform_error() -> Box<dyn std::error::Error + Send + Sync> {
        "canary".into()
    }

    #[test]
    fn every_error_has_one_meaning() {
        let locked = [Error::NoStorageAccess(platform_error())];
        let corrupt = [
            Error::BadEncoding(vec![0xff]),
            Error::BadDataFormat(vec![0xff], platform_error()),
            Error::Ambiguous(Vec::new()),
        ];
        let unavailable = [
            Error::PlatformFailure(platform_error()),
            Error::NoEntry,
            Error::BadStoreFormat("canary".into()),
            Error::TooLong("canary".into(), 2560),
            Error::Invalid("canary".into(), "canary".into()),
            Error::NoDefaultStore,
            Error::NotSupportedByStore("canary".into()),
        ];
        assert!(locked.into_iter().all(|error| classify(error) == StoreError::Locked));
        assert!(corrupt.into_iter().all(|error| classify(error) == StoreError::Corrupt));
        assert!(unavailable.into_iter().all(|error| classify(error) == StoreError::Unavailable));
    }

    #[test]
    fn debug_names_the_app_and_nothing_else() {
        assert_eq!(
            format!("{:?}", KeyringStore::new("com.example")),
            r#"KeyringStore { service: "com.example", .. }"#
        );
    }
}
