//! Accounts that leave: signed out, and kept in mind until Appwrite has been told of all their sessions.

use std::sync::Arc;

use super::{
    index::Index,
    shelf::{Inner, Shelf},
};

impl Inner {
    /// Sees off the accounts that are leaving in `index`: those of which that was just said, and those that were leaving when the accounts
    /// were last in use.
    pub(super) fn see_off(self: &Arc<Self>, shelf: &mut Shelf, index: &Index) {
        let leaving = index.leaving();
        shelf.seen_off.retain(|slot| leaving.contains(slot));
        shelf.signed_out.retain(|slot| leaving.contains(slot));
        for slot in leaving {
            if shelf.seen_off.contains(&slot) {
                continue;
            }
            let Ok(client) = self.client(shelf, &slot) else { continue };
            shelf.seen_off.insert(slot.clone());
            // Called now: what the app calls later is not undone by it.
            let signing_out = (!shelf.signed_out.contains(&slot)).then(|| client.sign_out_of_now());
            let (accounts, tasks) = (Arc::downgrade(self), self.tasks.clone());
            self.tasks.spawn_apart(async move {
                if let Some(signing_out) = signing_out {
                    if signing_out.await.is_err() {
                        // The store has not taken it. The next start tries it again.
                        return;
                    }
                    let Some(accounts) = accounts.upgrade() else { return };
                    accounts.shelf.lock().await.signed_out.insert(slot.clone());
                    // Somebody else may have signed in with its client meanwhile.
                    Self::learn(&Arc::downgrade(&accounts), |_| {}).await;
                }
                let told = tokio::select! {
                    told = client.told_of_all() => told,
                    // What is left to do is done after the next start.
                    () = tasks.closed() => false,
                };
                if told {
                    Self::learn(&accounts, |index| index.forget(&slot)).await;
                }
            });
        }
    }
}
