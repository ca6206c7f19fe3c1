//! What runs the tasks of a world and of its clients.

use std::{fmt, time::Duration};

use appwrite_session_core::{
    Sleep,
    host::{Task, Work},
};

/// Runs tasks.
pub trait Runner: Send + Sync + fmt::Debug + 'static {
    /// Runs `task` to its end, whether or not anybody waits for it.
    fn spawn(&self, task: Task);

    /// Runs `work` to its end where it may block.
    fn run_blocking(&self, work: Work);

    /// Ends after `duration` of real time. Dropping the future stops the wait.
    fn sleep(&self, duration: Duration) -> Sleep;
}
