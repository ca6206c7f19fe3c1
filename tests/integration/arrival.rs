//! Whether a request may have arrived: every error says so truthfully, also one that comes from the session.

use std::{pin::pin, sync::mpsc};

use appwrite_session_core::{
    Error, Method, PresencePolicy, Result, Retries, SessionClient, UserPresence,
    store::{Operation, StoreError},
};

use crate::support::{Fault, PASSWORD, World, call, nobody, on_all, sign_in, until};

/// The code of an error, and whether something may have arrived.
fn told<T>(result: Result<T>) -> (&'static str, bool) {
    result.map(drop).map_err(|error| (error.code().as_str(), error.may_have_arrived())).unwrap_err()
}

/// Every call that needs a credential.
async fn all_calls(client: &SessionClient) -> Vec<(&'static str, bool)> {
    vec![
        told(call(client, Method::POST, "/gateway/open").await),
        told(client.authorize("/gateway/open").await),
        told(client.account().await),
        told(client.sessions().await),
        told(client.extend_session().await),
        told(client.revoke_session("6b0472962518beeb479b").await),
        told(client.sign_out_everywhere().await),
    ]
}

/// Asks on a thread of its own, and answers when the test does.
struct Dialog(mpsc::Sender<mpsc::Sender<bool>>);

impl UserPresence for Dialog {
    fn confirm(&self) -> bool {
        let (answer, answered) = mpsc::channel();
        self.0.send(answer).unwrap();
        answered.recv().unwrap_or(false)
    }
}

#[test]
fn what_ends_a_call_before_its_first_request_says_that_nothing_arrived() {
    on_all(async |world: &World| {
        let client = world.client();
        assert_eq!(all_calls(&client).await, [("signed_out", false); 7]);
        let (client, _) = world.mfa_pending().await;
        let mut expected = [("mfa_required", false); 7];
        // Whose account it is can be asked meanwhile, and Appwrite refuses it.
        expected[2].1 = true;
        assert_eq!(all_calls(&client).await, expected);
        client.close().await;
        world.store.fail(Operation::Load, StoreError::Locked);
        assert_eq!(all_calls(&world.client()).await, [("storage_locked", false); 7]);
        world.store.recover();
        let (client, person) = world.signed_in().await;
        client.close().await;
        assert_eq!(all_calls(&client).await, [("closed", false); 7]);
        let signing_in = client.sign_in_with_email(&person.email, PASSWORD).await;
        assert_eq!(told(signing_in), ("closed", false));
        assert_eq!(told(client.sign_up_with_email("a@example.com", PASSWORD, None).await), ("closed", false));
    });
}

#[test]
fn what_happens_while_a_dialog_is_open_says_that_nothing_arrived_and_nothing_does() {
    on_all(async |world: &World| {
        for (what, expected) in
            [(0, "signed_out"), (1, "superseded"), (2, "closed"), (3, "presence_required")]
        {
            world.signed_in().await.0.close().await;
            let (sender, asked) = mpsc::channel();
            let dialog = Dialog(sender);
            let client = world.builder().require_presence(PresencePolicy::Always, dialog).build().unwrap();
            client.restored().await;
            let before = world.server.count("POST", "/gateway/open");
            let calling = tokio::spawn({
                let client = client.clone();
                async move { call(&client, Method::POST, "/gateway/open").await }
            });
            let question = tokio::task::block_in_place(|| asked.recv().unwrap());
            match what {
                0 => client.sign_out().await.unwrap(),
                1 => sign_in(&client, &world.server.person()).await,
                // Does not wait for the dialog.
                2 => client.close().await,
                _ => {}
            }
            // By now nobody may be waiting for it.
            let _ = question.send(what != 3);
            assert_eq!(told(calling.await.unwrap()), (expected, false));
            assert_eq!(world.server.count("POST", "/gateway/open"), before, "{expected}");
            client.close().await;
            world.forget();
        }
    });
}

#[test]
fn what_ends_a_call_after_a_request_says_that_it_may_have_arrived() {
    on_all(async |world: &World| {
        // Between two hops.
        let (client, _) = world.signed_in().await;
        let held = world.server.hold_before("POST", "/gateway/redirect");
        let target = "/gateway/redirect?status=303&to=/gateway/open";
        let mut calling = Box::pin(call(&client, Method::POST, target));
        until(&mut calling, held.reached()).await;
        client.sign_out().await.unwrap();
        held.release();
        assert_eq!(told(calling.await), ("signed_out", true));
        // After an answer that ended the session.
        let (client, person) = world.signed_in().await;
        world.server.revoke_all(&person);
        assert_eq!(told(call(&client, Method::POST, "/gateway/whoami").await), ("signed_out", true));
        assert_eq!(
            told(call(&client, Method::POST, "/gateway/whoami").await),
            ("signed_out", false),
            "unsent"
        );
    });
}

#[test]
fn what_ends_a_call_between_two_attempts_says_whether_the_first_one_arrived() {
    on_all(async |world: &World| {
        let (_port, nobody) = nobody();
        for (target, arrived) in [("/gateway/open".to_owned(), true), (format!("{nobody}/orders"), false)] {
            let builder = world.builder().gateway(nobody.as_str());
            let client = builder.retries(Retries::default()).build().unwrap();
            sign_in(&client, &world.server.person()).await;
            world.server.fault_times("PUT", "/gateway/open", Fault::ResetAfter, 1);
            let mut calling = pin!(call(&client, Method::PUT, &target));
            tokio::select! {
                biased;
                () = world.clock.sleeping(1) => {}
                early = &mut calling => panic!("it ended early: {early:?}"),
            }
            client.sign_out().await.unwrap();
            world.clock.advance(std::time::Duration::from_secs(10));
            assert_eq!(told(calling.await), ("signed_out", arrived), "{target}");
            world.server.heal();
        }
    });
}

#[test]
fn an_error_that_is_no_call_at_all_says_that_nothing_arrived() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        for target in ["https://evil.example/", "no path", "wss://api.example.com/"] {
            let error: Error = call(&client, Method::POST, target).await.unwrap_err();
            assert!(!error.may_have_arrived() && !error.is_retryable(), "{target}: {error:?}");
        }
    });
}

#[test]
fn a_sign_out_everywhere_that_the_store_does_not_take_says_that_it_arrived() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        for operation in [Operation::Save, Operation::Clear] {
            world.store.fail(operation, StoreError::Locked);
        }
        assert_eq!(told(client.sign_out_everywhere().await), ("storage_unavailable", true));
        assert_eq!(client.state().name(), "signed_out");
        assert_eq!(world.server.sessions(&person).len(), 0);
        world.store.recover();
    });
}
