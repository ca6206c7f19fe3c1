//! Changes of the session, one after the other, for the host to wait for.

use appwrite_session_core::Changes;
use tokio::sync::{Mutex, watch};

use crate::models::CoreChange;

/// The changes of the session for one observer: the current state first, then every change in order.
#[derive(uniffi::Object)]
pub struct ChangeStream {
    changes: Mutex<Changes>,
    ended: watch::Sender<bool>,
}

impl ChangeStream {
    pub(crate) fn new(changes: Changes) -> Self {
        Self { changes: Mutex::new(changes), ended: watch::channel(false).0 }
    }
}

#[uniffi::export]
impl ChangeStream {
    /// The next change. Nothing after [`end`](Self::end) or once the client is closed.
    pub async fn next(&self) -> Option<CoreChange> {
        let mut ended = self.ended.subscribe();
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => None,
            change = async { self.changes.lock().await.next().await } => change.map(CoreChange::from),
        }
    }

    /// Ends the observation; a wait for the next change ends with nothing.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }
}
