//! The configuration, parsed once into types that cannot be wrong.

mod error;
mod gateway;
mod header;
mod origin;
mod pins;
mod proxy;
mod tls;

use std::time::Duration;

pub use error::ConfigError;
pub use gateway::Gateway;
pub(crate) use gateway::{AllowedGateway, parse_gateways};
pub(crate) use header::{is_reserved, parse_header, refuse_reserved, shown};
use origin::secure_url;
pub(crate) use origin::{Origin, is_loopback};
pub use pins::Pins;
pub(crate) use pins::{PinSet, parse_pins};
pub use proxy::Proxy;
pub(crate) use proxy::ProxyRoute;
pub use tls::ServerTrust;
pub(crate) use tls::TlsOptions;
/// Where Appwrite is: a URL that ends in `/v1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    origin: Origin,
    url: String,
}

impl Endpoint {
    /// Parses an endpoint such as `https://fra.cloud.appwrite.io/v1`.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let example = "https://fra.cloud.appwrite.io/v1";
        let url = secure_url(text, "endpoint", example)?;
        let path = url.path().trim_end_matches('/');
        if !path.ends_with("/v1") || url.query().is_some() || url.fragment().is_some() {
            return Err(ConfigError::EndpointPath);
        }
        let origin = Origin::of(&url);
        Ok(Self { url: format!("{origin}{path}"), origin })
    }

    /// The origin of Appwrite.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The endpoint without a trailing slash.
    pub(crate) fn as_str(&self) -> &str {
        &self.url
    }
}

/// The id of an Appwrite project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProjectId(String);

impl ProjectId {
    /// Parses a project id: what Appwrite accepts today, and what it accepted for old projects (contract §1.2).
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let first = text.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric());
        let rest = text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-'));
        if first && rest && text.len() <= 36 {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConfigError::ProjectId)
        }
    }

    /// The id as Appwrite knows it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether every supported Appwrite finds the session cookie of this project by its name (contract §1.2).
    fn suits_cookies(&self) -> bool {
        !self.0.bytes().any(|c| c.is_ascii_uppercase() || c == b'.')
    }
}

/// Which of several accounts on this device a client is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountSlot(String);

impl AccountSlot {
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
        if !text.is_empty() && text.len() <= 64 && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConfigError::AccountSlot)
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// How long to wait for the network and for the secure store. All of them count real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection is established, TLS included. Default 10 seconds.
    pub connect: Duration,
    /// Without a single byte in either direction. Default 30 seconds. A slow upload does not end as long as its bytes move.
    ///
    /// By HTTP/2, a connection that was silent for a third of this time (10 seconds at most) is pinged while a call is in flight,
    /// and given up if there is no answer within a sixth of this time (5 seconds at most).
    pub idle: Duration,
    /// For one whole call: attempts, the waits between them, redirects, the body of the answer, and the question to Appwrite that
    /// follows a gateway's 401. Default 60 seconds. What comes before the first request does not count: reading the secure store,
    /// and the time that the user takes for the presence check.
    pub total: Duration,
    /// For one call of the secure store. Default 10 seconds.
    ///
    /// A store that does not answer in time counts as locked if it was never read, and as unavailable otherwise; its answer is still
    /// taken when it comes. A sign-out takes effect in this process at once and returns after this time at the latest. The dialog
    /// by which a desktop asks its user to unlock the keyring is part of such a call.
    pub store: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(60),
            store: Duration::from_secs(10),
        }
    }
}

impl Timeouts {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let zero = [self.connect, self.idle, self.total, self.store].iter().any(Duration::is_zero);
        if zero { Err(ConfigError::ZeroTimeout) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_kept_without_what_does_not_matter() {
        for text in [
            "https://fra.cloud.appwrite.io/v1",
            "https://fra.cloud.appwrite.io:443/v1/",
            " HTTPS://FRA.cloud.appwrite.io/v1",
        ] {
            let endpoint = Endpoint::parse(text).expect("an endpoint");
            assert_eq!(endpoint.as_str(), "https://fra.cloud.appwrite.io/v1", "{text}");
        }
        for text in ["http://localhost/v1", "http://127.0.0.1:9000/v1", "http://[::1]:80/sub/v1"] {
            assert!(Endpoint::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_bad_endpoint_is_refused_with_what_to_write() {
        let refused = |text| Endpoint::parse(text).expect_err(text).to_string();
        assert!(refused("fra.cloud.appwrite.io/v1").contains("https://fra.cloud.appwrite.io/v1"));
        assert!(refused("http://appwrite.example.com/v1").contains("https://"));
        assert!(refused("http://10.0.2.2/v1").contains("https://"));
        assert!(refused("https://appwrite.example.com").contains("/v1"));
        assert!(refused("https://appwrite.example.com/v1?x=1").contains("/v1"));
        assert!(!refused("https://ada:canary@appwrite.example.com/v1").contains("canary"));
    }

    #[test]
    fn a_project_id_is_what_appwrite_accepts() {
        for id in ["demo", "6b04728f1f35584e8478", "MyProj", "a.b_c-d"] {
            assert!(ProjectId::parse(id).is_ok(), "{id}");
        }
        for id in ["", "-demo", "de mo", "demo\n", "d\u{e9}mo", &"a".repeat(37)] {
            assert_eq!(ProjectId::parse(id), Err(ConfigError::ProjectId), "{id:?}");
        }
    }
}
