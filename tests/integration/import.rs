//! Coming from Appwrite's own SDKs: whoever was signed in stays so.

use appwrite_session_core::{
    Error, Import, Sent, SessionClient, SignedOutReason,
    store::{MemoryStore, Operation, StoreError},
};

use crate::support::{Person, World, on_all, sign_in, signed_out, status};

const WHOAMI: &str = "/gateway/whoami";

/// Signs `person` in with another SDK, and gives what that leaves.
async fn stored_by_an_sdk(world: &World, person: &Person) -> String {
    let other = SessionClient::builder(&world.server.endpoint(), &world.server.project())
        .gateway(world.server.gateway())
        .store(MemoryStore::new())
        .build()
        .unwrap();
    sign_in(&other, person).await;
    let headers = other.authorize(WHOAMI).await.unwrap();
    let cookie = headers.headers()["cookie"].to_str().unwrap().to_owned();
    format!("[\"{cookie}; path=/; secure; httponly\"]")
}

#[test]
fn a_session_that_an_sdk_left_is_stored_and_used_without_a_request() {
    on_all(async |world: &World| {
        let person = world.server.person();
        let legacy = stored_by_an_sdk(world, &person).await;
        let (client, before) = (world.client(), world.server.journal().len());
        assert_eq!(client.import_session(&legacy).await, Ok(Import::Imported));
        assert_eq!(client.state().name(), "signed_in");
        assert_eq!(client.import_session(&legacy).await, Ok(Import::AlreadyHeld));
        client.close().await;
        let client = world.client();
        assert_eq!(client.restored().await.name(), "signed_in");
        assert_eq!(world.server.journal().len(), before, "no request");
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        assert_eq!(client.account().await.unwrap().user.id, person.id);
        assert_eq!(world.server.sessions(&person).len(), 1);
    });
}

#[test]
fn a_session_that_is_held_stays() {
    on_all(async |world: &World| {
        let legacy = stored_by_an_sdk(world, &world.server.person()).await;
        let (client, person) = world.signed_in().await;
        assert_eq!(client.import_session(&legacy).await, Ok(Import::Declined));
        assert_eq!(client.account().await.unwrap().user.id, person.id);
    });
}

#[test]
fn what_is_no_session_changes_nothing() {
    on_all(async |world: &World| {
        let client = world.client();
        for legacy in ["", "[]", "a_session_other=x", "{\"a_session\": 1}"] {
            assert_eq!(client.import_session(legacy).await, Ok(Import::NothingFound), "{legacy}");
        }
        assert_eq!(client.restored().await, signed_out(SignedOutReason::NoSession));
        assert_eq!(world.store.calls(Operation::Save), 0);
    });
}

#[test]
fn nothing_is_to_be_erased_before_it_is_stored() {
    on_all(async |world: &World| {
        let legacy = stored_by_an_sdk(world, &world.server.person()).await;
        world.store.fail(Operation::Load, StoreError::Locked);
        let client = world.client();
        assert_eq!(client.import_session(&legacy).await, Err(Error::StorageLocked));
        world.store.recover();
        world.store.fail(Operation::Save, StoreError::Unavailable);
        assert_eq!(client.import_session(&legacy).await, Err(Error::StorageUnavailable));
        assert_eq!(client.restored().await, signed_out(SignedOutReason::NoSession));
        world.store.recover();
        assert_eq!(client.import_session(&legacy).await, Ok(Import::Imported));
        let memory = world.builder().store(MemoryStore::new()).build().unwrap();
        assert_eq!(memory.import_session(&legacy).await, Err(Error::StorageUnavailable));
    });
}

#[test]
fn an_imported_session_that_is_no_more_ends_like_any_other() {
    on_all(async |world: &World| {
        let person = world.server.person();
        let legacy = stored_by_an_sdk(world, &person).await;
        world.server.revoke_all(&person);
        let client = world.client();
        assert_eq!(client.import_session(&legacy).await, Ok(Import::Imported));
        let ended = Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something));
        assert_eq!(status(&client, WHOAMI).await, ended);
        assert_eq!(client.import_session(&legacy).await, Ok(Import::Imported), "Appwrite will say so again");
        assert_eq!(status(&client, WHOAMI).await, ended);
    });
}

#[test]
fn a_session_that_was_signed_out_here_is_not_taken_up_again() {
    on_all(async |world: &World| {
        let legacy = stored_by_an_sdk(world, &world.server.person()).await;
        let client = world.client();
        client.import_session(&legacy).await.unwrap();
        world.server.fault("DELETE", "/v1/account/sessions/current", crate::support::Fault::Status500);
        client.sign_out().await.unwrap();
        assert_eq!(client.import_session(&legacy).await, Ok(Import::AlreadyHeld));
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
    });
}
