//! Several accounts of one project on one device: one client for each, with the same connections and the same store.
//!
//! Each account has a session and a client of its own, so no request of one can be made with the credential of another: what is bound
//! to a client stays bound to it, whatever is switched meanwhile.

mod changes;
mod index;
mod leaving;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Weak},
};

pub use changes::{AccountsChanges, AccountsState};

use changes::Observers;
use index::Index;
use tokio::sync::Mutex;

use crate::{
    SessionClientBuilder, SessionState,
    client::SessionClient,
    config::ConfigError,
    error::{CallbackFault, Error, Result, Sent},
    model::User,
    oauth2::OAuth2Outcome,
    random::unguessable,
    session::{Installation, Tasks},
    store::{SecureStore, StoreError, StoreKey},
};

/// The accounts of one project on this device. Made by [`SessionClientBuilder::build_accounts`].
///
/// Clones are handles of the same accounts. One process of an app should have one. All methods can be called from any task at any time.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

/// An account that somebody has signed in to on this device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredAccount {
    /// Its id on this device: the [`account_slot`](SessionClientBuilder::account_slot) of its client.
    pub id: String,
    /// Who it is, as of the last sign-in or change here.
    pub user: User,
    /// Whether the app uses it now.
    pub is_current: bool,
}

struct Inner {
    /// What each client is built from.
    config: SessionClientBuilder,
    store: Arc<dyn SecureStore>,
    key: StoreKey,
    tasks: Tasks,
    /// Where the app wants to notice that it was installed anew.
    installation: Option<Installation>,
    shelf: Mutex<Shelf>,
    observers: Observers,
}

/// What is known of the accounts.
#[derive(Default)]
struct Shelf {
    /// `None` until the store was read.
    index: Option<Index>,
    clients: HashMap<String, SessionClient>,
    /// The clients whose sign-out has taken effect since their account was said to leave: who is signed in with one now is somebody new.
    left: HashSet<String>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // What waits for accounts that are gone waits no more.
        self.tasks.close();
    }
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

impl Accounts {
    pub(crate) fn new(
        config: SessionClientBuilder,
        store: Arc<dyn SecureStore>,
        key: StoreKey,
        tasks: Tasks,
        installation: Option<Installation>,
    ) -> Self {
        let (shelf, observers) = (Mutex::default(), Observers::new());
        Self(Arc::new(Inner { config, store, key, tasks, installation, shelf, observers }))
    }

    /// The accounts that somebody has signed in to, in the order in which they were added. Makes no request. An account whose session
    /// Appwrite has ended is still listed, so that the app can offer to sign in again.
    ///
    /// # Errors
    ///
    /// `StorageLocked` and `StorageUnavailable`.
    pub async fn list(&self) -> Result<Vec<StoredAccount>> {
        let mut shelf = self.0.shelf.lock().await;
        Ok(self.0.learn(&mut shelf).await?.listed())
    }

    /// The accounts, and which one the app uses, as of the last change; `None` as long as the store has not been read. Never waits.
    pub fn state(&self) -> Option<AccountsState> {
        self.0.observers.last()
    }

    /// A stream of the accounts as they change: through a call here, because somebody has signed in with a client of theirs, or because
    /// a user's name or e-mail address has changed. Each call returns a new stream. The stream ends when the accounts are closed.
    pub fn changes(&self) -> AccountsChanges {
        AccountsChanges::new(&self.0)
    }

    /// The client of an account, without switching to it. It is the same one at every call.
    ///
    /// # Errors
    ///
    /// `Config` if there is no such account; otherwise as [`list`](Self::list).
    pub async fn client(&self, id: &str) -> Result<SessionClient> {
        let mut shelf = self.0.shelf.lock().await;
        if !self.0.index(&mut shelf).await?.has(id) {
            return Err(ConfigError::NoAccount.into());
        }
        self.0.client(&mut shelf, id)
    }

