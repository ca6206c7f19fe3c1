//! The conformance suite against a real Secret Service. Run it with `tests/run keyring`.
#![cfg(target_os = "linux")]

#[path = "support/desktop.rs"]
#[expect(dead_code, reason = "this file's tests neither lock nor kill the keyring")]
mod desktop;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use appwrite_session_core::{
    Secret,
    store::{KeyringStore, Persistence, SecureStore, StoreError, StoreKey},
};
use desktop::Desktop;
use secret_service::{EncryptionType, blocking::SecretService};

/// A handle of a store that several threads share.
struct Shared(Arc<KeyringStore>);

impl SecureStore for Shared {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.0.load(key)
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        self.0.save(key, record)
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.clear(key)
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.quarantine(key)
    }

    fn exchange(
        &self,
        key: &StoreKey,
        expected: Option<&Secret>,
        new: Option<&Secret>,
    ) -> Result<bool, StoreError> {
        self.0.exchange(key, expected, new)
    }

    fn persistence(&self) -> Persistence {
        self.0.persistence()
    }
}

/// The store on the one desktop that all tests of this file share.
fn open() -> KeyringStore {
    // Never dropped: the daemon ends with the private bus.
    static DESKTOP: OnceLock<Desktop> = OnceLock::new();
    DESKTOP.get_or_init(Desktop::start);
    KeyringStore::new("appwrite-session-tests")
}

mod conformance {
    appwrite_session_core::store_conformance_tests!(super::open);
}

#[test]
fn apps_are_kept_apart() {
    let (store, key) = (open(), StoreKey::new("https://a.example/v1", "apart", "default"));
    store.save(&key, &Secret::from("record")).unwrap();
    assert!(KeyringStore::new("another-app").load(&key).unwrap().is_none());
    store.clear(&key).unwrap();
}

#[test]
fn of_exchanges_by_threads_that_share_a_store_one_succeeds() {
    let store = Arc::new(open());
    appwrite_session_core::store::conformance::one_exchange_of_many_succeeds(|| Shared(store.clone()));
}

#[test]
fn of_two_entries_for_one_key_the_first_readable_one_is_set_aside() {
    let (store, key) = (open(), StoreKey::new("https://a.example/v1", "twice", "default"));
    let service = SecretService::connect(EncryptionType::Plain).unwrap();
    let attributes = HashMap::from([("service", "appwrite-session-tests"), ("username", key.as_str())]);
    let collection = service.get_default_collection().unwrap();
    for text in ["one", "two"] {
        collection.create_item("twice", attributes.clone(), text.as_bytes(), false, "text/plain").unwrap();
    }
    assert_eq!(store.load(&key).err(), Some(StoreError::Corrupt));
    store.quarantine(&key).unwrap();
    assert!(store.load(&key).unwrap().is_none(), "the key is free");
    let kept = store.load(&key.quarantine()).unwrap().expect("one is kept");
    assert!(["one", "two"].iter().any(|text| kept.matches(&Secret::from(*text))));
    store.clear(&key.quarantine()).unwrap();
}

#[test]
fn every_kind_of_blocking_thread_can_call_it() {
    let key = || StoreKey::new("https://a.example/v1", "threads", "default");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let store = open();
    let store = runtime.block_on(async {
        tokio::task::spawn_blocking(move || {
            store.save(&key(), &Secret::from("record")).unwrap();
            store
        })
        .await
        .unwrap()
    });
    assert!(store.load(&key()).unwrap().is_some());
    // Not what the documentation asks for, but not a panic either.
    runtime.block_on(async { store.clear(&key()) }).unwrap();
}
