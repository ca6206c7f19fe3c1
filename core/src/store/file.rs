//! A store in plain files, for tests that kill and restart a process: compiled with the feature `testing` only.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use fs4::fs_std::FileExt as _;

use super::{Persistence, SecureStore, StoreError, StoreKey, is_expected};
use crate::Secret;

/// The file whose lock writers hold.
const LOCK: &str = "lock";

/// How long a writer waits for another one.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Keeps each record in one **plaintext** file of a directory. For tests only.
///
/// A record is replaced as a whole: written beside the old one, flushed to the disk, renamed over it, and the directory
/// flushed. A process that is killed at any point leaves the old record or the new one. Processes that share a directory exchange
/// records in one step.
#[derive(Clone, Debug)]
pub struct FileStore {
    directory: PathBuf,
}

impl FileStore {
    /// A store in `directory`, which is created if it is missing.
    pub fn open(directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        fs::create_dir_all(&directory)?;
        Ok(Self { directory })
    }

    /// The file that holds, or would hold, what is under `key`: so that a test can damage it.
    pub fn path(&self, key: &StoreKey) -> PathBuf {
        self.directory.join(file_name(key))
    }

    /// A file that no other writer, of this process or another, uses now.
    fn scratch_path(&self) -> PathBuf {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.directory.join(format!("{}-{}.partial", process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// Waits until no other writer, of this process or another, holds the directory's lock file, and holds it until the result is
    /// dropped. The lock goes with the file's handle, so a process that is killed holds nothing.
    fn lock(&self) -> Result<File, StoreError> {
        let path = self.directory.join(LOCK);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(|_| StoreError::Unavailable)?;
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            match file.try_lock_exclusive() {
                Ok(true) => return Ok(file),
                Ok(false) if Instant::now() < deadline => thread::sleep(Duration::from_millis(1)),
                _ => return Err(StoreError::Unavailable),
            }
        }
    }

    fn save_locked(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        // Exposed to be written: this store is plaintext, which its documentation says.
        self.replace(&self.path(key), record.expose().as_bytes()).map_err(|_| StoreError::Unavailable)
    }

    fn clear_locked(&self, key: &StoreKey) -> Result<(), StoreError> {
        match self.unless_absent(fs::remove_file(self.path(key)))? {
            Some(()) => self.flush_directory().map_err(|_| StoreError::Unavailable),
            None => Ok(()),
        }
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let scratch = self.scratch_path();
        let written = write_new(&scratch, bytes).and_then(|()| fs::rename(&scratch, path));
        if written.is_err() {
            // The write's own error is the one that tells; a left-over scratch file is never read.
            let _ = fs::remove_file(&scratch);
        }
        written?;
        self.flush_directory()
    }

    /// Makes a rename or removal last. Only Unix lets a directory be opened for that.
    fn flush_directory(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(&self.directory)?.sync_all() } else { Ok(()) }
    }

    /// Turns "there is no such file" into `None`, unless the whole directory is gone.
    fn unless_absent<T>(&self, outcome: io::Result<T>) -> Result<Option<T>, StoreError> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.directory.is_dir() => Ok(None),
            Err(_) => Err(StoreError::Unavailable),
        }
    }
}

impl SecureStore for FileStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        let Some(bytes) = self.unless_absent(fs::read(self.path(key)))? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| StoreError::Corrupt)?;
        Ok(Some(Secret::new(text)))
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        self.save_locked(key, record)
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        self.clear_locked(key)
    }

    fn exchange(
        &self,
        key: &StoreKey,
        expected: Option<&Secret>,
        new: Option<&Secret>,
    ) -> Result<bool, StoreError> {
        let _lock = self.lock()?;
        if !is_expected(self.load(key)?.as_ref(), expected) {
            return Ok(false);
        }
        match new {
            Some(record) => self.save_locked(key, record)?,
            None => self.clear_locked(key)?,
        }
        Ok(true)
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        match self.unless_absent(fs::rename(self.path(key), self.path(&key.quarantine())))? {
            Some(()) => self.flush_directory().map_err(|_| StoreError::Unavailable),
            None => Ok(()),
        }
    }

    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }
}

/// Writes a file that did not exist, and waits until the disk has it.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A file name for any key: keys may be longer than file names, and hold what file names cannot.
fn file_name(key: &StoreKey) -> String {
    // FNV-1a with 128 bits: stable across builds, and no test has enough keys for two to meet.
    let hash = key.as_str().bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("{hash:032x}.record")
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    /// The same directory for the whole run, so that opening again finds what was stored.
    fn open() -> FileStore {
        FileStore::open(env::temp_dir().join(format!("appwrite-session-file-store-{}", process::id())))
            .unwrap()
    }

    crate::store_conformance_tests!(open);

    #[test]
    fn of_exchanges_that_expect_the_same_one_succeeds_also_between_stores() {
        crate::store::conformance::one_exchange_of_many_succeeds(open);
    }

    #[test]
    fn damaged_bytes_are_corrupt_and_survive_quarantine() {
        let (store, key) = (open(), StoreKey::new("https://a.example/v1", "damaged", "default"));
        fs::write(store.path(&key), b"\xff\xfe").unwrap();
        assert_eq!(store.load(&key).unwrap_err(), StoreError::Corrupt);
        store.quarantine(&key).unwrap();
        assert!(store.load(&key).unwrap().is_none());
        assert_eq!(fs::read(store.path(&key.quarantine())).unwrap(), b"\xff\xfe");
        store.clear(&key.quarantine()).unwrap();
    }

    #[test]
    fn a_vanished_directory_is_not_an_empty_store() {
        let directory = env::temp_dir().join(format!("appwrite-session-vanished-{}", process::id()));
        let (store, key) =
            (FileStore::open(&directory).unwrap(), StoreKey::new("https://a.example/v1", "p", "s"));
        fs::remove_dir(&directory).unwrap();
        assert_eq!(store.load(&key).unwrap_err(), StoreError::Unavailable);
        assert_eq!(store.clear(&key).unwrap_err(), StoreError::Unavailable);
        assert_eq!(store.save(&key, &Secret::from("record")).unwrap_err(), StoreError::Unavailable);
    }

    #[test]
    fn a_save_leaves_no_scratch_file() {
        let directory = env::temp_dir().join(format!("appwrite-session-scratch-{}", process::id()));
        let (store, key) =
            (FileStore::open(&directory).unwrap(), StoreKey::new("https://a.example/v1", "p", "s"));
        store.save(&key, &Secret::from("one")).unwrap();
        store.save(&key, &Secret::from("two")).unwrap();
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2, "the record and the lock");
        fs::remove_dir_all(&directory).unwrap();
    }
}
