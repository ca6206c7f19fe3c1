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
    env, fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};

use once_cell::unsync::OnceCell;
use zeroize::{Zeroize as _, Zeroizing};

use self::platform::{Entry, Error, Platform};
use super::{Persistence, SecureStore, StoreError, StoreKey, is_expected};
use crate::Secret;

/// What the service names of apps begin with that choose none.
const SERVICE: &str = "appwrite-session";

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
/// **Several entries for one key**, which other programs can make, are [`StoreError::Corrupt`], because nothing says which of them is
/// the record. Quarantine keeps the first one that can be read.
///
/// **Several processes.** [`exchange`](SecureStore::exchange) is one step among the threads that share a `KeyringStore`. No
/// platform's store offers more.
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
    platform: OnceCell<Platform>,
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

    /// A store whose entries carry the name of this process's executable, without its folder and extension:
    /// `appwrite-session:shop`. On iOS, where each app has a Keychain of its own, it is `appwrite-session`.
    ///
    /// This is what a client uses when it is given no store. An app that may be renamed, or that runs inside another executable
    /// (an interpreter, a Java virtual machine), should choose a name with [`new`](Self::new): all programs of one executable
    /// would share what they store for the same project.
    pub fn of_this_app() -> Self {
        Self::new(service_of_this_app())
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
        let kept = held.platform.get().is_some();
        let open = || Platform::open(self.access_group.as_deref()).map_err(classify);
        match held.attempt(ask, open, &work) {
            Err(StoreError::Unavailable) if kept => held.attempt(ask, open, &work),
            outcome => outcome,
        }
    }

    fn slot<'a>(&'a self, platform: &'a Platform, key: &StoreKey) -> Result<Slot<'a>, StoreError> {
        let entry = platform.entry(&self.service, key.as_str()).map_err(classify)?;
        Ok(Slot { platform, service: &self.service, entry })
    }
}

/// The store of this app, by the name of its executable. See [`KeyringStore::of_this_app`].
impl Default for KeyringStore {
    fn default() -> Self {
        Self::of_this_app()
    }
}

/// The service name of this app.
fn service_of_this_app() -> String {
    // On iOS the Keychain keeps apps apart by itself, and an app shares its items with its extensions, which are other executables.
    let executable = if cfg!(target_os = "ios") { None } else { env::current_exe().ok() };
    match executable.as_ref().and_then(|path| path.file_stem()?.to_str()) {
        Some(name) => format!("{SERVICE}:{name}"),
        None => SERVICE.to_owned(),
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
            let open = platform.get_or_try_init(open)?;
            unlock(open, refused, ask)?;
            match work(open) {
                // The platforms' words for "locked" vary; a keyring that is locked now explains any failure.
                Err(_) if open.is_locked().unwrap_or(false) => Err(StoreError::Locked),
                outcome => outcome,
            }
        }));
        // A panic's payload may hold anything: it is dropped, not shown.
        let outcome = outcome.unwrap_or(Err(StoreError::Unavailable));
        if matches!(outcome, Err(StoreError::Unavailable)) {
            platform.take();
        }
        outcome
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

/// One record in an open platform.
struct Slot<'a> {
    platform: &'a Platform,
    service: &'a str,
    entry: Entry,
}

impl Slot<'_> {
    fn read(&self) -> Result<Option<Secret>, StoreError> {
        match self.entry.get_secret() {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Some(Secret::new(text))),
                Err(error) => {
                    error.into_bytes().zeroize();
                    Err(StoreError::Corrupt)
                }
            },
            Err(Error::NoEntry) => self.unless_hidden(None),
            Err(error) => Err(classify(error)),
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<(), StoreError> {
        match self.entry.set_secret(bytes) {
            Err(Error::Ambiguous(all)) => {
                // The record first, so that a failure in between does not lose it; it is found again once it is alone.
                let Some((first, others)) = all.split_first() else { return Err(StoreError::Unavailable) };
                first.set_secret(bytes).map_err(classify)?;
                others.iter().try_for_each(|other| other.delete_credential()).map_err(classify)
            }
            outcome => outcome.map_err(classify),
        }
    }

    fn remove(&self) -> Result<(), StoreError> {
        match delete(&self.entry) {
            Err(Error::NoEntry) => self.unless_hidden(()),
            outcome => outcome.map_err(classify),
        }
    }

    /// The bytes to set aside: of several entries those of the first that can be read. The inner `None` is "there are none that
    /// can be read", the outer one "there is no entry".
    fn bytes_to_set_aside(&self) -> Result<Option<Option<Zeroizing<Vec<u8>>>>, StoreError> {
        match self.entry.get_secret() {
            Ok(bytes) => Ok(Some(Some(Zeroizing::new(bytes)))),
            Err(Error::NoEntry) => self.unless_hidden(None),
            Err(Error::Ambiguous(all)) => {
                Ok(Some(all.iter().find_map(|one| one.get_secret().ok()).map(Zeroizing::new)))
            }
            Err(error) => match classify(error) {
                StoreError::Corrupt => Ok(Some(None)),
                other => Err(other),
            },
        }
    }

    /// Passes `outcome` on if the platform hides nothing: one that is locked may hide entries, and "there is none" is then no answer.
    fn unless_hidden<T>(&self, outcome: T) -> Result<T, StoreError> {
        self.platform.shows_all(self.service).map(|()| outcome)
    }
}

impl SecureStore for KeyringStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.run(Ask::Once, |platform| self.slot(platform, key)?.read())
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        // Exposed to be stored: the platform encrypts it, also on the way there.
        self.run(Ask::Again, |platform| self.slot(platform, key)?.write(record.expose().as_bytes()))
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.run(Ask::Once, |platform| self.slot(platform, key)?.remove())
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.run(Ask::Once, |platform| {
            let slot = self.slot(platform, key)?;
            let Some(bytes) = slot.bytes_to_set_aside()? else { return Ok(()) };
            if let Some(bytes) = bytes {
                self.slot(platform, &key.quarantine())?.write(&bytes)?;
            }
            // The key must become free, also where nothing could be read.
            delete(&slot.entry).map_err(classify)
        })
    }

    fn exchange(
        &self,
        key: &StoreKey,
        expected: Option<&Secret>,
        new: Option<&Secret>,
    ) -> Result<bool, StoreError> {
        let ask = if new.is_some() { Ask::Again } else { Ask::Once };
        self.run(ask, |platform| {
            let slot = self.slot(platform, key)?;
            if !is_expected(slot.read()?.as_ref(), expected) {
                return Ok(false);
            }
            match new {
                // Exposed to be stored, as above.
                Some(record) => slot.write(record.expose().as_bytes())?,
                None => slot.remove()?,
            }
            Ok(true)
        })
    }

    /// What one entry of the Windows Credential Manager takes (`CRED_MAX_CREDENTIAL_BLOB_SIZE`).
    #[cfg(windows)]
    fn capacity(&self) -> usize {
        2_560
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
    fn the_default_service_is_this_apps_own() {
        let shown = format!("{:?}", KeyringStore::default());
        // The name of the test's own executable.
        assert!(shown.contains(r#"service: "appwrite-session:appwrite_session_core-"#), "{shown}");
    }

    #[test]
    fn debug_names_the_app_and_nothing_else() {
        assert_eq!(
            format!("{:?}", KeyringStore::new("com.example")),
            r#"KeyringStore { service: "com.example", .. }"#
        );
    }
}
