//! Observers: the current state first, then every change, in order and without a gap; and how a client ends.

use std::sync::{Arc, Weak};

use appwrite_session_core::{
    Change, Changes, Error, Factor, Result, Secret, Sent, SignedOutReason,
    store::{Operation, Persistence, SecureStore, StoreError, StoreKey},
};

use crate::support::{Fault, Kept, PASSWORD, World, on_all, resumed, sign_in, signed_out, status};

/// Everything until the stream ends.
pub(crate) async fn rest(mut changes: Changes) -> Vec<Change> {
    let mut all = Vec::new();
    while let Some(change) = changes.next().await {
        all.push(change);
    }
    all
}

fn names(changes: &[Change]) -> Vec<&'static str> {
    changes.iter().map(|change| change.state.name()).collect()
}

pub(crate) fn assert_numbered(changes: &[Change]) {
    for pair in changes.windows(2) {
        assert_eq!(pair[1].number, pair[0].number + 1, "{changes:?}");
        assert!(
            pair[1].state != pair[0].state || pair[1].persistence != pair[0].persistence,
            "a change changes something: {changes:?}"
        );
    }
}

#[test]
fn every_observer_gets_the_current_state_and_then_every_change() {
    on_all(async |world: &World| {
        let gate = world.store.hold(Operation::Load);
        let (client, person) = (world.client(), world.server.person());
        let (early, another) = (client.changes(), client.changes());
        gate.release();
        client.restored().await;
        sign_in(&client, &person).await;
        let late = client.changes();
        let at_late = client.change();
        world.server.require_totp(&person);
        assert_eq!(client.account().await, Err(Error::MfaRequired(Sent::Something)));
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        client.complete_mfa_challenge(&challenge, &world.server.totp(&person)).await.unwrap();
        client.sign_out().await.unwrap();
        let last = client.change();
        client.close().await;

        let (early, another, late) = (rest(early).await, rest(another).await, rest(late).await);
        assert_eq!(early, another);
        assert_numbered(&early);
        assert_eq!(early[0].number, 0);
        assert_eq!(
            names(&early),
            ["restoring", "signed_out", "signed_in", "mfa_required", "signed_in", "signed_out"]
        );
        assert_eq!(late[0], at_late, "the current state first");
        assert_eq!(late[..], early[early.len() - late.len()..]);
        assert_eq!(late.last(), Some(&last));
    });
}

#[test]
fn what_changes_nothing_is_not_told() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let changes = client.changes();
        for _ in 0..3 {
            client.account().await.unwrap();
            status(&client, "/gateway/whoami").await.unwrap();
            resumed(&client).await;
        }
        client.close().await;
        assert_eq!(rest(changes).await.len(), 1);
    });
}

#[test]
fn a_change_of_persistence_is_a_change() {
    on_all(async |world: &World| {
        let client = world.client();
        client.restored().await;
        world.store.fail(Operation::Save, StoreError::Unavailable);
        let changes = client.changes();
        sign_in(&client, &world.server.person()).await;
        world.store.recover();
        resumed(&client).await;
        client.close().await;
        let seen = rest(changes).await;
        assert_numbered(&seen);
        let last: Vec<_> =
            seen.iter().rev().take(2).map(|change| (change.state.name(), change.persistence)).collect();
        assert_eq!(last, [("signed_in", Persistence::Durable), ("signed_in", Persistence::MemoryOnly)]);
    });
}

#[test]
fn many_changes_by_many_tasks_stay_in_order() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let changes = client.changes();
        let work: Vec<_> = (0..12)
            .map(|turn| {
                tokio::spawn({
                    let (client, email) = (client.clone(), person.email.clone());
                    async move {
                        if turn % 3 == 2 {
                            client.sign_out().await.unwrap();
                        } else {
                            let outcome = client.sign_in_with_email(&email, PASSWORD).await;
                            assert!(matches!(outcome, Ok(_) | Err(Error::Superseded(_))), "{outcome:?}");
                        }
                    }
                })
            })
            .collect();
        for task in work {
            task.await.unwrap();
        }
        let last = client.change();
        client.close().await;
        let seen = rest(changes).await;
        assert_numbered(&seen);
        assert_eq!(seen.last(), Some(&last));
        let state = world.assert_nothing_is_orphaned(&person).await;
        assert_eq!(state.name(), last.state.name(), "what was told last is what is stored");
    });
}

