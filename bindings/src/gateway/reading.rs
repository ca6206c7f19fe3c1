//! Answers that are read by and by. Nothing is read before the host asks for it.

use std::{future::Future, pin::Pin, sync::Arc};

use appwrite_session_core as core;
use tokio::sync::{Mutex, watch};

use super::{GatewayReply, call::AbortOnDrop, lines};
use crate::{error::CoreError, runtime::RuntimeLease};

/// What the next thing of a source is waited for by.
type Next<'a, T> = Pin<Box<dyn Future<Output = Option<core::Result<T>>> + Send + 'a>>;

/// Something that gives one thing after the other.
trait Source: Send + 'static {
    type Item: Send + 'static;

    fn next(&mut self) -> Next<'_, Self::Item>;
}

/// A source that is read in tasks of the runtime, and closed at any time.
struct Reading<S> {
    source: Arc<Mutex<Option<S>>>,
    closed: watch::Sender<bool>,
    runtime: RuntimeLease,
}

impl<S: Source> Reading<S> {
    fn new(source: S, runtime: RuntimeLease) -> Self {
        Self { source: Arc::new(Mutex::new(Some(source))), closed: watch::channel(false).0, runtime }
    }

    async fn next(&self) -> Result<Option<S::Item>, CoreError> {
        let (source, mut closed) = (self.source.clone(), self.closed.subscribe());
        let close = CloseAfter { source: source.clone(), closed: closed.clone() };
        let task = self.runtime.spawn(Box::pin(async move {
            // Dropped after the lock, also where the task is aborted.
            let _close = close;
            let mut place = source.lock().await;
            let Some(source) = place.as_mut() else { return Ok(None) };
            let next = tokio::select! {
                biased;
                _ = closed.wait_for(|closed| *closed) => None,
                next = source.next() => next,
            };
            if next.is_none() {
                place.take();
            }
            next.transpose()
        }));
        let _abort = AbortOnDrop(task.abort_handle());
        Ok(task.result().await?)
    }

    fn close(&self) {
        self.closed.send_replace(true);
        // If it is being read, the reader closes it: see `CloseAfter`.
        if let Ok(mut source) = self.source.try_lock() {
            source.take();
        }
    }
}

/// Closes the source once a read has left it, if it was to be closed meanwhile.
struct CloseAfter<S> {
    source: Arc<Mutex<Option<S>>>,
    closed: watch::Receiver<bool>,
}

impl<S> Drop for CloseAfter<S> {
    fn drop(&mut self) {
        // If somebody else reads by now, that read closes it.
        if *self.closed.borrow()
            && let Ok(mut source) = self.source.try_lock()
        {
            source.take();
        }
    }
}

/// The body of a gateway's answer.
///
/// One reader at a time: a second call of `next` waits for the first. Whoever stops reading before the end closes it: until then, it
/// holds a connection.
#[derive(uniffi::Object)]
pub struct GatewayBodyReader {
    head: GatewayReply,
    length: Option<u64>,
    reading: Reading<core::GatewayStream>,
}

impl Source for core::GatewayStream {
    type Item = Vec<u8>;

    fn next(&mut self) -> Next<'_, Vec<u8>> {
        Box::pin(async move { Some(self.next().await?.map(Vec::from)) })
    }
}

impl GatewayBodyReader {
    pub(super) fn new(stream: core::GatewayStream, runtime: RuntimeLease) -> Self {
        let head = GatewayReply {
            url: stream.url().to_owned(),
            redirected: stream.is_redirected(),
            status: stream.status().as_u16(),
            headers: lines(stream.headers()),
            body: Vec::new(),
        };
        Self { head, length: stream.length(), reading: Reading::new(stream, runtime) }
    }
}

#[uniffi::export]
impl GatewayBodyReader {
    /// The answer without its body.
    pub fn head(&self) -> GatewayReply {
        self.head.clone()
    }

    /// How many bytes the body should have, if the gateway says so.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next bytes, as they come. Nothing at the end, and once it is closed.
    pub async fn next(&self) -> Result<Option<Vec<u8>>, CoreError> {
        self.reading.next().await
    }

    /// Closes it, and with it its connection. A wait for the next bytes ends with nothing.
    pub fn close(&self) {
        self.reading.close();
    }
}

/// A server-sent event.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct GatewayEvent {
    /// The kind of event that the server says; `message` if it says none.
    pub kind: String,
    /// The id of the last event that had one; empty if none had.
    pub id: String,
    /// The text. Lines are separated by a line feed.
    pub data: String,
}

/// The server-sent events of a gateway.
///
/// One reader at a time, and closed by whoever stops reading, as [`GatewayBodyReader`] is.
#[derive(uniffi::Object)]
pub struct GatewayEventReader(Reading<core::Events>);

impl Source for core::Events {
    type Item = GatewayEvent;

    fn next(&mut self) -> Next<'_, GatewayEvent> {
        Box::pin(async move {
            let event = self.next().await?;
            Some(event.map(|event| GatewayEvent { kind: event.kind, id: event.id, data: event.data }))
        })
    }
}

impl GatewayEventReader {
    pub(super) fn new(events: core::Events, runtime: RuntimeLease) -> Self {
        Self(Reading::new(events, runtime))
    }
}

#[uniffi::export]
impl GatewayEventReader {
    /// The next event, as it comes. Nothing when there are no more, and once it is closed. After an error that can be tried again, the
    /// next call asks for the events again, from where they broke off.
    pub async fn next(&self) -> Result<Option<GatewayEvent>, CoreError> {
        self.0.next().await
    }

    /// Closes it, and with it its connection. A wait for the next event ends with nothing.
    pub fn close(&self) {
        self.0.close();
    }
}
