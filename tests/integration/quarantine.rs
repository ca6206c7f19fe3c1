//! A record that cannot be read is set aside, and does not stay on the device for ever.

use appwrite_session_core::{
    Secret, SignedOutReason,
    store::{Operation, SecureStore as _, StoreError},
};

use crate::support::{World, on_all, sign_in, signed_out};

const DAMAGED: &str = "{ not a record, and yet it may hold a credential";

async fn with_a_damaged_record(world: &World) -> appwrite_session_core::SessionClient {
    world.store.inner().save(&world.key(), &Secret::from(DAMAGED)).unwrap();
    let client = world.client();
    assert_eq!(client.restored().await, signed_out(SignedOutReason::StorageLost));
    assert!(is_set_aside(world), "it can still be sent in");
    client
}

fn is_set_aside(world: &World) -> bool {
    world.store.inner().load(&world.key().quarantine()).unwrap().is_some()
}

#[test]
fn the_next_sign_in_removes_what_was_set_aside() {
    on_all(async |world: &World| {
        let client = with_a_damaged_record(world).await;
        sign_in(&client, &world.server.person()).await;
        assert!(!is_set_aside(world));
    });
}

#[test]
fn a_sign_out_removes_what_was_set_aside() {
    on_all(async |world: &World| {
        let client = with_a_damaged_record(world).await;
        client.sign_out().await.unwrap();
        assert!(!is_set_aside(world));
    });
}

#[test]
fn what_an_earlier_process_set_aside_is_removed_too() {
    on_all(async |world: &World| {
        with_a_damaged_record(world).await.close().await;
        let client = world.client();
        client.restored().await;
        assert!(is_set_aside(world), "nothing newer was saved");
        sign_in(&client, &world.server.person()).await;
        assert!(!is_set_aside(world));
    });
}

#[test]
fn a_removal_that_fails_costs_no_sign_in_and_is_tried_again() {
    on_all(async |world: &World| {
        let client = with_a_damaged_record(world).await;
        world.store.fail(Operation::Clear, StoreError::Unavailable);
        let person = world.server.person();
        sign_in(&client, &person).await;
        assert!(is_set_aside(world));
        world.store.recover();
        // Something new to be saved.
        world.server.advance(std::time::Duration::from_secs(60));
        client.extend_session().await.unwrap();
        assert!(!is_set_aside(world));
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in");
    });
}
