//! One run, shared by everybody who asks while it is under way.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};

use tokio::sync::watch;

use super::tasks::Tasks;

/// Runs that are about a key `K` and end with a `T`; at most one at a time per key.
#[derive(Debug)]
pub(crate) struct SingleFlight<K, T> {
    current: Mutex<Option<(K, watch::Receiver<Option<T>>)>>,
}

impl<K: PartialEq, T: Clone + Send + Sync + 'static> SingleFlight<K, T> {
    pub(crate) fn new() -> Self {
        Self { current: Mutex::new(None) }
    }

    /// Joins the run about `key`, or starts one if `start` gives it. The run is a task of its own: it goes on when callers are
    /// dropped. `None` if `start` declined, or the run came to no end.
    pub(crate) async fn run<F>(&self, tasks: &Tasks, key: K, start: impl FnOnce() -> Option<F>) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (mut result, begun) = {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            match &*current {
                Some((about, result))
                    if *about == key && result.borrow().is_none() && result.has_changed().is_ok() =>
                {
                    (result.clone(), None)
                }
                _ => {
                    let run = start()?;
                    let (done, result) = watch::channel(None);
                    *current = Some((key, result.clone()));
                    (result, Some((run, done)))
                }
            }
        };
        // Without the lock: starting a task wakes those who wait for all tasks to end, and their wakers are the app's.
        if let Some((run, done)) = begun {
            tasks.spawn(async move {
                done.send_replace(Some(run.await));
            });
        }
        result.wait_for(Option::is_some).await.ok().and_then(|value| value.clone())
    }
}
