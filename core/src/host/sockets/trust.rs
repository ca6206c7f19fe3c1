//! Makes the client's own TLS, in which certificates are judged by the app where the platform cannot be asked from here.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::{CryptoProvider, KeyProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
    sign::SigningKey,
};

use super::pins::PinVerifier;
use crate::config::{ConfigError, Origin, PinSet, ProxyRoute, ServerTrust, TlsOptions};

/// The root certificates in `pem`, of which there must be some.
fn roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    roots.ok().filter(|roots| !roots.is_empty()).ok_or(ConfigError::RootCertificate)
}

/// `ring`, without its code for keys of clients: none is ever presented.
fn provider() -> CryptoProvider {
    CryptoProvider { key_provider: &NoClientKeys, ..rustls::crypto::ring::default_provider() }
}

#[derive(Debug)]
struct NoClientKeys;

impl KeyProvider for NoClientKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("this client presents no key".to_owned()))
    }
}

impl TlsOptions {
    /// Whether judging a server may take long: a host's judgement may, and that of platforms which ask other servers about a certificate.
    pub(super) fn may_block(&self) -> bool {
        self.server_trust.is_some() || cfg!(any(target_vendor = "apple", windows))
    }

    /// How servers are judged, and the app's own root certificates.
    pub(super) fn trust(&self) -> Result<Trust, ConfigError> {
        let provider = Arc::new(provider());
        let mut own = RootCertStore::empty();
        let mut roots = Vec::new();
        for pem in &self.root_certificates {
            for root in self::roots(pem)? {
                own.add(root.clone()).map_err(|_| ConfigError::RootCertificate)?;
                roots.push(root);
            }
        }
        let judge: Arc<dyn ServerCertVerifier> = match &self.server_trust {
            Some(trust) => Arc::new(HostVerifier { trust: trust.clone(), own, provider: provider.clone() }),
            None => platform_verifier(roots.clone(), &provider)?,
        };
        Ok(Trust { judge, roots, provider })
    }
}

/// How servers are judged.
pub(super) struct Trust {
    judge: Arc<dyn ServerCertVerifier>,
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl Trust {
    /// The client's own TLS, with its own provider: whatever the app has installed for its process is neither used nor changed.
    pub(super) fn config(&self) -> Result<ClientConfig, ConfigError> {
        client_config(self.judge.clone(), self.provider.clone())
    }

    /// The same for the servers of an origin with pins. What it remembers of earlier handshakes is its own, because a handshake that
    /// goes on from an earlier one judges no certificate.
    pub(super) fn pinned_config(
        &self,
        origin: &Origin,
        pins: PinSet,
        proxy: Option<&ProxyRoute>,
    ) -> Result<ClientConfig, ConfigError> {
        let (judge, roots, provider) = (self.judge.clone(), self.roots.clone(), self.provider.clone());
        let verifier = PinVerifier::new(judge, origin.clone(), pins, roots, provider);
        // A proxy with a certificate has a name and a key of its own. If it had the name of the origin, the two could not be told apart.
        let proxy = proxy.and_then(|proxy| proxy.url.host_str()).filter(|host| *host != origin.host());
        let name = proxy.and_then(|host| ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).ok());
        client_config(Arc::new(verifier.except(name)), self.provider.clone())
    }
}

#[cfg(not(target_os = "android"))]
fn platform_verifier(
    roots: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, ConfigError> {
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(roots, provider.clone());
    Ok(Arc::new(verifier.map_err(|_| ConfigError::Tls)?))
}

/// Android's judgement is reached through the host only.
#[cfg(target_os = "android")]
fn platform_verifier(
    _roots: Vec<CertificateDer<'static>>,
    _provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, ConfigError> {
    Err(ConfigError::NoServerTrust)
}

fn client_config(
    verifier: Arc<dyn ServerCertVerifier>,
    provider: Arc<CryptoProvider>,
) -> Result<ClientConfig, ConfigError> {
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|_| ConfigError::Tls)?;
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

struct HostVerifier {
    trust: Arc<dyn ServerTrust>,
    /// The app's own root certificates.
    own: RootCertStore,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for HostVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostVerifier").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for HostVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        verify_server_name(&certificate, server_name)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        let by_own = verify_server_cert_signed_by_trust_anchor(
            &certificate,
            &self.own,
            intermediates,
            now,
            algorithms,
        );
        let Err(fault) = by_own else { return Ok(ServerCertVerified::assertion()) };
        let chain: Vec<&[u8]> =
            std::iter::once(end_entity).chain(intermediates).map(CertificateDer::as_ref).collect();
        let host = server_name.to_str();
        // What the host does is not looked at again after a panic.
        let judged = catch_unwind(AssertUnwindSafe(|| self.trust.trusts(&chain, &host)));
        if judged.unwrap_or(false) {
            return Ok(ServerCertVerified::assertion());
        }
        // The host does not say why. A certificate's time is looked at before its issuer, so it is known without the host.
        use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext, UnknownIssuer};
        Err(match fault {
            rustls::Error::InvalidCertificate(
                Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
            ) => fault,
            _ => UnknownIssuer.into(),
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
