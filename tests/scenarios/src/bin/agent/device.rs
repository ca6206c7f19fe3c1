//! The device: its store, in memory, durable by its own word, and as broken as it is told to be; its user; its folder.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use appwrite_session_core::{
    Secret, UploadFile, UserPresence,
    store::{MemoryStore, Persistence, SecureStore, StoreError, StoreKey},
};
use serde_json::Value;

/// What is wrong with a store.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It says so.
    Says(StoreError),
    /// It panics.
    Panics,
}

/// Who has the device in hand.
pub(crate) struct User {
    pub(crate) present: AtomicBool,
    pub(crate) asked: AtomicUsize,
}

impl Default for User {
    fn default() -> Self {
        Self { present: AtomicBool::new(true), asked: AtomicUsize::new(0) }
    }
}

/// Asks the user.
pub(crate) struct Asked(pub(crate) Arc<User>);

impl UserPresence for Asked {
    fn confirm(&self) -> bool {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        self.0.present.load(Ordering::SeqCst)
    }
}

/// Where files and the markers of installations are. Removed with the agent.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        // What is done with the file says it if there is no folder.
        let _ = std::fs::create_dir_all(&self.0);
        self.0.join(name)
    }

    /// Makes a file whose byte at an index is that modulo 251.
    pub(crate) fn write(&self, name: &str, length: u64) -> std::io::Result<()> {
        let bytes: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
        std::fs::write(self.at(name), bytes)
    }

    /// The file of a command: `{"name", "type"?}`.
    pub(crate) fn upload(&self, file: &Value) -> UploadFile {
        let upload = UploadFile::at(self.at(file["name"].as_str().unwrap_or_default()));
        match file["type"].as_str() {
            Some(kind) => upload.content_type(kind),
            None => upload,
        }
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self(std::env::temp_dir().join(format!("appwrite-session-agent-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A store that outlives its clients.
#[derive(Clone, Default)]
pub(crate) struct Device {
    records: MemoryStore,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Device {
    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        *self.lock() = fault;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Fault>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[allow(clippy::panic, reason = "a store that panics is what is asked for")]
    fn check(&self) -> Result<(), StoreError> {
        let fault = self.lock().clone();
        match fault {
            None => Ok(()),
            Some(Fault::Says(error)) => Err(error),
            Some(Fault::Panics) => panic!("the store was told to panic"),
        }
    }
}

impl SecureStore for Device {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.check()?;
        self.records.load(key)
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        self.check()?;
        self.records.save(key, record)
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.check()?;
        self.records.clear(key)
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        // What cannot be read can be set aside.
        self.records.quarantine(key)?;
        self.set_fault(None);
        Ok(())
    }

    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }
}
