//! Certificate pins: which keys the servers of an origin may use.

use std::time::SystemTime;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{AllowedGateway, ConfigError, Endpoint, Gateway, Origin};

/// The public keys that the certificates of one origin may have, for an app that does not want to rely on all authorities of the platform.
///
/// A pin is the SHA-256 hash of a certificate's public key (its `SubjectPublicKeyInfo`) in base64, with or without `sha256/` in front, as
/// OkHttp, TrustKit and Android's network security configuration write it. At least two different pins are required, because without a
/// backup pin the app is cut off from its server as soon as the key in use has to be replaced. The backup is the pin of a key that is
/// kept in another place and is in no certificate yet, or of another authority.
///
/// Pins are checked in addition to the usual judgement, never in its place: after the certificate was found to be trusted, one of the
/// following must have a pinned key (RFC 7469 §2.6):
///
/// - the server's own certificate,
/// - a certificate of an authority that the server sends with its own, or that the app gives as a
///   [root certificate](crate::SessionClientBuilder::root_certificates), if it has issued the server's certificate, directly or through
///   the others. Its signatures are verified. A certificate that is only sent along does not count.
///
/// Most servers do not send the root of their chain, and no platform tells which root it has found. Who pins a root has to give it as a
/// root certificate, too; a pin of an intermediate authority or of the server's own key needs nothing else.
///
/// A connection to a server without a pinned key is broken off before anything is sent, with
/// [`TlsFault::Pin`](crate::TlsFault::Pin). It is not tried again. Pins hold for the requests that the client sends. Requests of other
/// HTTP libraries ([`authorize`](crate::SessionClient::authorize)) are pinned by those libraries.
///
/// ```
/// # use appwrite_session_core::{Gateway, Pins};
/// let gateway = Gateway::new("https://api.example.com").pins(Pins::new([
///     "sha256/r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=",
///     "sha256/YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg=", // the backup
/// ]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pins {
    texts: Vec<String>,
    until: Option<SystemTime>,
}

impl Pins {
    /// The keys with these hashes. `build` reports what is no pin, and that a backup is missing.
    pub fn new(pins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { texts: pins.into_iter().map(Into::into).collect(), until: None }
    }

    /// Enforces the pins before `time` only, so that an app that was never updated is not cut off from its server for ever. Afterwards
    /// the usual judgement counts alone. In the 30 days before, and afterwards, a warning is logged (`tracing`).
    pub fn until(mut self, time: SystemTime) -> Self {
        self.until = Some(time);
        self
    }

    fn parse(&self, origin: &Origin) -> Result<PinSet, ConfigError> {
        if !origin.is_https() {
            return Err(ConfigError::PinsWithoutTls { origin: origin.to_string() });
        }
        let mut pins = self.texts.iter().map(|text| parse_pin(text)).collect::<Result<Vec<_>, _>>()?;
        pins.sort_unstable();
        pins.dedup();
        if pins.len() < 2 {
            return Err(ConfigError::NoBackupPin { origin: origin.to_string() });
        }
        Ok(PinSet { pins, until: self.until })
    }
}

fn parse_pin(text: &str) -> Result<[u8; 32], ConfigError> {
    let text = text.trim();
    let hash = BASE64_STANDARD.decode(text.strip_prefix("sha256/").unwrap_or(text));
    hash.ok().and_then(|hash| hash.try_into().ok()).ok_or(ConfigError::Pin)
}

/// The pins of one origin, which are at least two.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "sockets"), allow(dead_code, reason = "a host of the app checks no pins"))]
pub(crate) struct PinSet {
    /// The SHA-256 hashes of the keys.
    pub(crate) pins: Vec<[u8; 32]>,
    /// When they end.
    pub(crate) until: Option<SystemTime>,
}

/// The pins of every origin that has some.
pub(crate) fn parse_pins(
    endpoint: &Endpoint,
    of_endpoint: Option<&Pins>,
    gateways: &[Gateway],
    allowed: &[AllowedGateway],
) -> Result<Vec<(Origin, PinSet)>, ConfigError> {
    let mut pinned: Vec<(Origin, PinSet)> = Vec::new();
    let of_endpoint = of_endpoint.map(|pins| (endpoint.origin.clone(), pins));
    let of_gateways = gateways
        .iter()
        .zip(allowed)
        .filter_map(|(gateway, allowed)| gateway.pins.as_ref().map(|pins| (allowed.origin.clone(), pins)));
    for (origin, pins) in of_endpoint.into_iter().chain(of_gateways) {
        if pinned.iter().any(|(other, _)| *other == origin) {
            return Err(ConfigError::PinnedTwice { origin: origin.to_string() });
        }
        let pins = pins.parse(&origin)?;
        pinned.push((origin, pins));
    }
    Ok(pinned)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    const ONE: &str = "r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=";
    const OTHER: &str = "sha256/YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg=";

    fn parse(origin: &str, pins: &[&str]) -> Result<PinSet, ConfigError> {
        let url = Url::parse(origin).expect("a URL");
        Pins::new(pins.iter().copied()).parse(&Origin::of(&url))
    }

    #[test]
    fn a_backup_pin_is_required() {
        let origin = "https://api.example.com".to_owned();
        assert_eq!(parse(&origin, &[ONE, OTHER]).expect("pins").pins.len(), 2);
        let same = format!("sha256/{ONE}");
        for pins in [&[][..], &[ONE], &[ONE, ONE], &[ONE, &same]] {
            let refused = parse(&origin, pins).expect_err("no backup");
            assert_eq!(refused, ConfigError::NoBackupPin { origin: origin.clone() });
            assert!(refused.to_string().contains("backup"));
        }
    }

    #[test]
    fn what_is_no_pin_is_refused() {
        for text in ["", "sha256/", "sha1/r/mIkG3eEpVdm+u/ko/cwxzOMo0=", "sha256//w==", &ONE[1..], "canary"] {
            let refused = parse("https://api.example.com", &[OTHER, text]).expect_err(text);
            assert_eq!(refused, ConfigError::Pin);
        }
    }

    #[test]
    fn pins_that_could_not_be_checked_are_refused() {
        let refused = parse("http://localhost:8080", &[ONE, OTHER]).expect_err("no TLS");
        assert_eq!(refused, ConfigError::PinsWithoutTls { origin: "http://localhost:8080".to_owned() });
    }

    #[test]
    fn one_origin_has_its_pins_once() {
        let endpoint = Endpoint::parse("https://api.example.com/v1").expect("an endpoint");
        let project = super::super::ProjectId::parse("demo").expect("a project id");
        let pins = Pins::new([ONE, OTHER]);
        let parse = |own: Option<&Pins>, gateways: &[Gateway]| {
            let allowed = super::super::parse_gateways(gateways, &project).expect("gateways");
            let origins = |pinned: Vec<(Origin, PinSet)>| {
                pinned.into_iter().map(|(origin, _)| origin.to_string()).collect::<Vec<_>>()
            };
            parse_pins(&endpoint, own, gateways, &allowed).map(origins)
        };
        let (here, other) = ("https://api.example.com", "https://live.example.com");
        let pinned = Gateway::new(here).pins(pins.clone());
        assert_eq!(
            parse(Some(&pins), &[Gateway::new(here), Gateway::new(other).pins(pins.clone())]),
            Ok(vec![here.to_owned(), other.to_owned()])
        );
        assert_eq!(parse(None, std::slice::from_ref(&pinned)), Ok(vec![here.to_owned()]));
        assert_eq!(parse(Some(&pins), &[pinned]), Err(ConfigError::PinnedTwice { origin: here.to_owned() }));
    }
}
