//! Tells everybody where the user stands: the current value first, then every change in order, numbered, never under a lock of
//! the session.

use std::{
    collections::VecDeque,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::SystemTime,
};

use tokio::sync::{Notify, watch};

use super::{machine::Epoch, state::SessionState};
use crate::{credential::Credential, host::Departure, store::Persistence};

/// So many changes wait for an observer that does not take them. With one more, the oldest is dropped: its number is missing.
const MOST_WAITING: usize = 1024;

/// One published state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Counts the changes of one client from 0. Each is one more than the last.
    pub number: u64,
    /// The state after the change.
    pub state: SessionState,
    /// Whether the session is stored, so that the next start of the app finds it. [`Persistence::MemoryOnly`] says that the store does not
    /// take it at the moment, or keeps nothing.
    pub persistence: Persistence,
}

impl Change {
    /// A change as an observer receives it. For the tests of apps.
    pub fn new(number: u64, state: SessionState, persistence: Persistence) -> Self {
        Self { number, state, persistence }
    }
}

/// The credential that calls carry, with what is known of its session. A clone is a pointer.
#[derive(Clone, Debug)]
pub(crate) struct Held(Arc<Carried>);

/// What a [`Held`] points to.
#[derive(Debug)]
pub(crate) struct Carried {
    pub(crate) epoch: Epoch,
    pub(crate) credential: Credential,
    /// Empty if it is not known.
    pub(crate) session_id: String,
    pub(crate) expires_at: Option<SystemTime>,
}

impl Held {
    pub(crate) fn new(carried: Carried) -> Self {
        Self(Arc::new(carried))
    }

    /// Whether both are credentials of the same user.
    pub(crate) fn is_of_same_user(&self, other: &Self) -> bool {
        self.credential.user_id() == other.credential.user_id()
    }
}

impl Deref for Held {
    type Target = Carried;

    fn deref(&self) -> &Carried {
        &self.0
    }
}

/// What is known at one moment. Cloned by pointer, so that reading it costs a call next to nothing.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) change: Change,
    pub(crate) held: Option<Held>,
}

impl View {
    /// Whether calls carry a credential now.
    #[cfg(feature = "realtime")]
    pub(crate) fn is_signed_in(&self) -> bool {
        self.held.is_some() && matches!(self.change.state, SessionState::SignedIn { .. })
    }

    /// Whether calls carry the credential of this number now.
    fn carries(&self, credential: u64) -> bool {
        let held = self.held.as_ref().is_some_and(|held| held.epoch.0 == credential);
        held && matches!(self.change.state, SessionState::SignedIn { .. })
    }
}

/// The one place that changes are published from, by the actor.
#[derive(Debug)]
pub(crate) struct Publisher {
    latest: watch::Sender<Arc<View>>,
    /// `None` once closed.
    observers: Mutex<Option<Vec<Weak<Observer>>>>,
}

impl Publisher {
    pub(crate) fn new(persistence: Persistence) -> Self {
        let change = Change { number: 0, state: SessionState::Restoring, persistence };
        let view = View { change, held: None };
        Self { latest: watch::channel(Arc::new(view)).0, observers: Mutex::new(Some(Vec::new())) }
    }

    /// What is known now.
    pub(crate) fn view(&self) -> Arc<View> {
        self.latest.borrow().clone()
    }

    /// Whether the credential of `epoch` is held now.
    pub(crate) fn holds(&self, epoch: Epoch) -> bool {
        self.latest.borrow().held.as_ref().is_some_and(|held| held.epoch == epoch)
    }

    /// Waits until what is known satisfies `wanted`.
    pub(crate) async fn wait_for(&self, wanted: impl Fn(&View) -> bool) -> Arc<View> {
        let mut latest = self.latest.subscribe();
        // The sender lives in `self`, so the wait cannot fail.
        let _ = latest.wait_for(|view| wanted(view)).await;
        self.view()
    }

    /// Waits until the request of `departure` waits for its connection with a credential that calls do not carry any more.
    pub(crate) async fn overtakes(&self, departure: &Departure) {
        self.wait_for(|view| departure.waiting().is_some_and(|credential| !view.carries(credential))).await;
    }

    /// Publishes a new value. A value that looks the same from outside gets no number and is told to nobody.
    ///
    /// Only the actor calls this, so that no two values are published at once. Wakers, and whoever listens to the log, are the
    /// app's: they run without a lock, and find the new value.
    pub(crate) fn publish(&self, state: SessionState, persistence: Persistence, held: Option<Held>) {
        let last = self.view();
        let same = last.change.state == state && last.change.persistence == persistence;
        let number = if same { last.change.number } else { last.change.number + 1 };
        let change = Change { number, state, persistence };
        self.latest.send_replace(Arc::new(View { change: change.clone(), held }));
        if same {
            return;
        }
        tracing::info!(number, state = change.state.name(), "session changed");
        // Whoever subscribes from here on begins with the new value; whoever began with it before is not told twice.
        let current: Vec<_> = self.observers().iter().flatten().filter_map(Weak::upgrade).collect();
        current.iter().for_each(|observer| observer.push(change.clone()));
    }

    /// A new observer, who gets the current value first.
    pub(crate) fn subscribe(&self) -> Changes {
        let mut observers = self.observers();
        let observer = Arc::new(Observer::beginning_with(self.view().change.clone()));
        match &mut *observers {
            Some(all) => {
                all.retain(|other| other.strong_count() > 0);
                all.push(Arc::downgrade(&observer));
            }
            None => observer.end(),
        }
        Changes(observer)
    }

    /// Ends the streams of all observers.
    pub(crate) fn close(&self) {
        let all = self.observers().take();
        all.into_iter()
            .flatten()
            .filter_map(|observer| observer.upgrade())
            .for_each(|observer| observer.end());
    }

    fn observers(&self) -> MutexGuard<'_, Option<Vec<Weak<Observer>>>> {
        self.observers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.close();
    }
}

/// The changes that wait for one observer.
#[derive(Debug)]
struct Observer {
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Debug)]
struct Waiting {
    changes: VecDeque<Change>,
    /// The number of the last change that was put in.
    last: u64,
    ended: bool,
}

impl Observer {
    fn beginning_with(change: Change) -> Self {
        let waiting = Waiting { last: change.number, changes: VecDeque::from([change]), ended: false };
        Self { waiting: Mutex::new(waiting), news: Notify::new() }
    }

    /// Puts a change in, unless it is there already.
    fn push(&self, change: Change) {
        {
            let mut waiting = self.waiting();
            if change.number <= waiting.last {
                return;
            }
            waiting.last = change.number;
            if waiting.changes.len() == MOST_WAITING {
                waiting.changes.pop_front();
            }
            waiting.changes.push_back(change);
        }
        // Without the lock: a waker may ask for the change at once, on this thread.
        self.news.notify_one();
    }

    fn end(&self) {
        self.waiting().ended = true;
        self.news.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream of changes of one observer. Dropping it ends the observation and frees what it holds.
#[derive(Debug)]
pub struct Changes(Arc<Observer>);

impl Changes {
    /// The next change; at first the current state. `None` after the client was closed, or when its last handle is gone.
    ///
    /// An observer that is more than 1,024 changes behind misses the oldest ones, which shows in the numbers. Cancel safe: a
    /// change is not lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Change> {
        loop {
            {
                let mut waiting = self.0.waiting();
                if let Some(change) = waiting.changes.pop_front() {
                    return Some(change);
                }
                if waiting.ended {
                    return None;
                }
            }
            self.0.news.notified().await;
        }
    }
}
