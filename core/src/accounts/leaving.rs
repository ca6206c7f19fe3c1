//! Accounts that leave: signed out, and kept in mind until Appwrite has been told of all their sessions.

use std::sync::{Arc, Weak};

use super::{Inner, Shelf, index::Index};

impl Inner {
    /// Goes on with what was begun when the accounts were last in use: signs out of the accounts that were leaving, and finds out who has
    /// signed in to an account since the list was stored.
    pub(super) fn resume(self: &Arc<Self>, shelf: &mut Shelf, index: &Index) {
        for entry in index.entries.iter().filter(|entry| entry.user.is_none() && !entry.leaving) {
            // Its client tells who it is. If it cannot be built, none can.
            let _ = self.client(shelf, &entry.slot);
        }
        self.see_off(shelf, index);
    }

    /// Sees off the accounts that are leaving in `index`, and were not before.
    pub(super) fn see_off(self: &Arc<Self>, shelf: &mut Shelf, index: &Index) {
        shelf.left.retain(|slot| index.is_leaving(slot));
        let is_new = |slot: &String| !shelf.index.as_ref().is_some_and(|before| before.is_leaving(slot));
        let new: Vec<String> = index.leaving().into_iter().filter(is_new).collect();
        for slot in new {
            let Ok(client) = self.client(shelf, &slot) else { continue };
            // Called now: what the app calls later is not undone by it.
            let signing_out = (!shelf.left.contains(&slot)).then(|| client.sign_out_of_now());
            let (accounts, tasks) = (Arc::downgrade(self), self.tasks.clone());
            self.tasks.spawn_apart(async move {
                if let Some(signing_out) = signing_out {
                    if signing_out.await.is_err() {
                        // The store has not taken it. The next start tries it again.
                        return;
                    }
                    Self::note_left(&accounts, &slot).await;
                }
                let told = tokio::select! {
                    told = client.told_of_all() => told,
                    // What is left to do is done after the next start.
                    () = tasks.closed() => false,
                };
                if told {
                    Self::forget(&accounts, &slot).await;
                }
            });
        }
    }

    async fn note_left(accounts: &Weak<Self>, slot: &str) {
        let Some(accounts) = accounts.upgrade() else { return };
        let mut shelf = accounts.shelf.lock().await;
        shelf.left.insert(slot.to_owned());
        // Somebody else may have signed in with its client meanwhile.
        let _ = accounts.learn(&mut shelf).await;
    }

    async fn forget(accounts: &Weak<Self>, slot: &str) {
        let Some(accounts) = accounts.upgrade() else { return };
        let mut shelf = accounts.shelf.lock().await;
        let Ok(mut index) = accounts.learn(&mut shelf).await else { return };
        index.forget(slot);
        if accounts.save(&mut shelf, index).await.is_err() {
            tracing::debug!(
                "an account that has left could not be taken off the list; the next start tries it again"
            );
        }
    }
}
