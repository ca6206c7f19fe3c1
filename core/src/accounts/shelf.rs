//! What is known of the accounts in this process: the index, what the store has of it, and the clients that were built.
//!
//! As for the record of one account, nothing unseen is overwritten: the store replaces the index only if it still has what was seen last.
//! Otherwise another process has written, and the change is made to what that one wrote.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Weak},
};

use tokio::sync::Mutex;

use super::{changes::Observers, index::Index};
use crate::{
    Secret, SessionClientBuilder, SessionState,
    client::SessionClient,
    config::ConfigError,
    error::{Error, Result, Sent},
    session::{Installation, Tasks},
    store::{Quarantine, SecureStore, StoreError, StoreKey},
};

/// How often a change is made anew because another process has written meanwhile.
const TRIES: usize = 5;

/// What the handles share.
pub(super) struct Inner {
    /// What each client is built from.
    config: SessionClientBuilder,
    store: Arc<dyn SecureStore>,
    key: StoreKey,
    installation: Option<Installation>,
    quarantine: Arc<Quarantine>,
    pub(super) tasks: Tasks,
    pub(super) shelf: Mutex<Shelf>,
    pub(super) observers: Observers,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // What waits for accounts that are gone waits no more.
        self.tasks.close();
    }
}

/// What is known of the accounts.
#[derive(Default)]
pub(super) struct Shelf {
    /// `None` until the store was read, and when it has something else.
    index: Option<Index>,
    /// What the store had when it was read or written last.
    seen: Option<Secret>,
    /// Whether the store was ever read.
    was_read: bool,
    clients: HashMap<String, SessionClient>,
    /// The accounts that are leaving and for which that is being done.
    pub(super) seen_off: HashSet<String>,
    /// Of these, the ones whose sign-out has taken effect: who is signed in with the client of one now is somebody new.
    pub(super) signed_out: HashSet<String>,
}

impl Shelf {
    pub(super) fn clients(&self) -> Vec<SessionClient> {
        self.clients.values().cloned().collect()
    }
}

impl Inner {
    pub(super) fn new(
        config: SessionClientBuilder,
        store: Arc<dyn SecureStore>,
        key: StoreKey,
        installation: Option<Installation>,
        tasks: Tasks,
    ) -> Self {
        let (quarantine, shelf, observers) = (Arc::default(), Mutex::default(), Observers::new());
        Self { config, store, key, installation, quarantine, tasks, shelf, observers }
    }

