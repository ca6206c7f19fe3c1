//! Without the feature `sockets` there is no host but the one that the app gives.

use std::{
    any::Any,
    sync::{Arc, Weak},
};

use cookie_store::CookieStore;
use http::HeaderValue;
use url::Url;

use super::Host;
use crate::config::{ConfigError, ProxyRoute, Timeouts, TlsOptions};

/// There is none.
pub(crate) fn of_this_device(
    _: &Timeouts,
    _: &TlsOptions,
    _: Option<&ProxyRoute>,
    _: Option<Weak<dyn Any + Send + Sync>>,
) -> Result<Arc<dyn Host>, ConfigError> {
    Err(ConfigError::NoHost)
}

/// The cookies of one gateway.
#[derive(Debug, Default)]
pub(crate) struct CookieJar(CookieStore);

impl CookieJar {
    /// The cookies for a request to `url`, as `name=value; …`.
    pub(crate) fn header(&self, url: &Url) -> Option<HeaderValue> {
        let pairs: Vec<_> =
            self.0.get_request_values(url).map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { None } else { HeaderValue::try_from(pairs.join("; ")).ok() }
    }

    /// Changes the cookies.
    pub(crate) fn change<T>(&mut self, work: impl FnOnce(&mut CookieStore) -> T) -> T {
        work(&mut self.0)
    }
}
