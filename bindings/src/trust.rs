//! A host's judgement of servers, as the core's.

use std::sync::Arc;

use appwrite_session_core::ServerTrust;

/// The host could not judge, which counts as not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostTrustError {
    /// Why is the host's own matter.
    #[error("failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostTrustError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

/// Says whether a server's certificates are trusted, where only the host can ask its platform.
///
/// Called while a connection is made, on a thread that may block: only the calls that wait for this connection wait for the answer. What
/// it throws refuses.
#[uniffi::export(foreign)]
pub trait HostTrust: Send + Sync {
    /// Whether `chain`, in DER and the server's own certificate first, is trusted for the server at `host`.
    fn trusts(&self, chain: Vec<Vec<u8>>, host: String) -> Result<bool, HostTrustError>;
}

/// A host's judgement in the core's terms.
pub(crate) struct HostTrustAdapter(pub(crate) Arc<dyn HostTrust>);

impl ServerTrust for HostTrustAdapter {
    fn trusts(&self, chain: &[&[u8]], host: &str) -> bool {
        let chain = chain.iter().map(|certificate| certificate.to_vec()).collect();
        self.0.trusts(chain, host.to_owned()).unwrap_or(false)
    }
}
