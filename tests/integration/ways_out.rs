//! The way to a server: through a proxy or directly. What fails on it has a cause of its own, sends nothing, and signs nobody out.

use std::{
    env,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use appwrite_session_core::{
    Cause, ErrorCode, Gateway, Method, Pins, Proxy, ProxyFault, Retries, SessionClient, SessionClientBuilder,
    SystemClock, TlsFault,
};
use rcgen::KeyPair;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    forward::{Forward, How},
    support::{ONCE, PASSWORD, Profile, World, call, nobody, on, sign_in, status},
    tls::{TlsFront, pin_of},
};

/// `ada:p@ss`
const ADA: How = How::Wants("Basic YWRhOnBAc3M=");
const PORTAL: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";

/// A name that is not of this machine, so that it is reached through a proxy. Only the tests' proxy knows where it is.
const NAME: &str = "gateway.test";

async fn front(world: &World) -> TlsFront {
    TlsFront::start(&world.server.gateway(), NAME).await
}

/// A client whose gateway is behind `front`.
fn builder(world: &World, front: &TlsFront, proxy: Proxy) -> SessionClientBuilder {
    let builder = world.bare().gateway(front.origin(NAME).as_str());
    builder.root_certificates(front.pem.as_str()).proxy(proxy)
}

async fn signed_in(world: &World, builder: SessionClientBuilder) -> SessionClient {
    let client = builder.build().unwrap();
    // Appwrite is on this machine, which needs no proxy.
    sign_in(&client, &world.server.person()).await;
    client
}

#[test]
fn calls_go_through_the_proxy_which_learns_the_host_and_nothing_else() {
    on(Profile::V1_9, async |world: &World| {
        let (front, proxy) = (front(world).await, Forward::start(How::Connects).await);
        let client = signed_in(world, builder(world, &front, Proxy::at(proxy.url()))).await;
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        let heads = proxy.heads();
        assert_eq!(heads.len(), 1);
        let target = front.origin(NAME).replace("https://", "");
        assert!(heads[0].starts_with(&format!("CONNECT {target} HTTP/1.1\r\n")), "{heads:?}");
        let names: Vec<_> = heads[0].lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        assert_eq!(names, ["Host", "user-agent"], "{heads:?}");
    });
}

#[test]
fn this_machine_is_reached_without_the_proxy() {
    on(Profile::V1_9, async |world: &World| {
        let proxy = Forward::start(How::Answers("HTTP/1.1 403 Forbidden\r\n\r\n")).await;
        let by_name = TlsFront::start(&world.server.gateway(), "localhost").await;
        let by_number = TlsFront::start(&world.server.gateway(), "127.0.0.1").await;
        let client = world
            .builder()
            .gateway(by_name.origin("localhost").as_str())
            .gateway(by_number.origin("127.0.0.1").as_str())
            .root_certificates(by_name.pem.clone() + &by_number.pem)
            .proxy(Proxy::at(proxy.url()));
        let client = signed_in(world, client).await;
        for origin in [by_name.origin("localhost"), by_number.origin("127.0.0.1"), world.server.gateway()] {
            assert_eq!(status(&client, &format!("{origin}/gateway/whoami")).await, Ok(200), "{origin}");
        }
        assert!(proxy.heads().is_empty());
    });
}

#[test]
fn an_ipv6_address_behind_a_proxy_is_refused_when_the_client_is_built() {
    on(Profile::V1_9, async |world: &World| {
        let proxy = || Proxy::at("http://proxy.test:3128");
        let project = world.server.project();
        let endpoint =
            SessionClient::builder("https://[2001:db8::1]/v1", &project).store(world.store.clone());
        let gateway = world.bare().gateway("https://[2001:db8::1]:8443");
        for (builder, origin) in
            [(endpoint, "https://[2001:db8::1]"), (gateway, "https://[2001:db8::1]:8443")]
        {
            let error = builder.proxy(proxy()).build().unwrap_err();
            assert_eq!(error.code(), ErrorCode::Config);
            assert!(error.to_string().contains(&format!("{origin} is an IPv6 address")), "{error}");
        }
        // This machine is reached without it, and any other without a proxy.
        world.bare().gateway("https://[::1]:8443").proxy(proxy()).build().unwrap();
        world.bare().gateway("https://[2001:db8::1]:8443").build().unwrap();
    });
}

#[test]
fn a_proxy_gets_the_credentials_that_it_asks_for_and_the_gateway_does_not() {
    on(Profile::V1_9, async |world: &World| {
        let (front, proxy) = (front(world).await, Forward::start(ADA).await);
        let with = Proxy::at(proxy.url()).credentials("ada", "p@ss");
        let client = signed_in(world, builder(world, &front, with)).await;
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        let journal = world.server.journal();
        let arrived = journal.iter().find(|seen| seen.path == "/gateway/whoami").unwrap();
        assert!(arrived.headers.iter().all(|(name, _)| name != "proxy-authorization"));
    });
}

