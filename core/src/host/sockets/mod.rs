//! The host for programs on this device: reqwest, tokio's runtime, and the file system.

mod connect;
mod fault;
mod gzip;
mod http;
mod pins;
mod trust;

use std::{
    any::Any,
    fs,
    future::{Future as _, poll_fn},
    io,
    path::Path,
    pin::pin,
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};

use ::http::HeaderValue;
use reqwest::cookie::CookieStore as _;
use reqwest_cookie_store::{CookieStore, CookieStoreMutex};
use tokio::runtime::{EnterGuard, Handle};
use url::Url;

use self::http::Http;
use super::{Host, Request, Sending, Task, Work};
use crate::{
    clock::{Clock, Sleep},
    config::{ConfigError, ProxyRoute, Timeouts, TlsOptions},
};

/// The host for programs on this device. It runs the client's tasks on the tokio runtime in which it is made.
pub(crate) fn of_this_device(
    timeouts: &Timeouts,
    tls: &TlsOptions,
    proxy: Option<&ProxyRoute>,
    keeps_runtime: Option<Weak<dyn Any + Send + Sync>>,
) -> Result<Arc<dyn Host>, ConfigError> {
    let runtime = Handle::try_current().map_err(|_| ConfigError::NoRuntime)?;
    Ok(Arc::new(Device { http: Http::new(timeouts, tls, proxy)?, runtime, keeps_runtime }))
}

#[derive(Debug)]
struct Device {
    http: Http,
    runtime: Handle,
    /// What keeps the runtime running, held by each task until it ends.
    keeps_runtime: Option<Weak<dyn Any + Send + Sync>>,
}

impl Host for Device {
    fn send(&self, request: Request) -> Sending {
        let _entered = entered(&self.runtime);
        let (runtime, sending) = (self.runtime.clone(), self.http.send(request));
        Box::pin(async move {
            let mut sending = pin!(sending);
            poll_fn(|context| {
                let _entered = entered(&runtime);
                sending.as_mut().poll(context)
            })
            .await
        })
    }

    #[cfg(feature = "realtime")]
    fn upgrade(&self, request: Request) -> super::Upgrading {
        let _entered = entered(&self.runtime);
        let (runtime, upgrading) = (self.runtime.clone(), self.http.upgrade(request));
        Box::pin(async move {
            let mut upgrading = pin!(upgrading);
            poll_fn(|context| {
                let _entered = entered(&runtime);
                upgrading.as_mut().poll(context)
            })
            .await
        })
    }

    fn drop_idle_connections(&self) {
        let _entered = entered(&self.runtime);
        self.http.drop_idle_connections();
    }

    fn spawn(&self, task: Task) {
        let kept = self.keeps_runtime.as_ref().and_then(Weak::upgrade);
        self.runtime.spawn(async move {
            task.await;
            drop(kept);
        });
    }

    fn run_blocking(&self, work: Work) {
        drop(self.runtime.spawn_blocking(work));
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let _entered = entered(&self.runtime);
        Box::pin(tokio::time::sleep(duration))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(OwnClock(self.runtime.clone()))
    }

    fn read_marker(&self, path: &Path) -> io::Result<Option<String>> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write_marker(&self, path: &Path, text: &str) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let draft = path.with_extension("new");
        fs::write(&draft, text)?;
        fs::File::open(&draft)?.sync_all()?;
        fs::rename(&draft, path)
    }
}

/// Where a caller polls outside every runtime, as other executors do, sockets and timers are of the client's own.
fn entered(own: &Handle) -> Option<EnterGuard<'_>> {
    Handle::try_current().is_err().then(|| own.enter())
}

/// The device's own clock, of a client that is used outside every runtime as well.
#[derive(Debug)]
struct OwnClock(Handle);

impl Clock for OwnClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let _entered = entered(&self.0);
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The device's own clock. It waits in the tokio runtime of whoever waits.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The cookies of one gateway.
#[derive(Debug, Default)]
pub(crate) struct CookieJar(CookieStoreMutex);

impl CookieJar {
    /// The cookies for a request to `url`, as `name=value; …`.
    pub(crate) fn header(&self, url: &Url) -> Option<HeaderValue> {
        self.0.cookies(url)
    }

    /// Changes the cookies.
    pub(crate) fn change<T>(&mut self, work: impl FnOnce(&mut CookieStore) -> T) -> T {
        // Another thread's panic leaves the store usable: it is a map.
        work(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
