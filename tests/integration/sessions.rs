//! The user's sessions: listed, extended, revoked here and elsewhere.

use std::time::Duration;

use appwrite_session_core::{Error, Factor, SessionClient, SignedOutReason, store::SecureStore as _};

use crate::{
    proxy::{Proxy, Tampers},
    support::{resumed, ONCE, World, on_both, sign_in, signed_out},
};

#[test]
fn sessions_are_listed_and_this_device_is_known() {
    on_both(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let elsewhere = world.server.sign_in_elsewhere(&person);
        let sessions = client.sessions().await.unwrap();
        assert_eq!(sessions.len(), 2);
        let own: Vec<_> = sessions.iter().filter(|session| session.current).collect();
        assert_eq!(own.len(), 1);
        assert!(sessions.iter().any(|session| session.id == elsewhere && !session.current));
        assert!(sessions.iter().all(|session| session.user_id == person.id && session.expires_at.is_some()));
        let current = client.current_session().await.unwrap();
        assert_eq!((&current.id, current.current, current.provider.as_str()), (&own[0].id, true, "email"));
    });
}

#[test]
fn another_session_is_revoked_and_this_one_stays() {
    on_both(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let elsewhere = world.server.sign_in_elsewhere(&person);
        let before = client.change();
        client.revoke_session(&elsewhere).await.unwrap();
        assert!(!world.server.sessions(&person).contains(&elsewhere));
        assert_eq!(client.change(), before);
        client.account().await.unwrap();
        client.revoke_session(&elsewhere).await.expect("what is gone already is success");
        assert_eq!(client.change(), before);
    });
}

#[test]
fn revoking_this_devices_own_session_is_a_sign_out() {
    on_both(async |world: &World| {
        for by_name in [false, true] {
            let (client, person) = world.signed_in().await;
            let own = client.current_session().await.unwrap().id;
            client.revoke_session(if by_name { "current" } else { &own }).await.unwrap();
            assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
            resumed(&client).await;
            assert_eq!(world.server.sessions(&person).len(), 0);
            client.close().await;
            assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
        }
    });
}

#[test]
fn an_extended_session_lives_longer_and_keeps_its_credential() {
    on_both(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let before = client.current_session().await.unwrap();
        let record = world.store.inner().load(&world.key()).unwrap().unwrap();
        world.server.advance(Duration::from_secs(3600));
        let extended = client.extend_session().await.unwrap();
        assert_eq!((&extended.id, extended.current), (&before.id, true));
        let (was, is) =
            (before.expires_at.unwrap(), extended.expires_at.expect("both date formats are read"));
        let grown = is.duration_since(was).expect("longer than before");
        assert!(grown >= Duration::from_secs(3590) && grown < Duration::from_secs(3700), "{grown:?}");
        assert_eq!(client.current_session().await.unwrap().expires_at, Some(is), "as Appwrite says");
        let stored = world.store.inner().load(&world.key()).unwrap().unwrap();
        // Exposed to be compared: the record is the test's own, and its one number is the expiry.
        assert_ne!(record.expose(), stored.expose(), "the new end is stored");
        let seconds = is.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!(stored.expose().contains(&format!("\"expires_at\":{seconds}")));
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in");
    });
}

#[test]
fn calls_of_a_session_that_ended_say_so_and_the_state_follows() {
    on_both(async |world: &World| {
        for what in 0..4 {
            let (client, person) = world.signed_in().await;
            world.server.revoke_all(&person);
            let error = match what {
                0 => client.sessions().await.unwrap_err(),
                1 => client.extend_session().await.unwrap_err(),
                2 => client.current_session().await.unwrap_err(),
                _ => client.sign_out_everywhere().await.unwrap_err(),
            };
            assert_eq!(error, Error::SignedOut(SignedOutReason::SessionEnded), "call {what}");
            assert_eq!(client.state(), signed_out(SignedOutReason::SessionEnded), "call {what}");
        }
    });
}

#[test]
fn a_refusal_of_any_other_call_ends_nothing_unless_appwrite_confirms_it() {
    on_both(async |world: &World| {
        let proxy =
            Proxy::start(&world.server.endpoint(), Tampers::RefusesGuests("/v1/account/sessions")).await;
        let client = SessionClient::builder(&proxy.endpoint(), &world.server.project())
            .store(world.store.clone())
            .retries(ONCE)
            .build()
            .unwrap();
        sign_in(&client, &world.server.person()).await;
        let error = client.sessions().await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        assert_eq!(client.state().name(), "signed_in", "GET /account answers the credential");
        client.current_session().await.unwrap();
    });
}

#[test]
fn a_challenge_of_a_factor_that_the_user_lacks_is_refused_and_changes_nothing() {
    on_both(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = client.change();
        assert!(client.create_mfa_challenge(Factor::Phone).await.is_err());
        assert_eq!(client.change(), before);
    });
}
