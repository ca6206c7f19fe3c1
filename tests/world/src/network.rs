//! The network between the clients and the servers: what is reached where.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Mutex,
};

use url::Url;

use crate::locked;

/// The name of the app's gateways in the journal.
pub const GATEWAY: &str = "gateway";
/// The name of Appwrite in the journal.
pub const APPWRITE: &str = "appwrite";

/// A request as it is sent.
#[derive(Clone)]
pub struct Sent {
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: Url,
    /// The headers, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("method", &self.method).finish_non_exhaustive()
    }
}

/// The headers that can hold a credential.
const CARRIERS: [&str; 5] =
    ["cookie", "x-appwrite-session", "x-fallback-cookies", "x-appwrite-jwt", "authorization"];

impl Sent {
    /// The same without the headers that can hold a credential.
    pub(crate) fn without_credential(&self) -> Self {
        let mut sent = self.clone();
        sent.headers.retain(|(name, _)| !CARRIERS.iter().any(|carrier| carrier.eq_ignore_ascii_case(name)));
        sent
    }

    /// Path and query as `listener` gets them. An endpoint can be below a path of its own, which the mock does not know.
    pub(crate) fn target(&self, listener: &str) -> String {
        let path = match self.url.path().find("/v1/") {
            Some(at) if listener == APPWRITE => &self.url.path()[at..],
            _ => self.url.path(),
        };
        self.url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    /// The headers as they come to a server behind a proxy that ends TLS.
    pub(crate) fn arriving(&self) -> Vec<(String, String)> {
        let host = self.url.host_str().unwrap_or_default();
        let host = self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut headers =
            vec![("host".to_owned(), host), ("x-forwarded-proto".to_owned(), self.url.scheme().to_owned())];
        headers.extend(self.headers.iter().cloned());
        headers
    }
}

/// What is reached where.
#[derive(Default)]
pub(crate) struct Network(Mutex<Reached>);

#[derive(Default)]
struct Reached {
    offline: bool,
    /// Each as `https://host/…/v1`.
    endpoints: BTreeSet<String>,
    gateways: BTreeSet<String>,
    /// The names of other sites by their origins.
    sites: BTreeMap<String, &'static str>,
    /// The project of the last client.
    project: Option<String>,
}

impl Network {
    /// From now on a client of this endpoint, project and gateways is there.
    pub(crate) fn admit<'a>(&self, endpoint: &str, project: &str, gateways: impl Iterator<Item = &'a str>) {
        let mut reached = locked(&self.0);
        reached.project = Some(project.to_owned());
        // What is no URL is refused by the core.
        reached.endpoints.extend(Url::parse(endpoint.trim()).ok().map(|url| base_of(&url)));
        reached.gateways.extend(
            gateways.filter_map(|url| Some(Url::parse(url.trim()).ok()?.origin().ascii_serialization())),
        );
    }

    /// From now on there is a site at that origin.
    pub(crate) fn open_site(&self, origin: &str, name: &str) {
        // A name stays for as long as the process: there are few.
        let name = || &*Box::leak(name.to_owned().into_boxed_str());
        locked(&self.0).sites.entry(origin.to_owned()).or_insert_with(name);
    }

    /// Cuts the network, or mends it.
    pub(crate) fn set_online(&self, online: bool) {
        locked(&self.0).offline = !online;
    }

    /// Whether it is cut.
    pub(crate) fn is_offline(&self) -> bool {
        locked(&self.0).offline
    }

    /// The project of the last client.
    pub(crate) fn project(&self) -> Option<String> {
        locked(&self.0).project.clone()
    }

    /// Resets everything but the endpoints and gateways of clients.
    pub(crate) fn reset(&self) {
        let mut reached = locked(&self.0);
        reached.sites.clear();
        reached.offline = false;
    }

    /// The listener of the mock that a URL leads to.
    pub(crate) fn listener_of(&self, url: &Url) -> Option<&'static str> {
        let reached = locked(&self.0);
        let whole = format!("{}{}", url.origin().ascii_serialization(), url.path());
        if reached
            .endpoints
            .iter()
            .any(|base| whole.strip_prefix(base).is_some_and(|rest| rest.starts_with('/')))
        {
            return Some(APPWRITE);
        }
        let origin = url.origin().ascii_serialization();
        let is_gateway = || reached.gateways.contains(&origin).then_some(GATEWAY);
        reached.sites.get(&origin).copied().or_else(is_gateway)
    }

    /// The endpoint at that host, or any.
    pub(crate) fn endpoint_at(&self, host: &str) -> Option<String> {
        let reached = locked(&self.0);
        let is_there = |base: &&String| base.split('/').nth(2) == Some(host);
        reached.endpoints.iter().find(is_there).or(reached.endpoints.first()).cloned()
    }
}

/// Origin and path without a slash at the end.
fn base_of(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/'))
}
