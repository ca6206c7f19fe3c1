//! The fake world: the mock Appwrite, the servers that JavaScript answers for, the network between them and the clients, and the device.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use appwrite_session_core::{Cause, TransportError};
use mock_appwrite::{
    MockAppwrite, Outgoing, Profile, RawRequest,
    host::{Host, Origins, Post, Posting, Task},
    json,
};
use serde_json::Value;
use url::Url;

use crate::{
    clock::FakeClock,
    device::Device,
    executor::{Executor, locked},
    failure::Failure,
    outside::Outside,
    sites::{JsSite, Sites},
    timers::Timers,
};

/// The name of the app's gateways in the journal.
pub(crate) const GATEWAY: &str = "gateway";
/// The name of Appwrite in the journal.
pub(crate) const APPWRITE: &str = "appwrite";
/// The group of the tasks that are of no client.
pub(crate) const APART: u32 = 0;

/// Everything outside the app.
pub(crate) struct World {
    pub(crate) executor: Executor,
    pub(crate) timers: Timers,
    pub(crate) clock: FakeClock,
    pub(crate) device: Device,
    pub(crate) mock: MockAppwrite,
    pub(crate) sites: Arc<Sites>,
    network: Mutex<Network>,
    outside: Arc<dyn Outside>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

/// What is reached where.
#[derive(Default)]
struct Network {
    offline: bool,
    /// Each as `https://host/…/v1`.
    endpoints: BTreeSet<String>,
    gateways: BTreeSet<String>,
    /// The names of other sites by their origins, which are the same text.
    sites: BTreeMap<String, &'static str>,
    /// The project of the last client.
    project: Option<String>,
}

/// A request as it is sent.
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl World {
    pub(crate) fn new(outside: Arc<dyn Outside>) -> Arc<Self> {
        let executor = Executor::new(outside.clone());
        let timers = Timers::new(outside.clone());
        let sites = Arc::new(Sites::default());
        // Only the mock's own gateway and its page are reached by these.
        let origins = Origins {
            appwrite: "https://appwrite.invalid".to_owned(),
            gateway: "https://gateway.invalid".to_owned(),
            foreign: "https://foreign.invalid".to_owned(),
        };
        let host = MockHost { executor: executor.clone(), timers: timers.clone(), sites: sites.clone() };
        let mock = MockAppwrite::within(Profile::V1_9, origins, Arc::new(host));
        mock.control().rate_limits(false);
        let (clock, device, network) = Default::default();
        Arc::new(Self { executor, timers, clock, device, mock, sites, network, outside })
    }

    /// From now on a client of this endpoint, project and gateways is there.
    pub(crate) fn admit<'a>(&self, endpoint: &str, project: &str, gateways: impl Iterator<Item = &'a str>) {
        let mut network = locked(&self.network);
        network.project = Some(project.to_owned());
        // The core has taken them, so they are URLs.
        network.endpoints.extend(Url::parse(endpoint.trim()).ok().map(|url| base_of(&url)));
        network.gateways.extend(
            gateways.filter_map(|url| Some(Url::parse(url.trim()).ok()?.origin().ascii_serialization())),
        );
    }

    /// From now on there is a site at that origin, for which JavaScript answers.
    pub(crate) fn open_site(&self, origin: &str) {
        // A name stays for as long as the module: there are few.
        let name = || &*Box::leak(origin.to_owned().into_boxed_str());
        locked(&self.network).sites.entry(origin.to_owned()).or_insert_with(name);
    }

    /// Cuts the network, or mends it.
    pub(crate) fn set_online(&self, online: bool) {
        locked(&self.network).offline = !online;
    }

