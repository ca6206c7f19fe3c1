//! A process that is killed while it saves leaves a whole record: the old one or the new one.

use std::{
    env, fs,
    process::{self, Command, Stdio},
    thread,
    time::Duration,
};

use appwrite_session_core::{
    Secret,
    store::{FileStore, SecureStore as _, StoreKey},
};

/// Tells this test, when it starts itself again, to be the process that is killed.
const VICTIM: &str = "APPWRITE_SESSION_TEST_VICTIM";

/// Long enough that writing it takes a while.
const LENGTH: usize = 1 << 20;

fn key() -> StoreKey {
    StoreKey::new("https://a.example/v1", "killed", "default")
}

#[test]
fn a_killed_save_leaves_a_whole_record() {
    if let Some(directory) = env::var_os(VICTIM) {
        let store = FileStore::open(directory).unwrap();
        for letter in ["a", "b"].into_iter().cycle() {
            store.save(&key(), &Secret::new(letter.repeat(LENGTH))).unwrap();
        }
    }

    let directory = env::temp_dir().join(format!("appwrite-session-killed-{}", process::id()));
    let store = FileStore::open(&directory).unwrap();
    store.save(&key(), &Secret::new("a".repeat(LENGTH))).unwrap();
    for round in 0..10 {
        let mut victim = Command::new(env::current_exe().unwrap())
            .args(["--exact", "a_killed_save_leaves_a_whole_record"])
            .env(VICTIM, &directory)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(20 + 3 * round));
        victim.kill().unwrap();
        victim.wait().unwrap();

        let record = store.load(&key()).unwrap().expect("a saved record is never lost");
        // Exposed to be counted: the record is no secret.
        let text = record.expose();
        assert!(
            text.len() == LENGTH && ["a", "b"].iter().any(|letter| text.matches(letter).count() == LENGTH)
        );
    }
    fs::remove_dir_all(directory).unwrap();
}
