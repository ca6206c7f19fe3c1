//! Signing out: here at once, at Appwrite as soon as it can be, and never twice.

use appwrite_session_core::{
    Error, Sent, SignedOutReason,
    store::{Operation, SecureStore as _, StoreError},
};

use crate::{
    journal::of_client,
    support::{Fault, SHORT, World, on_all, resumed, signed_out, status},
};

const CURRENT: &str = "/v1/account/sessions/current";
const ALL: &str = "/v1/account/sessions";

#[test]
fn a_sign_out_ends_the_session_here_and_at_appwrite_with_one_request() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        client.sign_out().await.unwrap();
        let ended = signed_out(SignedOutReason::SignedOut);
        assert_eq!(client.state(), ended);
        assert_eq!(
            status(&client, "/gateway/whoami").await,
            Err(Error::SignedOut(SignedOutReason::SignedOut, Sent::Nothing))
        );

        assert_eq!(resumed(&client).await, ended);
        resumed(&client).await;
        client.sign_out().await.unwrap();
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0);
        assert_eq!(world.server.count("DELETE", CURRENT), 1, "Appwrite is told once");
        assert!(
            world.store.inner().load(&world.key()).unwrap().is_none(),
            "a signed-out device keeps nothing"
        );
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await, signed_out(SignedOutReason::NoSession));
        assert_eq!(world.server.count("DELETE", CURRENT), 1);
    });
}

#[test]
fn a_sign_out_does_not_wait_for_appwrite() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let held = world.server.hold_before("DELETE", CURRENT);
        client.sign_out().await.unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        assert_eq!(world.server.sessions(&person).len(), 1, "Appwrite does not know yet");
        held.reached().await;
        held.release();
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0);
        assert_eq!(world.server.count("DELETE", CURRENT), 1);
    });
}

#[test]
fn a_sign_out_works_offline_and_is_made_good_by_itself() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.fault("DELETE", CURRENT, Fault::ResetBefore);
        client.sign_out().await.unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        assert_eq!(resumed(&client).await, signed_out(SignedOutReason::SignedOut));
        assert_eq!(world.server.sessions(&person).len(), 1);

        world.server.heal();
        world.as_time_passes(|| world.server.sessions(&person).is_empty()).await;
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await, signed_out(SignedOutReason::NoSession));
    });
}

#[test]
fn a_revocation_that_could_not_be_done_is_done_after_a_restart() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let was = of_client(&world.server.journal(), "GET", "/v1/account")[0].blob();
        world.server.fault("DELETE", CURRENT, Fault::Status500);
        client.sign_out().await.unwrap();
        resumed(&client).await;
        client.close().await;
        assert_eq!(world.server.sessions(&person).len(), 1);
        world.server.heal();

        let client = world.client();
        assert_eq!(
            client.restored().await,
            signed_out(SignedOutReason::NoSession),
            "signed out is signed out"
        );
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0);
        let journal = world.server.journal();
        assert_eq!(of_client(&journal, "DELETE", CURRENT).last().unwrap().blob(), was);
        assert!(world.store.inner().load(&world.key()).unwrap().is_none(), "and forgotten");
    });
}

#[test]
fn a_sign_out_is_not_held_up_by_an_appwrite_that_hangs() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let client = world.builder().timeouts(SHORT).build().unwrap();
        client.restored().await;
        world.server.fault("DELETE", CURRENT, Fault::Hang);
        client.sign_out().await.unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        resumed(&client).await;
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        world.server.heal();
    });
}

#[test]
fn a_revocation_that_was_done_unheard_is_found_done() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.fault("DELETE", CURRENT, Fault::ResetAfter);
        client.sign_out().await.unwrap();
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0, "done, but the answer was lost");
        world.server.heal();
        resumed(&client).await;
        assert!(world.store.inner().load(&world.key()).unwrap().is_none());
        let before = world.server.count("DELETE", CURRENT);
        resumed(&client).await;
        assert_eq!(world.server.count("DELETE", CURRENT), before, "nothing is left to do");
    });
}

