//! Scheme, host and port, and which URLs a credential may be sent to at all.

use std::fmt;

use url::{Host, Url};

use super::ConfigError;

/// Scheme, host and port: what decides whether a credential may be sent.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of `url`, with the scheme's own port where none is written.
    pub(crate) fn of(url: &Url) -> Self {
        Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
        }
    }

    /// Whether it is the origin of `url`.
    pub(crate) fn is_of(&self, url: &Url) -> bool {
        self.scheme == url.scheme()
            && self.host == url.host_str().unwrap_or_default()
            && self.port == url.port_or_known_default().unwrap_or_default()
    }

    /// The host as URLs write it.
    #[cfg_attr(not(feature = "sockets"), allow(dead_code, reason = "only pins compare it"))]
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        Url::parse(&self.to_string()).is_ok_and(|url| is_loopback(&url))
    }

    /// Whether the host is an IPv6 address.
    pub(crate) fn is_ipv6(&self) -> bool {
        self.host.starts_with('[')
    }

    /// Whether what is sent here is encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == "https"
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own_port = matches!(
            (self.scheme.as_str(), self.port),
            ("https" | "wss", 443) | ("http" | "ws", 80) | (_, 0)
        );
        write!(f, "{}://{}", self.scheme, self.host)?;
        if own_port { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

/// Parses a URL that a credential may be sent to: https, or http on this machine, without user info.
pub(super) fn secure_url(text: &str, what: &'static str, example: &'static str) -> Result<Url, ConfigError> {
    let url = Url::parse(text.trim()).map_err(|_| ConfigError::NotAUrl { what, example })?;
    if url.host().is_none() {
        return Err(ConfigError::NotAUrl { what, example });
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::UserInfo { what });
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(ConfigError::Insecure { what, origin: Origin::of(&url).to_string() }),
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