#[test]
fn a_sign_out_takes_effect_before_it_is_stored_and_returns_after() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let gate = world.store.hold(Operation::Save);
        let signing_out = tokio::spawn({
            let client = client.clone();
            async move { client.sign_out().await }
        });
        crate::support::reached(&gate);
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        let refused = Err(Error::SignedOut(SignedOutReason::SignedOut, Sent::Nothing));
        assert_eq!(status(&client, "/gateway/whoami").await, refused, "nothing is sent any more");
        assert!(!signing_out.is_finished());
        gate.release();
        signing_out.await.unwrap().unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
    });
}

#[test]
fn a_closed_client_takes_no_more_work_and_ends_its_streams() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let changes = client.changes();
        client.close().await;
        assert_eq!(rest(changes).await.len(), 1, "the current state, and the end");
        assert_eq!(rest(client.changes()).await.len(), 1, "a late observer, too");
        let before = world.server.journal().len();
        let closed = Err(Error::Closed(Sent::Nothing));
        assert_eq!(client.sign_in_with_email(&person.email, PASSWORD).await.map(drop), closed);
        assert_eq!(client.sign_in_anonymously().await.map(drop), closed);
        assert_eq!(client.sign_out().await, closed);
        assert_eq!(client.sign_out_everywhere().await, closed);
        assert_eq!(client.account().await.map(drop), closed);
        assert_eq!(client.sessions().await.map(drop), closed);
        assert_eq!(client.extend_session().await.map(drop), closed);
        assert_eq!(client.revoke_session("current").await, closed);
        assert_eq!(client.create_mfa_challenge(Factor::Totp).await.map(drop), closed);
        assert_eq!(client.sign_up_with_email("late@example.com", PASSWORD, None).await.map(drop), closed);
        assert_eq!(resumed(&client).await.name(), "signed_in");
        assert_eq!(status(&client, "/gateway/open").await.map(drop), closed);
        assert_eq!(client.authorize("/gateway/open").await.map(drop), closed);
        assert_eq!(client.state().name(), "signed_in", "the session stays stored");
        client.close().await;
        assert_eq!(world.server.journal().len(), before);
        assert_eq!(world.client().restored().await.name(), "signed_in");
    });
}

#[test]
fn a_closed_client_leaves_what_is_to_be_done_to_the_next_one() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.fault("DELETE", "/v1/account/sessions/current", Fault::ResetBefore);
        client.sign_out().await.unwrap();
        client.close().await;
        world.server.heal();
        let before = world.server.journal().len();
        resumed(&client).await;
        assert_eq!(world.server.journal().len(), before, "a closed client sends nothing");
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}

/// A store that lets a test know when nothing holds it any more.
struct Watched {
    store: Kept,
    _token: Arc<()>,
}

impl SecureStore for Watched {
    fn load(&self, _: &StoreKey) -> Result<Option<Secret>, StoreError> {
        Err(StoreError::Locked)
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        self.store.save(key, record)
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.store.clear(key)
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.store.quarantine(key)
    }

    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }
}

async fn gone(token: Weak<()>) {
    while token.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}

#[test]
fn dropping_the_last_handle_ends_everything() {
    on_all(async |world: &World| {
        let token = Arc::new(());
        let weak = Arc::downgrade(&token);
        let client =
            world.builder().store(Watched { store: Kept::default(), _token: token }).build().unwrap();
        let another = client.clone();
        // The store is locked, so the upkeep waits to try again.
        world.clock.sleeping(1).await;
        drop(client);
        assert_eq!(another.restored().await.name(), "storage_locked", "one handle is enough");
        drop(another);
        gone(weak).await;
    });
}

#[test]
fn closing_leaves_nothing_behind() {
    on_all(async |world: &World| {
        let token = Arc::new(());
        let weak = Arc::downgrade(&token);
        let client =
            world.builder().store(Watched { store: Kept::default(), _token: token }).build().unwrap();
        world.clock.sleeping(1).await;
        client.close().await;
        drop(client);
        gone(weak).await;
    });
}
