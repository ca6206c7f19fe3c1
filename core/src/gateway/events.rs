//! Server-sent events, which are asked for again when their stream breaks.

use std::{future::Future, pin::Pin, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE},
};

use super::{
    Event, GatewayStream, Gateways,
    event_stream::{Parser, TooLong},
    request::Parts,
};
use crate::{
    error::{Error, Result},
    host::{Cause, TransportError},
    session::Held,
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
    /// Whose events they are, once there were any.
    began: Option<Held>,
    /// The wait before they are asked for again. It goes on where its reader left it.
    wait: Option<Wait>,
    /// Whether that wait is over, and they were not asked for yet.
    is_due: bool,
    /// How many streams in a row have brought no event.
    fruitless: u32,
    /// Whether the stream is asked for again when it ends or breaks.
    resumes: bool,
    is_over: bool,
}

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

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
        let mut events = Self {
            gateways,
            parts,
            stream: None,
            parser: Parser::new(limit),
            began: None,
            wait: None,
            is_due: false,
            fruitless: 0,
            resumes,
            is_over: false,
        };
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
            match self.parser.next() {
                Ok(None) => {}
                Ok(Some(event)) => {
                    self.fruitless = 0;
                    return Some(Ok(event));
                }
                Err(TooLong) => {
                    self.stream = None;
                    self.parser.end();
                    self.is_over = true;
                    return Some(Err(Error::ResponseTooLarge(TransportError::new(Cause::TooLarge, true))));
                }
            }
            if self.is_over {
                return None;
            }
            let result = match &mut self.stream {
                None => self.reconnect().await,
                Some(stream) => match stream.next().await {
                    Some(Ok(chunk)) => {
                        self.parser.feed(chunk);
                        Ok(())
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
        if !self.is_due {
            if self.wait.is_none() {
                self.wait = self.next_wait();
            }
            if let Some(wait) = &mut self.wait {
                wait.await;
            }
            (self.wait, self.is_due) = (None, true);
        }
        let connected = self.connect().await;
        self.is_due = false;
        connected
    }

    fn next_wait(&mut self) -> Option<Wait> {
        let began = self.began.clone()?;
        self.fruitless = self.fruitless.saturating_add(1);
        // A server that asks for no wait, and ends its streams at once, would be asked without end.
        let least = self.gateways.backoff(self.fruitless);
        let (gateways, wait) = (self.gateways.clone(), self.parser.retry.unwrap_or(RETRY).max(least));
        Some(Box::pin(async move { gateways.pause(&began, wait).await }))
    }

    async fn connect(&mut self) -> Result<()> {
        let mut parts = self.parts.clone();
        if self.parser.had_id {
            // The one that the app began with is of the past.
            parts.headers.remove(LAST_EVENT_ID);
        }
        if let Ok(id) = HeaderValue::from_bytes(self.parser.last_id.as_bytes())
            && !id.is_empty()
        {
            parts.headers.insert(LAST_EVENT_ID, id);
        }
        let stream = self.gateways.open(parts, self.began.as_ref()).await?;
        self.began = Some(stream.began.clone());
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
