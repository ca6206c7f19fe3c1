//! Time as the core sees it: one trait, so that no test waits for a real second.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::OnceLock,
    time::{Duration, Instant, SystemTime},
};

/// A future that ends when the time has come.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits for it.
///
/// The core asks this clock for every back-off, every retry, every freshness rule and the limits of user presence. The
/// [`Timeouts`](crate::Timeouts) run on real time.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// The time now.
    fn now(&self) -> SystemTime;

    /// How long it is since an arbitrary moment that stays the same for the life of the process. Unlike [`now`](Self::now), it
    /// never goes back and nobody can set it; it may stand still while the device sleeps.
    ///
    /// The provided method reads the system's monotonic clock.
    fn elapsed(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    /// Ends after `duration`. Dropping the future stops the wait.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Waits `duration` before the next attempt of a call. A clock for tests can end it at once.
    ///
    /// The provided method is [`sleep`](Self::sleep).
    fn pause(&self, duration: Duration) -> Sleep {
        self.sleep(duration)
    }
}

#[cfg(feature = "testing")]
pub use manual::ManualClock;

#[cfg(feature = "testing")]
mod manual {
    use std::sync::Arc;

    use tokio::sync::watch;

    use super::{Clock, Duration, Sleep, SystemTime};

    /// A clock that moves only when a test moves it.
    ///
    /// Clones share the time, so a test keeps one and gives the client the other.
    #[derive(Clone, Debug)]
    pub struct ManualClock {
        times: Arc<watch::Sender<Times>>,
        sleepers: Arc<watch::Sender<usize>>,
    }

    /// What both clocks of a device show.
    #[derive(Clone, Copy, Debug)]
    struct Times {
        now: SystemTime,
        elapsed: Duration,
    }

    impl ManualClock {
        /// A clock that stands still at `now`.
        pub fn at(now: SystemTime) -> Self {
            let times = Times { now, elapsed: Duration::ZERO };
            Self { times: Arc::new(watch::channel(times).0), sleepers: Arc::new(watch::channel(0).0) }
        }

        /// A clock that stands still at the device's present time, which is what a server under test sees too.
        pub fn new() -> Self {
            Self::at(SystemTime::now())
        }

        /// Moves the time on by `duration` and wakes everybody whose time has come.
        pub fn advance(&self, duration: Duration) {
            self.times.send_modify(|times| {
                times.now += duration;
                times.elapsed += duration;
            });
        }

        /// Sets only the wall clock back by `duration`, as somebody does in the device's settings. No time passes.
        pub fn set_back(&self, duration: Duration) {
            self.times.send_modify(|times| times.now -= duration);
        }

        /// Moves only the wall clock on by `duration`, as it is after the device has slept, or after somebody has set it.
        pub fn set_ahead(&self, duration: Duration) {
            self.times.send_modify(|times| times.now += duration);
        }

        /// Waits until at least `count` sleepers wait on this clock: the moment to advance it.
        pub async fn sleeping(&self, count: usize) {
            // The sender lives as long as `self`, so the wait cannot fail.
            let _ = self.sleepers.subscribe().wait_for(|sleepers| *sleepers >= count).await;
        }
    }

    impl Default for ManualClock {
        fn default() -> Self {
            Self::new()
        }
    }

    impl Clock for ManualClock {
        fn now(&self) -> SystemTime {
            self.times.borrow().now
        }

        fn elapsed(&self) -> Duration {
            self.times.borrow().elapsed
        }

        fn sleep(&self, duration: Duration) -> Sleep {
            let mut times = self.times.subscribe();
            let until = times.borrow().elapsed.saturating_add(duration);
            let sleepers = self.sleepers.clone();
            Box::pin(async move {
                let _counted = Counted::new(sleepers);
                let _ = times.wait_for(|times| times.elapsed >= until).await;
            })
        }
    }

    /// Counts a sleeper for as long as it sleeps, also when its future is dropped.
    struct Counted(Arc<watch::Sender<usize>>);

    impl Counted {
        fn new(sleepers: Arc<watch::Sender<usize>>) -> Self {
            sleepers.send_modify(|count| *count += 1);
            Self(sleepers)
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.send_modify(|count| *count -= 1);
        }
    }
}