#[test]
fn appwrite_behind_a_proxy_that_refuses_signs_nobody_out() {
    on(Profile::V1_9, async |world: &World| {
        let appwrite = TlsFront::start(&world.server.endpoint(), "appwrite.test").await;
        let builder = |proxy: &Forward| {
            let endpoint = format!("{}/v1", appwrite.origin("appwrite.test"));
            SessionClient::builder(&endpoint, &world.server.project())
                .store(world.store.clone())
                .gateway(world.server.gateway())
                .root_certificates(appwrite.pem.as_str())
                .retries(ONCE)
                .proxy(Proxy::at(proxy.url()))
        };
        let (open, person) = (Forward::start(How::Connects).await, world.server.person());
        let client = builder(&open).build().unwrap();
        sign_in(&client, &person).await;
        client.close().await;
        world.server.revoke_all(&person);
        for (how, fault) in [
            (ADA, ProxyFault::Credentials),
            (How::Answers("HTTP/1.1 401 Unauthorized\r\n\r\n"), ProxyFault::Refused),
            (
                How::Answers("HTTP/1.1 302 Found\r\nLocation: http://portal.test/\r\n\r\n"),
                ProxyFault::Refused,
            ),
        ] {
            let proxy = Forward::start(how).await;
            let client = builder(&proxy).build().unwrap();
            assert_eq!(client.restored().await.name(), "signed_in");
            let sign_in = client.sign_in_with_email(&person.email, PASSWORD).await.map(drop);
            for error in [client.account().await.map(drop).unwrap_err(), sign_in.unwrap_err()] {
                assert_eq!((error.code(), error.cause()), (ErrorCode::Proxy, Some(Cause::Proxy(fault))));
            }
            // The gateway refuses the revoked session, and nobody can say why.
            assert_eq!(status(&client, "/gateway/whoami").await, Ok(401));
            assert_eq!(client.state().name(), "signed_in", "{how:?}");
            client.close().await;
        }
    });
}

#[test]
fn a_proxy_with_a_certificate_is_judged_by_the_platform_and_not_by_the_pins() {
    on(Profile::V1_9, async |world: &World| {
        let (front, proxy) = (front(world).await, Forward::start(ADA).await);
        let secure = TlsFront::start(&proxy.url(), "localhost").await;
        let unused = pin_of(&KeyPair::generate().unwrap());
        for (pin, roots, answer) in [
            (&front.pin, Some(front.pem.clone() + &secure.pem), Ok(200)),
            // The proxy's own key is none of the gateway's.
            (&secure.pin, Some(front.pem.clone() + &secure.pem), Err(TlsFault::Pin)),
            (&front.pin, None, Err(TlsFault::UnknownIssuer)),
        ] {
            let gateway = Gateway::new(front.origin(NAME)).pins(Pins::new([pin, &unused]));
            let proxy = Proxy::at(secure.origin("localhost")).credentials("ada", "p@ss");
            let builder = world.bare().gateway(gateway).proxy(proxy);
            let builder = roots.into_iter().fold(builder, |builder, roots| builder.root_certificates(roots));
            let client = signed_in(world, builder).await;
            let seen = status(&client, "/gateway/whoami").await.map_err(|error| error.cause());
            assert_eq!(seen, answer.map_err(|fault| Some(Cause::Tls(fault))));
        }
    });
}

/// Answers this in place of a handshake, and counts.
async fn no_tls(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut hello = [0; 1024];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (origin, count)
}

/// What is wrong on the way to the gateway.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// A certificate for this name, and valid in those years; whether the app knows who issued it; whether its key is pinned.
    Tls(&'static str, [i32; 2], bool, bool),
    /// A captive portal that answers a handshake with a page.
    NoTls,
    Proxy(How),
    /// Nothing listens where the proxy should be.
    NoProxy,
}

