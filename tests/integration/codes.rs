//! Codes and links that Appwrite sends: to sign in, to recover an account, to verify an address or a number.

use std::time::Duration;

use appwrite_session_core::{CallbackFault, Error, SentCode, SessionClient, SessionState, SignedOutReason};

use crate::{
    outside::callback,
    support::{ODD_IDS, PASSWORD, Profile, World, code, on, on_all, signed_out, status},
};

fn wrong(code: &str) -> &'static str {
    if code == "000000" { "111111" } else { "000000" }
}

async fn complete_with_retry(world: &World, client: &SessionClient, sent: &SentCode) -> SessionState {
    let code = world.server.newest_message().secret;
    assert_eq!(client.complete_code(sent, wrong(&code)).await, Err(Error::InvalidToken));
    assert_eq!(client.restored().await, signed_out(SignedOutReason::NoSession), "another try is possible");
    let state = client.complete_code(sent, &code).await.unwrap();
    assert_eq!(client.complete_code(sent, &code).await, Err(Error::InvalidToken), "it works once");
    assert_eq!(client.state(), state, "and a refused code ends no session");
    assert_eq!(status(client, "/gateway/whoami").await, Ok(200));
    state
}

#[test]
fn a_code_by_e_mail_signs_in_with_a_phrase() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let sent = client.start_email_code(&person.email, true).await.unwrap();
        assert_eq!(sent.user_id, person.id, "the user who has this address");
        assert!(sent.phrase.as_deref().is_some_and(|phrase| !phrase.is_empty()));
        let SessionState::SignedIn { user: Some(user), .. } =
            complete_with_retry(world, &client, &sent).await
        else {
            panic!()
        };
        assert_eq!(user.id, person.id);
        assert_eq!(client.start_email_code("new@example.com", false).await.unwrap().phrase, None);
        assert_eq!(code(client.start_email_code("no address", false).await), Err("invalid_input"));
    });
}

#[test]
fn a_code_by_phone_signs_a_new_user_in() {
    on_all(async |world: &World| {
        let client = world.client();
        let sent = client.start_phone_code("+14155552671").await.unwrap();
        complete_with_retry(world, &client, &sent).await;
        assert_eq!(client.account().await.unwrap().phone.as_deref(), Some("+14155552671"));
        assert_eq!(code(client.start_phone_code("12").await), Err("invalid_input"));
    });
}

#[test]
fn a_code_waits_for_a_restart_and_a_quarter_of_an_hour() {
    on_all(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let sent = client.start_email_code(&person.email, false).await.unwrap();
        client.close().await;
        let client = world.client();
        let kept = SentCode::new(sent.user_id);
        let secret = world.server.newest_message().secret;
        world.server.advance(Duration::from_secs(901));
        assert_eq!(client.complete_code(&kept, &secret).await, Err(Error::InvalidToken), "expired");
        client.start_email_code(&person.email, false).await.unwrap();
        client.complete_code(&kept, &world.server.newest_message().secret).await.unwrap();
        for id in ODD_IDS {
            assert_eq!(code(client.complete_code(&SentCode::new(id), "123456").await), Err("config"));
        }
    });
}

#[test]
fn a_magic_url_signs_in_whom_it_was_sent_to() {
    on_all(async |world: &World| {
        let (client, callback) = (world.client(), callback(&world.server));
        let (ada, eve) = (world.server.person(), world.server.person());
        client.start_magic_url(&eve.email, &callback, false).await.unwrap();
        let eves = world.server.newest_message().link;
        let sent = client.start_magic_url(&ada.email, &callback, false).await.unwrap();
        let link = world.server.newest_message().link;
        let fault = async |url: &str| match client.complete_magic_url(&sent, &callback, url).await {
            Err(Error::CallbackRejected(fault)) => fault,
            other => panic!("{url}: {other:?}"),
        };
        let before = world.server.journal().len();
        assert_eq!(
            fault(&eves).await,
            CallbackFault::Unexpected,
            "nobody is signed in to somebody else's account"
        );
        assert_eq!(fault("my-app://other?userId=u&secret=s").await, CallbackFault::Foreign);
        assert_eq!(fault("?").await, CallbackFault::Malformed);
        assert_eq!(fault(&callback).await, CallbackFault::Malformed);
        assert_eq!(fault(&link.replace("secret=", "secret=&secret=")).await, CallbackFault::Malformed);
        assert_eq!(world.server.journal().len(), before, "nothing was sent");
        let state = client.complete_magic_url(&sent, &callback, &link).await.unwrap();
        let SessionState::SignedIn { user: Some(user), .. } = &state else { panic!("{state:?}") };
        assert_eq!(user.id, ada.id);
        assert_eq!(client.complete_magic_url(&sent, &callback, &link).await, Err(Error::InvalidToken));
        assert_eq!(client.state(), state);
        for refused in ["http://example.com/", "", "x"] {
            assert_eq!(code(client.start_magic_url(&ada.email, refused, false).await), Err("config"));
        }
        let foreign = client.start_magic_url(&ada.email, "https://evil.example/", false).await;
        assert_eq!(code(foreign), Err("invalid_input"), "Appwrite knows the project's platforms");
    });
}

