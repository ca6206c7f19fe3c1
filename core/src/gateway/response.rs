//! A gateway's answer.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use super::UnexpectedStatus;
use crate::{
    error::{Error, Result},
    transport::{Response, without_mark},
};

/// The whole answer of a gateway, whatever its status.
#[derive(Clone)]
pub struct GatewayResponse {
    pub(super) response: Response,
    pub(super) url: Url,
    pub(super) redirected: bool,
}

impl GatewayResponse {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.response.status
    }

    /// Whether the status is one of success (2xx).
    pub fn is_success(&self) -> bool {
        self.status().is_success()
    }

    /// The answer itself if its status is one of success (2xx).
    ///
    /// # Errors
    ///
    /// [`Error::UnexpectedStatus`] with the status and, if the gateway answered with one, the problem document.
    pub fn error_for_status(self) -> Result<Self> {
        self.expect_success().map(|()| self)
    }

    fn expect_success(&self) -> Result<()> {
        if self.is_success() {
            return Ok(());
        }
        Err(Error::UnexpectedStatus(Box::new(UnexpectedStatus::of(&self.response))))
    }

    /// The URL that answered: the one that was called, or what its redirects led to.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Whether a redirect was followed on the way to this answer.
    pub fn is_redirected(&self) -> bool {
        self.redirected
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.response.headers
    }

    /// The body.
    pub fn bytes(&self) -> &Bytes {
        &self.response.body
    }

    /// The body alone, which can then be taken over without a copy.
    pub fn into_bytes(self) -> Bytes {
        self.response.body
    }

    /// The body as text; bytes that are not UTF-8 become replacement characters.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.response.body).into_owned()
    }

    /// The body of a success (2xx), read as JSON. A byte order mark is skipped.
    ///
    /// # Errors
    ///
    /// [`Error::UnexpectedStatus`] if the status is not one of success; [`Error::InvalidResponse`] if the body is not JSON of this
    /// shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        self.expect_success()?;
        self.json_of_any_status()
    }

    /// The body, read as JSON whatever the status. A byte order mark is skipped.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] if the body is not JSON of this shape.
    pub fn json_of_any_status<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&without_mark(&self.response.body)).map_err(|_| Error::InvalidResponse(None))
    }
}

impl std::fmt::Debug for GatewayResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The headers and the body are the app's data, and can hold anything.
        f.debug_struct("GatewayResponse")
            .field("status", &self.response.status)
            .field("bytes", &self.response.body.len())
            .finish_non_exhaustive()
    }
}
