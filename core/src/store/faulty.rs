//! A store that misbehaves on demand: fails, hangs, panics and counts, around any other store.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Persistence, SecureStore, StoreError, StoreKey};
use crate::Secret;

/// One method of [`SecureStore`] that can be made to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// [`SecureStore::load`].
    Load,
    /// [`SecureStore::save`].
    Save,
    /// [`SecureStore::clear`].
    Clear,
    /// [`SecureStore::quarantine`].
    Quarantine,
    /// [`SecureStore::exchange`]. It counts, and is struck, also as the [`Save`](Self::Save) or [`Clear`](Self::Clear) that it does.
    Exchange,
}

/// Wraps a store and misbehaves as a test says. For tests only.
///
/// Clones share the wrapped store and the faults: a test keeps one clone and hands the other to the client. A fault strikes
/// before the wrapped store is touched, so a failed save has stored nothing.
pub struct FaultyStore<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    store: S,
    plans: Mutex<HashMap<Operation, Plan>>,
    changed: Condvar,
}

/// What is planned for, and was seen of, one operation.
#[derive(Default)]
struct Plan {
    calls: usize,
    fault: Option<Fault>,
    held: bool,
    waiting: usize,
}

#[derive(Clone, Copy)]
struct Fault {
    kind: Kind,
    /// How many calls it strikes; `None` is all until [`FaultyStore::recover`].
    remaining: Option<usize>,
}

#[derive(Clone, Copy)]
enum Kind {
    Fail(StoreError),
    Panic,
}

impl<S> FaultyStore<S> {
    /// Wraps `store`; without further ado it behaves.
    pub fn new(store: S) -> Self {
        Self { shared: Arc::new(Shared { store, plans: Mutex::default(), changed: Condvar::new() }) }
    }

    /// The wrapped store, to look at what is really stored.
    pub fn inner(&self) -> &S {
        &self.shared.store
    }

    /// Makes every `operation` fail with `error` until [`recover`](Self::recover).
    pub fn fail(&self, operation: Operation, error: StoreError) {
        self.plan(operation, Kind::Fail(error), None);
    }

    /// Makes the next `times` calls of `operation` fail with `error`.
    pub fn fail_next(&self, operation: Operation, error: StoreError, times: usize) {
        self.plan(operation, Kind::Fail(error), Some(times));
    }

    /// Makes the next call of `operation` panic.
    pub fn panic_next(&self, operation: Operation) {
        self.plan(operation, Kind::Panic, Some(1));
    }

    /// Forgets every planned failure and panic. Gates stay as they are.
    pub fn recover(&self) {
        self.plans().values_mut().for_each(|plan| plan.fault = None);
    }

    /// How often `operation` was called, whatever became of the call.
    pub fn calls(&self, operation: Operation) -> usize {
        self.plans().get(&operation).map_or(0, |plan| plan.calls)
    }

    /// Makes every call of `operation` wait from now on, until the gate is released or dropped.
    #[must_use = "dropping the gate opens it"]
    pub fn hold(&self, operation: Operation) -> Gate<S> {
        self.plans().entry(operation).or_default().held = true;
        Gate { shared: Arc::clone(&self.shared), operation }
    }

    fn plan(&self, operation: Operation, kind: Kind, remaining: Option<usize>) {
        self.plans().entry(operation).or_default().fault = Some(Fault { kind, remaining });
    }

    fn plans(&self) -> MutexGuard<'_, HashMap<Operation, Plan>> {
        self.shared.plans()
    }

    /// Counts the call, waits at the gate if there is one, then strikes if that is planned.
    fn enter(&self, operation: Operation) -> Result<(), StoreError> {
        match self.shared.pass(operation) {
            None => Ok(()),
            Some(Kind::Fail(error)) => Err(error),
            #[expect(clippy::panic, reason = "a test asked for it, to see that the caller survives")]
            Some(Kind::Panic) => panic!("the store panics in {operation:?}, as planned"),
        }
    }
}

impl<S> Shared<S> {
    fn plans(&self) -> MutexGuard<'_, HashMap<Operation, Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass(&self, operation: Operation) -> Option<Kind> {
        let mut plans = self.plans();
        let plan = plans.entry(operation).or_default();
        plan.calls += 1;
        plan.waiting += 1;
        self.changed.notify_all();
        let mut plans = self
            .changed
            .wait_while(plans, |plans| plans.get(&operation).is_some_and(|plan| plan.held))
            .unwrap_or_else(PoisonError::into_inner);
        let plan = plans.entry(operation).or_default();
        plan.waiting -= 1;
        plan.strike()
    }
}

impl Plan {
    /// What strikes this call, used up by one.
    fn strike(&mut self) -> Option<Kind> {
        let fault = self.fault.as_mut()?;
        match &mut fault.remaining {
            None => Some(fault.kind),
            Some(0) => None,
            Some(remaining) => {
                *remaining -= 1;
                Some(fault.kind)
            }
        }
    }
}

/// Holds back the calls of one operation; opens when released or dropped.
pub struct Gate<S> {
    shared: Arc<Shared<S>>,
    operation: Operation,
}

