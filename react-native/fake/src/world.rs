//! The world of the fake: what `appwrite-session-world` has, run by JavaScript's only thread.

use std::{fmt, sync::Arc, time::Duration};

use appwrite_session_core::{
    Sleep,
    host::{Task, Work},
};
use appwrite_session_world::{Profile, Runner, World};
use serde_json::Value;

use crate::{
    executor::{Executor, Group},
    outside::Outside,
    sites::{Events, JsServers},
    timers::Timers,
};

/// The group of the tasks that are of no client.
pub(crate) const APART: Group = 0;

/// Everything outside the app.
pub(crate) struct FakeWorld {
    pub(crate) executor: Executor,
    pub(crate) timers: Timers,
    pub(crate) events: Arc<Events>,
    pub(crate) world: Arc<World>,
    outside: Arc<dyn Outside>,
}

impl FakeWorld {
    pub(crate) fn new(outside: Arc<dyn Outside>) -> Arc<Self> {
        let executor = Executor::new(outside.clone());
        let timers = Timers::new(outside.clone());
        let events = Arc::<Events>::default();
        let runner = GroupRunner { group: APART, executor: executor.clone(), timers: timers.clone() };
        let world = World::new(Profile::V1_9, Arc::new(runner), Arc::new(JsServers(events.clone())));
        Arc::new(Self { executor, timers, events, world, outside })
    }

    /// Runs tasks as those of `group`.
    pub(crate) fn runner(&self, group: Group) -> Arc<dyn Runner> {
        Arc::new(GroupRunner { group, executor: self.executor.clone(), timers: self.timers.clone() })
    }

    /// Something for JavaScript, which it gets from the next `run`.
    pub(crate) fn tell(&self, event: Value) {
        self.events.push(event);
        self.outside.wake();
    }
}

/// Runs tasks that are ended together.
struct GroupRunner {
    group: Group,
    executor: Executor,
    timers: Timers,
}

impl fmt::Debug for GroupRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupRunner")
    }
}

impl Runner for GroupRunner {
    fn spawn(&self, task: Task) {
        self.executor.spawn(self.group, task);
    }

    fn run_blocking(&self, work: Work) {
        // Nothing here blocks. It is a task so that it does not run in the middle of whatever asks for it.
        self.executor.spawn(self.group, async move { work() });
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.timers.sleep(duration)
    }
}
