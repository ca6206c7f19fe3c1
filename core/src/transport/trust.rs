//! Trust in servers: certificates are judged by the host where the host's platform cannot be asked from here.

use std::{fmt, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
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

/// TLS whose servers are judged by `trust`, and trusted with one of `roots` without it being asked.
pub(super) fn client_config(
    trust: Arc<dyn ServerTrust>,
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<ClientConfig, ConfigError> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root).map_err(|_| ConfigError::RootCertificate)?;
    }
    let own = if store.is_empty() {
        None
    } else {
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone()).build();
        Some(verifier.map_err(|_| ConfigError::RootCertificate)?)
    };
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
    /// With the app's own root certificates, if it gave some.
    own: Option<Arc<WebPkiServerVerifier>>,
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
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(own) = &self.own {
            let verified = own.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
            if verified.is_ok() {
                return verified;
            }
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
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