#[test]
fn a_store_that_refuses_the_sign_out_is_told_and_does_not_undo_it() {
    on_all(async |world: &World| {
        for (error, told) in
            [(StoreError::Locked, Error::StorageLocked), (StoreError::Unavailable, Error::StorageUnavailable)]
        {
            let (client, person) = world.signed_in().await;
            world.store.fail(Operation::Save, error);
            world.store.fail(Operation::Clear, error);
            assert_eq!(client.sign_out().await, Err(told));
            assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
            assert!(status(&client, "/gateway/whoami").await.is_err());
            world.store.recover();
            resumed(&client).await;
            assert!(world.store.inner().load(&world.key()).unwrap().is_none(), "made good");
            client.close().await;
            assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
        }
    });
}

#[test]
fn a_sign_out_of_a_locked_store_wins_once_it_opens() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        client.close().await;
        world.store.fail(Operation::Load, StoreError::Locked);
        let client = world.client();
        assert_eq!(client.sign_out().await, Err(Error::StorageLocked));
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        world.store.recover();
        assert_eq!(resumed(&client).await, signed_out(SignedOutReason::SignedOut), "it stays signed out");
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0, "the session that was locked away is revoked");
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}

#[test]
fn a_sign_out_overtakes_a_sign_in_whose_session_is_revoked() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        client.restored().await;
        let held = world.server.hold_after("POST", "/v1/account/sessions/email");
        let mut signing_in = Box::pin(client.sign_in_with_email(&person.email, crate::support::PASSWORD));
        crate::support::until(&mut signing_in, held.reached()).await;
        client.sign_out().await.unwrap();
        held.release();
        assert_eq!(signing_in.await, Err(Error::Superseded(Sent::Something)));
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0);
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}

#[test]
fn a_sign_out_everywhere_ends_every_session_at_appwrite_first() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.sign_in_elsewhere(&person);
        assert_eq!(world.server.sessions(&person).len(), 2);
        client.sign_out_everywhere().await.unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        assert_eq!(world.server.sessions(&person).len(), 0);
        assert_eq!(world.server.count("DELETE", ALL), 1);
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
        assert_eq!(world.server.count("DELETE", CURRENT), 0, "nothing is left to revoke");
    });
}

#[test]
fn a_sign_out_everywhere_that_fails_changes_nothing_here() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        for fault in [Fault::ResetBefore, Fault::Status500, Fault::RateLimited, Fault::Html401] {
            world.server.fault("DELETE", ALL, fault);
            assert!(client.sign_out_everywhere().await.unwrap_err().is_retryable(), "{fault:?}");
            assert_eq!(client.state().name(), "signed_in", "{fault:?}");
            world.server.heal();
        }
        assert_eq!(world.server.sessions(&person).len(), 1);
        client.sign_out_everywhere().await.unwrap();
    });
}

#[test]
fn a_blocked_user_can_sign_out_and_the_session_is_revoked_when_the_block_is_lifted() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.block(&person, true);
        client.sign_out().await.unwrap();
        resumed(&client).await;
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        assert_eq!(world.server.sessions(&person).len(), 1, "Appwrite lets nobody act for a blocked user");
        world.server.block(&person, false);
        world.as_time_passes(|| world.server.sessions(&person).is_empty()).await;
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}

#[test]
fn who_is_signed_out_has_nothing_to_sign_out_of() {
    on_all(async |world: &World| {
        let client = world.client();
        client.sign_out().await.unwrap();
        let nobody = Error::SignedOut(SignedOutReason::SignedOut, Sent::Nothing);
        assert_eq!(client.sign_out_everywhere().await, Err(nobody.clone()));
        assert_eq!(client.account().await, Err(nobody.clone()));
        assert_eq!(client.extend_session().await, Err(nobody));
        assert_eq!(world.server.journal().len(), 0);
    });
}
