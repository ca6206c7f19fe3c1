//! What is counted, over a life of a session.

use appwrite_session_core::{Carrier, Retries};

use crate::support::{Fault, Profile, World, on, on_all, resumed, sign_in, status};

#[test]
fn a_whole_life_is_counted() {
    on_all(async |world: &World| {
        let client = world.client();
        client.restored().await;
        assert!(client.metrics().each().all(|(name, value)| value == u64::from(name == "store_reads")));
        sign_in(&client, &world.server.person()).await;
        let signed_in = client.metrics();
        assert_eq!((signed_in.sign_ins, signed_in.credential_changes), (1, 1));
        assert_eq!((signed_in.attempts, signed_in.probes, signed_in.probes_alive), (2, 1, 1));
        assert!(signed_in.store_writes > 0);

        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        assert_eq!(status(&client, "/gateway/deny").await, Ok(401));
        let called = client.metrics();
        assert_eq!((called.gateway_calls, called.unauthorized), (2, 1));
        assert_eq!(called.retries, 0);

        world.server.fault("DELETE", "/v1/account/sessions/current", Fault::Status500);
        client.sign_out().await.unwrap();
        client.idle().await;
        let signed_out = client.metrics();
        assert_eq!(
            (signed_out.sign_outs, signed_out.sessions_ended, signed_out.credential_changes),
            (1, 0, 2)
        );
        assert_eq!((signed_out.revocations_pending, signed_out.revocations_told), (1, 0));
        assert_eq!(signed_out.answers_unavailable, 1);
        world.server.heal();
        resumed(&client).await;
        let told = client.metrics();
        assert_eq!((told.revocations_pending, told.revocations_told), (0, 1));
        client.close().await;
        assert_eq!(client.metrics(), told);
    });
}

#[test]
fn what_appwrite_ends_is_no_sign_out_of_the_app() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.revoke_all(&person);
        client.account().await.unwrap_err();
        let metrics = client.metrics();
        assert_eq!((metrics.sessions_ended, metrics.sign_outs, metrics.probes_ended), (1, 0, 1));
    });
}

#[test]
fn failures_are_counted_by_kind_and_attempts_with_their_retries() {
    on(Profile::V1_9, async |world: &World| {
        let client = world.builder().retries(Retries { attempts: 3, ..Retries::default() }).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let before = client.metrics();
        world.server.fault("GET", "/gateway/open", Fault::ResetBefore);
        let (calling, passing) =
            (status(&client, "/gateway/open"), world.as_time_passes(|| client.metrics().retries >= 2));
        let (called, ()) = tokio::join!(calling, passing);
        called.unwrap_err();
        let after = client.metrics();
        assert_eq!((after.attempts - before.attempts, after.retries, after.failures_network), (3, 2, 3));
        assert_eq!((after.failures_timeout, after.failures_tls, after.failures_response), (0, 0, 0));
        assert_eq!(after.gateway_calls, 1);
    });
}

#[test]
fn tokens_and_an_undecided_probe_are_counted() {
    on(Profile::V1_9, async |world: &World| {
        let client = world.client_by(Carrier::AccessToken);
        sign_in(&client, &world.server.person()).await;
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        assert_eq!(client.metrics().access_tokens_renewed, 1);
        world.server.fault("GET", "/v1/account", Fault::Status500);
        client.account().await.unwrap_err();
        let metrics = client.metrics();
        assert_eq!((metrics.probes_undecided, metrics.answers_unavailable), (1, 1));
    });
}

#[test]
fn every_number_has_a_name_of_its_own() {
    on(Profile::V1_9, async |world: &World| {
        let metrics = world.signed_in().await.0.metrics();
        let named: Vec<_> = metrics.each().collect();
        assert!(
            named.contains(&("sign_ins", metrics.sign_ins)) && named.contains(&("probes", metrics.probes))
        );
        let debug = format!("{metrics:?}");
        assert!(named.iter().all(|(name, value)| debug.contains(&format!("{name}: {value}"))), "{debug}");
        assert_eq!(debug.matches(": ").count(), named.len());
    });
}
