//! The rules that every store keeps, as one suite: for the stores of this crate, and for those that apps bring.
//!
//! [`store_conformance_tests!`](crate::store_conformance_tests) makes one test of each rule. Every rule uses keys of its own
//! and removes what it stored, so the suite can run in parallel, and against a real keyring. A broken rule panics.
#![expect(clippy::expect_used, reason = "a broken rule is reported by panicking, like any assertion")]

use std::thread;

use super::{Persistence, SecureStore, StoreKey};
use crate::Secret;

/// Makes one `#[test]` of each rule that a [`SecureStore`] keeps.
///
/// The argument is something that can be called without arguments, as often as needed, and opens the store: each time the
/// *same* one, if its records outlive the process.
///
/// ```
/// # use appwrite_session_core::store::MemoryStore;
/// mod conformance {
///     # use super::*;
///     appwrite_session_core::store_conformance_tests!(MemoryStore::new);
/// }
/// ```
#[macro_export]
macro_rules! store_conformance_tests {
    ($open:expr) => {
        $crate::store_conformance_tests!(@each $open;
            what_was_never_saved_is_none,
            a_record_comes_back_exactly,
            a_large_record_comes_back_exactly,
            an_empty_record_is_not_an_absent_one,
            the_last_save_wins,
            a_cleared_record_is_none,
            clearing_what_is_absent_succeeds,
            keys_are_independent,
            any_key_can_be_used,
            quarantine_frees_the_key_and_keeps_the_bytes,
            quarantine_replaces_what_was_set_aside_before,
            quarantine_of_what_is_absent_succeeds,
            a_quarantined_record_can_be_removed,
            an_exchange_writes_only_over_what_is_expected,
            an_exchange_creates_and_removes,
            a_durable_record_survives_reopening,
            threads_do_not_mix_records,
        );
    };
    (@each $open:expr; $($rule:ident,)+) => {
        $(
            #[test]
            fn $rule() {
                $crate::store::conformance::$rule($open);
            }
        )+
    };
}

/// Nothing under a key is `None`, not an error.
pub fn what_was_never_saved_is_none<S: SecureStore>(open: impl Fn() -> S) {
    assert_absent(&open(), &unused_key());
}

/// What is loaded is what was saved, whatever the text.
pub fn a_record_comes_back_exactly<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    for text in ["record", "{\"v\":1,\"name\":\"Žofie 🔑\"}", "line\r\nline\n\ttab\u{0}nul\u{7f}", " padded "]
    {
        save(&store, &key, text);
        assert_holds(&store, &key, text);
    }
    remove(&store, &key);
}

/// Two kibibytes fit: more than a record needs, less than the smallest platform limit (2560 bytes on Windows).
pub fn a_large_record_comes_back_exactly<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key, text) = (open(), unused_key(), "0123456789abcdef".repeat(128));
    save(&store, &key, &text);
    assert_holds(&store, &key, &text);
    remove(&store, &key);
}

/// An empty record is a record.
pub fn an_empty_record_is_not_an_absent_one<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    save(&store, &key, "");
    assert_holds(&store, &key, "");
    remove(&store, &key);
}

/// A save replaces the whole of what was there, also by something shorter.
pub fn the_last_save_wins<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    for text in ["first", "a second and longer record", "third"] {
        save(&store, &key, text);
    }
    assert_holds(&store, &key, "third");
    remove(&store, &key);
}

/// After clearing, nothing is there, and the key can be used again.
pub fn a_cleared_record_is_none<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    save(&store, &key, "before");
    remove(&store, &key);
    assert_absent(&store, &key);
    save(&store, &key, "after");
    assert_holds(&store, &key, "after");
    remove(&store, &key);
}

/// Clearing is about the result: nothing there is what was asked for.
pub fn clearing_what_is_absent_succeeds<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    remove(&store, &key);
    remove(&store, &key);
}