    /// The client of the account that the app uses now; one that nobody is signed in to, if there is none.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn current(&self) -> Result<SessionClient> {
        let mut shelf = self.0.shelf.lock().await;
        let current = self.0.index(&mut shelf).await?.current.clone();
        match current {
            Some(slot) => self.0.client(&mut shelf, &slot),
            None => {
                let slot = self.0.add(&mut shelf, true).await?;
                self.0.client(&mut shelf, &slot)
            }
        }
    }

    /// A client for one more account. It is listed as soon as somebody has signed in with it, and is used by the app once it is switched to.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list): an account that could not be found again after a restart is not added.
    pub async fn add(&self) -> Result<SessionClient> {
        let mut shelf = self.0.shelf.lock().await;
        let slot = self.0.add(&mut shelf, false).await?;
        self.0.client(&mut shelf, &slot)
    }

    /// Makes an account the one that the app uses, and gives its client. The calls of other accounts' clients go on as they are.
    ///
    /// # Errors
    ///
    /// `Config` if there is no such account; otherwise as [`list`](Self::list), and nothing was switched.
    pub async fn switch_to(&self, id: &str) -> Result<SessionClient> {
        let mut shelf = self.0.shelf.lock().await;
        let mut index = self.0.index(&mut shelf).await?.clone();
        if !index.has(id) {
            return Err(ConfigError::NoAccount.into());
        }
        index.current = Some(id.to_owned());
        self.0.save(&mut shelf, index).await?;
        self.0.client(&mut shelf, id)
    }

    /// Completes a sign-in in the browser with the URL that opened the app, whichever account it was begun for: also for one that was being
    /// added when the app was ended. Gives the client of that account, and what came of it. See
    /// [`SessionClient::complete_oauth2`].
    ///
    /// # Errors
    ///
    /// Those of [`SessionClient::complete_oauth2`]; `CallbackRejected` if no account waits for this URL.
    pub async fn complete_oauth2(&self, url: &str) -> Result<(SessionClient, OAuth2Outcome)> {
        let clients: Vec<SessionClient> = {
            let mut shelf = self.0.shelf.lock().await;
            let index = self.0.index(&mut shelf).await?;
            let waiting = index.entries.iter().filter(|entry| !entry.leaving);
            let slots: Vec<String> = waiting.map(|entry| entry.slot.clone()).collect();
            slots.iter().map(|slot| self.0.client(&mut shelf, slot)).collect::<Result<_>>()?
        };
        let mut rejected = CallbackFault::Unexpected;
        for client in clients {
            match client.complete_oauth2(url).await {
                // Another account may wait for it.
                Err(Error::CallbackRejected(
                    fault @ (CallbackFault::Unexpected | CallbackFault::Foreign),
                )) => {
                    rejected = fault;
                }
                outcome => return Ok((client, outcome?)),
            }
        }
        Err(Error::CallbackRejected(rejected))
    }

    /// Signs out of one account, as [`SessionClient::sign_out`] does, and lists it no more. If it was the one that the app uses, the one that was
    /// added last takes its place. Appwrite is told in the background, also after a restart.
    ///
    /// # Errors
    ///
    /// `Config` if there is no such account; otherwise as [`SessionClient::sign_out`]. It is listed until the store has taken the sign-out.
    pub async fn sign_out(&self, id: &str) -> Result<()> {
        let client = {
            let mut shelf = self.0.shelf.lock().await;
            if !self.0.index(&mut shelf).await?.has(id) {
                return Err(ConfigError::NoAccount.into());
            }
            self.0.client(&mut shelf, id)?
        };
        client.sign_out().await?;
        let mut shelf = self.0.shelf.lock().await;
        let mut index = self.0.index(&mut shelf).await?.clone();
        index.leave(id);
        // It is signed out already. Who signs in with its client from now on is somebody new.
        shelf.left.insert(id.to_owned());
        self.0.save(&mut shelf, index).await
    }

    /// Signs out of every account, one after another.
    ///
    /// # Errors
    ///
    /// The first error; the other accounts are signed out all the same.
    pub async fn sign_out_of_all(&self) -> Result<()> {
        let mut first = Ok(());
        for account in self.list().await? {
            first = first.and(self.sign_out(&account.id).await);
        }
        first
    }

    /// Closes every client, as [`SessionClient::close`] does, and ends the streams of changes. What is stored stays. Do not close a client
    /// of the accounts by itself: it would be given out again.
    pub async fn close(&self) {
        {
            let mut shelf = self.0.shelf.lock().await;
            if shelf.index.is_some() {
                // Who has signed in a moment ago is in the list of the next start.
                let _ = self.0.learn(&mut shelf).await;
            }
        }
        self.0.tasks.close();
        let clients: Vec<_> = self.0.shelf.lock().await.clients.values().cloned().collect();
        for client in clients {
            client.close().await;
        }
    }
}

