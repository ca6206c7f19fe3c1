//! The runtime that all clients of the process share: started for the first, ended with the last.

use std::{
    future::Future,
    io,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use appwrite_session_core::{Error, Result};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::JoinHandle,
};

static SHARED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());

/// A share of the runtime. With the last one its threads end.
#[derive(Clone)]
pub(crate) struct RuntimeLease(Arc<Shared>);

struct Shared {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting is not allowed here: the last share may go on a thread of the runtime itself.
            runtime.shutdown_background();
        }
    }
}

impl RuntimeLease {
    /// A share of the runtime, which is started if there is none.
    pub(crate) fn take() -> io::Result<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Ok(Self(running));
        }
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).thread_name("appwrite-session").enable_all().build()?;
        let running = Arc::new(Shared { handle: runtime.handle().clone(), runtime: Some(runtime) });
        *shared = Arc::downgrade(&running);
        Ok(Self(running))
    }

    /// Starts a task. It runs to its end whether or not the handle is kept.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> JoinHandle<Result<T>> {
        self.0.handle.spawn(work)
    }

    /// Runs `work` in a task and waits for it. Dropping the returned future leaves the task running.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        joined(self.spawn(work)).await
    }

    /// Runs `work` on the calling thread, which must be none of the runtime's own.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.handle.block_on(work)
    }

    /// Runs `build` with the runtime as the current one.
    pub(crate) fn enter<T>(&self, build: impl FnOnce() -> T) -> T {
        let _current = self.0.handle.enter();
        build()
    }
}

/// What became of a task: its result, or why there is none.
pub(crate) async fn joined<T>(task: JoinHandle<Result<T>>) -> Result<T> {
    task.await.unwrap_or_else(|lost| Err(if lost.is_panic() { Error::Internal } else { Error::Closed }))
}