    /// The index with what the clients know by now. The store is read once; each time, if the accounts are read only.
    pub(super) async fn index<'a>(self: &Arc<Self>, shelf: &'a mut Shelf) -> Result<&'a Index> {
        if self.tasks.is_closed() {
            return Err(Error::Closed(Sent::Nothing));
        }
        if shelf.index.is_none() || self.config.is_read_only() {
            let (mut index, seen) = self.load().await?;
            self.open_what_is_not_listed(shelf, &mut index).await;
            (shelf.index, shelf.seen, shelf.was_read) = (Some(index), seen, true);
        }
        let mut index = shelf.index.take().ok_or(Error::Internal)?;
        for (slot, client) in &shelf.clients {
            // Of an account that is leaving, the session that is to be signed out is not somebody who has signed in.
            if index.is_leaving(slot) && !shelf.signed_out.contains(slot) {
                continue;
            }
            if let SessionState::SignedIn { user: Some(user), .. } = client.state() {
                index.learn(slot, &user);
            }
        }
        self.take_note(shelf, &index);
        Ok(shelf.index.insert(index))
    }

    /// Tells whoever observes the accounts of the index, and sees off those that are leaving.
    fn take_note(self: &Arc<Self>, shelf: &mut Shelf, index: &Index) {
        self.observers.tell(index);
        if !self.config.is_read_only() {
            self.see_off(shelf, index);
        }
    }

    /// Reads the index, if nothing has yet.
    pub(super) async fn read(self: Arc<Self>) -> Result<()> {
        let mut shelf = self.shelf.lock().await;
        self.index(&mut shelf).await.map(drop)
    }

    /// Changes the index, and stores it. What the store does not take is not changed here either.
    pub(super) async fn change(
        self: &Arc<Self>,
        shelf: &mut Shelf,
        change: impl Fn(&mut Index) + Send,
    ) -> Result<()> {
        if self.config.is_read_only() {
            return Err(ConfigError::ReadOnly.into());
        }
        for _ in 0..TRIES {
            let mut index = self.index(shelf).await?.clone();
            change(&mut index);
            match self.exchange(index.clone(), shelf.seen.clone()).await? {
                Some(stored) => {
                    self.take_note(shelf, &index);
                    (shelf.index, shelf.seen) = (Some(index), stored);
                    return Ok(());
                }
                None => shelf.index = None,
            }
        }
        Err(Error::StorageUnavailable)
    }

    /// What the store has. What makes no sense is set aside.
    async fn load(&self) -> Result<(Index, Option<Secret>), StoreError> {
        let (store, key, quarantine) = (self.store.clone(), self.key.clone(), self.quarantine.clone());
        let (installation, writes) = (self.installation.clone(), !self.config.is_read_only());
        self.store_call(move || {
            let text = match store.load(&key) {
                Ok(None) => return Ok((Index::default(), None)),
                Ok(text) => text,
                Err(StoreError::Corrupt) => None,
                Err(error) => return Err(error),
            };
            let Some(mut index) = text.as_ref().and_then(Index::decode) else {
                if writes {
                    store.quarantine(&key)?;
                    quarantine.filled();
                }
                return Ok((Index::default(), None));
            };
            if let (Some(this), Some(recorded)) = (&installation, &index.installation)
                && this.is_another(recorded)?
            {
                index.leave_all();
            }
            Ok((index, text))
        })
        .await
    }

    /// Puts the index in place of what was `seen`. What the store has now; `None` if it had something else.
    async fn exchange(
        &self,
        mut index: Index,
        seen: Option<Secret>,
    ) -> Result<Option<Option<Secret>>, StoreError> {
        let (store, key, quarantine) = (self.store.clone(), self.key.clone(), self.quarantine.clone());
        let installation = self.installation.clone();
        self.store_call(move || {
            index.installation = installation.and_then(|installation| installation.id());
            let new = index.encode();
            // Exposed to be measured.
            if new.as_ref().is_some_and(|text| text.expose().len() > store.capacity()) {
                return Err(StoreError::Unavailable);
            }
            let is_same = match (&new, &seen) {
                (Some(new), Some(seen)) => new.matches(seen),
                (new, seen) => new.is_none() && seen.is_none(),
            };
            if !is_same && !store.exchange(&key, seen.as_ref(), new.as_ref())? {
                return Ok(None);
            }
            if let Err(error) = quarantine.discard(&*store, &key) {
                tracing::debug!(%error, "a quarantined list of accounts could not be removed");
            }
            Ok(Some(new))
        })
        .await
    }

    /// Builds the clients of the slots that nobody is listed for: the app may have been ended after a sign-in was stored in one and before
    /// the index said so. A slot in which nothing is, is dropped.
    async fn open_what_is_not_listed(self: &Arc<Self>, shelf: &mut Shelf, index: &mut Index) {
        for slot in index.unlisted() {
            if shelf.clients.contains_key(&slot) {
                continue;
            }
            match self.is_used(&slot).await {
                // Later it may be one that another process has just added.
                Ok(false) if !shelf.was_read => index.drop_unused(&slot),
                Ok(true) => {
                    if let Ok(client) = self.client(shelf, &slot) {
                        client.restored().await;
                    }
                }
                Ok(false) | Err(_) => {}
            }
        }
    }

    /// Whether there is a record, or a sign-in in the browser, in this slot.
    async fn is_used(&self, slot: &str) -> Result<bool, StoreError> {
        let (store, key) = (self.store.clone(), self.key.of_account(slot));
        self.store_call(move || {
            let is_there = |key: &StoreKey| match store.load(key) {
                Err(StoreError::Corrupt) => Ok(true),
                other => other.map(|found| found.is_some()),
            };
            Ok(is_there(&key)? || is_there(&key.browser_flow())?)
        })
        .await
    }

    async fn store_call<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        tokio::select! {
            done = self.tasks.blocking(call) => done.unwrap_or(Err(StoreError::Unavailable)),
            () = self.tasks.sleep(self.config.patience()) => Err(StoreError::Unavailable),
        }
    }

    /// The client of an account, built when it is first asked for, and anew once the app has closed it.
    pub(super) fn client(self: &Arc<Self>, shelf: &mut Shelf, slot: &str) -> Result<SessionClient> {
        if let Some(client) = shelf.clients.get(slot).filter(|client| !client.is_closed()) {
            return Ok(client.clone());
        }
        let client = self.config.clone().account_slot(slot).build()?;
        shelf.clients.insert(slot.to_owned(), client.clone());
        self.follow(&client);
        Ok(client)
    }

    /// Keeps who is signed in with a client in the stored index. Ends with the client, or with the accounts.
    fn follow(self: &Arc<Self>, client: &SessionClient) {
        let (accounts, mut changes) = (Arc::downgrade(self), client.changes());
        self.tasks.spawn_apart(async move {
            while let Some(change) = changes.next().await {
                if let SessionState::SignedIn { user: Some(_), .. } = &change.state {
                    Self::learn(&accounts, |_| {}).await;
                }
            }
        });
    }

    /// Stores what the clients know by now, if the store was read.
    pub(super) async fn note_last(self: &Arc<Self>) {
        let is_writable = !self.config.is_read_only();
        if is_writable && self.shelf.lock().await.index.is_some() {
            Self::learn(&Arc::downgrade(self), |_| {}).await;
        }
    }

    /// Stores the index with what the clients know by now, and with one more change.
    pub(super) async fn learn(accounts: &Weak<Self>, change: impl Fn(&mut Index) + Send) {
        let Some(accounts) = accounts.upgrade() else { return };
        let mut shelf = accounts.shelf.lock().await;
        if accounts.change(&mut shelf, change).await.is_err() {
            // The next change tries it again, and the next start looks into the accounts' own records.
            tracing::debug!("the list of accounts could not be stored");
        }
    }
}
