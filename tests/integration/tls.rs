//! TLS in front of the mock, with a certificate that nobody but its maker knows.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rcgen::{
    Certificate, CertificateParams, CertifiedKey, KeyPair, PublicKeyData as _, date_time_ymd,
    generate_simple_self_signed,
};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer, server::WebPkiClientVerifier,
    },
};

pub(crate) struct TlsFront {
    port: u16,
    /// The certificate.
    pub(crate) pem: String,
    pub(crate) der: Vec<u8>,
    /// The pin of its key.
    pub(crate) pin: String,
    /// How many connections there were.
    accepted: Arc<AtomicUsize>,
    /// How many handshakes were completed.
    completed: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl TlsFront {
    /// In front of the server at `http://HOST:PORT`, with a certificate for `name`.
    pub(crate) async fn start(server: &str, name: &str) -> Self {
        Self::start_with(server, generate_simple_self_signed([name.to_owned()]).unwrap(), false).await
    }

    /// As [`start`](Self::start), and it breaks off after the handshake, because the client has no certificate.
    pub(crate) async fn start_for_known_clients(server: &str, name: &str) -> Self {
        Self::start_with(server, generate_simple_self_signed([name.to_owned()]).unwrap(), true).await
    }

    /// As [`start`](Self::start), with a certificate that is valid in those years only.
    pub(crate) async fn start_valid_in(server: &str, name: &str, years: [i32; 2]) -> Self {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        [params.not_before, params.not_after] = years.map(|year| date_time_ymd(year, 1, 1));
        let signing_key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&signing_key).unwrap();
        Self::start_with(server, CertifiedKey { cert, signing_key }, false).await
    }

    async fn start_with(server: &str, certified: CertifiedKey<KeyPair>, known_only: bool) -> Self {
        let CertifiedKey { cert, signing_key } = certified;
        Self::start_chain(server, &[&cert], &signing_key, known_only).await
    }

    /// As [`start`](Self::start), sending that chain: the own certificate first, whose key is `signing_key`.
    pub(crate) async fn start_chain(
        server: &str,
        chain: &[&Certificate],
        signing_key: &KeyPair,
        known_only: bool,
    ) -> Self {
        let cert = chain[0];
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let verifier =
            if known_only { verifier.build().unwrap() } else { WebPkiClientVerifier::no_client_auth() };
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain.iter().map(|cert| cert.der().clone()).collect(), key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = server.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
        let completed = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::new(AtomicUsize::new(0));
        let (counted, counted_before) = (completed.clone(), accepted.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counted_before.fetch_add(1, Ordering::SeqCst);
                let (acceptor, server, counted) = (acceptor.clone(), server.clone(), counted.clone());
                tokio::spawn(async move {
                    let Ok(mut client) = acceptor.accept(client).await else { return };
                    counted.fetch_add(1, Ordering::SeqCst);
                    let mut upstream = TcpStream::connect(server).await.unwrap();
                    // Either end may go first.
                    let _ = copy_bidirectional(&mut client, &mut upstream).await;
                });
            }
        });
        let pin = pin_of(signing_key);
        Self { port, pem: cert.pem(), der: cert.der().to_vec(), pin, accepted, completed, task }
    }

    /// As a client reaches it by `host`.
    pub(crate) fn origin(&self, host: &str) -> String {
        format!("https://{host}:{}", self.port)
    }

    /// How many connections were made, whatever became of them.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(crate) fn completed(&self) -> usize {
        self.completed.load(Ordering::SeqCst)
    }
}

/// The pin of a key, as an app writes it.
pub(crate) fn pin_of(key: &KeyPair) -> String {
    format!("sha256/{}", BASE64_STANDARD.encode(Sha256::digest(key.subject_public_key_info())))
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}
