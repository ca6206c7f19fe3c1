//! Certificate pins: which servers of an origin are accepted, and what becomes of the session where none is.

use std::time::{Duration, SystemTime};

use appwrite_session_core::{
    Cause, ConfigError, Error, ErrorCode, Gateway, Method, Pins, Retries, ServerTrust, SessionClient,
    SessionClientBuilder, SystemClock, TlsFault,
};
use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::{
    support::{PASSWORD, Profile, World, call, on, sign_in, status},
    tls::{TlsFront, pin_of},
};

/// The pin of a key that no server has.
fn unused() -> String {
    pin_of(&KeyPair::generate().unwrap())
}

fn pins<const N: usize>(pins: [&str; N]) -> Pins {
    Pins::new(pins)
}

fn with(world: &World, front: &TlsFront, pins: Pins) -> SessionClientBuilder {
    world.bare().gateway(Gateway::new(front.origin("localhost")).pins(pins))
}

async fn signed_in(world: &World, builder: SessionClientBuilder) -> SessionClient {
    let client = builder.build().unwrap();
    sign_in(&client, &world.server.person()).await;
    client
}

fn assert_not_pinned(error: &Error) {
    assert_eq!((error.code(), error.cause()), (ErrorCode::Untrusted, Some(Cause::Tls(TlsFault::Pin))));
    assert!(!error.is_retryable() && !error.may_have_arrived());
}

/// An authority of its own, or one that another one has issued.
fn authority(name: &str, issuer: Option<&CertifiedIssuer<'_, KeyPair>>) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    match issuer {
        Some(issuer) => CertifiedIssuer::signed_by(params, key, issuer).unwrap(),
        None => CertifiedIssuer::self_signed(params, key).unwrap(),
    }
}

/// A server's certificate and its key.
fn issued(issuer: &CertifiedIssuer<'_, KeyPair>) -> (Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    (CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, issuer).unwrap(), key)
}

#[test]
fn a_server_with_a_pinned_key_is_accepted_also_if_it_is_that_of_the_backup() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let (unused, bare) = (unused(), front.pin.trim_start_matches("sha256/").to_owned());
        for pins in [[&front.pin, &unused], [&unused, &front.pin], [&unused, &bare]] {
            let builder = with(world, &front, Pins::new(pins)).root_certificates(front.pem.as_str());
            assert_eq!(status(&signed_in(world, builder).await, "/gateway/whoami").await, Ok(200));
        }
    });
}

#[test]
fn a_server_without_a_pinned_key_gets_nothing_and_is_asked_once() {
    on(Profile::V1_9, async |world: &World| {
        for method in [Method::GET, Method::POST] {
            let front = TlsFront::start(&world.server.gateway(), "localhost").await;
            let builder = with(world, &front, pins([&unused(), &unused()]))
                .root_certificates(front.pem.as_str())
                .retries(Retries::default())
                .clock(SystemClock);
            let client = signed_in(world, builder).await;
            assert_not_pinned(&call(&client, method, "/gateway/whoami").await.unwrap_err());
            assert_eq!((front.accepted(), front.completed()), (1, 0), "the handshake was broken off");
            assert_eq!(client.state().name(), "signed_in");
        }
    });
}

#[test]
fn appwrite_has_pins_of_its_own_and_a_wrong_key_signs_nobody_out() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.endpoint(), "localhost").await;
        let builder = |pins| {
            let endpoint = format!("{}/v1", front.origin("localhost"));
            SessionClient::builder(&endpoint, &world.server.project())
                .store(world.store.clone())
                .gateway(world.server.gateway())
                .root_certificates(front.pem.as_str())
                .endpoint_pins(pins)
        };
        let person = world.server.person();
        let pinned = builder(pins([&front.pin, &unused()])).build().unwrap();
        sign_in(&pinned, &person).await;
        pinned.close().await;
        let other = builder(pins([&unused(), &unused()])).build().unwrap();
        assert_eq!(other.restored().await.name(), "signed_in");
        assert_not_pinned(&other.account().await.unwrap_err());
        assert_not_pinned(&other.sign_in_with_email(&person.email, PASSWORD).await.unwrap_err());
        assert_eq!(other.state().name(), "signed_in");
        // The gateway refuses, and nobody can say why.
        world.server.revoke_all(&person);
        assert_eq!(status(&other, "/gateway/whoami").await, Ok(401));
        assert_eq!(other.state().name(), "signed_in");
    });
}

#[test]
fn pins_are_those_of_one_origin() {
    on(Profile::V1_9, async |world: &World| {
        let pinned = TlsFront::start(&world.server.gateway(), "localhost").await;
        let other = TlsFront::start(&world.server.gateway(), "localhost").await;
        let free = TlsFront::start(&world.server.gateway(), "localhost").await;
        // The same host, with another port: each has the pins of the other one's key.
        let builder = with(world, &pinned, pins([&other.pin, &unused()]))
            .gateway(Gateway::new(other.origin("localhost")).pins(pins([&other.pin, &unused()])))
            .gateway(free.origin("localhost").as_str());
        let roots = [&pinned, &other, &free].map(|front| front.pem.clone()).concat();
        let client = signed_in(world, builder.root_certificates(roots)).await;
        assert_not_pinned(&status(&client, "/gateway/whoami").await.unwrap_err());
        for front in [&other, &free] {
            let url = format!("{}/gateway/whoami", front.origin("localhost"));
            assert_eq!(status(&client, &url).await, Ok(200));
        }
    });
}

