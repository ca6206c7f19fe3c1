//! What is wrong is named: broken set-ups, each with its true cause, and what was asked for it.

use std::time::{Duration, Instant};

use appwrite_session_core::{
    Area, Carrier, Diagnosis, Gateway, Level, PresencePolicy, Proxy, Retries, SessionClient, Timeouts,
    UserPresence,
    store::{Operation, SecureStore as _, StoreError, StoreKey},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    support::{Fault, Profile, SHORT, World, nobody, on, on_all, sign_in, signed_out, status},
    tls::TlsFront,
};

const CHECK: &str = "/_gateway/session";

/// What is not as it should be, as `area/code`.
fn faults(diagnosis: &Diagnosis) -> Vec<String> {
    let faults = diagnosis.findings.iter().filter(|finding| finding.level != Level::Ok);
    faults.map(|finding| format!("{}/{}", finding.area.as_str(), finding.code)).collect()
}

/// What does not work, as `area/code`.
fn problems(diagnosis: &Diagnosis) -> Vec<String> {
    diagnosis.problems().map(|finding| format!("{}/{}", finding.area.as_str(), finding.code)).collect()
}

fn code(diagnosis: &Diagnosis, area: Area) -> &'static str {
    let mut of_area = diagnosis.findings.iter().filter(|finding| finding.area == area);
    of_area.next().map_or("nothing", |finding| finding.code)
}

/// A server that answers everything with `answer`, as a network with a sign-in page does.
async fn portal(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    origin
}

/// A client of the Appwrite at `endpoint`, without a gateway.
fn client_of(world: &World, endpoint: &str) -> SessionClient {
    SessionClient::builder(endpoint, &world.server.project())
        .store(world.store.clone())
        .clock(world.clock.clone())
        .timeouts(SHORT)
        .gateway(world.server.gateway())
        .build()
        .unwrap()
}

#[test]
fn a_client_that_works_has_no_faults_and_each_thing_is_asked_once() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let before = (client.change(), world.server.journal().len());
        let diagnosis = client.diagnose().await;
        let told = format!("{diagnosis} {diagnosis:?}");
        let ids = world.server.sessions(&person).into_iter().chain([person.id, person.email]);
        ids.for_each(|id| assert!(!told.contains(&id), "{id} is in {told}"));
        assert_eq!(faults(&diagnosis), Vec::<String>::new(), "{diagnosis}");
        for area in [Area::Storage, Area::Session, Area::Project, Area::Clock, Area::Credential] {
            assert!(diagnosis.findings.iter().any(|finding| finding.area == area), "{diagnosis}");
        }
        assert_eq!(code(&diagnosis, Area::Gateway), "carrier_accepted");
        assert_eq!(client.change(), before.0);
        let asked: Vec<String> = world.server.journal()[before.1..]
            .iter()
            .filter(|seen| !seen.by_gateway)
            .map(|seen| format!("{} {} {}", seen.method, seen.path, seen.carriers().len()))
            .collect();
        assert_eq!(asked, ["GET /v1/health/version 0", "GET /v1/account 1", "GET /_gateway/session 1"]);
    });
}

#[test]
fn nobody_signed_in_is_no_fault_and_nothing_carries_a_credential() {
    on(Profile::V1_9, async |world: &World| {
        let client = world.client();
        client.restored().await;
        let diagnosis = client.diagnose().await;
        assert_eq!(faults(&diagnosis), Vec::<String>::new(), "{diagnosis}");
        assert_eq!(code(&diagnosis, Area::Session), "no_session");
        assert_eq!(code(&diagnosis, Area::Gateway), "reached");
        assert!(world.server.journal().iter().all(|seen| seen.carriers().is_empty()));
    });
}

#[test]
fn a_wrong_project_is_named() {
    on_all(async |world: &World| {
        let client = SessionClient::builder(&world.server.endpoint(), "another")
            .store(world.store.clone())
            .clock(world.clock.clone())
            .gateway(world.server.gateway())
            .build()
            .unwrap();
        client.restored().await;
        assert_eq!(faults(&client.diagnose().await), ["project/not_found"]);
    });
}