/// Keys that differ in the endpoint, the project or the slot alone are different keys.
pub fn keys_are_independent<S: SecureStore>(open: impl Fn() -> S) {
    let (store, project) = (open(), unused_project());
    let keys = [
        StoreKey::new("https://a.example/v1", &project, "default"),
        StoreKey::new("https://a.example:8443/v1", &project, "default"),
        StoreKey::new("https://a.example/v1", &format!("{project}-staging"), "default"),
        StoreKey::new("https://a.example/v1", &project, "work"),
        StoreKey::new("https://a.example/v1", &project, "Default"),
    ];
    for (number, key) in keys.iter().enumerate() {
        save(&store, key, &number.to_string());
    }
    for (number, key) in keys.iter().enumerate() {
        assert_holds(&store, key, &number.to_string());
    }
    remove(&store, &keys[0]);
    assert_absent(&store, &keys[0]);
    for (number, key) in keys.iter().enumerate().skip(1) {
        assert_holds(&store, key, &number.to_string());
        remove(&store, key);
    }
}

/// Long keys and keys with letters of any alphabet work.
pub fn any_key_can_be_used<S: SecureStore>(open: impl Fn() -> S) {
    let store = open();
    let endpoint = format!("https://{}.example/v1", "long-name.".repeat(24));
    for key in [
        StoreKey::new(&endpoint, &unused_project(), "default"),
        StoreKey::new("https://[::1]:8080/a b/%2F/v1", &unused_project(), "účet-世界-🔑"),
    ] {
        save(&store, &key, "record");
        assert_holds(&store, &key, "record");
        remove(&store, &key);
        assert_absent(&store, &key);
    }
}

/// What is set aside is no longer under its key, is whole under the quarantine key, and does not stand in the way.
pub fn quarantine_frees_the_key_and_keeps_the_bytes<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    save(&store, &key, "{ not a record");
    set_aside(&store, &key);
    assert_absent(&store, &key);
    assert_holds(&store, &key.quarantine(), "{ not a record");
    save(&store, &key, "a new login");
    assert_holds(&store, &key, "a new login");
    assert_holds(&store, &key.quarantine(), "{ not a record");
    remove(&store, &key);
    assert_holds(&store, &key.quarantine(), "{ not a record");
    remove(&store, &key.quarantine());
}

/// One record per key is set aside, the latest: a device that damages records does not fill up.
pub fn quarantine_replaces_what_was_set_aside_before<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    for text in ["damaged once", "damaged twice"] {
        save(&store, &key, text);
        set_aside(&store, &key);
    }
    assert_absent(&store, &key);
    assert_holds(&store, &key.quarantine(), "damaged twice");
    remove(&store, &key.quarantine());
}

/// Nothing to set aside is success, and leaves what was set aside before.
pub fn quarantine_of_what_is_absent_succeeds<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    set_aside(&store, &key);
    assert_absent(&store, &key.quarantine());
    save(&store, &key, "damaged");
    set_aside(&store, &key);
    set_aside(&store, &key);
    assert_holds(&store, &key.quarantine(), "damaged");
    remove(&store, &key.quarantine());
}

/// What is set aside is removed by clearing the quarantine key, and nothing else is.
pub fn a_quarantined_record_can_be_removed<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    save(&store, &key, "damaged");
    set_aside(&store, &key);
    save(&store, &key, "a new login");
    remove(&store, &key.quarantine());
    assert_absent(&store, &key.quarantine());
    assert_holds(&store, &key, "a new login");
    remove(&store, &key);
}

/// An exchange that expects something else than what is there changes nothing, and says so.
pub fn an_exchange_writes_only_over_what_is_expected<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    save(&store, &key, "ours");
    for expected in [None, Some("theirs"), Some("our"), Some("")] {
        assert!(!exchange(&store, &key, expected, Some("new")), "{expected:?} is not there");
        assert!(!exchange(&store, &key, expected, None), "{expected:?} is not there");
        assert_holds(&store, &key, "ours");
    }
    assert!(exchange(&store, &key, Some("ours"), Some("new")));
    assert_holds(&store, &key, "new");
    remove(&store, &key);
}

/// An exchange with nothing creates or removes a record.
pub fn an_exchange_creates_and_removes<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    assert!(!exchange(&store, &key, Some("x"), Some("new")), "nothing is there");
    assert!(exchange(&store, &key, None, None));
    assert_absent(&store, &key);
    assert!(exchange(&store, &key, None, Some("new")));
    assert_holds(&store, &key, "new");
    assert!(exchange(&store, &key, Some("new"), None));
    assert_absent(&store, &key);
}