#[test]
fn the_key_may_be_that_of_any_authority_on_the_way_to_the_root() {
    on(Profile::V1_9, async |world: &World| {
        let root = authority("root", None);
        let between = authority("between", Some(&root));
        let (own, key) = issued(&between);
        let chain: [&Certificate; 2] = [&own, between.as_ref()];
        let front = TlsFront::start_chain(&world.server.gateway(), &chain, &key, false).await;
        // The server does not send its root, which the app has given.
        for issuer in [&between, &root] {
            let pins = pins([&unused(), &pin_of(issuer.key())]);
            let builder = with(world, &front, pins).root_certificates(root.pem());
            assert_eq!(status(&signed_in(world, builder).await, "/gateway/whoami").await, Ok(200));
        }
    });
}

/// Who has a certificate of another trusted authority can send the pinned one along (CVE-2016-2402).
#[test]
fn a_pinned_certificate_that_is_only_sent_along_does_not_count() {
    on(Profile::V1_9, async |world: &World| {
        let (pinned, other) = (authority("same name", None), authority("same name", None));
        let (own, key) = issued(&other);
        let (of_pinned, pinned_key) = issued(&pinned);
        let chain: [&Certificate; 4] = [&own, other.as_ref(), pinned.as_ref(), &of_pinned];
        let front = TlsFront::start_chain(&world.server.gateway(), &chain, &key, false).await;
        for stolen in [pinned.key(), &pinned_key] {
            let builder = with(world, &front, pins([&unused(), &pin_of(stolen)]));
            let client = signed_in(world, builder.root_certificates(pinned.pem() + &other.pem())).await;
            assert_not_pinned(&status(&client, "/gateway/whoami").await.unwrap_err());
        }
        assert_eq!(front.completed(), 0);
    });
}

struct Says(bool);

impl ServerTrust for Says {
    fn trusts(&self, _: &[&[u8]], _: &str) -> bool {
        self.0
    }
}

#[test]
fn a_pinned_key_does_not_stand_in_for_the_usual_judgement() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let other = TlsFront::start(&world.server.gateway(), "api.example.com").await;
        let old = TlsFront::start_valid_in(&world.server.gateway(), "localhost", [2001, 2002]).await;
        let builder = |front: &TlsFront| with(world, front, pins([&front.pin, &unused()]));
        for (builder, fault) in [
            (builder(&front), Some(TlsFault::UnknownIssuer)),
            (builder(&front).server_trust(Says(false)), Some(TlsFault::UnknownIssuer)),
            (builder(&front).server_trust(Says(true)), None),
            (builder(&other).server_trust(Says(true)), Some(TlsFault::WrongHost)),
            (builder(&old).root_certificates(old.pem.as_str()), Some(TlsFault::Expired)),
        ] {
            let seen = status(&signed_in(world, builder).await, "/gateway/whoami").await;
            assert_eq!(
                seen.map_err(|error| error.cause()),
                fault.map_or(Ok(200), |f| Err(Some(Cause::Tls(f))))
            );
        }
        let builder = with(world, &front, pins([&unused(), &unused()])).server_trust(Says(true));
        let error = status(&signed_in(world, builder).await, "/gateway/whoami").await.unwrap_err();
        assert_not_pinned(&error);
    });
}

#[test]
fn pins_hold_until_their_end() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let (now, day) = (SystemTime::now(), Duration::from_secs(24 * 3600));
        for (until, is_accepted) in [(now + day, false), (now - day, true)] {
            let pins = pins([&unused(), &unused()]).until(until);
            let builder = with(world, &front, pins).root_certificates(front.pem.as_str());
            let seen = status(&signed_in(world, builder).await, "/gateway/whoami").await;
            assert_eq!(seen.is_ok(), is_accepted, "{seen:?}");
        }
    });
}

#[test]
fn pins_without_a_backup_are_refused_when_the_client_is_built() {
    on(Profile::V1_9, async |world: &World| {
        let gateway = Gateway::new("https://api.example.com").pins(pins([&unused()]));
        let refused = world.bare().gateway(gateway).build().map(drop).unwrap_err();
        let origin = "https://api.example.com".to_owned();
        assert_eq!(refused, Error::Config(ConfigError::NoBackupPin { origin }));
        let refused = world.bare().endpoint_pins(pins([&unused(), &unused()])).build().map(drop).unwrap_err();
        assert!(matches!(refused, Error::Config(ConfigError::PinsWithoutTls { .. })), "{refused:?}");
    });
}
