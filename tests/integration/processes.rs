//! Two processes of one app on one store: an extension that only reads, and a record that somebody else changed.

use std::time::Duration;

use appwrite_session_core::{
    ConfigError, Error, Factor, Result, Sent, SessionClient, SessionState, SignedOutReason,
    store::{Operation, SecureStore as _, StoreError},
};

use crate::support::{Fault, PASSWORD, Person, World, on_all, resumed, sign_in, signed_out, status};

const WHOAMI: &str = "/gateway/whoami";
const ACCOUNT: &str = "/v1/account";
const CURRENT: &str = "/v1/account/sessions/current";

async fn extension(world: &World) -> SessionClient {
    let client = world.builder().read_only().build().unwrap();
    client.restored().await;
    client
}

/// Another process of the app, which has read the same record.
async fn other(world: &World) -> SessionClient {
    let client = world.client();
    client.restored().await;
    client
}

/// Lets a moment pass: what is decided now is later than what was decided before.
fn later(world: &World) {
    world.clock.advance(Duration::from_millis(1));
}

fn user_of(state: &SessionState) -> Option<&str> {
    match state {
        SessionState::SignedIn { user, .. } => user.as_ref().map(|user| user.id.as_str()),
        _ => None,
    }
}

fn stores(world: &World, person: &Person) -> bool {
    world.has_record_of(person)
}

#[test]
fn a_read_only_client_uses_the_session_and_never_writes() {
    on_all(async |world: &World| {
        let (app, person) = world.signed_in().await;
        let writes = || {
            [Operation::Save, Operation::Clear, Operation::Quarantine]
                .map(|operation| world.store.calls(operation))
        };
        let before = writes();
        let extension = extension(world).await;
        assert_eq!(user_of(&extension.state()), Some(person.id.as_str()));
        assert_eq!(status(&extension, WHOAMI).await, Ok(200));
        world.server.rename(&person, "Ada Lovelace");
        assert_eq!(extension.account().await.unwrap().user.name, "Ada Lovelace");
        assert_eq!(resumed(&extension).await.name(), "signed_in");

        let seen = world.server.journal().len();
        let refused: Result<()> = Err(ConfigError::ReadOnly.into());
        assert_eq!(extension.sign_out().await, refused);
        assert_eq!(extension.sign_out_everywhere().await, refused);
        assert_eq!(extension.sign_in_with_email(&person.email, PASSWORD).await.map(drop), refused);
        assert_eq!(world.server.journal().len(), seen, "no request");
        assert_eq!(writes(), before);
        assert_eq!(status(&app, WHOAMI).await, Ok(200));
    });
}

#[test]
fn a_read_only_client_says_that_a_record_was_lost_and_not_that_somebody_signed_out() {
    on_all(async |world: &World| {
        let (_app, _) = world.signed_in().await;
        let extension = extension(world).await;
        world.store.fail_next(Operation::Load, StoreError::Corrupt, 1);
        assert_eq!(resumed(&extension).await, signed_out(SignedOutReason::StorageLost));
    });
}

#[test]
fn a_read_only_client_leaves_what_it_cannot_read() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        world.store.fail_next(Operation::Load, StoreError::Corrupt, 1);
        assert_eq!(extension(world).await.state(), signed_out(SignedOutReason::StorageLost));
        assert_eq!(world.store.calls(Operation::Quarantine), 0);
        assert_eq!(world.client().restored().await.name(), "signed_in");
    });
}

#[test]
fn a_read_only_client_follows_the_app() {
    on_all(async |world: &World| {
        let (app, _) = world.signed_in().await;
        let extension = extension(world).await;
        app.sign_out().await.unwrap();
        resumed(&app).await;
        assert_eq!(resumed(&extension).await, signed_out(SignedOutReason::SignedOut));
        let second = world.server.person();
        sign_in(&app, &second).await;
        assert_eq!(user_of(&resumed(&extension).await), Some(second.id.as_str()));
        assert_eq!(status(&extension, WHOAMI).await, Ok(200));
    });
}

#[test]
fn a_read_only_client_ends_a_session_for_itself_and_revokes_none() {
    on_all(async |world: &World| {
        let (app, person) = world.signed_in().await;
        let extension = extension(world).await;
        world.server.revoke_all(&person);
        assert_eq!(
            status(&extension, WHOAMI).await,
            Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something))
        );
        assert_eq!(
            resumed(&extension).await,
            signed_out(SignedOutReason::SessionEnded),
            "and it is not taken up again"
        );
        assert!(stores(world, &person), "the app has yet to learn it");
        assert_eq!(
            app.account().await,
            Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something))
        );
        assert_eq!(world.server.count("DELETE", CURRENT), 0);
    });
}