#[test]
fn a_wrong_path_of_the_endpoint_is_named() {
    on_all(async |world: &World| {
        let endpoint = world.server.endpoint().replace("/v1", "/appwrite/v1");
        let client = client_of(world, &endpoint);
        client.restored().await;
        assert_eq!(faults(&client.diagnose().await), ["appwrite/wrong_endpoint"]);
    });
}

#[test]
fn an_appwrite_that_is_not_there_is_named_and_asked_once() {
    on(Profile::V1_9, async |world: &World| {
        let (_nobody, origin) = nobody();
        // By a clock that goes on, so that a second attempt would be made.
        let client = SessionClient::builder(&format!("{origin}/v1"), &world.server.project())
            .store(world.store.clone())
            .gateway(origin.as_str())
            .build()
            .unwrap();
        client.restored().await;
        assert_eq!(faults(&client.diagnose().await), ["appwrite/refused", "gateway/refused"]);
        assert_eq!(client.metrics().attempts, 2, "Appwrite and the gateway, once each");
    });
}

#[test]
fn a_name_that_does_not_resolve_is_named() {
    on(Profile::V1_9, async |world: &World| {
        let client = client_of(world, "https://appwrite.invalid/v1");
        client.restored().await;
        assert_eq!(faults(&client.diagnose().await), ["appwrite/dns"]);
    });
}

#[test]
fn what_is_wrong_with_a_certificate_is_named() {
    on(Profile::V1_9, async |world: &World| {
        let unknown = TlsFront::start(&world.server.gateway(), "localhost").await;
        let expired = TlsFront::start_valid_in(&world.server.gateway(), "localhost", [2019, 2020]).await;
        let other = TlsFront::start(&world.server.gateway(), "other.example").await;
        for (front, roots, found) in [
            (&unknown, None, "appwrite/tls_unknown_issuer"),
            (&expired, Some(&expired.pem), "appwrite/tls_expired"),
            (&other, Some(&other.pem), "appwrite/tls_wrong_host"),
        ] {
            let endpoint = format!("{}/v1", front.origin("localhost"));
            let mut builder = SessionClient::builder(&endpoint, &world.server.project());
            if let Some(pem) = roots {
                builder = builder.root_certificates(pem.as_str());
            }
            let gateway = world.server.gateway();
            let client = builder.store(world.store.clone()).gateway(gateway).timeouts(SHORT).build().unwrap();
            client.restored().await;
            assert_eq!(faults(&client.diagnose().await), [found]);
        }
    });
}

#[test]
fn a_proxy_that_is_not_there_is_named_in_the_place_of_who_is_behind_it() {
    on(Profile::V1_9, async |world: &World| {
        let (_nobody, closed) = nobody();
        let no_name = "http://proxy.invalid:3128".to_owned();
        for proxy in [&closed, &no_name] {
            let client = SessionClient::builder("https://appwrite.test/v1", &world.server.project())
                .store(world.store.clone())
                .timeouts(SHORT)
                .gateway("https://gateway.test")
                // On this machine, so that no proxy is asked for it.
                .gateway(world.server.gateway())
                .proxy(Proxy::at(proxy.as_str()).credentials("canary", "canary"))
                .build()
                .unwrap();
            client.restored().await;
            let diagnosis = client.diagnose().await;
            let text = format!("{diagnosis} {diagnosis:?}");
            let found = faults(&diagnosis);
            assert_eq!(found, ["appwrite/proxy_unreachable", "gateway/proxy_unreachable"], "{text}");
            assert!(text.contains(&format!("The proxy {proxy} on the way to Appwrite")), "{text}");
            assert!(!text.contains("canary"));
            client.close().await;
        }
    });
}

#[test]
fn a_network_with_a_sign_in_page_is_no_appwrite_and_no_gateway() {
    on(Profile::V1_9, async |world: &World| {
        for answer in [
            "HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
        ] {
            let origin = portal(answer).await;
            let client = SessionClient::builder(&format!("{origin}/v1"), &world.server.project())
                .store(world.store.clone())
                .gateway(origin)
                .timeouts(SHORT)
                .build()
                .unwrap();
            client.restored().await;
            assert_eq!(faults(&client.diagnose().await), ["appwrite/not_appwrite", "gateway/captive_portal"]);
        }
    });
}

