//! The app's own hooks, which see every call of a gateway and never its credential.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::{
    config::{ConfigError, parse_header, refuse_reserved},
    credential::Carrier,
    error::Error,
};

/// What an app does before and after each call of a gateway: it adds headers, such as the id of a trace, and counts.
///
/// Both functions are called where the call is made, so they must not wait for anything. What they panic with is swallowed, and the call
/// goes on. Calls that the client makes itself, such as those for access tokens, are not among them. An event stream that is asked for
/// again is another call.
pub trait GatewayHooks: Send + Sync + 'static {
    /// Called once for each call, after its target was found to be allowed and before its first request. The headers that it sets go
    /// along with every attempt, and across redirects as the app's own headers do.
    fn before(&self, call: &mut CallBegins<'_>) {
        let _ = call;
    }

    /// Called once for each call that [`before`](Self::before) was called for, when its answer is there (of a stream: its head) or it
    /// has failed; not if its future was dropped.
    fn after(&self, call: &CallEnded<'_>) {
        let _ = call;
    }
}

/// A call that is about to be made.
pub struct CallBegins<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a Url,
    pub(super) headers: &'a mut HeaderMap,
    pub(super) carrier: Carrier,
}

impl CallBegins<'_> {
    /// The method.
    pub fn method(&self) -> &Method {
        self.method
    }

    /// The URL, with its query.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// A header that the app has set on this call, as text. The credential is not among them.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Sets a header, in place of those of the same name.
    ///
    /// # Errors
    ///
    /// [`ConfigError::ReservedHeader`] for what the client sets itself, and [`ConfigError::Header`] for what is no header; the call goes on
    /// without it.
    pub fn set_header(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        let (name, value) = parse_header(name, value)?;
        refuse_reserved(&name, Some(self.carrier))?;
        self.headers.insert(name, value);
        Ok(())
    }
}

impl fmt::Debug for CallBegins<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL and the headers are the app's data, and can hold anything.
        f.debug_struct("CallBegins").field("method", self.method).finish_non_exhaustive()
    }
}

/// A call that has come to its end.
pub struct CallEnded<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a Url,
    pub(super) result: Result<StatusCode, &'a Error>,
    pub(super) duration: Duration,
}

impl CallEnded<'_> {
    /// The method of the call, as the app made it.
    pub fn method(&self) -> &Method {
        self.method
    }

    /// The URL that was called, with its query.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The status of the answer.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub fn result(&self) -> Result<StatusCode, &Error> {
        self.result
    }

    /// From the call to its answer, retries and redirects included.
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl fmt::Debug for CallEnded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL is the app's data, and can hold anything.
        f.debug_struct("CallEnded")
            .field("method", self.method)
            .field("result", &self.result)
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}

/// The hooks of a client, if it has any.
#[derive(Clone, Default)]
pub(crate) struct Hooks(pub(crate) Option<Arc<dyn GatewayHooks>>);

impl Hooks {
    pub(super) fn before(&self, call: &mut CallBegins<'_>) {
        if let Some(hooks) = &self.0 {
            // What the app does is not looked at again after a panic.
            drop(catch_unwind(AssertUnwindSafe(|| hooks.before(call))));
        }
    }

    pub(super) fn after(&self, call: &CallEnded<'_>) {
        if let Some(hooks) = &self.0 {
            drop(catch_unwind(AssertUnwindSafe(|| hooks.after(call))));
        }
    }
}