#[test]
fn a_session_that_another_process_replaced_is_taken_up_without_a_probe() {
    on_all(async |world: &World| {
        let (app, person) = world.signed_in().await;
        for stale in [other(world).await, extension(world).await] {
            sign_in(&app, &person).await;
            resumed(&app).await;
            let asked = world.server.count("GET", ACCOUNT);
            assert_eq!(status(&stale, WHOAMI).await, Ok(200), "refused, read again, replayed");
            assert_eq!(world.server.count("GET", ACCOUNT), asked, "Appwrite is not asked");
        }
    });
}

#[test]
fn a_stale_process_does_not_overwrite_a_newer_session() {
    on_all(async |world: &World| {
        let (stale, person) = world.signed_in().await;
        let app = other(world).await;
        // The old session lives on, because its revocation does not get through.
        world.server.fault("DELETE", CURRENT, Fault::Status500);
        let second = world.server.person();
        sign_in(&app, &second).await;
        world.server.rename(&person, "Ada Lovelace");
        // Something to save, about the session before.
        assert_eq!(
            stale.account().await,
            Err(Error::Superseded(Sent::Something)),
            "nobody is given the account of another user"
        );
        assert!(stores(world, &second) && !stores(world, &person));
        assert_eq!(user_of(&stale.state()), Some(second.id.as_str()));
        world.server.heal();
        resumed(&stale).await;
        resumed(&app).await;
        assert_eq!(world.server.sessions(&person).len(), 0);
        assert_eq!(world.server.sessions(&second).len(), 1);
    });
}

#[test]
fn the_end_of_a_session_does_not_end_the_one_that_replaced_it() {
    on_all(async |world: &World| {
        let (stale, _) = world.signed_in().await;
        let app = other(world).await;
        let second = world.server.person();
        sign_in(&app, &second).await;
        resumed(&app).await;
        // Asked with the credential of yesterday.
        assert!(stale.account().await.is_err());
        assert_eq!(user_of(&stale.state()), Some(second.id.as_str()));
        assert!(stores(world, &second));
        assert_eq!(status(&stale, WHOAMI).await, Ok(200));
    });
}

#[test]
fn a_sign_out_also_ends_what_another_process_signed_in_meanwhile() {
    on_all(async |world: &World| {
        let (stale, person) = world.signed_in().await;
        let app = other(world).await;
        let second = world.server.person();
        sign_in(&app, &second).await;
        later(world);
        stale.sign_out().await.unwrap();
        resumed(&stale).await;
        assert_eq!(resumed(&app).await.name(), "signed_out");
        assert_eq!(world.server.sessions(&person).len() + world.server.sessions(&second).len(), 0);
        assert!(world.store.inner().load(&world.key()).unwrap().is_none());
    });
}

#[test]
fn a_sign_in_replaces_and_revokes_what_another_process_signed_in() {
    on_all(async |world: &World| {
        let (stale, person) = world.signed_in().await;
        let app = other(world).await;
        let (second, third) = (world.server.person(), world.server.person());
        sign_in(&app, &second).await;
        later(world);
        sign_in(&stale, &third).await;
        resumed(&stale).await;
        assert_eq!(user_of(&resumed(&app).await), Some(third.id.as_str()));
        assert_eq!(world.server.sessions(&person).len() + world.server.sessions(&second).len(), 0);
        assert_eq!(world.server.sessions(&third).len(), 1);
    });
}

#[test]
fn a_second_factor_given_in_another_process_is_given() {
    on_all(async |world: &World| {
        let (app, person) = world.mfa_pending().await;
        for waiting in [other(world).await, extension(world).await] {
            assert_eq!(waiting.state().name(), "mfa_required");
            let challenge = app.create_mfa_challenge(Factor::Totp).await.unwrap();
            app.complete_mfa_challenge(&challenge, &world.server.totp(&person)).await.unwrap();
            assert_eq!(user_of(&resumed(&waiting).await), Some(person.id.as_str()));
            waiting.close().await;
            app.sign_out().await.unwrap();
            app.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        }
    });
}

#[test]
fn a_sign_out_elsewhere_that_appwrite_does_not_know_yet_is_a_sign_out() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let app = other(world).await;
        world.server.fault("DELETE", CURRENT, Fault::Status500);
        app.sign_out().await.unwrap();
        assert_eq!(resumed(&client).await, signed_out(SignedOutReason::SignedOut));
        world.server.heal();
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0, "whoever can tell Appwrite does");
    });
}

#[test]
fn a_record_that_is_gone_is_no_sign_out_unless_appwrite_says_so() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.forget();
        let asked = world.server.count("GET", ACCOUNT);
        assert_eq!(resumed(&client).await.name(), "signed_in");
        assert_eq!(world.server.count("GET", ACCOUNT), asked + 1, "Appwrite is asked");
        assert!(stores(world, &person), "and it is put back");
        resumed(&client).await;
        assert_eq!(world.server.count("GET", ACCOUNT), asked + 1, "once");
        world.server.revoke_all(&person);
        world.forget();
        world.clock.advance(Duration::from_secs(60));
        assert_eq!(resumed(&client).await, signed_out(SignedOutReason::SessionEnded));
    });
}
