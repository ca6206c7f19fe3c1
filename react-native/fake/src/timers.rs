//! Waits by the timers of JavaScript.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::oneshot;

use crate::{
    executor::{Task, locked},
    numbered::Numbered,
    outside::Outside,
};

/// The longest time that a timer of JavaScript takes. What is to wait longer waits for ever.
const LONGEST: u128 = i32::MAX as u128;

/// The timers that run.
#[derive(Clone)]
pub(crate) struct Timers(Arc<Shared>);

struct Shared {
    outside: Arc<dyn Outside>,
    running: Mutex<Numbered<oneshot::Sender<()>>>,
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timers")
    }
}

impl Timers {
    pub(crate) fn new(outside: Arc<dyn Outside>) -> Self {
        Self(Arc::new(Shared { outside, running: Mutex::default() }))
    }

    /// Ends after `duration`. Dropping it stops the timer.
    pub(crate) fn sleep(&self, duration: Duration) -> Task {
        if duration.as_millis() > LONGEST {
            return Box::pin(std::future::pending());
        }
        // A timer must not fire before its time.
        let millis = u32::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX);
        let (fires, fired) = oneshot::channel();
        let timer = locked(&self.0.running).add(fires);
        self.0.outside.start_timer(timer, millis);
        let running = Stop { timer, timers: self.clone() };
        Box::pin(async move {
            let _running = running;
            // The sender is kept as long as the timer runs.
            let _ = fired.await;
        })
    }

    /// The time of a timer has come.
    pub(crate) fn fire(&self, timer: u32) {
        let fires = locked(&self.0.running).remove(timer);
        if let Some(fires) = fires {
            // Nobody waits any more, if it fails.
            let _ = fires.send(());
        }
    }
}

/// Stops a timer when nobody waits for it any more.
struct Stop {
    timer: u32,
    timers: Timers,
}

impl Drop for Stop {
    fn drop(&mut self) {
        let running = locked(&self.timers.0.running).remove(self.timer).is_some();
        if running {
            self.timers.0.outside.stop_timer(self.timer);
        }
    }
}
