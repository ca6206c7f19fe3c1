//! Server-sent events, which are asked for again when their stream breaks.

use std::time::Duration;

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE},
};

use super::{Event, GatewayStream, Gateways, event_stream::Parser, request::Parts};
use crate::{
    error::{Error, Result},
    host::{Cause, TransportError},
};

/// How long to wait before a stream is asked for again, if its server does not say.
const RETRY: Duration = Duration::from_secs(1);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The server-sent events of a gateway.
pub struct Events {
    gateways: Gateways,
    parts: Parts,
    stream: Option<GatewayStream>,
    parser: Parser,
    /// Whether the stream is asked for again when it ends or breaks.
    resumes: bool,
    is_over: bool,
}

impl Events {
    pub(super) async fn open(gateways: Gateways, mut parts: Parts, limit: usize) -> Result<Self> {
        let mut unless_said = |name: HeaderName, value: &'static str| {
            parts.headers.entry(name).or_insert(HeaderValue::from_static(value));
        };
        unless_said(ACCEPT, "text/event-stream");
        unless_said(CACHE_CONTROL, "no-cache");
        // Packed events come when their block is full, and not when they are written.
        unless_said(ACCEPT_ENCODING, "identity");
        let resumes = parts.is_idempotent();
        let mut events =
            Self { gateways, parts, stream: None, parser: Parser::new(limit), resumes, is_over: false };
        events.connect().await?;
        Ok(events)
    }

    /// The id of the last event that had one; empty if none had.
    pub fn last_event_id(&self) -> &str {
        &self.parser.last_id
    }

    /// The next event, or `None` when there are no more.
    ///
    /// Dropping the future loses no event.
    ///
    /// # Errors
    ///
    /// As those of [`GatewayStream::next`] and [`GatewayRequest::send`](super::GatewayRequest::send). After an error that
    /// [`is_retryable`](Error::is_retryable), as when the network is gone, the next call asks for the events again, from where they
    /// broke off; after any other there are no more.
    pub async fn next(&mut self) -> Option<Result<Event>> {
        loop {
            if let Some(event) = self.parser.next() {
                return Some(Ok(event));
            }
            if self.is_over {
                return None;
            }
            let result = match &mut self.stream {
                None => self.reconnect().await,
                Some(stream) => match stream.next().await {
                    Some(Ok(chunk)) => {
                        let too_large = TransportError::new(Cause::TooLarge, true);
                        self.parser.feed(&chunk).map_err(|_| Error::ResponseTooLarge(too_large))
                    }
                    broken => {
                        self.stream = None;
                        self.parser.end();
                        self.is_over = !self.resumes;
                        match broken {
                            // What breaks is asked for again before anybody is told.
                            Some(Err(error)) if self.is_over || !error.is_retryable() => Err(error),
                            _ => Ok(()),
                        }
                    }
                },
            };
            if let Err(error) = result {
                self.stream = None;
                self.is_over |= !error.is_retryable();
                return Some(Err(error));
            }
        }
    }

    async fn reconnect(&mut self) -> Result<()> {
        self.gateways.pause(self.parser.retry.unwrap_or(RETRY)).await;
        self.connect().await
    }

    async fn connect(&mut self) -> Result<()> {
        let mut parts = self.parts.clone();
        if let Ok(id) = HeaderValue::from_bytes(self.parser.last_id.as_bytes())
            && !id.is_empty()
        {
            parts.headers.insert(LAST_EVENT_ID, id);
        }
        let stream = self.gateways.open(parts).await?;
        if stream.status() == StatusCode::NO_CONTENT {
            // So a server says that there will be no more events.
            self.is_over = true;
            return Ok(());
        }
        let stream = stream.error_for_status()?;
        if !is_event_stream(stream.headers()) {
            return Err(Error::InvalidResponse(None));
        }
        self.stream = Some(stream);
        Ok(())
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("text/event-stream")
}
