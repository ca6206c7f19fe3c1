//! The world that a mock runs in: tasks, time, and the way to the receivers of webhooks.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use crate::exchange::Rendered;

/// Something that ends.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The status that a receiver answered with; `None` if there is no answer.
pub type Posting = Pin<Box<dyn Future<Output = Option<u16>> + Send>>;

/// The answer of a [`Site`].
pub type Serving = Pin<Box<dyn Future<Output = Rendered> + Send>>;

/// Whoever answers one request in place of the mock: a server of the app's tests.
pub trait Site: Send + Sync + fmt::Debug {
    /// The answer.
    fn answer(&self) -> Serving;
}

/// What a mock asks of the world that it runs in.
pub trait Host: Send + Sync + fmt::Debug + 'static {
    /// Runs `task` to its end.
    fn spawn(&self, task: Task);

    /// Ends after `duration` of real time.
    fn sleep(&self, duration: Duration) -> Task;

    /// Sends a delivery of a webhook.
    fn post(&self, post: Post) -> Posting;

    /// Whether the tests have a [`Site`] of that name beside the mock, so that faults can be ordered for it. The provided method knows none.
    fn has_site(&self, name: &str) -> bool {
        let _ = name;
        false
    }
}

/// A delivery of a webhook, which is a `POST` with these headers, in this order, and no others.
#[derive(Clone, Debug)]
pub struct Post {
    /// Where it goes to.
    pub url: String,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// The three origins of a mock, each as `scheme://host` or `scheme://host:port`.
#[derive(Clone, Debug)]
pub struct Origins {
    /// Appwrite itself.
    pub appwrite: String,
    /// A gateway of the app.
    pub gateway: String,
    /// Neither of them.
    pub foreign: String,
}
