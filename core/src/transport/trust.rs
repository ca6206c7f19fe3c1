//! Trust in servers: certificates are judged by the host where the host's platform cannot be asked from here.

use std::{fmt, sync::Arc};

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

use crate::config::ConfigError;

/// Says whether a server's certificates are trusted, in place of the platform's own judgement.
///
/// For platforms whose trust is reached through the host only, as Android's is. That the certificate is for the server's name is
/// checked before, and that the server holds its key afterwards, whatever this says.
///
/// Called while a connection is made, on a thread of the client's runtime: it should take milliseconds. A panic refuses.
pub trait ServerTrust: Send + Sync + 'static {
    /// Whether `chain` is trusted for the server at `host`. The chain is in DER, the server's own certificate first, then what else
    /// the server sent; the host is a DNS name or an IP address.
    fn trusts(&self, chain: &[&[u8]], host: &str) -> bool;
}

/// The root certificates in `pem`, of which there must be some.
pub(super) fn roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
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

/// TLS whose servers are judged by `trust`, and trusted with one of `roots` without it being asked.
pub(super) fn client_config(
    trust: Arc<dyn ServerTrust>,
    roots: Vec<CertificateDer<'static>>,
) -> Result<ClientConfig, ConfigError> {
    let installed = CryptoProvider::get_default().cloned();
    let provider = installed.unwrap_or_else(|| Arc::new(provider()));
    let mut own = RootCertStore::empty();
    for root in roots {
        own.add(root).map_err(|_| ConfigError::RootCertificate)?;
    }
    let verifier = Arc::new(HostVerifier { trust, own, provider: provider.clone() });
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config
        .map_err(|_| ConfigError::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
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
        if by_own.is_ok() {
            return Ok(ServerCertVerified::assertion());
        }
        let chain: Vec<&[u8]> =
            std::iter::once(end_entity).chain(intermediates).map(CertificateDer::as_ref).collect();
        if self.trust.trusts(&chain, &server_name.to_str()) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::UnknownIssuer.into())
        }
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
