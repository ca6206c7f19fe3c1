//! Servers: who says which certificates are trusted, and what nobody can say.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use appwrite_session_core::{
    Cause, ErrorCode, Method, Phase, ServerTrust, SessionClient, Timeouts, TlsFault,
};

use crate::{
    support::{Profile, SHORT, World, call, on, sign_in, status},
    tls::TlsFront,
};

/// A host that answers every question with `verdict`, and notes what it was asked.
#[derive(Clone)]
struct Host {
    verdict: bool,
    asked: Arc<Mutex<Vec<Question>>>,
}

/// A chain and a host.
type Question = (Vec<Vec<u8>>, String);

impl Host {
    fn saying(verdict: bool) -> Self {
        Self { verdict, asked: Arc::default() }
    }

    fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }
}

impl ServerTrust for Host {
    fn trusts(&self, chain: &[&[u8]], host: &str) -> bool {
        let chain = chain.iter().map(|certificate| certificate.to_vec()).collect();
        self.asked.lock().unwrap().push((chain, host.to_owned()));
        self.verdict
    }
}

/// A client with somebody signed in whose gateway is behind `front`, reached as `host`.
async fn client(world: &World, front: &TlsFront, host: &str, trust: Option<&Host>) -> SessionClient {
    let mut builder = world.bare().gateway(front.origin(host).as_str());
    if let Some(trust) = trust {
        builder = builder.server_trust(trust.clone());
    }
    let client = builder.build().unwrap();
    sign_in(&client, &world.server.person()).await;
    client
}

/// A call fails for that reason, and is not worth another try.
async fn assert_untrusted(client: &SessionClient, fault: TlsFault) {
    let error = status(client, "/gateway/whoami").await.unwrap_err();
    assert_eq!((error.code(), error.cause()), (ErrorCode::Untrusted, Some(Cause::Tls(fault))));
    assert!(!error.is_retryable() && !error.may_have_arrived());
}

/// The certificate was accepted by then, so it is not to be mended. Whether the request was written before the connection broke is open.
#[test]
fn a_connection_that_tls_breaks_after_the_handshake_is_a_broken_one() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start_for_known_clients(&world.server.gateway(), "localhost").await;
        let builder = world.bare().root_certificates(front.pem.as_str()).gateway(front.origin("localhost"));
        let client = builder.build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let error = call(&client, Method::POST, "/gateway/open").await.unwrap_err();
        assert_eq!((error.code(), error.cause()), (ErrorCode::Network, Some(Cause::Reset)));
    });
}

#[test]
fn a_certificate_that_nobody_knows_is_refused_and_the_session_stays() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let client = client(world, &front, "localhost", None).await;
        assert_untrusted(&client, TlsFault::UnknownIssuer).await;
        assert_eq!(front.completed(), 0, "the handshake was broken off");
        assert_eq!(client.state().name(), "signed_in");
    });
}

#[test]
fn a_root_certificate_of_the_app_is_trusted_beside_the_platforms() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let gateway = front.origin("localhost");
        let client =
            world.bare().gateway(gateway.as_str()).root_certificates(front.pem.as_str()).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn the_host_is_asked_with_the_chain_and_the_name_and_its_word_counts() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let host = Host::saying(true);
        let client = client(world, &front, "localhost", Some(&host)).await;
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        assert_eq!(host.asked(), [(vec![front.der.clone()], "localhost".to_owned())]);
    });
}

#[test]
fn what_the_host_does_not_trust_gets_nothing() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let host = Host::saying(false);
        let client = client(world, &front, "localhost", Some(&host)).await;
        assert_untrusted(&client, TlsFault::UnknownIssuer).await;
        assert_eq!(front.completed(), 0, "the handshake was broken off");
        assert_eq!(host.asked().len(), 1);
    });
}

