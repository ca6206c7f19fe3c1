//! Networks that misbehave: connections that go silent, slow uploads, names that do not resolve.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use appwrite_session_core::{Cause, Error, Gateway, Method, Pins, SystemClock, Timeouts, TlsFault};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Notify,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::{
    support::{Profile, World, call, code, on, sign_in, status},
    tls::pin_of,
};

/// Pings after one second of silence, and waits half a second for the answer.
const HURRIED: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    idle: Duration::from_secs(3),
    total: Duration::from_secs(30),
    store: Duration::from_secs(10),
};

/// A gateway by HTTP/2 that answers 200 to everything, or is held, behind a relay that can go silent.
struct Http2 {
    origin: String,
    pem: String,
    /// The pin of its key.
    pin: String,
    /// How many connections the relay has had.
    connections: Arc<AtomicUsize>,
    silent: Arc<AtomicBool>,
    held: Arc<Held>,
}

/// A request to `/gateway/held` is answered when the test lets it.
#[derive(Default)]
struct Held {
    arrived: Notify,
    released: Notify,
}

impl Http2 {
    async fn start() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let pin = pin_of(&signing_key);
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let held = Arc::new(Held::default());
        let holding = held.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, holding) = (acceptor.clone(), holding.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let answer = |request| answer(request, holding.clone());
                    let serving = http2::Builder::new(TokioExecutor::new())
                        .timer(TokioTimer::new())
                        .serve_connection(TokioIo::new(stream), service_fn(answer));
                    // The client may go first.
                    let _ = serving.await;
                });
            }
        });
        let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("https://localhost:{}", relay.local_addr().unwrap().port());
        let (connections, silent) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, muted) = (connections.clone(), silent.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = relay.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let upstream = TcpStream::connect(server).await.unwrap();
                // Only a connection that was made before the silence is silent.
                let fresh = Arc::new(AtomicBool::new(muted.load(Ordering::SeqCst)));
                let (client, upstream) = (client.into_split(), upstream.into_split());
                tokio::spawn(pass(client.0, upstream.1, muted.clone(), fresh.clone()));
                tokio::spawn(pass(upstream.0, client.1, muted.clone(), fresh));
            }
        });
        Self { origin, pem: cert.pem(), pin, connections, silent, held }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn answer(
    request: Request<Incoming>,
    held: Arc<Held>,
) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    if request.uri().path() == "/gateway/held" {
        held.arrived.notify_one();
        held.released.notified().await;
    }
    let _ = request.into_body().collect().await;
    Ok(Response::new(Full::from("ok")))
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    muted: Arc<AtomicBool>,
    fresh: Arc<AtomicBool>,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        // What a silent connection takes in is lost; it stays open.
        let silent = muted.load(Ordering::SeqCst) && !fresh.load(Ordering::SeqCst);
        if !silent && to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

#[test]
fn a_silent_http2_connection_fails_the_calls_in_flight_and_no_other() {
    on(Profile::V1_9, async |world: &World| {
        let gateway = Http2::start().await;
        let client = world
            .bare()
            .gateway(gateway.origin.as_str())
            .root_certificates(gateway.pem.as_str())
            .timeouts(HURRIED)
            .build()
            .unwrap();
        sign_in(&client, &world.server.person()).await;
        assert_eq!(status(&client, "/orders").await, Ok(200));
        gateway.silent.store(true, Ordering::SeqCst);
        let started = Instant::now();
        let (get, post) = tokio::join!(status(&client, "/orders"), call(&client, Method::POST, "/orders"));
        for error in [get.unwrap_err(), post.unwrap_err()] {
            assert_eq!(error.cause(), Some(Cause::Reset));
            assert!(error.may_have_arrived());
        }
        assert!(started.elapsed() < HURRIED.idle, "by the ping: {:?}", started.elapsed());
        assert_eq!(gateway.connections(), 1);
        assert_eq!(status(&client, "/orders").await, Ok(200));
        assert_eq!(gateway.connections(), 2);
    });
}

#[test]
fn pins_hold_by_http2_and_all_calls_share_one_connection() {
    on(Profile::V1_9, async |world: &World| {
        let http2 = Http2::start().await;
        let [one, other] = [(); 2].map(|()| pin_of(&KeyPair::generate().unwrap()));
        for (pins, answer) in
            [([&http2.pin, &other], Ok(200)), ([&one, &other], Err(Cause::Tls(TlsFault::Pin)))]
        {
            let gateway = Gateway::new(http2.origin.as_str()).pins(Pins::new(pins));
            let client = world.bare().gateway(gateway).root_certificates(http2.pem.as_str()).build().unwrap();
            sign_in(&client, &world.server.person()).await;
            let before = http2.connections();
            for _ in 0..3 {
                let seen = status(&client, "/orders").await.map_err(|error| error.cause().unwrap());
                assert_eq!(seen, answer);
            }
            assert_eq!(http2.connections() - before, if answer.is_ok() { 1 } else { 3 });
        }
    });
}