impl<S> Gate<S> {
    /// Waits until a call stands at the gate; `false` if none came within `timeout`. Blocks the thread.
    pub fn wait_until_reached(&self, timeout: Duration) -> bool {
        let nobody = |plans: &mut HashMap<Operation, Plan>| {
            plans.get(&self.operation).is_none_or(|plan| plan.waiting == 0)
        };
        let (plans, timed_out) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.plans(), timeout, nobody)
            .unwrap_or_else(PoisonError::into_inner);
        drop(plans);
        !timed_out.timed_out()
    }

    /// Opens the gate: who waits goes on, and nobody waits any more.
    pub fn release(self) {
        drop(self);
    }
}

impl<S> Drop for Gate<S> {
    fn drop(&mut self) {
        if let Some(plan) = self.shared.plans().get_mut(&self.operation) {
            plan.held = false;
        }
        self.shared.changed.notify_all();
    }
}

impl<S: SecureStore> SecureStore for FaultyStore<S> {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.enter(Operation::Load)?;
        self.shared.store.load(key)
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        self.enter(Operation::Save)?;
        self.shared.store.save(key, record)
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.enter(Operation::Clear)?;
        self.shared.store.clear(key)
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.enter(Operation::Quarantine)?;
        self.shared.store.quarantine(key)
    }

    fn exchange(
        &self,
        key: &StoreKey,
        expected: Option<&Secret>,
        new: Option<&Secret>,
    ) -> Result<bool, StoreError> {
        self.enter(Operation::Exchange)?;
        self.enter(if new.is_some() { Operation::Save } else { Operation::Clear })?;
        self.shared.store.exchange(key, expected, new)
    }

    fn capacity(&self) -> usize {
        self.shared.store.capacity()
    }

    fn persistence(&self) -> Persistence {
        self.shared.store.persistence()
    }
}

// Written out, because deriving would ask for `S: Clone`.
impl<S> Clone for FaultyStore<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S> fmt::Debug for FaultyStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyStore").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Gate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("operation", &self.operation).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{panic, thread};

    use super::*;
    use crate::store::MemoryStore;

    const SOON: Duration = Duration::from_secs(10);

    crate::store_conformance_tests!(|| FaultyStore::new(MemoryStore::new()));

    fn key() -> StoreKey {
        StoreKey::new("https://a.example/v1", "project", "default")
    }

    #[test]
    fn a_failure_lasts_as_long_as_planned_and_touches_nothing() {
        let store = FaultyStore::new(MemoryStore::new());
        store.fail_next(Operation::Save, StoreError::Locked, 2);
        assert_eq!(store.save(&key(), &Secret::from("a")), Err(StoreError::Locked));
        assert_eq!(store.save(&key(), &Secret::from("a")), Err(StoreError::Locked));
        assert!(store.inner().load(&key()).unwrap().is_none());
        store.save(&key(), &Secret::from("a")).unwrap();

        store.fail(Operation::Load, StoreError::Corrupt);
        for _ in 0..3 {
            assert_eq!(store.load(&key()).unwrap_err(), StoreError::Corrupt);
        }
        store.recover();
        assert!(store.load(&key()).unwrap().is_some());
        assert_eq!((store.calls(Operation::Save), store.calls(Operation::Load)), (3, 4));
        assert_eq!(store.calls(Operation::Clear), 0);
    }

    #[test]
    fn an_exchange_is_struck_as_what_it_does() {
        let store = FaultyStore::new(MemoryStore::new());
        let record = Secret::from("a");
        store.fail_next(Operation::Save, StoreError::Locked, 1);
        assert_eq!(store.exchange(&key(), None, Some(&record)), Err(StoreError::Locked));
        assert_eq!(store.exchange(&key(), None, Some(&record)), Ok(true));
        store.fail_next(Operation::Clear, StoreError::Unavailable, 1);
        assert_eq!(store.exchange(&key(), Some(&record), None), Err(StoreError::Unavailable));
        store.fail_next(Operation::Exchange, StoreError::Corrupt, 1);
        assert_eq!(store.exchange(&key(), Some(&record), None), Err(StoreError::Corrupt));
        assert_eq!(store.exchange(&key(), Some(&record), None), Ok(true));
        assert_eq!((store.calls(Operation::Exchange), store.calls(Operation::Save)), (5, 2));
    }

    #[test]
    fn a_gate_holds_calls_until_it_is_released() {
        let store = FaultyStore::new(MemoryStore::new());
        let gate = store.hold(Operation::Save);
        assert!(!gate.wait_until_reached(Duration::from_millis(5)));
        let saving = thread::spawn({
            let store = store.clone();
            move || store.save(&key(), &Secret::from("a"))
        });
        assert!(gate.wait_until_reached(SOON));
        assert!(store.load(&key()).unwrap().is_none(), "other operations pass");
        gate.release();
        saving.join().unwrap().unwrap();
        assert!(store.load(&key()).unwrap().is_some());
    }

    #[test]
    fn a_panic_is_planned_once_and_breaks_nothing() {
        let store = FaultyStore::new(MemoryStore::new());
        store.panic_next(Operation::Clear);
        assert!(panic::catch_unwind(panic::AssertUnwindSafe(|| store.clear(&key()))).is_err());
        store.clear(&key()).unwrap();
    }
}
