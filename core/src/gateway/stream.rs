//! An answer whose body is read by and by.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{GatewayResponse, gateways::Shared};
use crate::{
    error::{Error, Result},
    session::Held,
    transport::Rest,
};

/// An answer of a gateway whose body comes chunk by chunk.
///
/// The body of a success (2xx) is read from the connection as it is asked for, and nothing is read ahead of that but what the buffers of
/// HTTP and TCP hold. The body of any other answer is short, and is there already. Dropping the stream closes it.
pub struct GatewayStream {
    pub(super) answer: GatewayResponse,
    pub(super) rest: Option<Rest>,
    /// How many bytes the body should have, if that is known.
    pub(super) length: Option<u64>,
    pub(super) shared: Arc<Shared>,
    /// Whose call it is.
    pub(super) began: Held,
    pub(super) deadline: Instant,
    pub(super) idempotent: bool,
}

impl GatewayStream {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.answer.status()
    }

    /// Whether the status is one of success (2xx).
    pub fn is_success(&self) -> bool {
        self.answer.is_success()
    }

    /// The stream itself if its status is one of success (2xx).
    ///
    /// # Errors
    ///
    /// [`Error::UnexpectedStatus`] with the status and, if the gateway answered with one, the problem document.
    pub fn error_for_status(mut self) -> Result<Self> {
        self.answer = self.answer.error_for_status()?;
        Ok(self)
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.answer.headers()
    }

    /// The URL that answered: the one that was called, or what its redirects led to.
    pub fn url(&self) -> &str {
        self.answer.url()
    }

    /// Whether a redirect was followed on the way to this answer.
    pub fn is_redirected(&self) -> bool {
        self.answer.is_redirected()
    }

    /// How many bytes the body should have, if the gateway says so.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next chunk, or `None` at the end. After an error there is nothing more.
    ///
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Network`] and [`Error::Timeout`] say that the rest did not come; what came before is true, and is not all.
    /// [`Error::SignedOut`], [`Error::MfaRequired`] and [`Error::Superseded`]: the user for whom the call was made is not signed in any
    /// more, so the rest is not for whoever looks at the app now. [`Error::Closed`]: the client was closed.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        let Some(rest) = &mut self.rest else {
            let body = std::mem::take(&mut self.answer.response.body);
            return if body.is_empty() { None } else { Some(Ok(body)) };
        };
        let (shared, began) = (&self.shared, &self.began);
        let read = loop {
            if let Err(error) = shared.now_as(began) {
                break Err(error.after_sending());
            }
            tokio::select! {
                biased;
                () = shared.session.leaves(began) => {}
                read = shared.http.read(rest, self.deadline) => {
                    break read.map_err(|failure| Error::from(failure.of_call(true, self.idempotent)));
                }
            }
        };
        if !matches!(read, Ok(Some(_))) {
            // It is closed here and now, and not when the app drops it.
            self.rest = None;
        }
        read.transpose()
    }
}

impl std::fmt::Debug for GatewayStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayStream").field("status", &self.status()).finish_non_exhaustive()
    }
}
