//! The client's own tasks: work that must end well although its caller is gone.
//!
//! The senders live as long as the waiters here, so no wait of this file can fail.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};

use crate::{
    clock::Sleep,
    error::{Error, Result, Sent},
    host::Host,
    transport::by,
};

/// Spawns tasks and knows how many are under way; once closed, takes no new work.
#[derive(Clone, Debug)]
pub(crate) struct Tasks {
    host: Arc<dyn Host>,
    under_way: Arc<watch::Sender<usize>>,
    closed: Arc<watch::Sender<bool>>,
}

impl Tasks {
    pub(crate) fn new(host: Arc<dyn Host>) -> Self {
        let (under_way, closed) = (Arc::new(watch::channel(0).0), Arc::new(watch::channel(false).0));
        Self { host, under_way, closed }
    }

    // Tasks are boxed, and leave their result in a place: the host's code for a task is there once, and not once for each piece of work.

    /// Starts a task. It runs to its end whether or not what is returned is kept, which tells its result; nothing if it panicked, or
    /// the runtime was shut down under it.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Started<T> {
        let counted = Counted::new(self.under_way.clone());
        let (fill, result) = started();
        self.host.spawn(Box::pin(async move {
            let _counted = counted;
            fill.with(work.await);
        }));
        result
    }

    /// Starts a task that nobody waits for, not even [`idle`](Self::idle): it ends by itself when the client is closed.
    pub(crate) fn spawn_apart(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.host.spawn(Box::pin(work));
    }

    /// Runs `work` in a task and waits for it. Dropping the returned future leaves the task running.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        if self.is_closed() {
            return Err(Error::Closed(Sent::Nothing));
        }
        self.spawn(work).result().await.unwrap_or_else(|| {
            Err(if self.is_closed() { Error::Closed(Sent::Something) } else { Error::Internal })
        })
    }

    /// Runs what blocks where it may, to its end, whether or not anybody waits. `None` if it panicked, or the host did not run
    /// it.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (fill, result) = started();
        let work = Box::new(move || fill.with(work()));
        // A host may run it here and now, and may have no thread for it. Neither ends whoever asks.
        let _ = catch_unwind(AssertUnwindSafe(|| self.host.run_blocking(work)));
        result.result().await
    }

    /// What `work` comes to, unless `deadline` passes before.
    pub(crate) async fn by<T>(&self, deadline: Instant, work: impl Future<Output = T>) -> Option<T> {
        by(&*self.host, deadline, work).await
    }

    /// The network has changed: see [`Host::drop_idle_connections`].
    pub(crate) fn drop_idle_connections(&self) {
        self.host.drop_idle_connections();
    }

    /// Ends after `duration` of real time.
    pub(crate) fn sleep(&self, duration: Duration) -> Sleep {
        self.host.sleep(duration)
    }

    /// Takes no work from now on. What is under way goes on.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Whether no work is taken any more.
    pub(crate) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    /// Waits until the tasks are closed.
    pub(crate) async fn closed(&self) {
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    /// Waits until no task is under way.
    pub(crate) async fn idle(&self) {
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// Work that was started, and leaves its result in a place: the code that waits for its end is there once, and not once for each result.
pub(crate) struct Started<T> {
    place: Arc<Mutex<Option<T>>>,
    ended: oneshot::Receiver<()>,
}

/// Where the work leaves its result.
struct Fill<T> {
    place: Arc<Mutex<Option<T>>>,
    ends: oneshot::Sender<()>,
}

fn started<T>() -> (Fill<T>, Started<T>) {
    let (place, (ends, ended)) = (Arc::new(Mutex::new(None)), oneshot::channel());
    (Fill { place: place.clone(), ends }, Started { place, ended })
}

impl<T> Fill<T> {
    fn with(self, result: T) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        let _ = self.ends.send(());
    }
}

impl<T> Started<T> {
    /// The result; nothing if the work panicked, or the runtime was shut down under it.
    async fn result(self) -> Option<T> {
        let _ = self.ended.await;
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct Counted(Arc<watch::Sender<usize>>);

impl Counted {
    fn new(under_way: Arc<watch::Sender<usize>>) -> Self {
        under_way.send_modify(|count| *count += 1);
        Self(under_way)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
