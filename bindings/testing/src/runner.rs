//! Runs the tasks of a world on the runtime that all clients of the process have.

use std::{fmt, sync::Arc, time::Duration};

use appwrite_session::testing::Runtime;
use appwrite_session_core::{
    Sleep,
    host::{Task, Work},
};
use appwrite_session_world::Runner;

/// That runtime. It runs for as long as a task, or whoever has this.
#[derive(Clone)]
pub(crate) struct TokioRunner(Arc<Runtime>);

impl TokioRunner {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self(Arc::new(runtime))
    }
}

impl fmt::Debug for TokioRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokioRunner")
    }
}

impl Runner for TokioRunner {
    fn spawn(&self, task: Task) {
        let kept = self.clone();
        self.0.handle().spawn(async move {
            task.await;
            drop(kept);
        });
    }

    fn run_blocking(&self, work: Work) {
        drop(self.0.handle().spawn_blocking(work));
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        // The wait can be begun and polled by a thread of Kotlin or Swift.
        let _current = self.0.handle().enter();
        Box::pin(tokio::time::sleep(duration))
    }
}
