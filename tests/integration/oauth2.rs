//! Signing in with a provider in the browser: the callback is this sign-in's own, works once, and survives the end of the process.

use std::time::Duration;

use appwrite_session_core::{
    CallbackFault, ConfigError, Error, OAuth2, OAuth2Outcome, SessionClient, SessionState, SignedOutReason,
    Timeouts,
    store::{Operation, SecureStore as _},
};

use crate::{
    outside::callback,
    support::{
        Fault, ONCE, PASSWORD, Profile, SHORT, World, on, on_all, reached, resumed, signed_out, status,
    },
};

const EXCHANGE: &str = "/v1/account/sessions/token";

fn mock(world: &World) -> OAuth2 {
    OAuth2::new("mock").callback(callback(&world.server))
}

/// Begins, goes through the browser, and gives the URL that opens the app.
async fn browsed(world: &World, client: &SessionClient) -> String {
    let start = client.begin_oauth2(mock(world)).await.unwrap();
    world.server.browse(start.url.expose()).await
}

fn assert_signed_in(outcome: &OAuth2Outcome) {
    let OAuth2Outcome::SignedIn(SessionState::SignedIn { user: Some(user), verified: true }) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(user.email.as_deref(), Some("useroauth@localhost.test"));
}

fn rejected(result: Result<OAuth2Outcome, Error>) -> CallbackFault {
    match result {
        Err(Error::CallbackRejected(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_provider_in_the_browser_signs_in_once() {
    on_all(async |world: &World| {
        let client = world.client();
        let start = client.begin_oauth2(mock(world).scopes(["photos", "a b"])).await.unwrap();
        assert!(world.server.journal().is_empty(), "nothing is sent before the browser opens");
        let callback = callback(&world.server);
        assert!(callback.starts_with(&format!("{}://", start.callback_scheme)), "{}", start.callback_scheme);
        assert!(!format!("{start:?}").contains("flow"), "the URL is a secret");
        let url = world.server.browse(start.url.expose()).await;
        assert!(url.contains("signed-in"), "{url}");
        assert_signed_in(&client.complete_oauth2(&url).await.unwrap());
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        assert_eq!(world.server.count("POST", EXCHANGE), 1);

        let before = client.change();
        assert_eq!(rejected(client.complete_oauth2(&url).await), CallbackFault::Replayed);
        assert_eq!((client.change(), world.server.count("POST", EXCHANGE)), (before, 1), "nothing was sent");
    });
}

#[test]
fn a_sign_in_in_the_browser_survives_the_end_of_the_process() {
    on_all(async |world: &World| {
        let client = world.client();
        let url = browsed(world, &client).await;
        client.close().await;

        let client = world.client();
        assert_signed_in(&client.complete_oauth2(&url).await.unwrap());
        client.close().await;

        let client = world.client();
        assert_eq!(
            rejected(client.complete_oauth2(&url).await),
            CallbackFault::Replayed,
            "told apart after a restart"
        );
        assert_eq!(client.restored().await.name(), "signed_in");
    });
}

#[test]
fn a_url_that_is_not_the_answer_is_refused_and_uses_nothing_up() {
    on_all(async |world: &World| {
        let client = world.client();
        assert_eq!(
            rejected(client.complete_oauth2("my-app://x?y").await),
            CallbackFault::Unexpected,
            "none was begun"
        );
        let url = browsed(world, &client).await;
        let before = (client.change(), world.server.journal().len());
        let flow = url.split_once("flow=").unwrap().1.split(['&', '#']).next().unwrap().to_owned();
        let base = callback(&world.server);
        let long = format!("{base}?flow={flow}&secret={}&userId=ada", "s".repeat(20_000));
        for (url, fault) in [
            ("", CallbackFault::Malformed),
            ("not a URL", CallbackFault::Malformed),
            (&*long, CallbackFault::Malformed),
            ("evil://signed-in?secret=s&userId=u", CallbackFault::Foreign),
            (&*url.replacen("signed-in", "other", 1), CallbackFault::Foreign),
            (&*url.replace(&flow, "made-up"), CallbackFault::Unexpected),
            (&*url.replace("flow=", "flaw="), CallbackFault::Unexpected),
            (&*format!("{}&flow=second", url.trim_end_matches('#')), CallbackFault::Unexpected),
        ] {
            assert_eq!(rejected(client.complete_oauth2(url).await), fault, "{url}");
        }
        assert_eq!(
            (client.change(), world.server.journal().len()),
            before,
            "nothing changed, nothing was sent"
        );
        assert_signed_in(&client.complete_oauth2(&url).await.unwrap());
    });
}

#[test]
fn an_answer_without_a_token_uses_the_sign_in_up() {
    on(Profile::V2_7, async |world: &World| {
        let client = world.client();
        for change in ["secret=", "userId="] {
            let url = browsed(world, &client).await.replace(change, "gone=");
            assert_eq!(rejected(client.complete_oauth2(&url).await), CallbackFault::Malformed);
            assert_eq!(rejected(client.complete_oauth2(&url).await), CallbackFault::Replayed);
        }
        assert_eq!(world.server.count("POST", EXCHANGE), 0);
    });
}

#[test]
fn a_new_sign_in_in_the_browser_takes_the_place_of_the_old_one() {
    on_all(async |world: &World| {
        let client = world.client();
        let old = browsed(world, &client).await;
        let new = browsed(world, &client).await;
        assert_eq!(rejected(client.complete_oauth2(&old).await), CallbackFault::Unexpected);
        assert_signed_in(&client.complete_oauth2(&new).await.unwrap());
    });
}

#[test]
fn a_sign_in_in_the_browser_waits_for_an_hour() {
    on(Profile::V1_5, async |world: &World| {
        let client = world.client();
        let url = browsed(world, &client).await;
        world.clock.advance(Duration::from_secs(3601));
        assert_eq!(rejected(client.complete_oauth2(&url).await), CallbackFault::Expired);
        assert_eq!(world.server.count("POST", EXCHANGE), 0);
    });
}

#[test]
fn a_user_who_turns_back_is_no_error() {
    on_all(async |world: &World| {
        let client = world.client();
        let start = client.begin_oauth2(mock(world)).await.unwrap();
        let url = world.server.decline(start.url.expose()).await;
        assert_eq!(client.complete_oauth2(&url).await, Ok(OAuth2Outcome::Cancelled));
        assert_eq!(client.restored().await, signed_out(SignedOutReason::NoSession));

        let url = browsed(world, &client).await;
        client.cancel_oauth2().await;
        assert_eq!(
            rejected(client.complete_oauth2(&url).await),
            CallbackFault::Unexpected,
            "the browser was closed"
        );
        client.close().await;
        let client = world.client();
        assert_eq!(
            rejected(client.complete_oauth2(&url).await),
            CallbackFault::Unexpected,
            "also after a restart"
        );
    });
}

#[test]
fn what_went_wrong_at_the_provider_is_told_in_the_apps_terms() {
    on_all(async |world: &World| {
        let client = world.client();
        let base = callback(&world.server);
        for (told, code) in [
            (
                r#"{"message":"Failed to obtain access token","type":"user_oauth2_bad_request","code":400}"#,
                "appwrite_unavailable",
            ),
            (r#"{"message":"x","type":"user_blocked","code":401}"#, "user_blocked"),
            (r#"{"message":"x","type":"user_already_exists","code":409}"#, "already_exists"),
            (r#"{"message":"x","type":"project_provider_disabled","code":412}"#, "forbidden"),
            (r#"{"message":"x","type":"user_oauth2_provider_error","code":424}"#, "appwrite_unavailable"),
            (r#"{"message":"access_denied","type":"something_new","code":403}"#, "forbidden"),
            ("<html>", "appwrite_unavailable"),
        ] {
            let start = client.begin_oauth2(mock(world)).await.unwrap();
            let flow =
                start.url.expose().split("flow%3D").nth(1).unwrap().split('&').next().unwrap().to_owned();
            let error = url::form_urlencoded::byte_serialize(told.as_bytes()).collect::<String>();
            let outcome = client.complete_oauth2(&format!("{base}?flow={flow}&error={error}")).await;
            assert_eq!(outcome.unwrap_err().code().as_str(), code, "{told}");
        }
        assert_eq!(client.restored().await, signed_out(SignedOutReason::NoSession));
    });
}

#[test]
fn a_decision_after_the_browser_was_opened_wins() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let url = browsed(world, &client).await;
        client.sign_out().await.unwrap();
        let error = client.complete_oauth2(&url).await.unwrap_err();
        assert_eq!(error.code().as_str(), "superseded");
        assert_eq!(world.server.count("POST", EXCHANGE), 0, "the token is not exchanged");

        let url = browsed(world, &client).await;
        client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        client.close().await;
        let client = world.client();
        let error = client.complete_oauth2(&url).await.unwrap_err();
        assert_eq!(error.code().as_str(), "superseded", "also after a restart");
        assert_eq!(resumed(&client).await.name(), "signed_in");
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn a_sign_in_in_the_browser_replaces_and_revokes_what_was_held() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let url = browsed(world, &client).await;
        assert_signed_in(&client.complete_oauth2(&url).await.unwrap());
        client.idle().await;
        assert!(world.server.sessions(&person).is_empty(), "revoked");
        let exchange = world.server.journal();
        let exchange = exchange.iter().find(|seen| seen.path == EXCHANGE).unwrap();
        assert!(exchange.carriers().is_empty(), "exchanged without the old credential (contract §2x.2.4)");
    });
}

#[test]
fn a_url_can_be_tried_again_if_nothing_was_sent() {
    on(Profile::V2_7, async |world: &World| {
        let client = world.client();
        let url = browsed(world, &client).await;
        client.close().await;
        // The next start of the app is offline.
        let (_socket, nowhere) = crate::support::nobody();
        let offline = SessionClient::builder(&format!("{nowhere}/v1"), &world.server.project());
        let offline =
            offline.store(world.store.clone()).clock(world.clock.clone()).retries(ONCE).build().unwrap();
        assert_eq!(
            rejected(offline.complete_oauth2(&url).await),
            CallbackFault::Unexpected,
            "another endpoint"
        );

        let client = world.client();
        world.server.fault_times("POST", EXCHANGE, Fault::ResetBefore, 1);
        let lost = client.complete_oauth2(&url).await.unwrap_err();
        if lost.may_have_arrived() {
            assert_eq!(rejected(client.complete_oauth2(&url).await), CallbackFault::Replayed);
        } else {
            assert_signed_in(&client.complete_oauth2(&url).await.unwrap());
        }
    });
}

#[test]
fn a_callback_that_found_no_network_can_be_completed_again_also_after_a_restart() {
    on(Profile::V2_7, async |world: &World| {
        let (_socket, nowhere) = crate::support::nobody();
        let offline = || {
            let client = SessionClient::builder(&format!("{nowhere}/v1"), &world.server.project());
            client.store(world.store.clone()).clock(world.clock.clone()).retries(ONCE).build().unwrap()
        };
        let client = offline();
        let start = client.begin_oauth2(OAuth2::new("mock").callback("my-app://in")).await.unwrap();
        let flow = start.url.expose().split("flow%3D").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let url = format!("my-app://in?flow={flow}&secret=s&userId=ada");
        for client in [client.clone(), client, offline()] {
            let error = client.complete_oauth2(&url).await.unwrap_err();
            assert_eq!((error.code().as_str(), error.may_have_arrived()), ("network", false), "not used up");
        }
    });
}

#[test]
fn a_token_that_has_expired_is_an_invalid_token() {
    for profile in [Profile::V1_9, Profile::V2_7] {
        on(profile, async |world: &World| {
            let client = world.client();
            let url = browsed(world, &client).await;
            world.server.advance(Duration::from_secs(61));
            assert_eq!(client.complete_oauth2(&url).await, Err(Error::InvalidToken));
        });
    }
}

#[test]
fn a_store_that_does_not_work_stops_no_sign_in_of_this_process() {
    on(Profile::V1_9, async |world: &World| {
        let client = world.client();
        client.restored().await;
        world.store.fail(Operation::Save, appwrite_session_core::store::StoreError::Unavailable);
        let url = browsed(world, &client).await;
        world.store.recover();
        assert_signed_in(&client.complete_oauth2(&url).await.unwrap());
    });
}

#[test]
fn a_store_that_hangs_holds_the_browser_up_no_longer_than_its_limit() {
    on(Profile::V1_9, async |world: &World| {
        let timeouts = Timeouts { store: Duration::from_millis(300), ..SHORT };
        let client = world.builder().timeouts(timeouts).build().unwrap();
        client.restored().await;
        let gate = world.store.hold(Operation::Save);
        let begun = tokio::spawn({
            let (client, asked) = (client.clone(), mock(world));
            async move { client.begin_oauth2(asked).await }
        });
        reached(&gate);
        let start = begun.await.unwrap().unwrap();
        gate.release();
        let url = world.server.browse(start.url.expose()).await;
        assert_signed_in(&client.complete_oauth2(&url).await.unwrap());
    });
}

#[test]
fn the_deprecated_callback_with_the_session_itself_is_understood() {
    on_all(async |world: &World| {
        let client = world.client();
        let start = client.begin_oauth2(mock(world)).await.unwrap();
        assert!(start.url.expose().contains("/account/tokens/oauth2/"), "never asked for");
        let person = world.server.person();
        let blob = world.server.credential_of(&person);
        let flow = start.url.expose().split("flow%3D").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let secret = url::form_urlencoded::byte_serialize(blob.as_bytes()).collect::<String>();
        let base = callback(&world.server);
        let key = format!("a_session_{}", world.server.project());
        let url = format!("{base}?flow={flow}&project=x&key={key}&secret={secret}");
        let outcome = client.complete_oauth2(&url).await.unwrap();
        let OAuth2Outcome::SignedIn(SessionState::SignedIn { user: Some(user), .. }) = outcome else {
            panic!()
        };
        assert_eq!(user.id, person.id);
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn what_cannot_be_asked_for_is_refused_before_anything_happens() {
    on(Profile::V1_9, async |world: &World| {
        let client = world.client();
        for provider in ["", "a b", "../x", "git\u{e9}"] {
            let refused = client.begin_oauth2(OAuth2::new(provider)).await.unwrap_err();
            assert_eq!(refused, Error::Config(ConfigError::Provider), "{provider:?}");
        }
        for url in ["", "http://example.com/x", "my-app:x", "https://ada:pw@example.com/"] {
            let refused = client.begin_oauth2(OAuth2::new("github").callback(url)).await.unwrap_err();
            assert_eq!(refused.code().as_str(), "config", "{url:?}");
        }
        assert!(world.store.inner().load(&world.key()).unwrap().is_none());
        assert!(world.server.journal().is_empty());
        client.close().await;
        assert_eq!(client.begin_oauth2(OAuth2::new("github")).await.unwrap_err().code().as_str(), "closed");
        assert_eq!(client.complete_oauth2("my-app://x").await.unwrap_err().code().as_str(), "closed");
    });
}

#[test]
fn a_sign_out_that_left_nothing_in_the_store_still_wins_after_a_restart() {
    on_all(async |world: &World| {
        let client = world.client();
        let before_sign_in = browsed(world, &client).await;
        client.sign_out().await.unwrap();
        client.close().await;
        let client = world.client();
        let fault = rejected(client.complete_oauth2(&before_sign_in).await);
        assert_eq!(fault, CallbackFault::Unexpected, "nobody was signed in");

        let person = world.server.person();
        crate::support::sign_in(&client, &person).await;
        let url = browsed(world, &client).await;
        // A sign-out of the next process, which has not read yet what the one before has begun.
        client.close().await;
        let client = world.client();
        client.sign_out().await.unwrap();
        client.idle().await;
        assert!(
            world.store.inner().load(&world.key()).unwrap().is_none(),
            "the record is gone, with its number"
        );
        client.close().await;
        let client = world.client();
        assert_eq!(rejected(client.complete_oauth2(&url).await), CallbackFault::Unexpected);
        assert_eq!(client.restored().await, signed_out(SignedOutReason::NoSession));
        assert_eq!(world.server.count("POST", EXCHANGE), 0);
    });
}

#[test]
fn a_sign_in_in_the_browser_is_not_begun_after_a_later_sign_out() {
    on(Profile::V2_7, async |world: &World| {
        let client = world.client();
        let begun = client.begin_oauth2(mock(world));
        client.sign_out().await.unwrap();
        assert_eq!(begun.await.map(drop).unwrap_err().code().as_str(), "superseded");
        let (first, second) = (client.begin_oauth2(mock(world)), client.begin_oauth2(mock(world)));
        let second = second.await.unwrap();
        assert_eq!(first.await.map(drop).unwrap_err().code().as_str(), "superseded", "the later one goes on");
        let url = world.server.browse(second.url.expose()).await;
        assert_signed_in(&client.complete_oauth2(&url).await.unwrap());
    });
}

#[test]
fn a_sign_out_while_a_callback_is_being_completed_wins() {
    on(Profile::V2_7, async |world: &World| {
        let client = world.client();
        client.restored().await;
        let url = browsed(world, &client).await;
        client.close().await;
        // The store takes its time to note that the URL was used.
        let client = world.client();
        let gate = world.store.hold(Operation::Save);
        let completing = tokio::spawn({
            let (client, url) = (client.clone(), url.clone());
            async move { client.complete_oauth2(&url).await }
        });
        reached(&gate);
        let signing_out = tokio::spawn(client.sign_out());
        client_is_signed_out(&client).await;
        gate.release();
        let error = completing.await.unwrap().unwrap_err();
        assert_eq!(error.code().as_str(), "superseded");
        signing_out.await.unwrap().unwrap();
        client.close().await;
        let client = world.client();
        assert!(client.complete_oauth2(&url).await.is_err());
        assert_eq!(world.server.count("POST", EXCHANGE), 0);
    });
}

async fn client_is_signed_out(client: &SessionClient) {
    while client.state() != signed_out(SignedOutReason::SignedOut) {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_client_that_only_reads_leaves_the_sign_in_of_the_app_alone() {
    on(Profile::V2_7, async |world: &World| {
        let client = world.client();
        let url = browsed(world, &client).await;
        client.close().await;
        let reader = world.builder().read_only().build().unwrap();
        reader.cancel_oauth2().await;
        assert_eq!(reader.complete_oauth2(&url).await.unwrap_err(), Error::Config(ConfigError::ReadOnly));
        reader.close().await;
        assert_signed_in(&world.client().complete_oauth2(&url).await.unwrap());
    });
}
