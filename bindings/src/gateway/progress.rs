//! How far the bodies of a call have come. The host asks: nothing of it runs where bytes move.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use appwrite_session_core::{Direction, Transfer};
use tokio::sync::Notify;

/// How far a body has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CoreTransfer {
    /// Which body.
    pub direction: TransferDirection,
    /// How many bytes have come so far.
    pub bytes: u64,
    /// How many there are in all, if that is known.
    pub total: Option<u64>,
}

/// Which body of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TransferDirection {
    /// The body of the request.
    Up,
    /// The body of the answer.
    Down,
}

/// The last of each body that was not asked for yet.
#[derive(Default)]
pub(super) struct Progress {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<CoreTransfer>,
    is_over: bool,
}

impl Progress {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    pub(super) fn tell(&self, transfer: Transfer) {
        let direction = match transfer.direction {
            Direction::Up => TransferDirection::Up,
            _ => TransferDirection::Down,
        };
        let transfer = CoreTransfer { direction, bytes: transfer.bytes, total: transfer.total };
        self.change(|state| {
            state.waiting.retain(|waiting| waiting.direction != direction);
            state.waiting.push_back(transfer);
        });
    }

    /// Nothing more will come.
    pub(super) fn end(&self) {
        self.change(|state| state.is_over = true);
    }

    /// The next, or nothing at the end.
    pub(super) async fn next(&self) -> Option<CoreTransfer> {
        loop {
            {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                let next = state.waiting.pop_front();
                if state.is_over {
                    // One signal wakes one who waits.
                    self.changed.notify_one();
                }
                if next.is_some() || state.is_over {
                    return next;
                }
            }
            self.changed.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_who_waits_is_told_of_the_end() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let progress = Progress::default();
            let both = async { tokio::join!(progress.next(), progress.next(), async { progress.end() }) };
            let (one, other, ()) =
                tokio::time::timeout(std::time::Duration::from_secs(5), both).await.expect("an end");
            assert_eq!((one, other), (None, None));
        });
    }
}
