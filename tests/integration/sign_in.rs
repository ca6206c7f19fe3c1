//! Signing up and in: what is sent, what is kept, and what a refusal leaves as it was.

use std::time::Duration;

use appwrite_session_core::{
    Error, ErrorCode, Sent, SessionClient, SessionState, SignedOutReason,
    store::{Operation, Persistence, SecureStore as _},
};

use crate::{
    journal::of_client,
    proxy::{Proxy, Tampers},
    support::{
        Fault, ONCE, PASSWORD, SHORT, World, code, on_all, polled, reached, resumed, sign_in, signed_out,
        status,
    },
};

const EMAIL: &str = "/v1/account/sessions/email";

#[test]
fn a_sign_up_creates_a_user_and_does_not_sign_in() {
    on_all(async |world: &World| {
        let client = world.client();
        let account = client.sign_up_with_email("new@example.com", PASSWORD, Some("New User")).await.unwrap();
        assert_eq!(account.user.email.as_deref(), Some("new@example.com"));
        assert_eq!(account.user.name, "New User");
        assert_eq!(client.restored().await, signed_out(SignedOutReason::NoSession));
        assert_eq!(world.server.journal().len(), 1, "one request");

        let again = client.sign_up_with_email("new@example.com", PASSWORD, None).await;
        assert_eq!(again, Err(Error::AlreadyExists));
        let short = client.sign_up_with_email("other@example.com", "short", None).await.unwrap_err();
        assert_eq!(short.code(), ErrorCode::InvalidInput);

        let state = client.sign_in_with_email("new@example.com", PASSWORD).await.unwrap();
        assert_eq!(state, SessionState::SignedIn { user: Some(account.user), verified: true });
    });
}

/// Signed in as somebody whom the gateway knows, with two requests: the login, and who it is.
async fn assert_signed_in(world: &World, client: &SessionClient, returned: &SessionState, login: &str) {
    assert!(matches!(returned, SessionState::SignedIn { user: Some(_), verified: true }), "{returned:?}");
    assert_eq!(client.state(), *returned);
    assert_eq!(client.persistence(), Persistence::Durable);
    let journal = world.server.journal();
    assert_eq!(of_client(&journal, "POST", login).len(), 1);
    assert_eq!(of_client(&journal, "GET", "/v1/account").len(), 1);
    assert_eq!(journal.len(), 2);
    assert_eq!(status(client, "/gateway/whoami").await, Ok(200));
}

#[test]
fn an_e_mail_and_a_password_sign_in() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let state = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        let SessionState::SignedIn { user: Some(user), .. } = &state else { panic!("{state:?}") };
        assert_eq!((user.id.as_str(), user.email.as_deref()), (&*person.id, Some(&*person.email)));
        assert_signed_in(world, &client, &state, EMAIL).await;
    });
}

#[test]
fn an_anonymous_user_signs_in() {
    on_all(async |world: &World| {
        let client = world.client();
        let state = client.sign_in_anonymously().await.unwrap();
        let SessionState::SignedIn { user: Some(user), .. } = &state else { panic!("{state:?}") };
        assert_eq!(user.email, None);
        assert_signed_in(world, &client, &state, "/v1/account/sessions/anonymous").await;
    });
}

#[test]
fn a_token_of_the_apps_server_signs_in_once() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let token = world.server.token(&person);
        let state = client.sign_in_with_token(&person.id, &token).await.unwrap();
        assert_signed_in(world, &client, &state, "/v1/account/sessions/token").await;

        let again = client.sign_in_with_token(&person.id, &token).await;
        assert_eq!(again, Err(Error::InvalidToken));
        assert_eq!(client.state(), state, "a refusal leaves the session as it was");
    });
}

