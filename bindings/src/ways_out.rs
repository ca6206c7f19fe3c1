//! Which servers are trusted beyond the usual judgement, and how requests leave the device.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use appwrite_session_core as core;

/// Which keys the server of an origin may have, in addition to the usual judgement of its certificates.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PinOptions {
    /// The pins, such as `sha256/r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=`: at least two, of which one is the backup.
    pub pins: Vec<String>,
    /// Until when they are enforced, in milliseconds since 1970; none for always.
    pub until: Option<u64>,
}

impl From<PinOptions> for core::Pins {
    fn from(options: PinOptions) -> Self {
        let pins = Self::new(options.pins);
        match options.until.and_then(|until| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(until)))
        {
            Some(until) => pins.until(until),
            None => pins,
        }
    }
}

/// The proxy that all requests go through. An object, because it can hold a password.
#[derive(uniffi::Object)]
pub struct CoreProxy(core::Proxy);

#[uniffi::export]
impl CoreProxy {
    /// The proxy at `url`, which has the scheme `http` or `https`.
    #[uniffi::constructor]
    pub fn at(url: String) -> Self {
        Self(core::Proxy::at(url))
    }

    /// The same with a user name and a password.
    pub fn with_credentials(&self, user: String, password: String) -> Arc<Self> {
        Arc::new(Self(self.0.clone().credentials(user, password)))
    }

    /// The proxy that the environment names, if it names one.
    #[uniffi::constructor]
    pub fn environment() -> Self {
        Self(core::Proxy::environment())
    }
}

impl CoreProxy {
    pub(crate) fn proxy(&self) -> core::Proxy {
        self.0.clone()
    }
}