#[test]
fn a_password_is_recovered_by_a_code() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let recovery = client.recovery();
        let sent = recovery.start_by_code(&person.email, true).await.unwrap();
        assert_eq!(sent.user_id, person.id);
        assert!(sent.phrase.is_some());
        let right = world.server.newest_message().secret;
        let set = async |code: &str, password: &str| recovery.complete_by_code(&sent, code, password).await;
        assert_eq!(set(wrong(&right), "battery staple").await, Err(Error::InvalidToken));
        assert_eq!(code(set(&right, "short").await), Err("invalid_input"));
        set(&right, "battery staple").await.unwrap();
        assert_eq!(set(&right, "battery staple").await, Err(Error::InvalidToken), "it works once");
        assert_eq!(client.sign_in_with_email(&person.email, PASSWORD).await, Err(Error::InvalidCredentials));
        client.sign_in_with_email(&person.email, "battery staple").await.unwrap();
    });
}

#[test]
fn an_older_server_recovers_and_verifies_by_links() {
    for profile in [Profile::V1_5, Profile::V1_9] {
        on(profile, async |world: &World| {
            let (client, person) = world.signed_in().await;
            let by_code = client.recovery().start_by_code(&person.email, false).await.unwrap_err();
            let Error::Unsupported(why) = &by_code else { panic!("{by_code:?}") };
            assert_eq!(why.since(), Some("2.3"));
            let by_code = client.verification().start_email_by_code(false).await.unwrap_err();
            let Error::Unsupported(why) = &by_code else { panic!("{by_code:?}") };
            assert_eq!(why.since(), Some("2.4"));
            assert_eq!(client.state().name(), "signed_in");
        });
    }
}

#[test]
fn a_password_is_recovered_by_a_link() {
    on_all(async |world: &World| {
        let (client, person, callback) = (world.client(), world.server.person(), callback(&world.server));
        let recovery = client.recovery();
        recovery.start_by_link(&person.email, &callback).await.unwrap();
        let link = world.server.newest_message().link;
        let foreign =
            recovery.complete_by_link(&callback, "https://evil.example/?userId=u&secret=s", "x").await;
        assert_eq!(foreign, Err(Error::CallbackRejected(CallbackFault::Foreign)));
        recovery.complete_by_link(&callback, &link, "battery staple").await.unwrap();
        let again = recovery.complete_by_link(&callback, &link, "battery staple").await;
        assert_eq!(again, Err(Error::InvalidToken));
        client.sign_in_with_email(&person.email, "battery staple").await.unwrap();
    });
}

#[test]
fn an_address_is_verified_by_a_code() {
    on(Profile::V2_7, async |world: &World| {
        let (client, person) = world.signed_in().await;
        let verification = client.verification();
        let sent = verification.start_email_by_code(false).await.unwrap();
        assert_eq!(sent.user_id, person.id);
        let right = world.server.newest_message().secret;
        assert_eq!(verification.complete_email_by_code(&sent, wrong(&right)).await, Err(Error::InvalidToken));
        verification.complete_email_by_code(&sent, &right).await.unwrap();
        assert!(client.account().await.unwrap().email_verified);
        assert_eq!(verification.start_email_by_code(false).await.map(drop), Err(Error::AlreadyExists));
    });
}

#[test]
fn an_address_is_verified_by_a_link_and_a_number_by_a_code() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let (verification, callback) = (client.verification(), callback(&world.server));
        verification.start_email_by_link(&callback).await.unwrap();
        let link = world.server.newest_message().link;
        verification.complete_email_by_link(&callback, &link).await.unwrap();
        assert!(client.account().await.unwrap().email_verified);

        assert_eq!(code(verification.start_phone().await), Err("invalid_input"), "there is no number");
        client.profile().update_phone("+14155552671", PASSWORD).await.unwrap();
        let sent = verification.start_phone().await.unwrap();
        verification.complete_phone(&sent, &world.server.newest_message().secret).await.unwrap();
        assert!(client.account().await.unwrap().phone_verified);
    });
}

#[test]
fn nothing_is_sent_by_a_client_that_is_closed_or_signed_out() {
    on_all(async |world: &World| {
        let client = world.client();
        assert_eq!(code(client.verification().start_phone().await), Err("signed_out"));
        client.close().await;
        assert_eq!(code(client.start_email_code("ada@example.com", false).await), Err("closed"));
        assert_eq!(
            code(client.recovery().start_by_link("ada@example.com", "my-app://x").await),
            Err("closed")
        );
        assert!(world.server.journal().is_empty() && world.server.messages() == 0);
    });
}