#[test]
fn every_fault_on_the_way_has_its_cause_and_says_what_may_be_done_again() {
    const NOW: [i32; 2] = [2001, 3001];
    use {Cause as C, ErrorCode as E, Way as W};
    on(Profile::V1_9, async |world: &World| {
        for (way, code, cause, is_retryable, connections) in [
            (W::Tls("api.test", NOW, true, true), E::Untrusted, C::Tls(TlsFault::WrongHost), false, 1),
            (
                W::Tls("localhost", [2001, 2002], true, true),
                E::Untrusted,
                C::Tls(TlsFault::Expired),
                false,
                1,
            ),
            (
                W::Tls("localhost", [3001, 3002], true, true),
                E::Untrusted,
                C::Tls(TlsFault::NotYetValid),
                false,
                1,
            ),
            (W::Tls("localhost", NOW, false, true), E::Untrusted, C::Tls(TlsFault::UnknownIssuer), false, 1),
            (W::Tls("localhost", NOW, true, false), E::Untrusted, C::Tls(TlsFault::Pin), false, 1),
            (W::NoTls, E::Untrusted, C::Tls(TlsFault::Other), false, 1),
            (W::Proxy(ADA), E::Proxy, C::Proxy(ProxyFault::Credentials), false, 1),
            (
                W::Proxy(How::Answers("HTTP/1.1 403 Forbidden\r\n\r\n")),
                E::Proxy,
                C::Proxy(ProxyFault::Refused),
                false,
                1,
            ),
            (
                W::Proxy(How::Answers("HTTP/1.1 503 Unavailable\r\n\r\n")),
                E::Proxy,
                C::Proxy(ProxyFault::Refused),
                false,
                1,
            ),
            (
                W::Proxy(How::Answers("SSH-2.0-OpenSSH\r\n")),
                E::Proxy,
                C::Proxy(ProxyFault::Refused),
                false,
                1,
            ),
            // The device may be in another network, where this proxy is not.
            (W::Proxy(How::Answers("")), E::Network, C::Reset, true, 2),
            (W::NoProxy, E::Network, C::Refused, true, 0),
        ] {
            let twice = Retries { attempts: 2, ..Retries::default() };
            let (_socket, closed) = nobody();
            let unused = pin_of(&KeyPair::generate().unwrap());
            let (mut pem, mut pin, mut proxy) = (None, None, Proxy::none());
            let (mut front, mut forward, mut plain) = (None, None, None);
            let origin = match way {
                W::Tls(name, years, is_known, is_pinned) => {
                    let here = TlsFront::start_valid_in(&world.server.gateway(), name, years).await;
                    pem = is_known.then(|| here.pem.clone());
                    pin = Some(if is_pinned {
                        here.pin.clone()
                    } else {
                        format!("sha256/{}=", "A".repeat(43))
                    });
                    front.insert(here).origin("localhost")
                }
                W::NoTls => {
                    let (origin, count) = no_tls(PORTAL).await;
                    plain = Some(count);
                    origin
                }
                W::Proxy(how) => {
                    proxy = Proxy::at(forward.insert(Forward::start(how).await).url());
                    format!("https://{NAME}")
                }
                W::NoProxy => {
                    proxy = Proxy::at(closed);
                    format!("https://{NAME}")
                }
            };
            let gateway = Gateway::new(origin);
            let gateway = match pin {
                Some(pin) => gateway.pins(Pins::new([pin, unused])),
                None => gateway,
            };
            let builder = world.bare().gateway(gateway).proxy(proxy).retries(twice).clock(SystemClock);
            let client =
                signed_in(world, pem.into_iter().fold(builder, |b, pem| b.root_certificates(pem))).await;
            let error = call(&client, Method::POST, "/gateway/open").await.unwrap_err();
            assert_eq!((error.code(), error.cause()), (code, Some(cause)), "{way:?}");
            assert_eq!((error.is_retryable(), error.may_have_arrived()), (is_retryable, false), "{way:?}");
            let count = |front: &TlsFront| front.accepted();
            let seen = front.as_ref().map(count);
            let seen = seen.or(forward.as_ref().map(|forward| forward.heads().len()));
            let seen = seen.or(plain.map(|count| count.load(Ordering::SeqCst)));
            assert_eq!(seen.unwrap_or_default(), connections, "{way:?}");
            assert_eq!(client.state().name(), "signed_in", "{way:?}");
            client.close().await;
        }
        assert_eq!(world.server.count("POST", "/gateway/open"), 0);
    });
}

/// Where this is set, the test is the process of an app whose environment names a proxy.
const APP: &str = "APPWRITE_SESSION_TEST_APP";

#[test]
fn the_proxy_of_the_environment_is_used_only_if_the_app_wants_it() {
    if env::var_os(APP).is_none() {
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "ways_out::the_proxy_of_the_environment_is_used_only_if_the_app_wants_it"])
            .env(APP, "1")
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env("NO_PROXY", "direct.invalid")
            .env_remove("https_proxy")
            .env_remove("no_proxy")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    on(Profile::V1_9, async |world: &World| {
        // Nothing listens on port 9. Who asks for the name itself is told that there is none.
        for (proxy, gateway, cause) in [
            (Proxy::none(), "https://gateway.invalid", Cause::Dns),
            (Proxy::environment(), "https://gateway.invalid", Cause::Refused),
            (Proxy::environment(), "https://direct.invalid", Cause::Dns),
        ] {
            let client = signed_in(world, world.bare().gateway(gateway).proxy(proxy)).await;
            let error = status(&client, "/orders").await.unwrap_err();
            assert_eq!(error.cause(), Some(cause), "{gateway}");
        }
    });
}
