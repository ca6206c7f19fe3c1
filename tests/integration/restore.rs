//! Cold starts, and everything that must not end a session.

use appwrite_session_core::{ErrorCode, SessionClient, SessionState, SignedOutReason};

use crate::{
    journal::of_client,
    proxy::{Proxy, Tampers},
    support::{Fault, ONCE, PASSWORD, SHORT, World, on_all, sign_in, status},
};

#[test]
fn a_cold_start_knows_the_user_and_makes_no_request() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        client.close().await;
        let before = world.server.journal().len();

        let client = world.client();
        let SessionState::SignedIn { user: Some(user), verified: false } = client.restored().await else {
            panic!("{:?}", client.change())
        };
        assert_eq!((user.id, user.email), (person.id.clone(), Some(person.email.clone())));
        assert_eq!(world.server.journal().len(), before, "no request");

        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200), "and its calls are authorized at once");
        let journal = world.server.journal();
        let asked: Vec<_> = journal[before..].iter().filter(|seen| !seen.by_gateway).collect();
        assert_eq!(asked.len(), 1, "the call, and nothing beside it: {asked:?}");
    });
}

#[test]
fn a_call_does_not_wait_for_anything_but_the_store() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        client.close().await;
        // The first thing that the app does is a call: it waits for the store by itself.
        assert_eq!(status(&world.client(), "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn the_account_verifies_a_restored_session() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        client.close().await;
        let client = world.client();
        let before = world.server.count("GET", "/v1/account");
        assert_eq!(client.account().await.unwrap().user.id, person.id);
        assert_eq!(world.server.count("GET", "/v1/account") - before, 1);
        assert!(matches!(client.state(), SessionState::SignedIn { verified: true, .. }));
    });
}

#[test]
fn a_restored_user_is_as_new_as_the_last_answer() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.rename(&person, "Renamed");
        client.account().await.unwrap();
        client.close().await;
        let SessionState::SignedIn { user: Some(user), .. } = world.client().restored().await else {
            panic!()
        };
        assert_eq!(user.name, "Renamed");
    });
}

#[test]
fn no_fault_of_the_network_or_of_appwrite_ends_a_session() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        client.close().await;
        let client = world.builder().timeouts(SHORT).build().unwrap();
        let restored = client.restored().await;
        let before = client.change().number;
        for (fault, code) in [
            (Fault::ResetBefore, ErrorCode::Network),
            (Fault::ResetAfter, ErrorCode::Network),
            (Fault::TruncateBody, ErrorCode::Network),
            (Fault::Hang, ErrorCode::Timeout),
            (Fault::StallBody, ErrorCode::Timeout),
            (Fault::Status500, ErrorCode::AppwriteUnavailable),
            (Fault::Unavailable, ErrorCode::AppwriteUnavailable),
            (Fault::Html401, ErrorCode::AppwriteUnavailable),
            (Fault::WrongJson, ErrorCode::AppwriteUnavailable),
            (Fault::RateLimited, ErrorCode::RateLimited),
        ] {
            world.server.fault("GET", "/v1/account", fault);
            let error = client.account().await.expect_err("the answer is no account");
            assert_eq!(error.code(), code, "{fault:?}");
            assert!(error.is_retryable(), "{fault:?}");
            assert_eq!(client.state(), restored, "{fault:?}");
            world.server.heal();
        }
        assert_eq!(client.change().number, before, "there was nothing to say");
        client.account().await.unwrap();
        client.close().await;
        assert_eq!(world.client().restored().await.name(), "signed_in");
    });
}

/// A cache in between that mixes users up must not put one user's name on another's session.
#[test]
fn the_account_of_somebody_else_is_no_answer() {
    on_all(async |world: &World| {
        let person = world.server.person();
        let proxy = Proxy::start(&world.server.endpoint(), Tampers::AnswersAccountOfAnother).await;
        let client = SessionClient::builder(&proxy.endpoint(), &world.server.project())
            .store(world.store.clone())
            .retries(ONCE)
            .build()
            .unwrap();
        let state = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        assert_eq!(state, SessionState::SignedIn { user: None, verified: false });
        assert_eq!(client.account().await.unwrap_err().code(), ErrorCode::AppwriteUnavailable);
        assert_eq!(client.state(), state);
    });
}

#[test]
fn a_server_that_answers_guests_with_html_is_asked_elsewhere() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.fault("GET", "/v1/account", Fault::Html401);
        assert_eq!(client.account().await.unwrap_err().code(), ErrorCode::AppwriteUnavailable);
        assert_eq!(client.state().name(), "signed_in", "the other route knows the session");
        world.server.revoke_all(&person);
        assert_eq!(client.account().await.unwrap_err().code(), ErrorCode::SignedOut);
        assert_eq!(client.state(), SessionState::SignedOut { reason: SignedOutReason::SessionEnded });
    });
}

#[test]
fn an_unavailable_appwrite_says_for_how_long() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        world.server.fault("GET", "/v1/account", Fault::Unavailable);
        let error = client.account().await.unwrap_err();
        assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(crate::server::RETRY_AFTER));
    });
}

#[test]
fn an_ended_session_is_told_and_gone_after_a_restart_too() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.revoke_all(&person);
        let error = client.account().await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::SignedOut);
        let SessionState::SignedOut { reason } = client.state() else { panic!() };
        assert_eq!(reason.as_str(), "session_ended");
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
        assert_eq!(world.server.count("DELETE", "/v1/account/sessions/current"), 0, "nothing to revoke");
    });
}

#[test]
fn an_expired_session_ends_when_appwrite_says_so_and_not_before() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        // By the device's clock the session is long over; the device's clock is no judge.
        world.clock.advance(std::time::Duration::from_secs(2 * 365 * 24 * 3600));
        client.account().await.unwrap();
        assert_eq!(client.state().name(), "signed_in");
        world.server.expire_all(&person);
        assert_eq!(client.account().await.unwrap_err().code(), ErrorCode::SignedOut);
    });
}

#[test]
fn accounts_in_other_slots_are_other_sessions() {
    on_all(async |world: &World| {
        let (home, at_home) = world.signed_in().await;
        let (work, at_work) = (world.builder().account_slot("work").build().unwrap(), world.server.person());
        assert_eq!(work.restored().await.name(), "signed_out", "the other slot is empty");
        sign_in(&work, &at_work).await;
        assert_eq!(home.account().await.unwrap().user.id, at_home.id);
        home.sign_out().await.unwrap();
        home.close().await;

        work.close().await;
        assert_eq!(world.client().restored().await.name(), "signed_out");
        let work = world.builder().account_slot("work").build().unwrap();
        assert_eq!(work.account().await.unwrap().user.id, at_work.id);
    });
}

#[test]
fn other_projects_and_servers_are_other_sessions() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let project = SessionClient::builder(&world.server.endpoint(), "another");
        let server = SessionClient::builder("https://appwrite.example.com/v1", &world.server.project());
        for builder in [project, server] {
            let client = builder.store(world.store.clone()).build().unwrap();
            assert_eq!(client.restored().await.name(), "signed_out");
        }
        let journal = world.server.journal();
        assert_eq!(of_client(&journal, "GET", "/v1/account").len(), 1, "that of the sign-in");
    });
}
