//! Runs the tasks of clients and of the mock, one after the other, on the only thread there is.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Wake, Waker},
};

use crate::{numbered::Numbered, outside::Outside};

/// A task.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tasks that are ended together: those of one start of a client.
pub(crate) type Group = u32;

/// All tasks.
#[derive(Clone)]
pub(crate) struct Executor(Arc<Shared>);

struct Shared {
    outside: Arc<dyn Outside>,
    /// The future is not there while it is polled.
    tasks: Mutex<Numbered<(Group, Option<Task>)>>,
    ready: Mutex<VecDeque<u32>>,
}

impl Executor {
    pub(crate) fn new(outside: Arc<dyn Outside>) -> Self {
        Self(Arc::new(Shared { outside, tasks: Mutex::default(), ready: Mutex::default() }))
    }

    /// Starts a task at the next [`run`](Self::run), and gives its number.
    pub(crate) fn spawn(&self, group: Group, task: impl Future<Output = ()> + Send + 'static) -> u32 {
        let number = locked(&self.0.tasks).add((group, Some(Box::pin(task))));
        self.0.wake(number);
        number
    }

    /// Ends a task.
    pub(crate) fn end(&self, number: u32) {
        // Dropped when nothing is locked any more: what a future holds may end other things.
        let ended = locked(&self.0.tasks).remove(number);
        drop(ended);
    }

    /// Ends all tasks of a group.
    pub(crate) fn end_group(&self, group: Group) {
        let ended = locked(&self.0.tasks).remove_all(|task| task.0 == group);
        drop(ended);
    }

    /// Polls whatever can go on, until nothing can.
    pub(crate) fn run(&self) {
        while let Some(number) = self.next() {
            let Some(mut task) = locked(&self.0.tasks).get_mut(number).and_then(|task| task.1.take()) else {
                continue;
            };
            let waker = Waker::from(Arc::new(Woken { number, shared: self.0.clone() }));
            let is_done = task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
            let mut tasks = locked(&self.0.tasks);
            if is_done {
                tasks.remove(number);
            } else if let Some(place) = tasks.get_mut(number) {
                place.1 = Some(task);
                continue;
            }
            drop(tasks);
            drop(task);
        }
    }

    fn next(&self) -> Option<u32> {
        locked(&self.0.ready).pop_front()
    }
}

impl Shared {
    fn wake(&self, number: u32) {
        locked(&self.ready).push_back(number);
        self.outside.wake();
    }
}

/// Wakes one task.
struct Woken {
    number: u32,
    shared: Arc<Shared>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.shared.wake(self.number);
    }
}

/// What a mutex holds. There is one thread, and it is not locked across a call that could lock it again.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
