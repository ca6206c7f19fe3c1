//! The conformance suite against a real Secret Service. Run it with `tests/run keyring`.
#![cfg(target_os = "linux")]

#[path = "support/desktop.rs"]
#[expect(dead_code, reason = "this file's tests neither lock nor kill the keyring")]
mod desktop;

use std::sync::OnceLock;

use appwrite_session_core::{
    Secret,
    store::{KeyringStore, SecureStore as _, StoreKey},
};
use desktop::Desktop;

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
