//! Builds a client: parses the configuration of the app once, and connects the layers.

use std::{
    any::Any,
    iter::once,
    path::PathBuf,
    sync::{Arc, Weak},
    time::Duration,
};

use crate::{
    accounts::Accounts,
    appwrite::Appwrite,
    client::SessionClient,
    clock::Clock,
    config::{
        AccountSlot, AllowedGateway, ConfigError, Endpoint, Gateway, Pins, ProjectId, Proxy, ProxyRoute,
        ServerTrust, Timeouts, TlsOptions, parse_gateways, parse_pins,
    },
    diagnosis::Setup,
    error::Result,
    gateway::{Calling, GatewayHooks, Gateways, Hooks},
    host::{self, Host},
    presence::{PresencePolicy, UserPresence},
    session::{Access, Belongings, Door, Installation, Session, Tasks, Vault},
    store::{SecureStore, StoreKey},
    transport::{Http, Retries},
};

/// The longest body of a gateway's answer: enough for what an app shows, and little compared with a phone's memory.
const DEFAULT_RESPONSE_LIMIT: usize = 16 << 20;

/// Configures a [`SessionClient`]. Nothing is checked before [`build`](SessionClientBuilder::build).
#[must_use = "a builder does nothing until build() is called"]
#[derive(Clone)]
pub struct SessionClientBuilder {
    endpoint: String,
    project: String,
    slot: String,
    gateways: Vec<Gateway>,
    store: Option<Arc<dyn SecureStore>>,
    keyring_service: Option<String>,
    access_group: Option<String>,
    access: Access,
    installation: Option<PathBuf>,
    presence: Option<(PresencePolicy, Arc<dyn UserPresence>)>,
    timeouts: Timeouts,
    retries: Retries,
    response_limit: usize,
    tls: TlsOptions,
    endpoint_pins: Option<Pins>,
    proxy: Proxy,
    clock: Option<Arc<dyn Clock>>,
    host: Option<Arc<dyn Host>>,
    keeps_runtime: Option<Weak<dyn Any + Send + Sync>>,
    hooks: Hooks,
}

