//! One call of a gateway, and its four ways to read the answer.

use std::{
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use appwrite_session_core as core;
use tokio::{sync::watch, task::AbortHandle};

use super::{
    CoreTransfer, GatewayBodyReader, GatewayEventReader, GatewayRequestOptions, Header, lines,
    progress::Progress,
};
use crate::{error::CoreError, runtime::RuntimeLease};

/// A gateway's answer.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct GatewayReply {
    /// The URL that answered: the one that was called, or what its redirects led to.
    pub url: String,
    /// Whether a redirect was followed.
    pub redirected: bool,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<Header>,
    /// The body. Empty where it is read by and by, or was written to a file.
    pub body: Vec<u8>,
}

/// One call of a gateway, to be sent once: by [`send`](Self::send), [`open`](Self::open), [`events`](Self::events) or
/// [`download`](Self::download). Each gives nothing if the call was cancelled or sent before. Dropping its future cancels, too.
#[derive(uniffi::Object)]
pub struct GatewayCall {
    request: Mutex<Option<core::GatewayRequest>>,
    runtime: RuntimeLease,
    cancelled: watch::Sender<bool>,
    progress: Arc<Progress>,
}

impl GatewayCall {
    pub(crate) fn new(
        client: &core::SessionClient,
        runtime: RuntimeLease,
        options: GatewayRequestOptions,
    ) -> Result<Self, core::Error> {
        let progress = Arc::<Progress>::default();
        let observed = options.observed;
        let mut request = options.request(client)?;
        if observed {
            let progress = progress.clone();
            request = request.on_progress(move |transfer| progress.tell(transfer));
        }
        let cancelled = watch::channel(false).0;
        Ok(Self { request: Mutex::new(Some(request)), runtime, cancelled, progress })
    }

    /// Does `work` with the request, in a task, unless or until the call is cancelled.
    async fn perform<T, F>(
        &self,
        work: impl FnOnce(core::GatewayRequest) -> F,
    ) -> Result<Option<T>, CoreError>
    where
        T: Send + 'static,
        F: Future<Output = core::Result<T>> + Send + 'static,
    {
        let Some(request) = self.request.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(None);
        };
        let _over = EndOnDrop(&self.progress);
        let mut cancelled = self.cancelled.subscribe();
        let task = self.runtime.spawn(Box::pin(work(request)));
        let _abort = AbortOnDrop(task.abort_handle());
        tokio::select! {
            biased;
            _ = cancelled.wait_for(|cancelled| *cancelled) => Ok(None),
            result = task.result() => Ok(Some(result?)),
        }
    }
}

#[uniffi::export]
impl GatewayCall {
    /// Sends the call and reads the whole answer.
    pub async fn send(&self) -> Result<Option<GatewayReply>, CoreError> {
        Ok(self.perform(core::GatewayRequest::send).await?.map(GatewayReply::from))
    }

    /// Sends the call, and returns once the head of the answer is there.
    pub async fn open(&self) -> Result<Option<Arc<GatewayBodyReader>>, CoreError> {
        let stream = self.perform(core::GatewayRequest::stream).await?;
        Ok(stream.map(|stream| Arc::new(GatewayBodyReader::new(stream, self.runtime.clone()))))
    }

    /// Asks for server-sent events, and returns once they begin.
    pub async fn events(&self) -> Result<Option<Arc<GatewayEventReader>>, CoreError> {
        let events = self.perform(core::GatewayRequest::events).await?;
        Ok(events.map(|events| Arc::new(GatewayEventReader::new(events, self.runtime.clone()))))
    }

    /// Sends the call, and writes the body of a success (2xx) to the file at `path`, which appears when it is whole. The body of any
    /// other answer is in what is returned.
    pub async fn download(&self, path: String) -> Result<Option<GatewayReply>, CoreError> {
        let reply = self.perform(|request| request.download_to(PathBuf::from(path))).await?;
        Ok(reply.map(GatewayReply::from))
    }

    /// How far the bodies have come, if the call is [observed](GatewayRequestOptions::observed): the last news of each body, as
    /// soon as there are any. Nothing once the call has its result and the last news was told.
    pub async fn progress(&self) -> Option<CoreTransfer> {
        self.progress.next().await
    }

    /// Aborts the call, and with it its connection. The session is not touched by that.
    pub fn cancel(&self) {
        self.cancelled.send_replace(true);
        self.progress.end();
    }
}

struct EndOnDrop<'a>(&'a Progress);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Aborts a task that nobody waits for any more.
pub(super) struct AbortOnDrop(pub(super) AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl From<core::GatewayResponse> for GatewayReply {
    fn from(response: core::GatewayResponse) -> Self {
        let (url, redirected) = (response.url().to_owned(), response.is_redirected());
        let (status, headers) = (response.status().as_u16(), lines(response.headers()));
        // Not copied unless somebody else holds it: an answer can be a good part of a phone's memory.
        Self { url, redirected, status, headers, body: Vec::from(response.into_bytes()) }
    }
}