#[test]
fn a_gateway_that_redirects_within_itself_is_not_taken_for_a_sign_in_page() {
    on(Profile::V1_9, async |world: &World| {
        // As a framework's routes do, which end in a slash.
        let origin = portal(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: /_gateway/session/\r\nContent-Length: 0\r\n\r\n",
        )
        .await;
        let client = world.bare().gateway(origin).timeouts(SHORT).build().unwrap();
        client.restored().await;
        assert_eq!(faults(&client.diagnose().await), ["gateway/no_check"]);
    });
}

#[test]
fn a_project_of_another_region_is_named() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let refused = r#"{"message":"Project is not accessible in this region","code":401,"type":"general_access_forbidden"}"#;
        for path in ["/v1/health/version", "/v1/account"] {
            world.server.answer_next("GET", path, 401, refused);
        }
        let diagnosis = client.diagnose().await;
        assert_eq!(problems(&diagnosis), ["project/not_here", "credential/forbidden"], "{diagnosis}");
        assert_eq!(client.state().name(), "signed_in");
    });
}

#[test]
fn a_clock_that_is_off_by_an_hour_is_named_with_its_direction() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        world.clock.set_ahead(Duration::from_secs(3_590));
        let diagnosis = client.diagnose().await;
        assert_eq!(faults(&diagnosis), ["clock/off"]);
        assert!(diagnosis.to_string().contains("59 min ahead of"), "{diagnosis}");
        world.clock.set_back(Duration::from_secs(7_200));
        assert!(client.diagnose().await.to_string().contains("60 min behind"));
    });
}

#[test]
fn a_revoked_session_is_named_and_ends_as_by_any_probe() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.revoke_all(&person);
        let diagnosis = client.diagnose().await;
        assert_eq!(problems(&diagnosis), ["session/session_ended", "credential/session_ended"]);
        assert_eq!(client.state(), signed_out(appwrite_session_core::SignedOutReason::SessionEnded));
        assert_eq!(world.server.count("GET", "/v1/account"), 2, "the sign-in's probe, and this one");
    });
}

#[test]
fn a_session_of_another_project_is_one_that_appwrite_does_not_know() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        client.close().await;
        let record = world.store.inner().load(&world.key()).unwrap().unwrap();
        let other = World::start(Profile::V1_9).await;
        let key = StoreKey::new(&other.server.endpoint(), &other.server.project(), "default");
        other.store.inner().save(&key, &record).unwrap();
        let client = other.client();
        assert_eq!(client.restored().await.name(), "signed_in");
        let diagnosis = client.diagnose().await;
        assert_eq!(problems(&diagnosis), ["session/session_ended", "credential/session_ended"]);
        assert!(diagnosis.to_string().contains("or it is of another project"));
    });
}

#[test]
fn a_locked_or_unreachable_store_is_named() {
    on(Profile::V1_9, async |world: &World| {
        for (error, found) in [(StoreError::Locked, "locked"), (StoreError::Unavailable, "unavailable")] {
            world.store.fail(Operation::Load, error);
            let client = world.client();
            client.restored().await;
            let diagnosis = client.diagnose().await;
            assert_eq!(code(&diagnosis, Area::Storage), found, "{diagnosis}");
            assert!(problems(&diagnosis)[0].starts_with("storage/"), "{diagnosis}");
            world.store.recover();
            client.close().await;
        }
    });
}

#[test]
fn each_gateway_is_judged_by_itself() {
    on(Profile::V1_9, async |world: &World| {
        let (_nobody, origin) = nobody();
        let client = world.builder().gateway(origin.as_str()).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let diagnosis = client.diagnose().await;
        assert_eq!(faults(&diagnosis), ["gateway/refused"]);
        assert!(diagnosis.to_string().contains(&format!("No answer from {origin}")), "{diagnosis}");
    });
}