#[test]
fn a_certificate_for_another_name_is_refused_before_the_host_is_asked() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "api.example.com").await;
        let host = Host::saying(true);
        let client = client(world, &front, "localhost", Some(&host)).await;
        assert_untrusted(&client, TlsFault::WrongHost).await;
        assert_eq!((front.completed(), host.asked().len()), (0, 0));
    });
}

#[test]
fn a_root_certificate_of_the_app_needs_no_word_of_the_host() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let host = Host::saying(false);
        let client = world
            .bare()
            .gateway(front.origin("localhost").as_str())
            .root_certificates(front.pem.as_str())
            .server_trust(host.clone())
            .build()
            .unwrap();
        sign_in(&client, &world.server.person()).await;
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        assert!(host.asked().is_empty());
    });
}

#[test]
fn a_certificate_out_of_its_time_is_told_apart() {
    on(Profile::V1_9, async |world: &World| {
        for (years, fault) in [([2001, 2002], TlsFault::Expired), ([3001, 3002], TlsFault::NotYetValid)] {
            let front = TlsFront::start_valid_in(&world.server.gateway(), "localhost", years).await;
            let gateway = front.origin("localhost");
            let client =
                world.bare().gateway(gateway.as_str()).root_certificates(front.pem.as_str()).build().unwrap();
            sign_in(&client, &world.server.person()).await;
            assert_untrusted(&client, fault).await;
        }
    });
}

#[test]
fn a_certificate_out_of_its_time_that_the_host_refuses_is_told_apart_too() {
    on(Profile::V1_9, async |world: &World| {
        for (years, fault) in [([2001, 2002], TlsFault::Expired), ([3001, 3002], TlsFault::NotYetValid)] {
            let front = TlsFront::start_valid_in(&world.server.gateway(), "localhost", years).await;
            let host = Host::saying(false);
            let client = client(world, &front, "localhost", Some(&host)).await;
            assert_untrusted(&client, fault).await;
            assert_eq!(host.asked().len(), 1, "its word counts all the same");
        }
    });
}

/// A host that takes as long for its judgement as the test wants, or ten seconds.
struct Slow {
    asked: mpsc::Sender<()>,
    judged: Mutex<mpsc::Receiver<()>>,
}

impl ServerTrust for Slow {
    fn trusts(&self, _: &[&[u8]], _: &str) -> bool {
        self.asked.send(()).unwrap();
        self.judged.lock().unwrap().recv_timeout(Duration::from_secs(10)).is_ok()
    }
}

#[test]
fn a_slow_judgement_holds_up_the_calls_of_its_connection_and_no_other() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let ((asked, question), (judge, judged)) = (mpsc::channel(), mpsc::channel());
        let host = Slow { asked, judged: Mutex::new(judged) };
        let builder =
            world.bare().gateway(world.server.gateway()).gateway(front.origin("localhost").as_str());
        let builder = builder.server_trust(host);
        let (person, slow) = (world.server.person(), front.origin("localhost"));
        // The client has one thread, as in an app.
        let app = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = builder.build().unwrap();
                sign_in(&client, &person).await;
                let calling = tokio::spawn({
                    let client = client.clone();
                    async move { status(&client, &format!("{slow}/gateway/whoami")).await }
                });
                while question.try_recv().is_err() {
                    tokio::task::yield_now().await;
                }
                assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
                assert!(!calling.is_finished());
                judge.send(()).unwrap();
                calling.await.unwrap()
            })
        });
        let answer = tokio::task::spawn_blocking(|| app.join().unwrap()).await.unwrap();
        assert_eq!(answer, Ok(200), "the other call was answered while the host was judging");
    });
}

