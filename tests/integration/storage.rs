//! A store that is locked, lost or away: three different things, and none of them loses a login.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use appwrite_session_core::{
    Error, Secret, Sent, SessionState, SignedOutReason,
    store::{Operation, Persistence, SecureStore, StoreError, StoreKey},
};

use crate::support::{Kept, PASSWORD, World, on_all, resumed, sign_in, signed_out, status};

/// The first wait of the upkeep.
const FIRST_WAIT: Duration = Duration::from_secs(1);

#[test]
fn a_record_that_makes_no_sense_is_set_aside_and_said_once() {
    on_all(async |world: &World| {
        let (key, junk) =
            (world.key(), Secret::from("{\"version\":\"1\",\"session\":{\"credential\":\"x\"}}"));
        world.store.inner().save(&key, &junk).unwrap();
        let client = world.client();
        assert_eq!(client.restored().await, signed_out(SignedOutReason::StorageLost));
        let lost = status(&client, "/gateway/whoami").await;
        assert_eq!(lost, Err(Error::SignedOut(SignedOutReason::StorageLost, Sent::Nothing)));
        assert!(world.store.inner().load(&key).unwrap().is_none());
        assert!(world.store.inner().load(&key.quarantine()).unwrap().unwrap().matches(&junk), "set aside");
        client.close().await;

        let client = world.client();
        assert_eq!(client.restored().await, signed_out(SignedOutReason::NoSession), "no crash loop");
        sign_in(&client, &world.server.person()).await;
        assert_eq!(client.persistence(), Persistence::Durable);
    });
}

#[test]
fn a_record_that_the_platform_cannot_read_is_set_aside() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        world.store.fail_next(Operation::Load, StoreError::Corrupt, 1);
        assert_eq!(world.client().restored().await, signed_out(SignedOutReason::StorageLost));
        assert_eq!(world.store.calls(Operation::Quarantine), 1);
        assert_eq!(world.client().restored().await, signed_out(SignedOutReason::NoSession));
    });
}

#[test]
fn a_store_that_panics_is_one_that_is_unavailable() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        world.store.panic_next(Operation::Load);
        let client = world.client();
        assert_eq!(client.restored().await, signed_out(SignedOutReason::StorageUnavailable));
        assert_eq!(resumed(&client).await.name(), "signed_in", "and nothing is lost by it");
    });
}

#[test]
fn a_store_is_asked_once_how_long_its_records_last() {
    /// Says it once, and then fails as a host's code can.
    struct Once(Kept, AtomicBool);

    impl SecureStore for Once {
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
        fn persistence(&self) -> Persistence {
            assert!(!self.1.swap(true, Ordering::SeqCst), "asked again");
            self.0.persistence()
        }
    }

    on_all(async |world: &World| {
        let store = Once(Kept::default(), AtomicBool::new(false));
        let client = world.builder().store(store).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        assert_eq!(client.persistence(), Persistence::Durable);
    });
}

#[test]
fn a_locked_store_is_not_a_signed_out_user() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        client.close().await;
        let before = world.server.journal().len();
        world.store.fail(Operation::Load, StoreError::Locked);
        let client = world.client();
        assert_eq!(client.restored().await, SessionState::StorageLocked);
        assert_eq!(status(&client, "/gateway/whoami").await, Err(Error::StorageLocked));
        assert_eq!(client.account().await, Err(Error::StorageLocked));
        assert_eq!(client.sessions().await, Err(Error::StorageLocked));
        assert_eq!(client.authorize("/gateway/whoami").await.unwrap_err(), Error::StorageLocked);
        let over = client.sign_in_with_email(&person.email, PASSWORD).await;
        assert_eq!(over, Err(Error::StorageLocked), "signing in would bury the locked session");
        assert_eq!(resumed(&client).await, SessionState::StorageLocked);
        assert_eq!(world.server.journal().len(), before, "no request");

        world.store.recover();
        assert_eq!(resumed(&client).await.name(), "signed_in");
        assert_eq!(client.account().await.unwrap().user.id, person.id);
    });
}

#[test]
fn a_locked_store_is_read_by_itself_once_it_opens() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        world.store.fail(Operation::Load, StoreError::Locked);
        let client = world.client();
        let mut changes = client.changes();
        assert_eq!(client.restored().await, SessionState::StorageLocked);

        world.clock.sleeping(1).await;
        let before = world.store.calls(Operation::Load);
        world.clock.advance(FIRST_WAIT - Duration::from_millis(1));
        assert_eq!(world.store.calls(Operation::Load), before, "not before its time");
        world.store.recover();
        world.clock.advance(Duration::from_millis(1));
        loop {
            if changes.next().await.unwrap().state.name() == "signed_in" {
                break;
            }
        }
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn a_call_tries_a_locked_store_again_by_itself() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        world.store.fail_next(Operation::Load, StoreError::Locked, 1);
        let client = world.client();
        assert_eq!(client.restored().await, SessionState::StorageLocked);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn without_a_store_a_sign_in_works_in_memory_and_is_saved_when_the_store_is_back() {
    on_all(async |world: &World| {
        for operation in [Operation::Load, Operation::Save, Operation::Clear] {
            world.store.fail(operation, StoreError::Unavailable);
        }
        let client = world.client();
        assert_eq!(client.restored().await, signed_out(SignedOutReason::StorageUnavailable));
        assert_eq!(client.persistence(), Persistence::MemoryOnly);

        let person = world.server.person();
        sign_in(&client, &person).await;
        assert_eq!(client.persistence(), Persistence::MemoryOnly, "said to be so");
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        assert!(world.store.inner().load(&world.key()).unwrap().is_none());

        world.store.recover();
        world.as_time_passes(|| client.persistence() == Persistence::Durable).await;
        assert_eq!(client.state().name(), "signed_in");
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in");
    });
}

#[test]
fn a_store_that_comes_back_is_read_if_nothing_newer_was_decided() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        client.close().await;
        world.store.fail(Operation::Load, StoreError::Unavailable);
        let client = world.client();
        assert_eq!(client.restored().await, signed_out(SignedOutReason::StorageUnavailable));
        world.store.recover();
        assert_eq!(resumed(&client).await.name(), "signed_in");
        assert_eq!(client.account().await.unwrap().user.id, person.id);
    });
}

#[test]
fn a_session_found_under_a_newer_sign_in_is_revoked() {
    on_all(async |world: &World| {
        let (client, first) = world.signed_in().await;
        client.close().await;
        world.store.fail(Operation::Load, StoreError::Unavailable);
        let (client, second) = (world.client(), world.server.person());
        sign_in(&client, &second).await;
        assert_eq!(world.server.sessions(&first).len(), 1);

        world.store.recover();
        assert_eq!(resumed(&client).await.name(), "signed_in");
        resumed(&client).await;
        assert_eq!(world.server.sessions(&first).len(), 0, "not forgotten");
        assert_eq!(client.account().await.unwrap().user.id, second.id);
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&second).await.name(), "signed_in");
    });
}

#[test]
fn a_sign_in_that_the_store_refuses_stands_and_is_saved_later() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        client.restored().await;
        world.store.fail(Operation::Save, StoreError::Locked);
        sign_in(&client, &person).await;
        assert_eq!(client.persistence(), Persistence::MemoryOnly);
        world.store.recover();
        resumed(&client).await;
        assert_eq!(client.persistence(), Persistence::Durable);
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in");
    });
}
