//! Headers that an app sets.

use http::{
    HeaderName, HeaderValue,
    header::{CONTENT_LENGTH, COOKIE, HOST, TRANSFER_ENCODING},
};

use super::ConfigError;
use crate::credential::Carrier;

/// A header of the app's, in the form of HTTP.
pub(crate) fn parse_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), ConfigError> {
    let parsed = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
    parsed.ok_or_else(|| ConfigError::Header { name: shown(name) })
}

/// Refuses a header that the client or HTTP itself sets: the body's length, the carriers, and that of a gateway whose carrier is known.
/// An app's own cookies go beside the session's.
pub(crate) fn refuse_reserved(name: &HeaderName, carrier: Option<Carrier>) -> Result<(), ConfigError> {
    let of_carrier = carrier.map(Carrier::header_name).is_some_and(|own| own != COOKIE && own == *name);
    if *name == CONTENT_LENGTH || is_reserved(name) || of_carrier {
        return Err(ConfigError::ReservedHeader { name: shown(name.as_str()) });
    }
    Ok(())
}

/// Headers that the client or HTTP itself sets, whatever the carrier.
pub(crate) fn is_reserved(name: &HeaderName) -> bool {
    let carriers = [Carrier::FallbackCookies, Carrier::SessionHeader].map(Carrier::header_name);
    carriers.contains(name) || [HOST, TRANSFER_ENCODING].contains(name) || name.as_str() == "x-appwrite-jwt"
}

/// A name as a message shows it.
pub(crate) fn shown(name: &str) -> String {
    name.escape_debug().take(64).collect()
}
