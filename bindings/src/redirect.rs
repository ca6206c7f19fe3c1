//! Where a redirect of a gateway leads, for clients that follow it by themselves.

use appwrite_session_core as core;

/// Where a redirect of a gateway leads, and so what may go along: the headers of [`kept_headers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum RedirectTarget {
    /// The same origin. Everything goes along.
    SameOrigin,
    /// Another allowed gateway. The method and the body go along, and the credential is attached anew.
    OtherGateway,
    /// An origin that is no gateway. This and every later request of the chain carries no credential.
    Elsewhere,
}

impl From<core::RedirectTarget> for RedirectTarget {
    fn from(target: core::RedirectTarget) -> Self {
        match target {
            core::RedirectTarget::SameOrigin => Self::SameOrigin,
            core::RedirectTarget::OtherGateway => Self::OtherGateway,
            // What a newer core says carries nothing here.
            _ => Self::Elsewhere,
        }
    }
}

/// The names of the request headers, in lower case, that may go along; none if all may.
#[uniffi::export]
pub fn kept_headers(target: RedirectTarget) -> Option<Vec<String>> {
    let target = match target {
        RedirectTarget::SameOrigin => core::RedirectTarget::SameOrigin,
        RedirectTarget::OtherGateway => core::RedirectTarget::OtherGateway,
        RedirectTarget::Elsewhere => core::RedirectTarget::Elsewhere,
    };
    target.kept_headers().map(|names| names.iter().map(ToString::to_string).collect())
}
