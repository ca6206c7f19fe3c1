//! What the module asks of JavaScript.

use std::fmt;

/// What the module asks of JavaScript, at any time, in the middle of its own work: nothing here may call back.
pub trait Outside: Send + Sync + fmt::Debug + 'static {
    /// Calls [`Module::run`](crate::Module::run) soon, from the queue of microtasks.
    fn wake(&self);

    /// Calls [`Module::fire`](crate::Module::fire) with `timer` after so many milliseconds.
    fn start_timer(&self, timer: u32, millis: u32);

    /// Does not call it any more.
    fn stop_timer(&self, timer: u32);
}
