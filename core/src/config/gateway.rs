//! The app's own gateways.

use std::fmt;

use http::HeaderMap;
use url::Url;

use super::{ConfigError, Origin, Pins, ProjectId, origin::secure_url, parse_header, refuse_reserved};
use crate::credential::Carrier;

/// One of the app's own gateways, and how the credential travels to it.
///
/// ```
/// # use appwrite_session_core::{Carrier, Gateway};
/// let gateway = Gateway::new("https://api.example.com").carrier(Carrier::FallbackCookies);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Gateway {
    url: String,
    carrier: Carrier,
    pub(super) pins: Option<Pins>,
    headers: DefaultHeaders,
    traced: bool,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As the app has said it, the URL can hold a password.
        let origin = secure_url(&self.url, "gateway", "").map(|url| Origin::of(&url));
        f.debug_struct("Gateway")
            .field("origin", &origin.ok())
            .field("carrier", &self.carrier)
            .field("pins", &self.pins)
            .field("headers", &self.headers)
            .field("traced", &self.traced)
            .finish()
    }
}

/// The headers of every call of a gateway, as the app has said them. They can hold a key of the app's.
#[derive(Clone, Default, PartialEq, Eq)]
struct DefaultHeaders(Vec<(String, String)>);

impl fmt::Debug for DefaultHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl DefaultHeaders {
    fn parse(&self, carrier: Carrier) -> Result<HeaderMap, ConfigError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.0 {
            let (name, mut value) = parse_header(name, value)?;
            refuse_reserved(&name, Some(carrier))?;
            value.set_sensitive(true);
            headers.append(name, value);
        }
        Ok(headers)
    }
}

impl Gateway {
    /// The gateway at `origin`, with the credential in a `Cookie` header. `build` reports an `origin` that is not valid.
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            url: origin.into(),
            carrier: Carrier::Cookie,
            pins: None,
            headers: DefaultHeaders::default(),
            traced: false,
        }
    }

    /// Chooses how the credential travels to this gateway.
    pub fn carrier(mut self, carrier: Carrier) -> Self {
        self.carrier = carrier;
        self
    }

    /// Accepts only servers with one of these keys at this gateway, in addition to the usual judgement of their certificates.
    pub fn pins(mut self, pins: Pins) -> Self {
        self.pins = Some(pins);
        self
    }

    /// Sends a header with every call of this gateway, unless the call sets one of that name itself. It goes to no other origin, wherever
    /// a redirect leads. `build` reports one that a call could not set.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.0.push((name.into(), value.into()));
        self
    }

    /// Sends the header `traceparent` of W3C Trace Context with every call of this gateway, unless the call sets it itself: a new trace
    /// for each call, in which each attempt has a span of its own, marked as sampled.
    pub fn traced(mut self) -> Self {
        self.traced = true;
        self
    }

    pub(crate) fn has_pins(&self) -> bool {
        self.pins.is_some()
    }
}

impl<T: Into<String>> From<T> for Gateway {
    fn from(origin: T) -> Self {
        Self::new(origin)
    }
}

/// A gateway whose origin has been parsed.
#[derive(Clone, Debug)]
pub(crate) struct AllowedGateway {
    pub(crate) origin: Origin,
    pub(crate) base: Url,
    pub(crate) carrier: Carrier,
    /// What every call has, unless it says otherwise.
    pub(crate) headers: HeaderMap,
    pub(crate) traced: bool,
}

/// Parses the gateways of one client; the first is the default.
pub(crate) fn parse_gateways(
    gateways: &[Gateway],
    project: &ProjectId,
) -> Result<Vec<AllowedGateway>, ConfigError> {
    let mut allowed: Vec<AllowedGateway> = Vec::with_capacity(gateways.len());
    for gateway in gateways {
        let base = secure_url(&gateway.url, "gateway", "https://api.example.com")?;
        let origin = Origin::of(&base);
        if base.path() != "/" || base.query().is_some() || base.fragment().is_some() {
            return Err(ConfigError::GatewayPath { origin: origin.to_string() });
        }
        if gateway.carrier == Carrier::Cookie && !project.suits_cookies() {
            return Err(ConfigError::CookieUnusable);
        }
        if allowed.iter().any(|other| other.origin == origin) {
            return Err(ConfigError::DuplicateGateway { origin: origin.to_string() });
        }
        let (carrier, headers) = (gateway.carrier, gateway.headers.parse(gateway.carrier)?);
        allowed.push(AllowedGateway { origin, base, carrier, headers, traced: gateway.traced });
    }
    Ok(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> ProjectId {
        ProjectId::parse("demo").expect("a project id")
    }

    fn gateways(origins: &[&str]) -> Result<Vec<String>, ConfigError> {
        let gateways: Vec<Gateway> = origins.iter().map(|origin| Gateway::new(*origin)).collect();
        let allowed = parse_gateways(&gateways, &project())?;
        Ok(allowed.iter().map(|gateway| gateway.origin.to_string()).collect())
    }

    #[test]
    fn a_gateway_is_an_origin() {
        assert_eq!(gateways(&["https://api.example.com/"]), Ok(vec!["https://api.example.com".to_owned()]));
        assert_eq!(
            gateways(&["https://api.example.com/v2"]),
            Err(ConfigError::GatewayPath { origin: "https://api.example.com".to_owned() })
        );
        assert!(matches!(gateways(&["https://ada@api.example.com"]), Err(ConfigError::UserInfo { .. })));
        assert!(matches!(gateways(&["http://api.example.com"]), Err(ConfigError::Insecure { .. })));
        assert!(matches!(gateways(&["ftp://api.example.com"]), Err(ConfigError::Insecure { .. })));
        assert!(matches!(gateways(&["api.example.com"]), Err(ConfigError::NotAUrl { .. })));
        assert!(matches!(
            gateways(&["https://a.test", "https://A.test:443"]),
            Err(ConfigError::DuplicateGateway { .. })
        ));
    }

    #[test]
    fn a_cookie_that_appwrite_would_not_find_is_refused() {
        let old = ProjectId::parse("MyProj").expect("a project id");
        let cookie = Gateway::new("https://api.example.com");
        assert!(matches!(
            parse_gateways(std::slice::from_ref(&cookie), &old),
            Err(ConfigError::CookieUnusable)
        ));
        assert!(parse_gateways(&[cookie.carrier(Carrier::FallbackCookies)], &old).is_ok());
    }
}