#[test]
fn after_a_change_of_the_network_no_call_uses_a_connection_of_before_and_calls_under_way_go_on() {
    on(Profile::V1_9, async |world: &World| {
        let gateway = Http2::start().await;
        let builder = world.bare().gateway(gateway.origin.as_str()).root_certificates(gateway.pem.as_str());
        let client = builder.build().unwrap();
        sign_in(&client, &world.server.person()).await;
        assert_eq!(status(&client, "/orders").await, Ok(200));
        let under_way = tokio::spawn({
            let client = client.clone();
            async move { status(&client, "/gateway/held").await }
        });
        gateway.held.arrived.notified().await;
        client.network_changed();
        assert_eq!(status(&client, "/orders").await, Ok(200));
        assert_eq!(gateway.connections(), 2);
        gateway.held.released.notify_one();
        assert_eq!(under_way.await.unwrap(), Ok(200));
        assert_eq!(status(&client, "/orders").await, Ok(200));
        assert_eq!(gateway.connections(), 2, "the new connection is kept");
        // The connection of before is dead, and nobody was told.
        gateway.silent.store(true, Ordering::SeqCst);
        client.network_changed();
        assert_eq!(status(&client, "/orders").await, Ok(200));
        assert_eq!(gateway.connections(), 3);
    });
}

#[test]
fn a_sign_out_leaves_what_http2_has_sent_already() {
    on(Profile::V1_9, async |world: &World| {
        let http2 = Http2::start().await;
        let builder = world.bare().gateway(http2.origin.as_str()).root_certificates(http2.pem.as_str());
        let client = builder.build().unwrap();
        for (method, length) in
            [(Method::GET, 0), (Method::POST, 0), (Method::POST, 9), (Method::PUT, 1 << 20)]
        {
            sign_in(&client, &world.server.person()).await;
            let request = client.request(method.clone(), "/gateway/held").body(vec![b'a'; length]);
            let calling = tokio::spawn(request.send());
            http2.held.arrived.notified().await;
            client.sign_out().await.unwrap();
            http2.held.released.notify_one();
            let answer = calling.await.unwrap().map(|answer| answer.status().as_u16());
            assert_eq!(answer, Ok(200), "{method} {length}");
        }
    });
}

#[test]
fn an_idempotent_call_on_a_silent_http2_connection_is_made_on_another() {
    on(Profile::V1_9, async |world: &World| {
        let gateway = Http2::start().await;
        let client = world
            .bare()
            .gateway(gateway.origin.as_str())
            .root_certificates(gateway.pem.as_str())
            .timeouts(HURRIED)
            .retries(appwrite_session_core::Retries::default())
            .clock(SystemClock)
            .build()
            .unwrap();
        sign_in(&client, &world.server.person()).await;
        assert_eq!(status(&client, "/orders").await, Ok(200));
        gateway.silent.store(true, Ordering::SeqCst);
        assert_eq!(status(&client, "/orders").await, Ok(200));
        assert_eq!(gateway.connections(), 2);
    });
}

#[test]
fn an_upload_takes_as_long_as_its_bytes_move() {
    on(Profile::V1_9, async |world: &World| {
        const LENGTH: usize = 16 << 20;
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 << 10).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(8).unwrap();
        let gateway = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut buffer, mut read) = (vec![0; 64 << 10], 0);
            while read < LENGTH {
                read += stream.read(&mut buffer).await.unwrap();
                // A slow network: the pace is what is tested.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            let _ = stream.read(&mut buffer).await;
        });
        let idle = Duration::from_millis(1500);
        let timeouts = Timeouts { idle, ..HURRIED };
        let client = world.bare().gateway(gateway.as_str()).timeouts(timeouts).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let started = Instant::now();
        let answer = client.post("/upload").body(vec![b'x'; LENGTH]).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(started.elapsed() > idle, "otherwise it shows nothing: {:?}", started.elapsed());
    });
}

#[test]
fn a_name_that_does_not_resolve_is_told_apart() {
    on(Profile::V1_9, async |world: &World| {
        let client = world.bare().gateway("https://gateway.invalid").build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let error: Error = call(&client, Method::POST, "/orders").await.unwrap_err();
        assert_eq!((error.cause(), error.may_have_arrived()), (Some(Cause::Dns), false));
        assert!(error.is_retryable());
        assert_eq!(code::<()>(Err(error)), Err("network"));
    });
}