#[test]
fn a_gateway_that_refuses_what_appwrite_accepts_is_named_with_the_header() {
    on(Profile::V1_9, async |world: &World| {
        for (carrier, header) in
            [(Carrier::Cookie, "cookie"), (Carrier::FallbackCookies, "x-fallback-cookies")]
        {
            let client = world.client_by(carrier);
            sign_in(&client, &world.server.person()).await;
            let probes = world.server.count("GET", "/v1/account");
            world.server.answer_next("GET", CHECK, 401, r#"{"detail":"who are you?"}"#);
            let diagnosis = client.diagnose().await;
            assert_eq!(faults(&diagnosis), ["gateway/carrier_refused"]);
            assert!(diagnosis.to_string().contains(&format!("the header {header} carries")), "{diagnosis}");
            assert_eq!(client.state().name(), "signed_in");
            assert_eq!(world.server.count("GET", "/v1/account"), probes + 1, "the 401 needs no probe more");
            client.close().await;
        }
    });
}

#[test]
fn what_a_gateway_answers_is_told_apart() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        for (answered, found) in [
            (404, "gateway/no_check"),
            (200, "gateway/no_check"),
            (403, "gateway/forbidden"),
            (511, "gateway/captive_portal"),
            (429, "gateway/rate_limited"),
            (503, "gateway/unavailable"),
        ] {
            world.server.answer_next("GET", CHECK, answered, "{}");
            let of_gateway = |found: &String| found.starts_with("gateway/");
            let found_now: Vec<_> = faults(&client.diagnose().await).into_iter().filter(of_gateway).collect();
            assert_eq!(found_now, [found], "{answered}");
        }
    });
}

#[test]
fn appwrites_limits_and_failures_are_named_and_end_nothing() {
    on(Profile::V1_9, async |world: &World| {
        let client = world.builder().timeouts(SHORT).retries(Retries::default()).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        for (fault, found) in [
            (Fault::RateLimited, "appwrite/rate_limited"),
            (Fault::Status500, "appwrite/unavailable"),
            (Fault::Html401, "appwrite/not_appwrite"),
            (Fault::ResetBefore, "appwrite/reset"),
            (Fault::Hang, "appwrite/timed_out_idle"),
        ] {
            let asked = world.server.count("GET", "/v1/health/version");
            world.server.fault("GET", "/v1/health/version", fault);
            let diagnosis = client.diagnose().await;
            let first = faults(&diagnosis).first().cloned();
            assert_eq!(first.as_deref(), Some(found), "{diagnosis}");
            assert_eq!(world.server.count("GET", "/v1/health/version"), asked + 1, "no second attempt");
            assert_eq!(client.state().name(), "signed_in");
            world.server.heal();
        }
    });
}

/// In real time, because its limits are: nothing else could show that they hold together.
#[test]
fn a_diagnosis_where_nobody_answers_ends_within_20_seconds_and_names_everybody() {
    on(Profile::V1_9, async |world: &World| {
        // With the default timeouts, which are longer.
        let client = world.builder().timeouts(Timeouts::default()).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        // The store, the credential and the gateway are asked in three rounds.
        let store = world.store.hold(Operation::Load);
        world.server.fault("GET", "/v1/account", Fault::Hang);
        world.server.fault("GET", CHECK, Fault::Hang);
        let begun = Instant::now();
        let diagnosis = client.diagnose().await;
        let taken = begun.elapsed();
        assert!(taken.as_secs() <= 20, "{taken:?}");
        assert_eq!(
            faults(&diagnosis),
            ["storage/no_answer", "credential/no_answer", "gateway/no_answer"],
            "{diagnosis}"
        );
        assert_eq!(client.state().name(), "signed_in");
        store.release();
    });
}

