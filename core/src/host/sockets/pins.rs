//! Looks for a pinned key, after the server's certificate was found to be trusted.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::{
    CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use sha2::{Digest as _, Sha256};

use crate::config::{Origin, PinSet};

/// So long before the end of a pinned certificate, and of the pins themselves, developers are warned.
const NOTICE: Duration = Duration::from_secs(30 * 24 * 3600);

/// The server is trusted, and has no pinned key.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no key of the server's certificates is pinned")]
pub(super) struct NotPinned;

/// The usual judgement, and the pins of one origin after it.
pub(super) struct PinVerifier {
    judge: Arc<dyn ServerCertVerifier>,
    origin: Origin,
    pins: PinSet,
    /// The app's own root certificates, which servers need not send.
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    /// The proxy, whose own TLS is judged without pins.
    exception: Option<ServerName<'static>>,
    /// Whether a warning was given: once is enough for a client.
    has_warned: AtomicBool,
}

impl fmt::Debug for PinVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinVerifier").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl PinVerifier {
    pub(super) fn new(
        judge: Arc<dyn ServerCertVerifier>,
        origin: Origin,
        pins: PinSet,
        roots: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Self {
        Self { judge, origin, pins, roots, provider, exception: None, has_warned: AtomicBool::new(false) }
    }

    /// Judges the server of this name without pins.
    pub(super) fn except(self, name: Option<ServerName<'static>>) -> Self {
        Self { exception: name, ..self }
    }

    fn check(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let seconds = |until: SystemTime| until.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let left =
            self.pins.until.map(|until| Duration::from_secs(seconds(until).saturating_sub(now.as_secs())));
        if left.is_some_and(|left| left.is_zero()) {
            self.warn("the pins have ended and are not enforced any more; the app needs an update");
            return Ok(());
        }
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let Some(pinned) = self.pinned(end_entity, &parsed, intermediates, now) else {
            return Err(CertificateError::Other(OtherError(Arc::new(NotPinned))).into());
        };
        if left.is_some_and(|left| left <= NOTICE) {
            self.warn("the pins end within 30 days; the app needs an update");
        } else if self.ends_soon(pinned, now) {
            self.warn("a pinned certificate ends within 30 days; its successor needs a pinned key");
        }
        Ok(())
    }

    /// The certificate with a pinned key: the server's own, or one from which a path of valid signatures leads to the server's own.
    fn pinned<'a>(
        &'a self,
        end_entity: &'a CertificateDer<'a>,
        parsed: &ParsedCertificate<'_>,
        intermediates: &'a [CertificateDer<'a>],
        now: UnixTime,
    ) -> Option<&'a CertificateDer<'a>> {
        if self.has_pinned_key(end_entity) {
            return Some(end_entity);
        }
        // Anybody can send a certificate along that has nothing to do with the server's own.
        let has_issued = |issuer: &CertificateDer<'_>| {
            let mut anchor = RootCertStore::empty();
            anchor.add(issuer.clone()).is_ok()
                && verify_server_cert_signed_by_trust_anchor(
                    parsed,
                    &anchor,
                    intermediates,
                    now,
                    self.provider.signature_verification_algorithms.all,
                )
                .is_ok()
        };
        let mut others = intermediates.iter().chain(&self.roots);
        others.find(|issuer| self.has_pinned_key(issuer) && has_issued(issuer))
    }

    fn has_pinned_key(&self, certificate: &CertificateDer<'_>) -> bool {
        let Ok(parsed) = ParsedCertificate::try_from(certificate) else { return false };
        let key: [u8; 32] = Sha256::digest(&*parsed.subject_public_key_info()).into();
        self.pins.pins.contains(&key)
    }

    /// Whether the time of `certificate` is over soon. Its time is looked at before its issuer, of which nothing is known here.
    fn ends_soon(&self, certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
        let soon = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()) + NOTICE);
        let Ok(parsed) = ParsedCertificate::try_from(certificate) else { return false };
        let judged = verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &RootCertStore::empty(),
            &[],
            soon,
            self.provider.signature_verification_algorithms.all,
        );
        use CertificateError::{Expired, ExpiredContext};
        matches!(judged, Err(rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. })))
    }

    fn warn(&self, what: &str) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(origin = %self.origin, "{what}");
        }
    }
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        if self.exception.as_ref() != Some(server_name) {
            self.check(end_entity, intermediates, now)?;
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Mutex};

    use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
    use tracing_subscriber::fmt::MakeWriter;
    use url::Url;

    use super::*;

    /// Trusts everybody.
    #[derive(Debug)]
    struct Trusting;

    impl ServerCertVerifier for Trusting {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            Vec::new()
        }
    }

    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Heard {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    const DAY: Duration = Duration::from_secs(24 * 3600);

    /// What is logged when a server is judged three times whose certificate and whose pins end after so many days.
    fn logged(certificate: u64, pins: Option<u64>) -> String {
        let now = SystemTime::now();
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(["api.example.com".to_owned()]).expect("a name");
        params.not_after = (now + DAY * certificate as u32).into();
        let certificate = params.self_signed(&key).expect("a certificate");
        let hash: [u8; 32] = Sha256::digest(key.subject_public_key_info()).into();
        let set = PinSet { pins: vec![[0; 32], hash], until: pins.map(|days| now + DAY * days as u32) };
        let origin = Origin::of(&Url::parse("https://api.example.com").expect("a URL"));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = PinVerifier::new(Arc::new(Trusting), origin, set, Vec::new(), provider);
        let name = ServerName::try_from("api.example.com").expect("a name");
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).expect("after 1970"));
        let heard = Heard::default();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(heard.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..3 {
                verifier.verify_server_cert(certificate.der(), &[], &name, &[], now).expect("accepted");
            }
        });
        let heard = heard.0.lock().expect("no panic");
        String::from_utf8_lossy(&heard).into_owned()
    }

    #[test]
    fn the_end_of_a_pinned_certificate_and_of_the_pins_is_told_once_and_in_time() {
        for (certificate, pins, warning) in [
            (40, None, None),
            (40, Some(40), None),
            (20, None, Some("a pinned certificate ends within 30 days")),
            (20, Some(40), Some("a pinned certificate ends within 30 days")),
            (40, Some(20), Some("the pins end within 30 days")),
            (40, Some(0), Some("the pins have ended")),
        ] {
            let logged = logged(certificate, pins);
            assert_eq!(logged.lines().count(), usize::from(warning.is_some()), "{logged}");
            assert!(logged.contains(warning.unwrap_or_default()), "{logged}");
            assert!(logged.is_empty() || logged.contains("https://api.example.com"), "{logged}");
        }
    }
}
