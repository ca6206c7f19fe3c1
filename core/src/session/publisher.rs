//! Tells everybody where the user stands: the current value first, then every change in order, numbered, never under a lock of
//! the session.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    /// `None` once closed.
    subscribers: Mutex<Option<Vec<mpsc::UnboundedSender<Change>>>>,
}

impl Publisher {
    pub(crate) fn new(persistence: Persistence) -> Self {
        let change = Change { number: 0, state: SessionState::Restoring, persistence };
        let view = View { change, held: None };
        Self { latest: watch::channel(Arc::new(view)).0, subscribers: Mutex::new(Some(Vec::new())) }
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
        let mut subscribers = self.subscribers();
        let last = self.view();
        let same = last.change.state == state && last.change.persistence == persistence;
        let number = if same { last.change.number } else { last.change.number + 1 };
        let change = Change { number, state, persistence };
        self.latest.send_replace(Arc::new(View { change: change.clone(), held }));
        if !same {
            tracing::info!(number, state = change.state.name(), "session changed");
            subscribers
                .iter_mut()
                .for_each(|all| all.retain(|subscriber| subscriber.send(change.clone()).is_ok()));
        }
    }

    /// A new observer, who gets the current value first and misses none after it.
    pub(crate) fn subscribe(&self) -> Changes {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut subscribers = self.subscribers();
        // The receiver is in hand, so the first value cannot be refused.
        let _ = sender.send(self.view().change.clone());
        if let Some(all) = &mut *subscribers {
            all.push(sender);
        }
        Changes(receiver)
    }

    /// Ends the streams of all observers.
    pub(crate) fn close(&self) {
        *self.subscribers() = None;
    }

    fn subscribers(&self) -> MutexGuard<'_, Option<Vec<mpsc::UnboundedSender<Change>>>> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream of changes of one observer. Dropping it ends the observation.
#[derive(Debug)]
pub struct Changes(mpsc::UnboundedReceiver<Change>);

impl Changes {
    /// The next change; at first the current state. `None` after the client was closed.
    ///
    /// Cancel safe: a change is not lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Change> {
        self.0.recv().await
    }
}