#[test]
fn a_wrong_password_changes_nothing() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        client.restored().await;
        let before = client.change();
        let refused = client.sign_in_with_email(&person.email, "not the password").await;
        assert_eq!(refused, Err(Error::InvalidCredentials));
        assert_eq!(client.change(), before);
        assert!(world.store.inner().load(&world.key()).unwrap().is_none());

        sign_in(&client, &person).await;
        let (before, record) = (client.change(), world.store.inner().load(&world.key()).unwrap().unwrap());
        let refused = client.sign_in_with_email(&person.email, "not the password").await;
        assert_eq!(refused, Err(Error::InvalidCredentials));
        assert_eq!(client.change(), before);
        assert!(world.store.inner().load(&world.key()).unwrap().unwrap().matches(&record));
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn a_second_sign_in_replaces_the_session_and_revokes_it() {
    on_all(async |world: &World| {
        let (client, first) = world.signed_in().await;
        let second = world.server.person();
        sign_in(&client, &second).await;
        resumed(&client).await;

        let journal = world.server.journal();
        let logins = of_client(&journal, "POST", EMAIL);
        assert_eq!(logins.len(), 2);
        assert!(logins.iter().all(|login| login.carriers().is_empty()), "a login carries nothing");
        let revoked = of_client(&journal, "DELETE", "/v1/account/sessions/current");
        assert_eq!(revoked.len(), 1, "revoked once");
        let asked = of_client(&journal, "GET", "/v1/account");
        assert_eq!(revoked[0].blob(), asked[0].blob(), "revoked by the credential that was replaced");
        assert_eq!((world.server.sessions(&first).len(), world.server.sessions(&second).len()), (0, 1));
        assert_eq!(client.account().await.unwrap().user.id, second.id);
    });
}

#[test]
fn nobody_hears_of_a_sign_in_before_it_is_stored() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let mut changes = client.changes();
        client.restored().await;
        let gate = world.store.hold(Operation::Save);
        let signing_in = tokio::spawn({
            let (client, email) = (client.clone(), person.email.clone());
            async move { client.sign_in_with_email(&email, PASSWORD).await }
        });
        reached(&gate);
        assert_eq!(client.state().name(), "signed_out", "not stored, not said");
        assert!(matches!(status(&client, "/gateway/whoami").await, Err(Error::SignedOut(..))));
        assert!(!signing_in.is_finished());
        assert_eq!(
            world.server.count("GET", "/v1/account"),
            0,
            "the credential is stored before its first use"
        );

        gate.release();
        loop {
            let change = changes.next().await.unwrap();
            if change.state.name() == "signed_in" {
                break;
            }
            assert!(["restoring", "signed_out"].contains(&change.state.name()), "{change:?}");
        }
        assert!(world.store.inner().load(&world.key()).unwrap().is_some());
        signing_in.await.unwrap().unwrap();
    });
}

#[test]
fn a_rate_limited_sign_in_says_how_long_to_wait_and_is_not_tried_again() {
    on_all(async |world: &World| {
        world.server.rate_limits(true);
        let person = world.server.person();
        // The client's own policy of retries, which a sign-in must not follow.
        let client = world.builder().retries(Default::default()).build().unwrap();
        for _ in 0..10 {
            let refused = client.sign_in_with_email(&person.email, "not the password").await;
            assert_eq!(refused, Err(Error::InvalidCredentials));
        }
        let before = world.server.count("POST", EMAIL);
        let limited = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap_err();
        assert_eq!(limited.code(), ErrorCode::RateLimited);
        let wait = limited.retry_after().expect("Appwrite says until when");
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(3600), "{wait:?}");
        assert_eq!(world.server.count("POST", EMAIL) - before, 1, "sent once");
        assert_eq!(client.state().name(), "signed_out");
    });
}

#[test]
fn a_blocked_user_is_told_so() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.block(&person, true);
        assert_eq!(client.account().await, Err(Error::UserBlocked));
        assert_eq!(client.state().name(), "signed_in", "a block can be lifted");
        world.server.block(&person, false);
        assert_eq!(client.account().await.unwrap().user.id, person.id);
    });
}

#[test]
fn a_sign_in_that_fails_on_the_network_leaves_nothing_behind() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        world.server.fault("POST", EMAIL, Fault::ResetBefore);
        assert_eq!(code(client.sign_in_with_email(&person.email, PASSWORD).await), Err("network"));
        assert_eq!(world.server.count("POST", EMAIL), 1, "a login is never sent twice");
        world.server.heal();
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
        sign_in(&client, &person).await;
    });
}

#[test]
fn a_sign_in_stands_when_nobody_can_say_yet_who_it_is() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        world.server.fault("GET", "/v1/account", Fault::Status500);
        let state = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        assert_eq!(state, SessionState::SignedIn { user: None, verified: false });
        world.server.heal();
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        assert_eq!(client.account().await.unwrap().user.id, person.id);
        assert!(matches!(client.state(), SessionState::SignedIn { user: Some(_), verified: true }));
    });
}