/// Of several exchanges at once that expect the same, one succeeds. Not part of
/// [`store_conformance_tests!`](crate::store_conformance_tests): the provided [`SecureStore::exchange`] does not promise it.
///
/// `open` is called once for each thread, so that a store which several processes share shows that it is safe between them.
pub fn one_exchange_of_many_succeeds<S: SecureStore>(open: impl Fn() -> S) {
    const THREADS: usize = 4;
    const ROUNDS: usize = 20;
    let (key, stores) = (unused_key(), [open(), open(), open(), open()]);
    let mut held: Option<String> = None;
    for round in 0..ROUNDS {
        let expected = held.as_deref();
        let new = |thread: usize| format!("{round}:{thread}");
        let winners: Vec<usize> = thread::scope(|scope| {
            let key = &key;
            let running: Vec<_> = stores
                .iter()
                .enumerate()
                .map(|(thread, store)| {
                    scope.spawn(move || exchange(store, key, expected, Some(&new(thread))).then_some(thread))
                })
                .collect();
            running.into_iter().filter_map(|thread| thread.join().expect("a thread")).collect()
        });
        assert_eq!(winners.len(), 1, "of {THREADS} exchanges in round {round}");
        let record = new(winners[0]);
        assert_holds(&stores[0], &key, &record);
        held = Some(record);
    }
    remove(&stores[0], &key);
}

/// A store that says [`Persistence::Durable`] has its records after it was closed and opened again.
pub fn a_durable_record_survives_reopening<S: SecureStore>(open: impl Fn() -> S) {
    let (store, key) = (open(), unused_key());
    if store.persistence() != Persistence::Durable {
        return;
    }
    save(&store, &key, "first");
    save(&store, &key, "kept");
    drop(store);
    let store = open();
    assert_holds(&store, &key, "kept");
    remove(&store, &key);
    drop(store);
    assert_absent(&open(), &key);
}

/// Threads that use the store at once get their own records; a key that all write holds one of the records, whole.
pub fn threads_do_not_mix_records<S: SecureStore>(open: impl Fn() -> S) {
    const THREADS: usize = 4;
    const ROUNDS: usize = 5;
    let (store, shared) = (open(), unused_key());
    let record = |thread: usize, round: usize| format!("{thread}:{round};").repeat(thread * 10 + 1);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (store, shared) = (&store, &shared);
            scope.spawn(move || {
                let own = unused_key();
                for round in 0..ROUNDS {
                    save(store, &own, &record(thread, round));
                    save(store, shared, &record(thread, round));
                    assert_holds(store, &own, &record(thread, round));
                }
                remove(store, &own);
            });
        }
    });
    let last = store.load(&shared).expect("load").expect("every thread saved a record");
    let whole = (0..THREADS).any(|thread| last.matches(&record(thread, ROUNDS - 1).into()));
    assert!(whole, "the shared key holds a record that no thread saved last");
    remove(&store, &shared);
}

/// A key that nothing else uses, in this run or another.
fn unused_key() -> StoreKey {
    StoreKey::new("https://conformance.example/v1", &unused_project(), "default")
}

fn unused_project() -> String {
    format!("conformance-{:016x}", fastrand::u64(..))
}

fn save(store: &impl SecureStore, key: &StoreKey, text: &str) {
    store.save(key, &Secret::from(text)).expect("save");
}

fn exchange(store: &impl SecureStore, key: &StoreKey, expected: Option<&str>, new: Option<&str>) -> bool {
    let secret = |text: Option<&str>| text.map(Secret::from);
    store.exchange(key, secret(expected).as_ref(), secret(new).as_ref()).expect("exchange")
}

fn remove(store: &impl SecureStore, key: &StoreKey) {
    store.clear(key).expect("clear");
}

fn set_aside(store: &impl SecureStore, key: &StoreKey) {
    store.quarantine(key).expect("quarantine");
}

fn assert_absent(store: &impl SecureStore, key: &StoreKey) {
    assert!(store.load(key).expect("load").is_none(), "nothing should be stored under this key");
}

fn assert_holds(store: &impl SecureStore, key: &StoreKey, text: &str) {
    let found = store.load(key).expect("load").expect("a record should be stored under this key");
    // Exposed to say what came back: the suite stores no real secret.
    assert_eq!(found.expose(), text);
}
