//! Tells everybody where the user stands: the current value first, then every change in order, numbered, never under a lock of
//! the session.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::sync::{mpsc, watch};

use super::state::{Epoch, SessionState};
use crate::{credential::Credential, store::Persistence};

/// One published state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Counts the changes of one client from 0; each is one more than the last.
    pub number: u64,
    /// Where the user stands.
    pub state: SessionState,
    /// Whether what is held would survive the process. [`Persistence::MemoryOnly`] says that the store does not take it now.
    pub persistence: Persistence,
}

/// The credential that calls carry, with its number.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) epoch: Epoch,
    pub(crate) credential: Credential,
}

/// What is known at one moment. Cloned by pointer, so that reading it costs a call next to nothing.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) change: Change,
    pub(crate) held: Option<Held>,
}

/// The one place that changes are published from, by the session's only writer.
#[derive(Debug)]
pub(crate) struct Publisher {
    latest: watch::Sender<Arc<View>>,
    observers: Arc<Mutex<Observers>>,
}

/// The observers of one client, by the order in which they came.
#[derive(Debug, Default)]
struct Observers {
    closed: bool,
    last: u64,
    senders: BTreeMap<u64, mpsc::UnboundedSender<Change>>,
}

impl Publisher {
    pub(crate) fn new(persistence: Persistence) -> Self {
        let change = Change { number: 0, state: SessionState::Restoring, persistence };
        let view = View { change, held: None };
        Self { latest: watch::channel(Arc::new(view)).0, observers: Arc::default() }
    }

    /// What is known now.
    pub(crate) fn view(&self) -> Arc<View> {
        self.latest.borrow().clone()
    }

    /// Waits until what is known satisfies `wanted`.
    pub(crate) async fn wait_for(&self, wanted: impl Fn(&View) -> bool) -> Arc<View> {
        let mut latest = self.latest.subscribe();
        // The sender lives in `self`, so the wait cannot fail.
        let _ = latest.wait_for(|view| wanted(view)).await;
        self.view()
    }

    /// Publishes a new value. A value that looks the same from outside gets no number and is told to nobody.
    pub(crate) fn publish(&self, state: SessionState, persistence: Persistence, held: Option<Held>) {
        let observers = lock(&self.observers);
        let last = self.view();
        let same = last.change.state == state && last.change.persistence == persistence;
        let number = if same { last.change.number } else { last.change.number + 1 };
        let change = Change { number, state, persistence };
        self.latest.send_replace(Arc::new(View { change: change.clone(), held }));
        if !same {
            tracing::info!(number, state = change.state.name(), "session changed");
            for sender in observers.senders.values() {
                // An observer that is just going away takes nothing more.
                let _ = sender.send(change.clone());
            }
        }
    }

    /// A new observer, who gets the current value first and misses none after it.
    pub(crate) fn subscribe(&self) -> Changes {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut observers = lock(&self.observers);
        // The receiver is in hand, so the first value cannot be refused.
        let _ = sender.send(self.view().change.clone());
        observers.last += 1;
        let number = observers.last;
        if !observers.closed {
            observers.senders.insert(number, sender);
        }
        Changes { receiver, number, observers: Arc::downgrade(&self.observers) }
    }

    /// Ends the streams of all observers.
    pub(crate) fn close(&self) {
        let ended = {
            let mut observers = lock(&self.observers);
            observers.closed = true;
            std::mem::take(&mut observers.senders)
        };
        // Dropped without the lock: it wakes the observers.
        drop(ended);
    }
}

fn lock(observers: &Mutex<Observers>) -> MutexGuard<'_, Observers> {
    observers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stream of changes of one observer. Dropping it ends the observation and frees what it took, at once.
#[derive(Debug)]
pub struct Changes {
    receiver: mpsc::UnboundedReceiver<Change>,
    number: u64,
    observers: Weak<Mutex<Observers>>,
}

impl Changes {
    /// The next change; at first the current state. `None` after the client was closed.
    ///
    /// Cancel safe: a change is not lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Change> {
        self.receiver.recv().await
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        if let Some(observers) = self.observers.upgrade() {
            lock(&observers).senders.remove(&self.number);
        }
    }
}
