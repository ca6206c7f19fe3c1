//! What a client asks of the world that it runs in: one trait, [`Host`].
//!
//! The feature `sockets`, which is on by default, has a host for programs on this device: reqwest sends the requests, and tokio's runtime
//! runs the tasks. Without it, and wherever the app wants another one, the builder takes a host of its own
//! ([`SessionClientBuilder::host`](crate::SessionClientBuilder::host)). So the same core runs inside WebAssembly, for the tests of apps.

mod body;
mod error;
#[cfg(test)]
mod memory;
mod message;
mod payload;

use std::{fmt, future::Future, io, path::Path, pin::Pin, sync::Arc, time::Duration};

pub use body::{Body, Chunks};
pub use message::{Answer, Head, Request};
pub use payload::Payload;

use crate::clock::{Clock, Sleep};

// The only place that looks at the feature: everything above is the same with and without it.
#[cfg(not(feature = "sockets"))]
mod given;
#[cfg(feature = "sockets")]
mod sockets;
#[cfg(not(feature = "sockets"))]
pub(crate) use given::{CookieJar, of_this_device};
#[cfg(feature = "sockets")]
pub use sockets::SystemClock;
#[cfg(feature = "sockets")]
pub(crate) use sockets::{CookieJar, of_this_device};

pub use error::{Cause, Phase, ProxyFault, TlsFault, TransportError};
#[cfg(test)]
pub(crate) use memory::{Chunk, MemoryHost, Step};
pub(crate) use message::{Departure, Progress, Watcher, later};

/// A request that is being sent. Dropping it aborts the request.
pub type Sending = Pin<Box<dyn Future<Output = Result<Answer, TransportError>> + Send>>;

/// A request for a WebSocket that is being sent. Dropping it aborts the request.
#[cfg(feature = "realtime")]
pub type Upgrading = Pin<Box<dyn Future<Output = Result<Upgraded, TransportError>> + Send>>;

/// What a server has answered to a request for a WebSocket.
#[cfg(feature = "realtime")]
pub struct Upgraded {
    /// The head of its answer.
    pub head: Head,
    /// The connection, if the status is 101.
    pub connection: Option<Connection>,
}

/// A connection whose bytes are nobody's but the caller's.
#[cfg(feature = "realtime")]
pub type Connection = Box<dyn Duplex>;

/// What can be read and written.
#[cfg(feature = "realtime")]
pub trait Duplex: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}

#[cfg(feature = "realtime")]
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Duplex for T {}

/// A task of a client.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Work of a client that blocks its thread.
pub type Work = Box<dyn FnOnce() + Send>;

/// The world that a client runs in.
pub trait Host: Send + Sync + fmt::Debug + 'static {
    /// Sends `request` exactly once, with no header but its own and those of HTTP itself: no retries, no redirects, no cookies. Ends when
    /// the head of the answer has arrived. Calls [`Request::departs`] when the request is written.
    fn send(&self, request: Request) -> Sending;

    /// The network of the device has changed: no further request is sent over a connection that exists now. Requests under way go on.
    ///
    /// The provided method does nothing, which is right for a host without connections.
    fn drop_idle_connections(&self) {}

    /// Sends `request`, which asks for a WebSocket, over a connection of its own, and gives that away once the server has agreed.
    ///
    /// The provided method says that this host has no such connections; a client without them hears of nothing at once.
    #[cfg(feature = "realtime")]
    fn upgrade(&self, request: Request) -> Upgrading {
        drop(request);
        Box::pin(std::future::ready(Err(TransportError::new(Cause::Protocol, false))))
    }

    /// Runs `task` to its end, whether or not anybody waits for it. A client whose tasks are dropped before is closed by that.
    fn spawn(&self, task: Task);

    /// Runs `work` to its end where it may block. The client's secure store and the host's questions to the user are called there.
    fn run_blocking(&self, work: Work);

    /// Ends after `duration` of real time. The [`Timeouts`](crate::Timeouts) are measured by it. Dropping the future stops the wait.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// The clock of clients that are given none.
    fn clock(&self) -> Arc<dyn Clock>;

    /// Reads the marker of this installation, a small text below a path that goes when the app is removed; `None` if there is none
    /// ([`forget_after_reinstall`](crate::SessionClientBuilder::forget_after_reinstall)). May block.
    ///
    /// # Errors
    ///
    /// If it cannot be read now. `InvalidData` says that what is there is not text.
    fn read_marker(&self, path: &Path) -> io::Result<Option<String>>;

    /// Writes the marker of this installation: the whole text, or nothing. May block.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    fn write_marker(&self, path: &Path, text: &str) -> io::Result<()>;
}
