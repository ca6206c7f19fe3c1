//! A real Secret Service that is locked, dies and comes back. Run it with `tests/run keyring`.
#![cfg(target_os = "linux")]

#[path = "support/desktop.rs"]
mod desktop;

use std::sync::{Mutex, MutexGuard, PoisonError};

use appwrite_session_core::{
    Secret,
    store::{KeyringStore, SecureStore as _, StoreError, StoreKey},
};
use desktop::Desktop;

/// One bus has one keyring: the tests of this file take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open() -> KeyringStore {
    KeyringStore::new("appwrite-session-tests")
}

fn known() -> StoreKey {
    StoreKey::new("https://a.example/v1", "known", "default")
}

fn unknown() -> StoreKey {
    StoreKey::new("https://a.example/v1", "unknown", "default")
}

fn assert_holds(store: &KeyringStore, key: &StoreKey, text: &str) {
    assert!(store.load(key).is_ok_and(|found| found.is_some_and(|record| record.matches(&text.into()))));
}

/// Every operation fails with `error`: in particular, nothing looks absent, cleared or set aside.
fn assert_every_operation_fails(store: &KeyringStore, error: StoreError) {
    for key in [known(), unknown()] {
        assert_eq!(store.load(&key).err(), Some(error));
        assert_eq!(store.clear(&key).err(), Some(error));
        assert_eq!(store.quarantine(&key).err(), Some(error));
        assert_eq!(store.save(&key, &Secret::from("lost")).err(), Some(error));
    }
}

#[test]
fn a_locked_keyring_is_locked_not_empty() {
    let _turn = turn();
    let desktop = Desktop::start();
    let store = open();
    store.save(&known(), &Secret::from("record")).unwrap();
    desktop.lock();
    assert_every_operation_fails(&store, StoreError::Locked);
    assert_every_operation_fails(&open(), StoreError::Locked);
    desktop.unlock();
    assert_holds(&store, &known(), "record");
    assert!(store.load(&unknown()).unwrap().is_none());
    assert!(store.load(&known().quarantine()).unwrap().is_none());
}

#[test]
fn a_dead_keyring_is_unavailable_not_empty_and_is_used_again_when_it_is_back() {
    let _turn = turn();
    let mut desktop = Desktop::start();
    let store = open();
    store.save(&known(), &Secret::from("record")).unwrap();
    desktop.kill();
    assert_every_operation_fails(&store, StoreError::Unavailable);
    assert_every_operation_fails(&open(), StoreError::Unavailable);
    desktop.restart();
    assert_holds(&store, &known(), "record");
    assert!(store.load(&unknown()).unwrap().is_none());
}

#[test]
fn a_restart_between_two_calls_goes_unnoticed() {
    let _turn = turn();
    let mut desktop = Desktop::start();
    let store = open();
    store.save(&known(), &Secret::from("one")).unwrap();
    for text in ["two", "three"] {
        desktop.kill();
        desktop.restart();
        store.save(&known(), &Secret::from(text)).unwrap();
        desktop.kill();
        desktop.restart();
        assert_holds(&store, &known(), text);
    }
}

#[test]
fn a_restart_that_leaves_the_keyring_locked_is_locked_not_empty() {
    let _turn = turn();
    let mut desktop = Desktop::start();
    let store = open();
    store.save(&known(), &Secret::from("record")).unwrap();
    desktop.kill();
    desktop.restart();
    desktop.lock();
    assert_every_operation_fails(&store, StoreError::Locked);
    desktop.unlock();
    assert_holds(&store, &known(), "record");
}
