//! The blocking store, called beside the async threads, with a panic of a store turned into an error.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    attempt::Decision,
    flow_store::FlowStore,
    installation::Installation,
    machine::{Event, Reading, StoreCall},
    record::Record,
    tasks::Tasks,
};
use crate::{
    Secret,
    clock::Clock,
    store::{Persistence, Quarantine, SecureStore, StoreError, StoreKey},
};

/// One record in one store.
#[derive(Clone)]
pub(crate) struct Vault {
    store: Arc<dyn SecureStore>,
    /// What the store said when the client was built. The store is the app's, and whoever publishes a change must not wait for it.
    persistence: Persistence,
    key: StoreKey,
    access: Access,
    installation: Option<Installation>,
    seen: Arc<Mutex<Seen>>,
    quarantine: Arc<Quarantine>,
}

/// What was read or written last.
#[derive(Default)]
enum Seen {
    /// The store was not read yet.
    #[default]
    Never,
    Nothing,
    Text(Secret),
}

/// What a client may do with its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everything.
    ReadWrite,
    /// Nothing but to read it: an extension, or another process of the app.
    ReadOnly,
}

/// What a call of the store came to.
enum Done {
    Read(Reading),
    /// So many of the oldest revocations had no room.
    Written(usize),
    Conflict(Reading),
}

impl Vault {
    pub(crate) fn new(
        store: Arc<dyn SecureStore>,
        key: StoreKey,
        access: Access,
        installation: Option<Installation>,
    ) -> Self {
        let (persistence, seen, quarantine) = (store.persistence(), Arc::default(), Arc::default());
        Self { store, persistence, key, access, installation, seen, quarantine }
    }

    /// Where the sign-in in the browser rests, in the same store.
    pub(super) fn flow_store(&self) -> FlowStore {
        FlowStore::new(self.store.clone(), self.key.browser_flow())
    }

    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// Whether records are to say which installation wrote them.
    pub(crate) fn marks_installations(&self) -> bool {
        self.installation.is_some() && self.access == Access::ReadWrite
    }

    pub(crate) fn persistence(&self) -> Persistence {
        self.persistence
    }

    /// Reads the store, and takes in nothing of what it has. Takes as long as the store does.
    pub(super) async fn check(&self, tasks: &Tasks) -> Result<(), StoreError> {
        let vault = self.clone();
        let read = tasks.blocking(move || vault.store.load(&vault.key).map(drop)).await;
        read.unwrap_or(Err(StoreError::Unavailable))
    }

    /// Makes one call of the store, and says what came of it. Takes as long as the store does.
    pub(super) async fn perform(&self, call: StoreCall, tasks: &Tasks, clock: &dyn Clock) -> Event {
        let vault = self.clone();
        let outcome = tasks.blocking(move || match call {
            StoreCall::Read => vault.read().map(Done::Read),
            StoreCall::Write(record) => vault.write(*record),
        });
        match outcome.await.unwrap_or(Err(StoreError::Unavailable)) {
            Ok(Done::Read(reading)) => Event::Read(reading, Decision::at(clock.now())),
            Ok(Done::Written(left_out)) => Event::Written { left_out },
            Ok(Done::Conflict(reading)) => Event::Conflict(reading),
            Err(error) => {
                tracing::warn!(%error, "the secure store failed");
                Event::StoreFailed(error)
            }
        }
    }

    /// Replaces what was read or written last; an empty record is removed, so that a signed-out device keeps nothing.
    fn write(&self, record: Record) -> Result<Done, StoreError> {
        let (new, left_out) = if record.is_empty() {
            (None, 0)
        } else {
            let installation = self.installation.as_ref().and_then(Installation::id);
            let encoded = Record { installation, ..record }.encode(self.store.capacity());
            let (text, left_out) = encoded.ok_or(StoreError::Unavailable)?;
            (Some(text), left_out)
        };
        // A copy: the store is the app's, and runs without a lock of ours.
        let expected = match &*self.seen() {
            Seen::Text(text) => Some(text.clone()),
            Seen::Nothing | Seen::Never => None,
        };
        let replaced = self.store.exchange(&self.key, expected.as_ref(), new.as_ref());
        match replaced {
            Ok(true) => {
                *self.seen() = new.map_or(Seen::Nothing, Seen::Text);
                self.discard_quarantine();
                Ok(Done::Written(left_out))
            }
            // Something else is there by now, perhaps something that cannot be read.
            Ok(false) | Err(StoreError::Corrupt) => self.read().map(Done::Conflict),
            Err(error) => Err(error),
        }
    }

    /// Reads the record. What is there and makes no sense is set aside, and never read again.
    fn read(&self) -> Result<Reading, StoreError> {
        let text = match self.store.load(&self.key) {
            Err(StoreError::Corrupt) => return self.set_aside(),
            other => other?,
        };
        let Some(text) = text else {
            *self.seen() = Seen::Nothing;
            return Ok(Reading::Nothing);
        };
        let first = match &*self.seen() {
            Seen::Text(seen) if seen.matches(&text) => return Ok(Reading::Same),
            Seen::Never => true,
            Seen::Nothing | Seen::Text(_) => false,
        };
        let Some(record) = Record::decode(&text).map(Box::new) else { return self.set_aside() };
        // Decided before it counts as seen: while the marker cannot be read, nothing is.
        let reinstalled = match (&self.installation, &record.installation) {
            (Some(this), Some(recorded)) if first => this.is_another(recorded)?,
            _ => false,
        };
        *self.seen() = Seen::Text(text);
        Ok(if reinstalled { Reading::Reinstalled(record) } else { Reading::Found(record) })
    }

    fn set_aside(&self) -> Result<Reading, StoreError> {
        if self.access == Access::ReadWrite {
            self.store.quarantine(&self.key)?;
            self.quarantine.filled();
        }
        *self.seen() = Seen::Nothing;
        Ok(Reading::Lost)
    }

    /// What was saved is saved, whatever the store says to this; the next save tries it again.
    fn discard_quarantine(&self) {
        if let Err(error) = self.quarantine.discard(&*self.store, &self.key) {
            tracing::debug!(%error, "a quarantined record could not be removed");
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
