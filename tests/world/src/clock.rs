//! The clock of clients in a world.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use appwrite_session_core::{Clock, Sleep};
use tokio::sync::Notify;

use crate::locked;

/// Shows the time of the platform, and what a test has added to it.
///
/// Nothing waits by it. A wait before the next attempt ends at once. The client's own upkeep does not wake by itself: a test says when a
/// store or the network is back, so that no test depends on how long something took.
#[derive(Clone, Debug, Default)]
pub struct WorldClock {
    ahead: Arc<Mutex<Duration>>,
    rings: Arc<Notify>,
}

impl WorldClock {
    /// Adds to the time.
    pub(crate) fn advance(&self, duration: Duration) {
        *locked(&self.ahead) += duration;
    }

    /// What a test has added.
    pub fn ahead(&self) -> Duration {
        *locked(&self.ahead)
    }

    /// Shows the time of the platform again.
    pub(crate) fn reset(&self) {
        *locked(&self.ahead) = Duration::ZERO;
    }

    /// Wakes the upkeep of all clients now.
    pub(crate) fn ring(&self) {
        self.rings.notify_waiters();
    }
}

impl Clock for WorldClock {
    fn now(&self) -> SystemTime {
        SystemTime::now() + *locked(&self.ahead)
    }

    fn elapsed(&self) -> Duration {
        // By the date as well, so that fake timers of a test move it. The core takes what goes back for no time at all.
        self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    fn sleep(&self, _: Duration) -> Sleep {
        // It counts from now on, not only once it is polled.
        Box::pin(self.rings.clone().notified_owned())
    }

    fn pause(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }
}
