//! The two time limits of a request: the deadline of the whole call, and the longest time without a byte in either direction.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::{Poll, ready},
    time::{Duration, Instant},
};

use crate::{
    clock::Sleep,
    host::{Host, Phase, Progress, later},
};

/// What `future` comes to, unless `deadline` passes before.
pub(crate) async fn by<F: Future>(host: &dyn Host, deadline: Instant, future: F) -> Option<F::Output> {
    let mut watch = Watch::new(host, deadline, Duration::MAX, None);
    watch.limit(future).await.ok()
}

/// Watches one request.
pub(crate) struct Watch<'a> {
    host: &'a dyn Host,
    deadline: Instant,
    idle: Duration,
    moved: Instant,
    upload: Option<Arc<Progress>>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(
        host: &'a dyn Host,
        deadline: Instant,
        idle: Duration,
        upload: Option<Arc<Progress>>,
    ) -> Self {
        Self { host, deadline, idle, moved: Instant::now(), upload }
    }

    /// What `future` comes to, or the limit that passed before.
    pub(crate) async fn limit<F: Future>(&mut self, future: F) -> Result<F::Output, Phase> {
        let mut future = pin!(future);
        // Made when there is something to wait for, which the body of a short answer never is.
        let mut alarm: Option<Sleep> = None;
        poll_fn(move |context| {
            let mut rang = false;
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            loop {
                match &mut alarm {
                    None => {
                        // Until now bytes came, or were not waited for.
                        self.moved = Instant::now();
                        alarm = Some(self.alarm());
                    }
                    Some(sleep) => {
                        ready!(sleep.as_mut().poll(context));
                        if let Some(phase) = self.passed() {
                            return Poll::Ready(Err(phase));
                        }
                        alarm = Some(self.alarm());
                        if rang {
                            // A timer that rings too early, again and again, must not keep this thread from what it waits for.
                            context.waker().wake_by_ref();
                            return Poll::Pending;
                        }
                        rang = true;
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

    fn alarm(&self) -> Sleep {
        let next = later(self.idle_from(), self.idle).min(self.deadline);
        self.host.sleep(next.saturating_duration_since(Instant::now()))
    }

    fn passed(&self) -> Option<Phase> {
        let now = Instant::now();
        if now >= self.deadline {
            return Some(Phase::Total);
        }
        (now >= later(self.idle_from(), self.idle)).then_some(Phase::Idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    #[test]
    fn time_in_which_nothing_was_waited_for_is_not_idle() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let (host, idle) = (MemoryHost::default(), Duration::from_millis(20));
            let mut watch = Watch::new(&host, later(Instant::now(), Duration::from_secs(60)), idle, None);
            assert_eq!(watch.limit(std::future::ready(1)).await, Ok(1));
            // As by a server whose bytes are always there already.
            std::thread::sleep(idle * 2);
            assert_eq!(watch.limit(tokio::task::yield_now()).await, Ok(()));
            assert_eq!(watch.limit(std::future::pending::<()>()).await, Err(Phase::Idle));
        });
    }
}
