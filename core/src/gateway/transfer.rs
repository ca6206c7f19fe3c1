//! How far a file has come.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::host::Watcher;

/// How far a body has come.
///
/// Bytes that are sent are counted when they are handed to the connection, which buffers some; a call that is sent again, after a
/// broken connection for example, begins again at zero. What a gateway takes (2xx) is told of to its last byte; what it refuses may have
/// been sent in part only. Bytes that are received are counted when they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transfer {
    /// Which body.
    pub direction: Direction,
    /// How many bytes have come so far.
    pub bytes: u64,
    /// How many there are in all, if that is known.
    pub total: Option<u64>,
}

/// Which body of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// The body of the request.
    Up,
    /// The body of the answer.
    Down,
}

/// The app's own observer. What it panics with is swallowed: the call goes on.
#[derive(Clone)]
pub(super) struct Observer(Arc<dyn Fn(Transfer) + Send + Sync>);

impl Observer {
    pub(super) fn new(observer: impl Fn(Transfer) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observer))
    }

    pub(super) fn tell(&self, direction: Direction, bytes: u64, total: Option<u64>) {
        let transfer = Transfer { direction, bytes, total };
        // What the app does is not looked at again after a panic.
        drop(catch_unwind(AssertUnwindSafe(|| (self.0)(transfer))));
    }
}

/// An upload of `total` bytes that is observed.
#[derive(Clone)]
pub(super) struct Uploading {
    observer: Observer,
    total: Option<u64>,
    told: Arc<AtomicU64>,
}

impl Uploading {
    pub(super) fn new(observer: Observer, total: Option<u64>) -> Self {
        Self { observer, total, told: Arc::default() }
    }

    /// What tells the observer of bytes that were handed over.
    pub(super) fn watcher(&self) -> Watcher {
        let own = self.clone();
        Arc::new(move |bytes| {
            own.told.store(bytes, Ordering::Relaxed);
            own.observer.tell(Direction::Up, bytes, own.total);
        })
    }

    /// The server has taken the whole: the observer is told of the last byte, if it was not.
    pub(super) fn ended(&self) {
        if let Some(total) = self.total
            && self.told.swap(total, Ordering::Relaxed) != total
        {
            self.observer.tell(Direction::Up, total, self.total);
        }
    }
}
