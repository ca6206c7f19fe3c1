//! The clock of clients in the fake world.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use appwrite_session_core::{Clock, Sleep};

use crate::executor::locked;

/// Shows the time of JavaScript's `Date`, and what a test has added to it.
///
/// Nothing waits by it. A wait before the next attempt ends at once. The client's own upkeep never wakes by itself, so that it keeps no
/// test's fake timers going for ever: a test says when a store or the network is back.
#[derive(Clone, Default)]
pub(crate) struct FakeClock {
    ahead: Arc<Mutex<Duration>>,
}

impl fmt::Debug for FakeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeClock")
    }
}

impl FakeClock {
    /// Adds to the time.
    pub(crate) fn advance(&self, duration: Duration) {
        *locked(&self.ahead) += duration;
    }

    /// Shows the time of `Date` again.
    pub(crate) fn reset(&self) {
        *locked(&self.ahead) = Duration::ZERO;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> SystemTime {
        SystemTime::now() + *locked(&self.ahead)
    }

    fn elapsed(&self) -> Duration {
        // By `Date` as well, so that a test's fake timers move it. The core takes what goes back for no time at all.
        self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::pending())
    }

    fn pause(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }
}