    /// Moves the clocks of the clients and of Appwrite on.
    pub(crate) fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
        self.mock.control().advance_clock(duration);
    }

    /// Resets everything but the endpoints and gateways of clients.
    pub(crate) fn reset(&self, profile: Profile) {
        self.mock.control().reset_as(profile);
        self.mock.control().rate_limits(false);
        self.clock.reset();
        self.device.reset();
        let mut network = locked(&self.network);
        network.sites.clear();
        network.offline = false;
    }

    /// The listener of the mock that a URL leads to.
    fn listener_of(&self, url: &Url) -> Option<&'static str> {
        let network = locked(&self.network);
        let whole = format!("{}{}", url.origin().ascii_serialization(), url.path());
        if network
            .endpoints
            .iter()
            .any(|base| whole.strip_prefix(base).is_some_and(|rest| rest.starts_with('/')))
        {
            return Some(APPWRITE);
        }
        let origin = url.origin().ascii_serialization();
        let is_gateway = || network.gateways.contains(&origin).then_some(GATEWAY);
        network.sites.get(&origin).copied().or_else(is_gateway)
    }

    /// The endpoint at that host, or any.
    pub(crate) fn endpoint_at(&self, host: &str) -> Option<String> {
        let network = locked(&self.network);
        let is_there = |base: &&String| base.split('/').nth(2) == Some(host);
        network.endpoints.iter().find(is_there).or(network.endpoints.first()).cloned()
    }

    /// Sends a request of a client of `project`, or of the app itself. Dropping the future is hanging up.
    ///
    /// The fake's Appwrite has every project of the clients, and all have the same users.
    pub(crate) async fn send(
        self: Arc<Self>,
        project: Option<&str>,
        sent: Sent,
    ) -> Result<Outgoing, TransportError> {
        let (is_offline, last) = {
            let network = locked(&self.network);
            (network.offline, network.project.clone())
        };
        if is_offline {
            return Err(TransportError::new(Cause::Unreachable, false));
        }
        let listener = self.listener_of(&sent.url).ok_or(TransportError::new(Cause::Dns, false))?;
        self.mock.control().update_project(&json!({ "id": project.or(last.as_deref()) }));
        let request = RawRequest {
            method: sent.method.clone(),
            target: target(listener, &sent.url),
            headers: arriving(&sent),
            body: sent.body.clone(),
            ..RawRequest::default()
        };
        Ok(if listener == APPWRITE {
            self.mock.exchange(listener, request).await
        } else {
            let site = JsSite::new(self.clone(), listener, sent, request.clone());
            self.mock.exchange_with(listener, request, Arc::new(site)).await
        })
    }

    /// Opens the URL of a sign-in by OAuth2 in the user's browser, and gives the URL that opens the app.
    ///
    /// The fake's Appwrite has every provider, and each knows the same person.
    pub(crate) async fn browse(&self, url: &str, declines: bool) -> Result<String, Failure> {
        let of_ours = Url::parse(url).ok().filter(|url| self.listener_of(url) == Some(APPWRITE));
        let Some(mut url) = of_ours else {
            return Err(Failure::misconfigured("the browser opens URLs of the fake's Appwrite only"));
        };
        let path = target(APPWRITE, &url).split('?').next().unwrap_or_default().to_owned();
        url.set_path(&path.rsplit_once('/').map_or_else(|| path.clone(), |(flow, _)| format!("{flow}/mock")));
        let project = url.query_pairs().find(|(name, _)| name == "project").map(|(_, id)| id.into_owned());
        self.mock.control().update_project(&json!({ "id": project }));
        self.mock.control().browse(url.as_str(), declines).await.map_err(Failure::misconfigured)
    }

    /// Something for JavaScript, which it gets from the next `run`.
    pub(crate) fn tell(&self, event: Value) {
        self.sites.events.push(event);
        self.outside.wake();
    }
}

/// Origin and path without a slash at the end.
fn base_of(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/'))
}

/// Path and query. An endpoint can be below a path of its own, which the mock does not know.
fn target(listener: &str, url: &Url) -> String {
    let path = match url.path().find("/v1/") {
        Some(at) if listener == APPWRITE => &url.path()[at..],
        _ => url.path(),
    };
    url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

/// The headers as they come to a server behind a proxy that ends TLS.
fn arriving(sent: &Sent) -> Vec<(String, String)> {
    let host = sent.url.host_str().unwrap_or_default();
    let host = sent.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut headers =
        vec![("host".to_owned(), host), ("x-forwarded-proto".to_owned(), sent.url.scheme().to_owned())];
    headers.extend(sent.headers.iter().cloned());
    headers
}

/// The world of the mock.
struct MockHost {
    executor: Executor,
    timers: Timers,
    sites: Arc<Sites>,
}

impl fmt::Debug for MockHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockHost")
    }
}

impl Host for MockHost {
    fn spawn(&self, task: Task) {
        self.executor.spawn(APART, task);
    }

    fn sleep(&self, duration: Duration) -> Task {
        self.timers.sleep(duration)
    }

    fn has_site(&self, _name: &str) -> bool {
        // A site is made when it is first named.
        true
    }

    fn post(&self, post: Post) -> Posting {
        self.sites.deliver(post)
    }
}