#[test]
fn a_sign_out_while_a_connection_is_made_stops_the_call() {
    on(Profile::V1_9, async |world: &World| {
        for (method, body) in [(Method::GET, 0), (Method::POST, 0), (Method::PUT, 9), (Method::POST, 100_000)]
        {
            for signs_in_anew in [false, true] {
                let front = TlsFront::start(&world.server.gateway(), "localhost").await;
                let ((asked, question), (judge, judged)) = (mpsc::channel(), mpsc::channel());
                let builder = world.bare().gateway(front.origin("localhost").as_str());
                let client =
                    builder.server_trust(Slow { asked, judged: Mutex::new(judged) }).build().unwrap();
                sign_in(&client, &world.server.person()).await;
                let request = client.request(method.clone(), "/gateway/open").body(vec![b'a'; body]);
                let calling = tokio::spawn(request.send());
                tokio::task::spawn_blocking(move || question.recv().unwrap()).await.unwrap();
                let ends = if signs_in_anew {
                    sign_in(&client, &world.server.person()).await;
                    ErrorCode::Superseded
                } else {
                    client.sign_out().await.unwrap();
                    ErrorCode::SignedOut
                };
                judge.send(()).unwrap();
                let error = calling.await.unwrap().map(drop).unwrap_err();
                assert_eq!((error.code(), error.may_have_arrived()), (ends, false), "{method} {body}");
                client.close().await;
                assert_eq!(world.server.count(method.as_str(), "/gateway/open"), 0, "{method} {body}");
            }
        }
    });
}

#[test]
fn a_call_leaves_with_the_credential_that_is_held_when_its_connection_is_there() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let ((asked, question), (judge, judged)) = (mpsc::channel(), mpsc::channel());
        let builder = world.bare().gateway(front.origin("localhost").as_str());
        let client = builder.server_trust(Slow { asked, judged: Mutex::new(judged) }).build().unwrap();
        let person = world.server.person();
        sign_in(&client, &person).await;
        let calling = tokio::spawn(client.post("/gateway/whoami").send());
        let question = tokio::task::spawn_blocking(move || (question.recv().unwrap(), question));
        let _question = question.await.unwrap();
        // The same user again: the session before is revoked.
        sign_in(&client, &person).await;
        // The call may take the first connection, or make another.
        (0..2).for_each(|_| judge.send(()).unwrap());
        let answer = calling.await.unwrap().unwrap();
        assert_eq!((answer.status().as_u16(), world.server.count("POST", "/gateway/whoami")), (200, 1));
    });
}

#[test]
fn a_judgement_without_end_ends_with_the_time_for_a_connection() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let ((asked, question), (judge, judged)) = (mpsc::channel(), mpsc::channel());
        let timeouts = Timeouts { connect: Duration::from_millis(300), ..SHORT };
        let builder = world.bare().gateway(front.origin("localhost").as_str()).timeouts(timeouts);
        let client = builder.server_trust(Slow { asked, judged: Mutex::new(judged) }).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let error = call(&client, Method::POST, "/gateway/open").await.unwrap_err();
        let cause = Some(Cause::TimedOut(Phase::Connect));
        assert_eq!((error.code(), error.cause()), (ErrorCode::Timeout, cause));
        assert!(!error.may_have_arrived() && question.try_recv().is_ok());
        assert_eq!(front.completed(), 0);
        drop(judge);
    });
}

#[test]
fn a_host_that_panics_does_not_trust() {
    struct Panics;
    impl ServerTrust for Panics {
        fn trusts(&self, _: &[&[u8]], _: &str) -> bool {
            panic!("as a host can")
        }
    }
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let builder = world.bare().gateway(front.origin("localhost").as_str());
        let client = builder.server_trust(Panics).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        assert_untrusted(&client, TlsFault::UnknownIssuer).await;
        assert_eq!(client.state().name(), "signed_in");
    });
}

#[test]
fn nothing_is_installed_for_the_whole_process() {
    on(Profile::V1_9, async |world: &World| {
        let front = TlsFront::start(&world.server.gateway(), "localhost").await;
        let client = client(world, &front, "localhost", None).await;
        assert_untrusted(&client, TlsFault::UnknownIssuer).await;
        assert!(rustls::crypto::CryptoProvider::get_default().is_none(), "an app installs its own");
    });
}
