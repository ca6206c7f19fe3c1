//! Which servers are trusted.

use std::sync::Arc;

use super::{ConfigError, Origin, PinSet};

/// Says whether a server's certificates are trusted, in place of the platform's own judgement.
///
/// For platforms whose trust only the app can ask, as Android's. That the certificate is for the server's name is
/// checked before, and that the server holds its key afterwards, whatever this says.
///
/// Called while a connection is made, on a thread that may block: only the calls that wait for this connection wait for the answer, and
/// no longer than [`Timeouts::connect`](crate::Timeouts::connect). Up to 16 connections are made at once. A panic refuses.
pub trait ServerTrust: Send + Sync + 'static {
    /// Whether `chain` is trusted for the server at `host`. The chain is in DER, the server's own certificate first, then what else
    /// the server sent; the host is a DNS name or an IP address.
    fn trusts(&self, chain: &[&[u8]], host: &str) -> bool;
}

/// Which servers are trusted.
#[derive(Clone, Default)]
pub(crate) struct TlsOptions {
    /// Root certificates in PEM that are trusted beside the platform's.
    pub(crate) root_certificates: Vec<Vec<u8>>,
    /// In place of the platform's own judgement.
    pub(crate) server_trust: Option<Arc<dyn ServerTrust>>,
    /// The pins of every origin that has some.
    pub(crate) pins: Vec<(Origin, PinSet)>,
}

impl TlsOptions {
    /// Whether the root certificates can be PEM. A host that trusts by them reads them whole.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let marks = ["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"].map(str::as_bytes);
        let has = |pem: &[u8], mark: &[u8]| pem.windows(mark.len()).any(|part| part == mark);
        let all = self.root_certificates.iter().all(|pem| marks.iter().all(|mark| has(pem, mark)));
        all.then_some(()).ok_or(ConfigError::RootCertificate)
    }
}