impl Inner {
    /// The index, read once.
    async fn index<'a>(self: &Arc<Self>, shelf: &'a mut Shelf) -> Result<&'a Index> {
        if self.tasks.is_closed() {
            return Err(Error::Closed(Sent::Nothing));
        }
        if shelf.index.is_none() {
            let (store, key, installation) =
                (self.store.clone(), self.key.clone(), self.installation.clone());
            let read = self.store_call(move || {
                let mut index = match store.load(&key) {
                    Ok(text) => text.as_ref().map(Index::decode).unwrap_or_default(),
                    Err(StoreError::Corrupt) => Index::default(),
                    Err(error) => return Err(error),
                };
                let recorded = index.installation.clone();
                if let (Some(installation), Some(recorded)) = (installation, recorded)
                    && installation.is_another(&recorded)?
                {
                    // The accounts of whoever had the app before are not for whoever has it now.
                    index.leave_all();
                }
                Ok(index)
            });
            let index = read.await?;
            self.observers.tell(&index);
            self.resume(shelf, &index);
            shelf.index = Some(index);
        }
        shelf.index.as_ref().ok_or(Error::Internal)
    }

    /// Reads the index, if nothing has yet.
    async fn read(self: Arc<Self>) -> Result<()> {
        let mut shelf = self.shelf.lock().await;
        self.index(&mut shelf).await.map(drop)
    }

    /// Stores a changed index. What the store does not take is not changed here either.
    async fn save(self: &Arc<Self>, shelf: &mut Shelf, index: Index) -> Result<()> {
        let (store, key, installation) = (self.store.clone(), self.key.clone(), self.installation.clone());
        let saving = self.store_call(move || {
            let mut index = index;
            if let Some(installation) = installation {
                index.installation = installation.id();
            }
            match index.encode() {
                Some(text) => store.save(&key, &text)?,
                None => store.clear(&key)?,
            }
            Ok(index)
        });
        let index = saving.await?;
        self.observers.tell(&index);
        self.see_off(shelf, &index);
        shelf.index = Some(index);
        Ok(())
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

    /// Adds an account. It is in the index before its client can store anything, so a session is never stored where nobody looks.
    async fn add(self: &Arc<Self>, shelf: &mut Shelf, is_current: bool) -> Result<String> {
        let mut index = self.index(shelf).await?.clone();
        // Exposed, because it is no secret: it only must not be the name of another account.
        let slot: String = format!("account-{}", unguessable()?.expose()).chars().take(24).collect();
        index.add(&slot);
        if is_current {
            index.current = Some(slot.clone());
        }
        self.save(shelf, index).await?;
        Ok(slot)
    }

    /// The client of an account, built when it is first asked for.
    fn client(self: &Arc<Self>, shelf: &mut Shelf, slot: &str) -> Result<SessionClient> {
        if let Some(client) = shelf.clients.get(slot) {
            return Ok(client.clone());
        }
        let client = self.config.clone().account_slot(slot).build()?;
        shelf.clients.insert(slot.to_owned(), client.clone());
        self.follow(&client);
        Ok(client)
    }

    /// Keeps who is signed in with a client in the index. Ends with the client, or with the accounts.
    fn follow(self: &Arc<Self>, client: &SessionClient) {
        let (accounts, mut changes) = (Arc::downgrade(self), client.changes());
        self.tasks.spawn_apart(async move {
            while changes.next().await.is_some() {
                let Some(accounts) = Weak::upgrade(&accounts) else { return };
                let mut shelf = accounts.shelf.lock().await;
                // A store that cannot be read is read again by the next call.
                let _ = accounts.learn(&mut shelf).await;
            }
        });
    }

    /// The index, with who is signed in now with each client. So a sign-in that has returned is in it.
    async fn learn(self: &Arc<Self>, shelf: &mut Shelf) -> Result<Index> {
        let mut index = self.index(shelf).await?.clone();
        let mut is_news = false;
        for (slot, client) in &shelf.clients {
            // Of an account that is leaving, the session that is to be signed out is not somebody who has signed in.
            if index.is_leaving(slot) && !shelf.left.contains(slot) {
                continue;
            }
            if let SessionState::SignedIn { user: Some(user), .. } = client.state() {
                is_news |= index.learn(slot, &user);
            }
        }
        if is_news && self.save(shelf, index.clone()).await.is_err() {
            // The next change tries it again, and so does the next start.
            tracing::debug!("who is signed in could not be stored in the list of accounts");
        }
        Ok(index)
    }
}
