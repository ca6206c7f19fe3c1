//! Calls of the app's gateways, and the headers for requests that the app sends by itself.

mod authorization;
mod call;
mod file;
mod progress;
mod reading;
mod request;

use http::HeaderMap;

pub use authorization::{Authorization, allows_repetition};
pub use call::{GatewayCall, GatewayReply};
pub use file::{FileSource, HostFile, HostFileError, SentFile};
pub use progress::{CoreTransfer, TransferDirection};
pub use reading::{GatewayBodyReader, GatewayEvent, GatewayEventReader};
pub use request::{FormContent, FormField, GatewayBody, GatewayRequestOptions};

/// One header line.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Header {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// Header lines as text; bytes that are not UTF-8 become replacement characters.
fn lines(headers: &HeaderMap) -> Vec<Header> {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| Header {
        name: name.to_string(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    headers.iter().map(line).collect()
}
