//! Tells of the accounts as they change.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::watch;

use super::{StoredAccount, index::Index, shelf::Inner};
use crate::session::Tasks;

/// After a store that could not be read, the first wait before it is read again. Each is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest of these waits.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// The accounts, and which one the app uses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountsState {
    /// Counts the changes of one [`Accounts`](super::Accounts); 1 is what the store had.
    pub number: u64,
    /// The accounts that somebody has signed in to, in the order in which they were added.
    pub accounts: Vec<StoredAccount>,
    /// The id of the account that the app uses. It is not in the list while nobody has signed in to it; `None` if there is none yet.
    pub current: Option<String>,
}

/// The changes of the accounts, for one observer. Made by [`Accounts::changes`](super::Accounts::changes).
pub struct AccountsChanges {
    accounts: Weak<Inner>,
    tasks: Tasks,
    changes: watch::Receiver<Option<AccountsState>>,
}

/// Who is told.
pub(super) struct Observers(watch::Sender<Option<AccountsState>>);

impl Observers {
    pub(super) fn new() -> Self {
        Self(watch::channel(None).0)
    }

    /// What was told last; `None` before the store was read.
    pub(super) fn last(&self) -> Option<AccountsState> {
        self.0.borrow().clone()
    }

    /// Tells of the accounts, if that is news.
    pub(super) fn tell(&self, index: &Index) {
        let (accounts, current) = (index.listed(), index.current.clone());
        self.0.send_if_modified(|last| {
            let number = match last {
                Some(last) if last.accounts == accounts && last.current == current => return false,
                Some(last) => last.number + 1,
                None => 1,
            };
            *last = Some(AccountsState { number, accounts, current });
            true
        });
    }
}

impl std::fmt::Debug for AccountsChanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountsChanges").finish_non_exhaustive()
    }
}

impl AccountsChanges {
    pub(super) fn new(accounts: &Arc<Inner>) -> Self {
        let mut changes = accounts.observers.0.subscribe();
        changes.mark_changed();
        Self { accounts: Arc::downgrade(accounts), tasks: accounts.tasks.clone(), changes }
    }

    /// The accounts now at the first call, which reads them from the store if nothing has yet, and after that whenever they have changed.
    /// Between two calls only the newest change is kept. A store that cannot be read is read again after a second, later every five minutes.
    /// `None` once the accounts are closed or gone. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<AccountsState> {
        let mut wait = FIRST_WAIT;
        loop {
            if self.tasks.is_closed() {
                return None;
            }
            if let Some(change) = self.news() {
                return Some(change);
            }
            let is_read = self.changes.borrow().is_some();
            if !is_read && self.accounts.upgrade()?.read().await.is_ok() {
                continue;
            }
            tokio::select! {
                changed = self.changes.changed() => {
                    changed.ok()?;
                    self.changes.mark_changed();
                }
                () = self.tasks.closed() => return None,
                () = self.tasks.sleep(wait), if !is_read => wait = LONGEST_WAIT.min(wait * 2),
            }
        }
    }

    fn news(&mut self) -> Option<AccountsState> {
        if !self.changes.has_changed().unwrap_or(false) {
            return None;
        }
        self.changes.borrow_and_update().clone()
    }
}