impl SessionClientBuilder {
    pub(crate) fn new(endpoint: &str, project: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            project: project.to_owned(),
            slot: "default".to_owned(),
            gateways: Vec::new(),
            store: None,
            keyring_service: None,
            access_group: None,
            access: Access::ReadWrite,
            installation: None,
            presence: None,
            timeouts: Timeouts::default(),
            retries: Retries::default(),
            response_limit: DEFAULT_RESPONSE_LIMIT,
            tls: TlsOptions::default(),
            endpoint_pins: None,
            proxy: Proxy::none(),
            clock: None,
            host: None,
            keeps_runtime: None,
            hooks: Hooks::default(),
        }
    }

    /// Allows a gateway: an origin such as `https://api.example.com`, or a [`Gateway`] with a carrier of its own. Calls whose target is
    /// only a path go to the first one.
    pub fn gateway(mut self, gateway: impl Into<Gateway>) -> Self {
        self.gateways.push(gateway.into());
        self
    }

    /// Stores this client's session separately from others of the same project, for apps with several accounts. Default `default`.
    pub fn account_slot(mut self, slot: &str) -> Self {
        slot.clone_into(&mut self.slot);
        self
    }

    /// Keeps the session in `store` instead of the platform's own secure store.
    pub fn store(mut self, store: impl SecureStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Keeps the session in the platform's own secure store under this service name, the identifier of the app: `com.example.shop`.
    /// It keeps the apps of one user of a desktop apart that talk to the same project, and is what the user reads in the desktop's
    /// own keyring program. Default: the name of the executable, as `KeyringStore::of_this_app` describes; an app that runs inside
    /// another executable (an interpreter, a Java virtual machine) should set it. Changing it leaves the stored session behind.
    /// With a store of your own it has no meaning.
    pub fn keyring_service(mut self, service: &str) -> Self {
        self.keyring_service = Some(service.to_owned());
        self
    }

    /// On iOS: keeps the session in this Keychain access group, such as `ABCDE12345.com.example.shared`, so that the app's
    /// extensions find it there. The entitlements of all of them must list it. Elsewhere, and with a store of your own, it has no
    /// meaning.
    pub fn keychain_access_group(mut self, group: &str) -> Self {
        self.access_group = Some(group.to_owned());
        self
    }

    /// Makes a client for an extension or a second process of the app. It uses the session that the app has stored and never writes.
    /// It reads the store again at [`resume`](SessionClient::resume) and when a gateway answers 401. Signing in and out fails with
    /// [`ConfigError::ReadOnly`].
    pub fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }

    /// Forgets and revokes a session that an earlier installation of the app has stored. iOS keeps the Keychain when an app is
    /// removed, so the next user of the app could find the previous user signed in.
    ///
    /// `marker` is the path of a small file that is removed together with the app, such as in its Application Support folder. A
    /// session that was stored before the app used this option is kept. While the file or the store cannot be read, nothing is
    /// decided.
    pub fn forget_after_reinstall(mut self, marker: impl Into<PathBuf>) -> Self {
        self.installation = Some(marker.into());
        self
    }

    /// Requires the presence of the user before the session is used, as often as `policy` says. `host` asks the user. A call fails
    /// with [`Error::PresenceRequired`](crate::Error::PresenceRequired) if the user declines, or if the app is in the background
    /// where nobody can be asked.
    pub fn require_presence(mut self, policy: PresencePolicy, host: impl UserPresence) -> Self {
        self.presence = Some((policy, Arc::new(host)));
        self
    }

    /// How long to wait for the network and for the secure store.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// How often, and after which waits, a request is retried.
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// How many bytes the body of a gateway's answer may have. A longer one is
    /// [`Error::ResponseTooLarge`](crate::Error::ResponseTooLarge). Default 16 MiB. A call can have a limit of its own
    /// ([`GatewayRequest::response_limit`](crate::GatewayRequest::response_limit)).
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// Trusts the root certificates in `pem` in addition to the platform's own, for Appwrite and for gateways.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.tls.root_certificates.push(pem.into());
        self
    }

    /// Accepts only servers with one of these keys at Appwrite's endpoint, in addition to the usual judgement of their certificates.
    /// A gateway has pins of its own ([`Gateway::pins`]).
    pub fn endpoint_pins(mut self, pins: Pins) -> Self {
        self.endpoint_pins = Some(pins);
        self
    }

    /// Lets `trust` decide whether the certificates of Appwrite and of gateways are trusted, instead of the platform. Required on Android.
    pub fn server_trust(mut self, trust: impl ServerTrust) -> Self {
        self.tls.server_trust = Some(Arc::new(trust));
        self
    }

    /// Sends requests through a proxy. Default: directly, whatever the environment says.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Lets `hooks` see every call of a gateway, before and after it.
    pub fn hooks(mut self, hooks: impl GatewayHooks) -> Self {
        self.hooks = Hooks(Some(Arc::new(hooks)));
        self
    }

    /// Uses `clock` instead of the device's own. For tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Runs the client in `host` instead of on this device's own sockets and tokio runtime. The options for TLS, for the proxy and for
    /// the runtime have no meaning then.
    pub fn host(mut self, host: impl Host) -> Self {
        self.host = Some(Arc::new(host));
        self
    }

    /// Names what keeps the runtime running. Each task of the client holds it until the task has ended, so that a host which ends its
    /// runtime when the last holder is gone does not end it in the middle of a sign-in. The client itself does not hold it.
    pub fn keeps_runtime(mut self, keeper: Weak<dyn Any + Send + Sync>) -> Self {
        self.keeps_runtime = Some(keeper);
        self
    }

    /// Builds the client, which begins to read the secure store at once, in the background. Makes no request.
    ///
    /// Must be called inside a tokio runtime, on which the client's own tasks then run, unless the client has a [`host`](Self::host).
    /// The runtime needs I/O and time. When it ends, the client is closed, and the session stays stored. The client's methods can be
    /// awaited in that runtime, in another one, or in another executor.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config), whose text says how to correct the configuration.
    pub fn build(self) -> Result<SessionClient> {
        let Parts { endpoint, project, gateways, host, clock, store } = self.parts()?;
        let slot = AccountSlot::parse(&self.slot)?;
        let proxy = self.proxy.route(|name| std::env::var(name).ok())?;
        let setup = Setup {
            // Without its credentials.
            proxy: proxy.map(|route| ProxyRoute { authorization: None, ..route }),
            endpoint: endpoint.clone(),
            project: project.clone(),
            timeouts: self.timeouts,
            pinned: self.endpoint_pins.is_some() || self.gateways.iter().any(Gateway::has_pins),
            root_certificates: self.tls.root_certificates.len(),
            has_server_trust: self.tls.server_trust.is_some(),
            is_read_only: self.is_read_only(),
            requires_presence: self.presence.is_some(),
        };
        let key = StoreKey::new(endpoint.as_str(), project.as_str(), slot.as_str());
        let patience = self.timeouts.store;
        let http = Http::new(host.clone(), self.timeouts, self.retries, clock.clone());
        let appwrite = Appwrite::new(http.clone(), endpoint, project.clone(), clock.clone());
        let belongings = Belongings::default();
        let installation = self.installation.map(|marker| Installation::new(host.clone(), marker));
        let vault = Vault::new(store, key, self.access, installation);
        let door = self.presence.map(|(policy, user)| Door::new(policy, user));
        let tasks = Tasks::new(host);
        let session =
            Session::start(appwrite, vault, clock.clone(), belongings.clone(), tasks, door, patience);
        let calling = Calling { response_limit: self.response_limit, hooks: self.hooks };
        let gateways = Gateways::new(gateways, http, clock, belongings, session.clone(), project, calling);
        Ok(SessionClient::new(session, gateways, slot, setup))
    }

    /// Builds the accounts of an app that has several: a client for each, all with this configuration and the same connections.
    /// [`account_slot`](Self::account_slot) has no meaning for them. Makes no request, and reads nothing yet.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_accounts(mut self) -> Result<Accounts> {
        let Parts { endpoint, project, host, store, .. } = self.parts()?;
        (self.host, self.store) = (Some(host.clone()), Some(store.clone()));
        let key = StoreKey::accounts(endpoint.as_str(), project.as_str());
        let installation = self.installation.clone().map(|marker| Installation::new(host.clone(), marker));
        Ok(Accounts::new(self, store, key, installation, Tasks::new(host)))
    }

    /// Whether nothing may be written.
    pub(crate) fn is_read_only(&self) -> bool {
        self.access == Access::ReadOnly
    }

    /// How long the store may take for one call.
    pub(crate) fn patience(&self) -> Duration {
        self.timeouts.store
    }

    /// Checks the configuration, and gives what was not given.
    fn parts(&self) -> Result<Parts> {
        let endpoint = Endpoint::parse(&self.endpoint)?;
        let project = ProjectId::parse(&self.project)?;
        AccountSlot::parse(&self.slot)?;
        let gateways = parse_gateways(&self.gateways, &project)?;
        self.timeouts.check()?;
        if self.response_limit == 0 {
            return Err(ConfigError::ZeroLimit.into());
        }
        self.tls.check()?;
        let mut tls = self.tls.clone();
        tls.pins = parse_pins(&endpoint, self.endpoint_pins.as_ref(), &self.gateways, &gateways)?;
        let proxy = self.proxy.route(|name| std::env::var(name).ok())?;
        if let Some(route) = proxy.as_ref().filter(|_| self.host.is_none()) {
            route.check(once(endpoint.origin()).chain(gateways.iter().map(|gateway| &gateway.origin)))?;
        }
        let host = match &self.host {
            Some(host) => host.clone(),
            None => host::of_this_device(&self.timeouts, &tls, proxy.as_ref(), self.keeps_runtime.clone())?,
        };
        let clock = self.clock.clone().unwrap_or_else(|| host.clock());
        let store = match &self.store {
            Some(store) => store.clone(),
            None => platform_store(self.keyring_service.clone(), self.access_group.clone())?,
        };
        Ok(Parts { endpoint, project, gateways, host, clock, store })
    }
}

/// What a client is made of.
struct Parts {
    endpoint: Endpoint,
    project: ProjectId,
    gateways: Vec<AllowedGateway>,
    host: Arc<dyn Host>,
    clock: Arc<dyn Clock>,
    store: Arc<dyn SecureStore>,
}

#[cfg(all(feature = "keyring-store", not(target_os = "android")))]
fn platform_store(service: Option<String>, access_group: Option<String>) -> Result<Arc<dyn SecureStore>> {
    use crate::store::KeyringStore;
    let store = service.map_or_else(KeyringStore::of_this_app, KeyringStore::new);
    Ok(match access_group {
        Some(group) => Arc::new(store.access_group(group)),
        None => Arc::new(store),
    })
}

#[cfg(not(all(feature = "keyring-store", not(target_os = "android"))))]
fn platform_store(_service: Option<String>, _group: Option<String>) -> Result<Arc<dyn SecureStore>> {
    Err(ConfigError::NoStore.into())
}