/// Contract §1.5: a response can have the cookies only, or the header only.
#[test]
fn one_spelling_of_the_credential_is_enough() {
    on_all(async |world: &World| {
        for tampers in [Tampers::TakesCookies, Tampers::TakesFallbackHeader] {
            let proxy = Proxy::start(&world.server.endpoint(), tampers).await;
            let person = world.server.person();
            let client = SessionClient::builder(&proxy.endpoint(), &world.server.project())
                .gateway(world.server.gateway())
                .store(world.store.clone())
                .build()
                .unwrap();
            sign_in(&client, &person).await;
            assert_eq!(status(&client, "/gateway/whoami").await, Ok(200), "{tampers:?}");
        }
    });
}

#[test]
fn a_sign_in_without_a_credential_in_the_answer_is_none() {
    on_all(async |world: &World| {
        let proxy = Proxy::start(&world.server.endpoint(), Tampers::TakesBoth).await;
        let client = SessionClient::builder(&proxy.endpoint(), &world.server.project())
            .store(world.store.clone())
            .build()
            .unwrap();
        let refused = client.sign_in_with_email(&world.server.person().email, PASSWORD).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::AppwriteUnavailable);
        assert_eq!(client.state().name(), "signed_out");
    });
}

#[test]
fn a_sign_in_that_was_never_polled_sends_nothing() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        client.restored().await;
        assert!(polled(client.sign_in_with_email(&person.email, PASSWORD), 0).await.is_none());
        client.close().await;
        assert_eq!(world.server.journal().len(), 0);
    });
}

#[test]
fn a_sign_in_whose_body_is_lost_keeps_the_session_that_came_with_the_head() {
    on_all(async |world: &World| {
        for fault in [Fault::TruncateBody, Fault::StallBody] {
            let (client, person) = (world.builder().timeouts(SHORT).build().unwrap(), world.server.person());
            world.server.fault_times("POST", EMAIL, fault, 1);
            sign_in(&client, &person).await;
            assert_eq!(client.account().await.unwrap().user.id, person.id, "{fault:?}");
            client.close().await;
            assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in", "{fault:?}");
            world.forget();
        }
    });
}

#[test]
fn a_sign_in_whose_body_is_no_json_keeps_the_session_that_came_with_the_head() {
    on_all(async |world: &World| {
        let person = world.server.person();
        let proxy = Proxy::start(&world.server.endpoint(), Tampers::GarblesBodies).await;
        let client = SessionClient::builder(&proxy.endpoint(), &world.server.project())
            .gateway(world.server.gateway())
            .store(world.store.clone())
            .retries(ONCE)
            .build()
            .unwrap();
        let state = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        assert_eq!(state, SessionState::SignedIn { user: None, verified: false });
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200), "the credential is right");
        client.sign_out().await.unwrap();
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0, "and can be revoked");
    });
}

#[test]
fn a_byte_order_mark_before_appwrites_answers_is_skipped() {
    on_all(async |world: &World| {
        let person = world.server.person();
        let proxy = Proxy::start(&world.server.endpoint(), Tampers::AddsMark).await;
        let client = SessionClient::builder(&proxy.endpoint(), &world.server.project())
            .store(world.store.clone())
            .clock(world.clock.clone())
            .build()
            .unwrap();
        sign_in(&client, &person).await;
        assert_eq!(client.account().await.unwrap().user.id, person.id);
        world.server.revoke_all(&person);
        let ended = client.account().await;
        assert_eq!(
            ended,
            Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something)),
            "errors are read as well"
        );
    });
}

#[test]
fn what_a_sign_in_replaces_is_revoked_although_nobody_says_whose_the_new_session_is() {
    on_all(async |world: &World| {
        let (client, before) = world.signed_in().await;
        let person = world.server.person();
        world.server.fault("GET", "/v1/account", Fault::Status500);
        sign_in(&client, &person).await;
        client.idle().await;
        assert_eq!(world.server.sessions(&before).len(), 0);
        assert_eq!(world.server.sessions(&person).len(), 1);
    });
}