#[test]
fn a_missing_factor_and_a_blocked_user_are_named() {
    on_all(async |world: &World| {
        let (client, _) = world.mfa_pending().await;
        assert_eq!(faults(&client.diagnose().await), ["session/mfa_required", "credential/mfa_required"]);
        client.sign_out().await.unwrap();
        let person = world.server.person();
        sign_in(&client, &person).await;
        world.server.block(&person, true);
        let diagnosis = client.diagnose().await;
        assert_eq!(code(&diagnosis, Area::Credential), "user_blocked", "{diagnosis}");
        assert_eq!(client.state().name(), "signed_in");
    });
}

struct Nobody;

impl UserPresence for Nobody {
    fn confirm(&self) -> bool {
        panic!("a diagnosis asks the user for nothing")
    }
}

#[test]
fn where_the_user_has_to_be_present_first_the_credential_is_not_used() {
    on(Profile::V1_9, async |world: &World| {
        world.signed_in().await.0.close().await;
        let client = world.builder().require_presence(PresencePolicy::Always, Nobody).build().unwrap();
        client.restored().await;
        let before = world.server.journal().len();
        let diagnosis = client.diagnose().await;
        assert_eq!(faults(&diagnosis), ["credential/presence_required"]);
        assert!(world.server.journal()[before..].iter().all(|seen| seen.carriers().is_empty()));
    });
}

#[test]
fn the_last_failures_are_told_with_their_place_and_nothing_of_their_urls() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        world.server.fault("GET", "/gateway/open", Fault::ResetBefore);
        status(&client, "/gateway/open?token=canary").await.unwrap_err();
        world.clock.advance(Duration::from_secs(30));
        let unavailable = status(&client, "/gateway/status/503").await;
        assert_eq!(unavailable, Ok(503));
        let text = client.diagnose().await.to_string();
        let gateway = world.server.gateway();
        let newest =
            format!("failures/unavailable: A request to gateway {gateway} failed with status 503 0 s ago.");
        let oldest = format!("failures/reset: A request to gateway {gateway} failed 30 s ago.");
        let places = (text.find(&newest), text.find(&oldest));
        assert!(matches!(places, (Some(newest), Some(oldest)) if newest < oldest), "{text}");
        assert!(!text.contains("canary"));
    });
}

#[test]
fn a_closed_client_asks_nobody() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        client.close().await;
        let before = world.server.journal().len();
        assert_eq!(problems(&client.diagnose().await), ["session/closed"]);
        assert_eq!(world.server.journal().len(), before);
    });
}

#[test]
fn a_client_without_a_gateway_and_a_gateway_without_a_token_are_named() {
    on(Profile::V1_9, async |world: &World| {
        let client = world.bare().build().unwrap();
        sign_in(&client, &world.server.person()).await;
        assert_eq!(faults(&client.diagnose().await), ["configuration/no_gateway"]);
        client.close().await;
        let gateway = Gateway::new(world.server.gateway()).carrier(Carrier::AccessToken);
        let client = world.bare().gateway(gateway).build().unwrap();
        client.restored().await;
        world.server.answer_next("POST", "/_gateway/token", 403, "{}");
        assert_eq!(problems(&client.diagnose().await), ["gateway/no_token"]);
    });
}

/// The README shows what a diagnosis looks like. The addresses are those of the example.
#[test]
fn the_readmes_example_is_a_real_one() {
    on(Profile::V1_9, async |world: &World| {
        let (_nobody, live) = nobody();
        let live_gateway = Gateway::new(live.as_str()).carrier(Carrier::FallbackCookies);
        let client = world.builder().gateway(live_gateway).build().unwrap();
        let person = world.server.person();
        sign_in(&client, &person).await;
        status(&client, &format!("{live}/feed")).await.unwrap_err();
        world.clock.advance(Duration::from_secs(40));
        world.server.answer_next("GET", CHECK, 401, r#"{"detail":"who are you?"}"#);
        let appwrite = world.server.endpoint();
        let text = client.diagnose().await.to_string();
        let text = text
            .replace(&appwrite, "https://appwrite.example.com/v1")
            .replace(&world.server.gateway(), "https://api.example.com")
            .replace(&live, "https://live.example.com");
        let readme = include_str!("../../README.md");
        assert!(readme.contains(&format!("```text\n{text}```\n")), "the README lacks:\n{text}");
    });
}
