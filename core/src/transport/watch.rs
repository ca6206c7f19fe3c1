//! The two time limits of a request: the deadline of the whole call, and the longest time without a byte in either direction.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
    task::{Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::Phase;

/// What may still be in the buffers of HTTP and TCP when the last byte of an upload was handed over.
const BUFFERED: u64 = 5 << 20;

/// How far an upload has come, as the transport notes it.
#[derive(Debug)]
pub(crate) struct Progress {
    started: Instant,
    /// Milliseconds after `started` when bytes were last handed over.
    moved: AtomicU64,
    /// Milliseconds after that moment in which buffered bytes may still be on their way.
    draining: AtomicU64,
}

impl Progress {
    pub(crate) fn start() -> Arc<Self> {
        Arc::new(Self { started: Instant::now(), moved: AtomicU64::new(0), draining: AtomicU64::new(0) })
    }

    /// Notes that bytes were handed over: `sent` so far, and whether they were the last.
    pub(crate) fn moved(&self, sent: u64, last: bool) {
        let now = millis(self.started.elapsed());
        self.moved.store(now, Ordering::Relaxed);
        if last {
            // The buffers empty as fast as the body did: nothing tells how far they are.
            let draining = now.saturating_mul(BUFFERED.min(sent)) / sent.max(1);
            self.draining.store(draining, Ordering::Relaxed);
        }
    }

    fn last(&self) -> Instant {
        let after = self.moved.load(Ordering::Relaxed).saturating_add(self.draining.load(Ordering::Relaxed));
        later(self.started, Duration::from_millis(after))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// `instant` plus `duration`, or a far future where that would overflow.
pub(crate) fn later(instant: Instant, duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    instant + duration.min(YEAR)
}

/// Watches one request.
pub(crate) struct Watch {
    deadline: Instant,
    idle: Duration,
    moved: Instant,
    upload: Option<Arc<Progress>>,
}

impl Watch {
    pub(crate) fn new(deadline: Instant, idle: Duration, upload: Option<Arc<Progress>>) -> Self {
        Self { deadline, idle, moved: Instant::now(), upload }
    }

    /// What `future` comes to, or the limit that passed before. Its end counts as bytes that moved.
    pub(crate) async fn limit<F: Future>(&mut self, future: F) -> Result<F::Output, Phase> {
        let mut future = pin!(future);
        // Made when there is something to wait for, which the body of a short answer never is.
        let mut alarm = pin!(None::<Sleep>);
        poll_fn(move |context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                if alarm.is_some() {
                    self.moved = Instant::now();
                }
                return Poll::Ready(Ok(output));
            }
            loop {
                match alarm.as_mut().as_pin_mut() {
                    None => alarm.set(Some(sleep_until(self.next()))),
                    Some(mut sleep) => {
                        ready!(sleep.as_mut().poll(context));
                        if let Some(phase) = self.passed() {
                            return Poll::Ready(Err(phase));
                        }
                        sleep.reset(self.next());
                    }
                }
            }
        })
        .await
    }

    fn idle_from(&self) -> Instant {
        let up = self.upload.as_ref().map(|upload| upload.last());
        up.map_or(self.moved, |up| up.max(self.moved))
    }

    fn next(&self) -> Instant {
        later(self.idle_from(), self.idle).min(self.deadline)
    }

    fn passed(&self) -> Option<Phase> {
        let now = Instant::now();
        if now >= self.deadline {
            return Some(Phase::Total);
        }
        (now >= later(self.idle_from(), self.idle)).then_some(Phase::Idle)
    }
}
