//! Builds a client: takes what the app writes, parses all of it once, and wires the layers.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::{
    appwrite::Appwrite,
    client::SessionClient,
    clock::{Clock, SystemClock},
    config::{AccountSlot, ConfigError, Endpoint, Gateway, ProjectId, Timeouts, parse_gateways},
    error::Result,
    gateway::Gateways,
    session::{Manager, Tasks, Vault},
    store::{SecureStore, StoreKey},
    transport::{CookieJars, HttpClient, Retries, ServerTrust, TlsOptions},
};

/// What a [`SessionClient`] is built from. Nothing is checked before [`build`](SessionClientBuilder::build).
#[must_use = "a builder does nothing until build() is called"]
pub struct SessionClientBuilder {
    endpoint: String,
    project: String,
    slot: String,
    gateways: Vec<Gateway>,
    store: Option<Arc<dyn SecureStore>>,
    timeouts: Timeouts,
    retries: Retries,
    tls: TlsOptions,
    clock: Arc<dyn Clock>,
}

impl SessionClientBuilder {
    pub(crate) fn new(endpoint: &str, project: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            project: project.to_owned(),
            slot: "default".to_owned(),
            gateways: Vec::new(),
            store: None,
            timeouts: Timeouts::default(),
            retries: Retries::default(),
            tls: TlsOptions::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Allows a gateway: an origin such as `https://api.example.com`, or a [`Gateway`] with a carrier of its own. The first one is
    /// the default, which calls with a path go to.
    pub fn gateway(mut self, gateway: impl Into<Gateway>) -> Self {
        self.gateways.push(gateway.into());
        self
    }

    /// Keeps this client's session apart from others of the same project, for apps with several accounts. Default `default`.
    pub fn account_slot(mut self, slot: &str) -> Self {
        slot.clone_into(&mut self.slot);
        self
    }

    /// Keeps the session in `store` in place of the platform's own secure store.
    pub fn store(mut self, store: impl SecureStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// How long to wait for the network.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// How often to try again.
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// Trusts the root certificates of `pem` beside the platform's own, for Appwrite and gateways alike.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.tls.root_certificates.push(pem.into());
        self
    }

    /// Lets `trust` judge the certificates of Appwrite and gateways, in place of the platform's own judgement. Android needs one.
    pub fn server_trust(mut self, trust: impl ServerTrust) -> Self {
        self.tls.server_trust = Some(Arc::new(trust));
        self
    }

    /// Asks `clock` for the time.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the client, which begins to read the secure store at once, in the background. Makes no request.
    ///
    /// Must be called inside a tokio runtime, on which the client's own tasks then run.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config), whose text says what to write instead.
    pub fn build(self) -> Result<SessionClient> {
        let endpoint = Endpoint::parse(&self.endpoint)?;
        let project = ProjectId::parse(&self.project)?;
        let slot = AccountSlot::parse(&self.slot)?;
        let gateways = parse_gateways(&self.gateways, &project)?;
        self.timeouts.check()?;
        let runtime = Handle::try_current().map_err(|_| ConfigError::NoRuntime)?;
        let store = match self.store {
            Some(store) => store,
            None => platform_store()?,
        };
        let key = StoreKey::new(endpoint.as_str(), project.as_str(), slot.as_str());
        let http = HttpClient::new(self.timeouts, self.retries, &self.tls, self.clock.clone())?;
        let appwrite = Appwrite::new(http.clone(), endpoint, project.clone(), self.clock.clone());
        let jars = CookieJars::default();
        let manager =
            Manager::new(appwrite, Vault::new(store, key), self.clock, jars.clone(), Tasks::new(runtime));
        let gateways = Gateways::new(gateways, http, jars, manager.clone(), project);
        Ok(SessionClient::new(manager, gateways))
    }
}

#[cfg(all(feature = "keyring-store", not(any(target_os = "android", target_os = "ios"))))]
fn platform_store() -> Result<Arc<dyn SecureStore>> {
    Ok(Arc::new(crate::store::KeyringStore::new("appwrite-session")))
}

#[cfg(not(all(feature = "keyring-store", not(any(target_os = "android", target_os = "ios")))))]
fn platform_store() -> Result<Arc<dyn SecureStore>> {
    Err(ConfigError::NoStore.into())
}
