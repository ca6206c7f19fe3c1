//! What a user types to sign in is wiped from memory when it is freed.
//!
//! Whoever reads the memory of the process later, for example in a dump of a crash, finds what was freed and not wiped. So this
//! program looks at each block that the client's thread frees. What the HTTP library copies into its own, longer buffers is not ours.
#![allow(unsafe_code, reason = "an allocator is unsafe by its nature")]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use appwrite_session_core::{Factor, SessionClient, store::MemoryStore};
use mock_appwrite::{MockAppwrite, Profile};
use tokio::runtime;

const PASSWORD: &str = "canary battery 7f3a9 staple";

/// The texts to look for.
static SECRETS: OnceLock<Vec<&'static str>> = OnceLock::new();
static FREED: AtomicUsize = AtomicUsize::new(0);
static FOUND: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether this thread is the client's.
    static IS_LOOKED_AT: Cell<bool> = const { Cell::new(false) };
}

struct Looking;

// SAFETY: everything is done by the system's allocator; a block is read only before it is freed, and is its own length.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as asked for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if IS_LOOKED_AT.try_with(Cell::get).unwrap_or(false)
            && let Some(secrets) = SECRETS.get()
        {
            FREED.fetch_add(1, Ordering::Relaxed);
            // SAFETY: the block is still allocated, was zeroed when it was, and is that long.
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            let is_one = |secret: &&str| secret.as_bytes() == bytes;
            FOUND.fetch_add(secrets.iter().filter(|secret| is_one(secret)).count(), Ordering::Relaxed);
        }
        // SAFETY: as asked for.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Looking = Looking;

#[test]
fn what_a_user_types_is_wiped() {
    let servers = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mock = servers.block_on(MockAppwrite::start(Profile::V1_9)).unwrap();
    let control = mock.control();
    let user = control.user("ada@example.com", PASSWORD);
    let token: &'static str = control.create_token(&user, 32, 900).unwrap().leak();
    control.require_mfa(&user);
    let code: &'static str = control.totp_code(&user).unwrap().leak();
    SECRETS.set(vec![PASSWORD, token, code]).unwrap();

    let app = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    IS_LOOKED_AT.set(true);
    app.block_on(async {
        let builder = SessionClient::builder(&mock.endpoint(), mock.project());
        let client = builder.store(MemoryStore::new()).build().unwrap();
        client.sign_in_with_email("ada@example.com", PASSWORD).await.unwrap();
        client.sign_in_with_token(&user, token).await.unwrap();
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        let state = client.complete_mfa_challenge(&challenge, code).await.unwrap();
        assert_eq!(state.name(), "signed_in");
        client.close().await;
        // Texts that are not wiped are found, or the test shows nothing.
        for secret in [PASSWORD, token, code] {
            let before = FOUND.load(Ordering::Relaxed);
            drop(secret.to_owned());
            assert_eq!(FOUND.swap(before, Ordering::Relaxed), before + 1);
        }
    });
    IS_LOOKED_AT.set(false);
    assert!(FREED.load(Ordering::Relaxed) > 1000, "the client's thread was looked at");
    assert_eq!(FOUND.load(Ordering::Relaxed), 0, "texts were freed that can still be read");
}
