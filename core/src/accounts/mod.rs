//! Several accounts of one project on one device: one client for each, with the same connections and the same store.
//!
//! Each account has a session and a client of its own, so no request of one can be made with the credential of another: what is bound
//! to a client stays bound to it, whatever is switched meanwhile.

mod changes;
mod index;
mod leaving;
mod shelf;

use std::sync::Arc;

pub use changes::{AccountsChanges, AccountsState};
use shelf::Inner;

use crate::{
    SessionClientBuilder,
    client::SessionClient,
    config::ConfigError,
    error::{CallbackFault, Error, Result},
    model::User,
    oauth2::OAuth2Outcome,
    random::unguessable,
    session::{Installation, Tasks},
    store::{SecureStore, StoreKey},
};

/// The accounts of one project on this device. Made by [`SessionClientBuilder::build_accounts`].
///
/// Clones are handles of the same accounts. One process of an app should have one; what another process adds is kept. All methods can be called from any task at any time.
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
        installation: Option<Installation>,
        tasks: Tasks,
    ) -> Self {
        Self(Arc::new(Inner::new(config, store, key, installation, tasks)))
    }

    /// The accounts that somebody has signed in to, in the order in which they were added. Makes no request. An account whose session
    /// Appwrite has ended is still listed, so that the app can offer to sign in again.
    ///
    /// # Errors
    ///
    /// `StorageLocked` and `StorageUnavailable`.
    pub async fn list(&self) -> Result<Vec<StoredAccount>> {
        let mut shelf = self.0.shelf.lock().await;
        Ok(self.0.index(&mut shelf).await?.listed())
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

    /// The client of an account, without switching to it. It is the same one at every call, until the app closes it by itself.
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
    /// As [`list`](Self::list). `Config` if there is none and the accounts are [read only](SessionClientBuilder::read_only).
    pub async fn current(&self) -> Result<SessionClient> {
        let mut shelf = self.0.shelf.lock().await;
        let current = self.0.index(&mut shelf).await?.current.clone();
        match current {
            Some(slot) => self.0.client(&mut shelf, &slot),
            None => {
                let slot = new_slot()?;
                self.0
                    .change(&mut shelf, |index| {
                        // Another process may have made one meanwhile.
                        if index.current.is_none() {
                            index.add(&slot);
                            index.current = Some(slot.clone());
                        }
                    })
                    .await?;
                let current = self.0.index(&mut shelf).await?.current.clone();
                self.0.client(&mut shelf, &current.unwrap_or(slot))
            }
        }
    }

    /// A client for one more account. It is listed as soon as somebody has signed in with it, and is used by the app once it is switched to.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list): an account that could not be found again after a restart is not added. `Config` for accounts that are
    /// [read only](SessionClientBuilder::read_only).
    pub async fn add(&self) -> Result<SessionClient> {
        let mut shelf = self.0.shelf.lock().await;
        let slot = new_slot()?;
        // It is in the index before its client can store anything, so a session is never stored where nobody looks.
        self.0.change(&mut shelf, |index| index.add(&slot)).await?;
        self.0.client(&mut shelf, &slot)
    }

    /// Makes an account the one that the app uses, and gives its client. The calls of other accounts' clients go on as they are.
    ///
    /// # Errors
    ///
    /// `Config` if there is no such account; otherwise as [`list`](Self::list), and nothing was switched.
    pub async fn switch_to(&self, id: &str) -> Result<SessionClient> {
        let mut shelf = self.0.shelf.lock().await;
        if !self.0.index(&mut shelf).await?.has(id) {
            return Err(ConfigError::NoAccount.into());
        }
        self.0.change(&mut shelf, |index| index.current = Some(id.to_owned())).await?;
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
            let slots = self.slots().await?;
            let mut shelf = self.0.shelf.lock().await;
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
        // It is signed out already. Who signs in with its client from now on is somebody new.
        shelf.signed_out.insert(id.to_owned());
        self.0.change(&mut shelf, |index| index.leave(id)).await
    }

    /// Signs out of every account, one after another; also of those that are not listed yet, such as one that waits for a second factor.
    ///
    /// # Errors
    ///
    /// The first error; the other accounts are signed out all the same.
    pub async fn sign_out_of_all(&self) -> Result<()> {
        let mut first = Ok(());
        for slot in self.slots().await? {
            let signed_out = self.sign_out(&slot).await;
            first = first.and(signed_out);
        }
        first
    }

    /// Tells every client that the network has changed, as [`SessionClient::network_changed`] does. Never waits.
    pub fn network_changed(&self) {
        let inner = self.0.clone();
        inner.tasks.drop_idle_connections();
        let tasks = inner.tasks.clone();
        drop(tasks.spawn(async move {
            let clients = inner.shelf.lock().await.clients();
            clients.iter().for_each(SessionClient::retry_now);
        }));
    }

    /// Closes every client, as [`SessionClient::close`] does, and ends the streams of changes. What is stored stays.
    pub async fn close(&self) {
        // Who has signed in a moment ago is in the list of the next start.
        self.0.note_last().await;
        self.0.tasks.close();
        let clients = self.0.shelf.lock().await.clients();
        for client in clients {
            client.close().await;
        }
    }

    /// The slots of all accounts, listed or not.
    async fn slots(&self) -> Result<Vec<String>> {
        let mut shelf = self.0.shelf.lock().await;
        Ok(self.0.index(&mut shelf).await?.all())
    }
}

/// The slot of an account that is added.
fn new_slot() -> Result<String> {
    // Exposed, because it is no secret: it only must not be the name of another account.
    Ok(format!("account-{}", unguessable()?.expose()).chars().take(24).collect())
}
