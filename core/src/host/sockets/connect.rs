//! Makes connections on a thread that may block, where judging a server's certificate may block.
//!
//! rustls asks whether a certificate is trusted in the middle of a handshake, and waits for the answer. A host or a platform can take
//! long for it: it may ask a server about revocations. On the runtime's own thread, of which some apps have one, every call of every
//! client would wait for it.

use std::{
    error::Error,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    runtime::Handle,
    select,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    task::spawn_blocking,
};
use tower_layer::Layer;
use tower_service::Service;

/// So many connections are made at once. Each takes a thread.
const MOST: usize = 16;

type BoxError = Box<dyn Error + Send + Sync>;

/// Wraps what makes connections.
#[derive(Clone, Debug)]
pub(super) struct Aside(Arc<Semaphore>);

impl Aside {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

impl<S> Layer<S> for Aside {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector { inner, threads: self.0.clone() }
    }
}

/// Makes connections beside the runtime's own threads.
#[derive(Clone, Debug)]
pub(super) struct Connector<S> {
    inner: S,
    threads: Arc<Semaphore>,
}

impl<S, To> Service<To> for Connector<S>
where
    S: Service<To, Error = BoxError>,
    S::Response: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, to: To) -> Self::Future {
        let (connecting, threads) = (self.inner.call(to), self.threads.clone());
        Box::pin(async move {
            let thread = threads.acquire_owned().await?;
            aside(connecting, thread).await
        })
    }
}

/// Runs `work` to its end on a thread that may block, or until nobody waits for it any more. The thread counts as taken until then.
async fn aside<T: Send + 'static>(
    work: impl Future<Output = Result<T, BoxError>> + Send + 'static,
    thread: OwnedSemaphorePermit,
) -> Result<T, BoxError> {
    let runtime = Handle::current();
    let (mut done, result) = oneshot::channel();
    drop(spawn_blocking(move || {
        let outcome = runtime.block_on(async {
            select! {
                outcome = work => Some(outcome),
                () = done.closed() => None,
            }
        });
        drop(thread);
        if let Some(outcome) = outcome {
            let _ = done.send(outcome);
        }
    }));
    result.await?
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use super::*;

    fn on_one_thread(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(test);
    }

    #[test]
    fn what_blocks_does_not_hold_up_the_runtime() {
        on_one_thread(async {
            let (let_go, held) = std::sync::mpsc::channel::<()>();
            let own = thread::current().id();
            let threads = Arc::new(Semaphore::new(1));
            let permit = threads.clone().acquire_owned().await.expect("a permit");
            let connecting = tokio::spawn(aside(
                async move {
                    held.recv()?;
                    Ok(thread::current().id())
                },
                permit,
            ));
            // On the runtime's thread, nothing would come after it.
            tokio::task::yield_now().await;
            let_go.send(()).expect("it waits");
            assert_ne!(connecting.await.expect("it ends").expect("connected"), own);
        });
    }

    #[test]
    fn what_nobody_waits_for_gives_its_thread_back() {
        on_one_thread(async {
            let threads = Arc::new(Semaphore::new(1));
            let permit = threads.clone().acquire_owned().await.expect("a permit");
            let never = aside(std::future::pending::<Result<(), BoxError>>(), permit);
            assert!(tokio::time::timeout(Duration::from_millis(10), never).await.is_err());
            let _again = threads.acquire_owned().await.expect("a permit");
        });
    }

    #[test]
    fn a_panic_is_a_failed_connection() {
        on_one_thread(async {
            let threads = Arc::new(Semaphore::new(1));
            let permit = threads.clone().acquire_owned().await.expect("a permit");
            let failed = aside::<()>(async { panic!("as a verifier can") }, permit).await;
            assert!(failed.is_err());
            let _again = threads.acquire_owned().await.expect("a permit");
        });
    }
}
