//! The user's last word: of two calls the later one wins, whatever is slow, and no answer is given to another user.

use std::time::Duration;

use appwrite_session_core::{Error, Factor, SessionState, SignedOutReason, store::Operation};
use tokio::time::timeout;

use crate::support::{
    Fault, PASSWORD, World, code, on_all, reached, resumed, sign_in, signed_out, status, until,
};

const ACCOUNT: &str = "/v1/account";
const EMAIL: &str = "/v1/account/sessions/email";
const ALL: &str = "/v1/account/sessions";
const CURRENT: &str = "/v1/account/sessions/current";

#[test]
fn a_sign_out_that_was_called_after_a_sign_in_wins_while_the_store_is_still_being_read() {
    on_all(async |world: &World| {
        let gate = world.store.hold(Operation::Load);
        let (client, person) = (world.client(), world.server.person());
        reached(&gate);
        // Numbered when they are called, so it does not matter which of them runs first.
        let signing_in = client.sign_in_with_email(&person.email, PASSWORD);
        let signing_out = tokio::spawn(client.sign_out());
        let signing_in = tokio::spawn(signing_in);
        gate.release();
        signing_out.await.unwrap().unwrap();
        assert_eq!(code(signing_in.await.unwrap()), Err("superseded"));
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}

#[test]
fn of_two_sign_ins_the_later_one_wins_although_the_first_is_answered_last() {
    on_all(async |world: &World| {
        let (client, first, second) = (world.client(), world.server.person(), world.server.person());
        client.restored().await;
        let slow = world.server.hold_after("POST", EMAIL);
        let mut signing_in = Box::pin(client.sign_in_with_email(&first.email, PASSWORD));
        until(&mut signing_in, slow.reached()).await;
        sign_in(&client, &second).await;
        slow.release();
        let error = signing_in.await.unwrap_err();
        assert_eq!((error.code().as_str(), error.may_have_arrived()), ("superseded", true));
        assert_eq!(client.account().await.unwrap().user.id, second.id);
        resumed(&client).await;
        assert_eq!(world.server.sessions(&first).len(), 0, "the session of the first is revoked");
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&second).await.name(), "signed_in");
    });
}

#[test]
fn two_taps_on_the_button_leave_one_session() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let held = world.server.hold_many("POST", EMAIL, 2);
        let taps = [0, 1].map(|_| tokio::spawn(client.sign_in_with_email(&person.email, PASSWORD)));
        held.reached_by(2).await;
        held.release();
        let [first, second] = taps;
        // The first may have been answered before the second was; then it was signed in for a moment.
        let first = first.await.unwrap();
        assert!(first.is_ok() || code(first.clone()) == Err("superseded"), "{first:?}");
        assert_eq!(second.await.unwrap().unwrap().name(), "signed_in", "the later one");
        resumed(&client).await;
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in");
    });
}

#[test]
fn two_processes_that_sign_in_at_the_same_moment_lose_one_login_at_most() {
    on_all(async |world: &World| {
        let (one, other) = (world.client(), world.client());
        let (ada, bob) = (world.server.person(), world.server.person());
        one.restored().await;
        other.restored().await;
        let held = world.server.hold_many("POST", EMAIL, 2);
        let ada_signs_in = tokio::spawn(one.sign_in_with_email(&ada.email, PASSWORD));
        let bob_signs_in = tokio::spawn(other.sign_in_with_email(&bob.email, PASSWORD));
        held.reached_by(2).await;
        held.release();
        let (ada_signed_in, bob_signed_in) = (ada_signs_in.await.unwrap(), bob_signs_in.await.unwrap());
        assert!(ada_signed_in.is_ok() || bob_signed_in.is_ok(), "{ada_signed_in:?}, {bob_signed_in:?}");
        for _ in 0..2 {
            resumed(&one).await;
            resumed(&other).await;
        }
        let alive = world.server.sessions(&ada).len() + world.server.sessions(&bob).len();
        assert_eq!(alive, 1, "the session that was replaced is revoked, and no other");
        let users = [one.account().await.unwrap().user.id, other.account().await.unwrap().user.id];
        assert_eq!(users[0], users[1], "both have the same one");
    });
}

#[test]
fn what_was_asked_as_one_user_is_not_answered_to_the_next() {
    on_all(async |world: &World| {
        for (what, method, path) in
            [(0, "GET", ACCOUNT), (1, "GET", ALL), (2, "PATCH", CURRENT), (3, "GET", CURRENT)]
        {
            let (client, _) = world.signed_in().await;
            let next = world.server.person();
            let held = world.server.hold_after(method, path);
            let asked = client.clone();
            let mut asking = Box::pin(async move {
                match what {
                    0 => asked.account().await.map(drop),
                    1 => asked.sessions().await.map(drop),
                    2 => asked.extend_session().await.map(drop),
                    _ => asked.current_session().await.map(drop),
                }
            });
            until(&mut asking, held.reached()).await;
            sign_in(&client, &next).await;
            held.release();
            let error = asking.await.unwrap_err();
            assert_eq!((error.code().as_str(), error.may_have_arrived()), ("superseded", true), "{path}");
            assert_eq!(client.account().await.unwrap().user.id, next.id, "{path}");
        }
    });
}

