//! The user's sessions: listed, extended, revoked here and elsewhere.

use std::time::Duration;

use appwrite_session_core::{
    ConfigError, Error, Factor, Sent, SessionClient, SignedOutReason, store::SecureStore as _,
};

use serde_json::json;

use crate::{
    proxy::{Proxy, Tampers},
    support::{ODD_IDS, ONCE, World, on_all, resumed, sign_in, signed_out},
};

#[test]
fn sessions_are_listed_and_this_device_is_known() {
    on_all(async |world: &World| {
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
    on_all(async |world: &World| {
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
    on_all(async |world: &World| {
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
    on_all(async |world: &World| {
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
    on_all(async |world: &World| {
        for what in 0..4 {
            let (client, person) = world.signed_in().await;
            world.server.revoke_all(&person);
            let error = match what {
                0 => client.sessions().await.unwrap_err(),
                1 => client.extend_session().await.unwrap_err(),
                2 => client.current_session().await.unwrap_err(),
                _ => client.sign_out_everywhere().await.unwrap_err(),
            };
            assert_eq!(
                error,
                Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something),
                "call {what}"
            );
            assert_eq!(client.state(), signed_out(SignedOutReason::SessionEnded), "call {what}");
        }
    });
}

#[test]
fn a_refusal_of_any_other_call_ends_nothing_unless_appwrite_confirms_it() {
    on_all(async |world: &World| {
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
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = client.change();
        assert!(client.create_mfa_challenge(Factor::Phone).await.is_err());
        assert_eq!(client.change(), before);
    });
}

#[test]
fn an_id_that_cannot_be_one_is_refused_before_anything_is_sent() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.sign_in_elsewhere(&person);
        let before = world.server.journal().len();
        for id in ODD_IDS {
            let refused = Err(Error::Config(ConfigError::Id { what: "session" }));
            assert_eq!(client.revoke_session(id).await, refused, "{id:?}");
            let error = client.sign_in_with_token(id, "secret").await.unwrap_err();
            assert_eq!(error, Error::Config(ConfigError::Id { what: "user" }), "{id:?}");
        }
        assert_eq!(world.server.journal().len(), before, "no request");
        assert_eq!(world.server.sessions(&person).len(), 2);
        assert_eq!(client.account().await.unwrap().user.id, person.id, "the user is still there");
    });
}

#[test]
fn an_unknown_id_is_asked_about_and_is_gone_already() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        for id in ["6b0472962518beeb479b", "a.b"] {
            assert_eq!(client.revoke_session(id).await, Ok(()), "{id}");
            assert_eq!(world.server.count("DELETE", &format!("/v1/account/sessions/{id}")), 1, "{id}");
        }
        // The server takes no id that begins with a special character.
        for id in ["-", "_x"] {
            let error = client.revoke_session(id).await.unwrap_err();
            assert_eq!(error.code().as_str(), "invalid_input", "{id}");
        }
    });
}

#[test]
fn null_and_odd_fields_do_not_make_an_answer_unreadable() {
    on_all(async |world: &World| {
        let odd = json!({
            "name": null, "labels": null, "registration": null, "emailVerification": null, "prefs": null, "phone": 7,
            "mfa": "no", "factors": {}, "expire": null, "$createdAt": [], "osName": 7, "current": "yes", "countryName": {},
        });
        world.server.change_answers("GET", "/v1/account", odd.clone());
        world.server.change_answers("POST", "/v1/account/sessions/email", odd.clone());
        world.server.change_answers("GET", "/v1/account/sessions/current", odd);
        let (client, person) = world.signed_in().await;
        let account = client.account().await.unwrap();
        assert_eq!((account.user.id.as_str(), account.user.name.as_str()), (person.id.as_str(), ""));
        let session = client.current_session().await.unwrap();
        assert_eq!((session.user_id, session.expires_at, session.current), (person.id, None, false));
    });
}

#[test]
fn odd_entries_of_the_list_of_sessions_are_left_out() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let good = json!({ "$id": "s1", "userId": person.id, "provider": null });
        let list = json!({ "total": "many", "sessions": [null, 7, ["s2", person.id], {"$id": "s3"}, good] });
        world.server.change_answers("GET", "/v1/account/sessions", list);
        let sessions = client.sessions().await.unwrap();
        assert_eq!(sessions.iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), ["s1"]);
    });
}

#[test]
fn a_byte_order_mark_in_front_of_the_answers_changes_nothing() {
    on_all(async |world: &World| {
        for (method, path) in
            [("POST", "/v1/account/sessions/email"), ("GET", "/v1/account"), ("GET", "/v1/account/sessions")]
        {
            world.server.mark_answers(method, path);
        }
        let (client, person) = world.signed_in().await;
        assert_eq!(client.account().await.unwrap().user.id, person.id);
        assert_eq!(client.sessions().await.unwrap().len(), 1);
        world.server.revoke_all(&person);
        assert_eq!(
            client.account().await,
            Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something))
        );
    });
}

#[test]
fn a_refusal_that_is_no_object_ends_nothing() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        for body in [
            r#"["general_unauthorized_scope"]"#,
            r#"{"type":["general_unauthorized_scope"]}"#,
            r#""general_unauthorized_scope""#,
            r#"{"error":{"type":"general_unauthorized_scope"}}"#,
        ] {
            world.server.answer_next("GET", "/v1/account", 401, body);
            let error = client.account().await.unwrap_err();
            assert_eq!(error.code().as_str(), "appwrite_unavailable", "{body}");
            assert_eq!(client.state().name(), "signed_in", "{body}");
        }
    });
}

#[test]
fn other_refusals_with_401_keep_the_session() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        for (kind, code) in [
            ("user_reauthentication_required", "reauthentication_required"),
            ("user_challenge_required", "challenge_required"),
            ("user_passkey_invalid", "invalid_token"),
            ("user_oauth2_token_invalid", "invalid_token"),
            ("user_new", "forbidden"),
        ] {
            world.server.answer_next(
                "GET",
                "/v1/account",
                401,
                &format!(r#"{{"code":401,"type":"{kind}"}}"#),
            );
            let error = client.account().await.unwrap_err();
            assert_eq!(error.code().as_str(), code, "{kind}");
            assert_eq!(client.state().name(), "signed_in", "{kind}");
        }
    });
}

#[test]
fn a_session_that_cannot_be_extended_is_unsupported_and_kept() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        for kind in ["user_oauth2_bad_request", "project_provider_unsupported"] {
            let body = format!(r#"{{"code":400,"type":"{kind}"}}"#);
            world.server.answer_next("PATCH", "/v1/account/sessions/current", 400, &body);
            let error = client.extend_session().await.unwrap_err();
            assert_eq!((error.code().as_str(), error.is_retryable()), ("unsupported", false));
            assert_eq!(error.refusal().map(|refusal| refusal.kind()), Some(kind));
        }
        assert_eq!(client.state().name(), "signed_in");
    });
}

#[test]
fn a_revocation_for_a_project_that_is_gone_is_not_tried_for_ever() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let (path, gone) = ("/v1/account/sessions/current", r#"{"code":404,"type":"project_not_found"}"#);
        world.server.answer_next("DELETE", path, 404, gone);
        client.sign_out().await.unwrap();
        resumed(&client).await;
        assert_eq!(world.server.count("DELETE", path), 1, "given up");
        assert!(world.store.inner().load(&world.key()).unwrap().is_none(), "and forgotten");
    });
}
