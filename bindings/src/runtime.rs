//! The runtime that all clients of the process share: started for the first, ended with the last.

use std::{
    any::Any,
    future::{Future, ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Waker},
    thread,
};

use appwrite_session_core::{Error, Result};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    task::AbortHandle,
};

use crate::error::CoreError;

static SHARED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());

/// Work on its way. Boxed: the code that starts it, polls it and waits for it is there once for each result, and not once for each call.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// What a caller on the other side of the border waits for; likewise.
pub(crate) type Reply<T> = Pin<Box<dyn Future<Output = Result<T, CoreError>> + Send>>;

/// A share of the runtime. With the last one its threads end.
#[derive(Clone)]
pub(crate) struct RuntimeLease(Arc<Shared>);

struct Shared {
    handle: Handle,
    /// Dropped, it ends the thread that drives the runtime.
    _driven: oneshot::Sender<()>,
}

/// A task without a result of its own, which it leaves in a [`Place`].
type Errand = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a task leaves its result. The code of a task and of its end is so there once, and not once for each result.
struct Place<T>(Arc<Mutex<Option<Result<T>>>>);

/// A task that was started.
pub(crate) struct Started<T> {
    place: Place<T>,
    ended: oneshot::Receiver<()>,
    task: AbortHandle,
}

impl RuntimeLease {
    /// A share of the runtime, which is started if there is none.
    pub(crate) fn take() -> io::Result<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Ok(Self(running));
        }
        // One thread: what blocks runs beside it, and what is left of a call is little. A scheduler for several would be half of what
        // tokio weighs (bindings/mobile).
        let runtime = Builder::new_current_thread().thread_name("appwrite-session").enable_all().build()?;
        let handle = runtime.handle().clone();
        let (driven, until) = oneshot::channel();
        thread::Builder::new().name("appwrite-session".to_owned()).spawn(move || {
            let _ = runtime.block_on(until);
            // A store's call that does not end is not waited for.
            runtime.shutdown_background();
        })?;
        let running = Arc::new(Shared { handle, _driven: driven });
        *shared = Arc::downgrade(&running);
        Ok(Self(running))
    }

    /// Starts a task. It runs to its end whether or not what is returned is kept.
    pub(crate) fn spawn<T: Send + 'static>(&self, work: Work<T>) -> Started<T> {
        let place = Place::new();
        let (ended, task) = self.start(place.filled_by(work));
        Started { place, ended, task }
    }

    fn start(&self, errand: Errand) -> (oneshot::Receiver<()>, AbortHandle) {
        let (ends, ended) = oneshot::channel();
        let lease = self.clone();
        let errand: Errand = Box::pin(async move {
            // The task keeps the runtime that it runs on: its caller, and the client, may go at any time.
            let _lease = lease;
            errand.await;
            let _ = ends.send(());
        });
        (ended, self.0.handle.spawn(errand).abort_handle())
    }

    /// Runs `work` in a task and waits for it. Dropping the returned future leaves the task running.
    ///
    /// `work` is polled once on the calling thread before the task is started, so that calls of one thread take effect in the order
    /// in which they were made, whether they are asynchronous or not.
    pub(crate) fn run<T: Send + 'static>(&self, work: Work<T>) -> Reply<T> {
        let place = Place::new();
        let ended = self.run_errand(place.filled_by(work));
        Box::pin(async move {
            ended.await;
            Ok(place.take()?)
        })
    }

    fn run_errand(&self, mut errand: Errand) -> Errand {
        // The task polls again, and registers the waker that counts.
        let first = self.enter(|| errand.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        if first.is_ready() {
            return Box::pin(ready(()));
        }
        let (ended, _) = self.start(errand);
        Box::pin(async move {
            let _ = ended.await;
        })
    }

    /// What the core's own tasks hold for as long as they run.
    pub(crate) fn keeper(&self) -> Weak<dyn Any + Send + Sync> {
        let keeper: Weak<Shared> = Arc::downgrade(&self.0);
        keeper
    }

    /// The runtime itself, for a world of a test.
    #[cfg(feature = "testing")]
    pub(crate) fn handle(&self) -> &Handle {
        &self.0.handle
    }

    /// Runs `build` with the runtime as the current one.
    pub(crate) fn enter<T>(&self, build: impl FnOnce() -> T) -> T {
        let _current = self.0.handle.enter();
        build()
    }
}

/// Whether the runtime is there.
#[cfg(test)]
pub(crate) fn is_running() -> bool {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner).strong_count() > 0
}

impl<T: Send + 'static> Place<T> {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }

    /// Does `work`, and leaves its result here.
    fn filled_by(&self, work: Work<T>) -> Errand {
        let place = self.0.clone();
        Box::pin(async move {
            let result = work.await;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        })
    }

    /// The result, or [`Error::Internal`] if the task panicked or its runtime went first.
    fn take(&self) -> Result<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(Err(Error::Internal))
    }
}

impl<T: Send + 'static> Started<T> {
    /// What became of the task: its result, or [`Error::Internal`] if it panicked or its runtime went first.
    pub(crate) async fn result(self) -> Result<T> {
        let _ = self.ended.await;
        self.place.take()
    }

    /// What ends the task at once.
    pub(crate) fn abort_handle(&self) -> AbortHandle {
        self.task.clone()
    }
}