#[test]
fn a_code_that_appwrite_accepts_after_a_sign_out_signs_nobody_in() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        let right = world.server.totp(&person);
        let held = world.server.hold_after("PUT", "/v1/account/mfa/challenge");
        let mut completing = Box::pin(client.complete_mfa_challenge(&challenge, &right));
        until(&mut completing, held.reached()).await;
        client.sign_out().await.unwrap();
        held.release();
        assert_eq!(code(completing.await), Err("signed_out"));
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}

#[test]
fn a_caller_that_gives_up_while_its_refusal_is_looked_into_leaves_state_and_store_alike() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.revoke_all(&person);
        let probe = world.server.hold_before("GET", ACCOUNT);
        let mut asking = Box::pin(client.sessions());
        until(&mut asking, probe.reached()).await;
        drop(asking);
        probe.release();
        client.close().await;
        assert_eq!(client.state(), signed_out(SignedOutReason::SessionEnded), "it is published");
        assert_eq!(world.client().restored().await, signed_out(SignedOutReason::NoSession), "and stored");
    });
}

#[test]
fn an_imported_session_is_known_as_this_devices_own_when_it_is_revoked() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let cookie = client.authorize("/gateway/open").await.unwrap();
        let cookie = cookie.headers()["cookie"].to_str().unwrap().to_owned();
        client.close().await;
        world.forget();
        let client = world.client();
        assert!(client.import_session(&cookie).await.unwrap().may_erase());
        let own = world.server.sessions(&person).remove(0);
        client.revoke_session(&own).await.unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}

#[test]
fn a_sign_out_everywhere_whose_answer_was_lost_is_asked_again_and_is_a_sign_out() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.sign_in_elsewhere(&person);
        world.server.fault_times("DELETE", ALL, Fault::ResetAfter, 1);
        assert_eq!(client.sign_out_everywhere().await, Ok(()));
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        assert_eq!(world.server.count("DELETE", ALL), 2);
        assert_eq!(world.server.sessions(&person).len(), 0);
    });
}

#[test]
fn a_redirect_is_not_followed_as_another_user() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let held = world.server.hold_before("POST", "/gateway/redirect");
        let mut call = Box::pin(client.post("/gateway/redirect?status=303&to=/gateway/whoami").send());
        until(&mut call, held.reached()).await;
        sign_in(&client, &world.server.person()).await;
        held.release();
        let error = call.await.unwrap_err();
        assert_eq!((error.code().as_str(), error.may_have_arrived()), ("superseded", true));
        assert_eq!(world.server.count("GET", "/gateway/whoami"), 0);
    });
}

#[test]
fn a_sign_in_whose_answer_is_lost_is_not_sent_again_and_says_that_it_may_have_arrived() {
    on_all(async |world: &World| {
        let (client, person) =
            (world.builder().retries(Default::default()).build().unwrap(), world.server.person());
        world.server.fault("POST", EMAIL, Fault::ResetAfter);
        let error = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.may_have_arrived()), ("network", true));
        assert!(!error.is_retryable(), "a session may have been created");
        assert_eq!(world.server.count("POST", EMAIL), 1);
        assert_eq!(client.state().name(), "signed_out");
    });
}

#[test]
fn a_session_that_ends_while_a_factor_is_missing_is_a_sign_out() {
    on_all(async |world: &World| {
        let (client, person) = world.mfa_pending().await;
        world.server.revoke_all(&person);
        let error = client.create_mfa_challenge(Factor::Totp).await.unwrap_err();
        assert_eq!(error.code().as_str(), "signed_out");
        assert_eq!(client.state(), SessionState::SignedOut { reason: SignedOutReason::SessionEnded });
        assert_eq!(
            status(&client, "/gateway/open").await.map_err(|error| error.may_have_arrived()),
            Err(false)
        );
    });
}

#[test]
fn a_sign_out_that_is_called_twice_at_once_revokes_once() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let both = [tokio::spawn(client.sign_out()), tokio::spawn(client.sign_out())];
        for signing_out in both {
            let outcome = timeout(Duration::from_secs(10), signing_out).await.unwrap().unwrap();
            assert!(matches!(outcome, Ok(()) | Err(Error::Superseded(_))), "{outcome:?}");
        }
        resumed(&client).await;
        assert_eq!(world.server.count("DELETE", CURRENT), 1);
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}

#[test]
fn a_sign_in_that_a_sign_out_has_overtaken_is_superseded_also_if_its_session_is_revoked_by_then() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let held = world.server.hold_before("GET", "/v1/account");
        let signing_in = tokio::spawn(client.sign_in_with_email(&person.email, PASSWORD));
        held.reached().await;
        client.sign_out().await.unwrap();
        world.server.until(|server| server.sessions(&person).is_empty()).await;
        held.release();
        assert_eq!(code(signing_in.await.unwrap()), Err("superseded"));
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
    });
}
