//! The world itself.

use std::{fmt, sync::Arc, time::Duration};

use appwrite_session_core::{Cause, TransportError};
use mock_appwrite::json;
use mock_appwrite::{
    MockAppwrite, Outgoing, Profile, RawRequest, Rendered,
    host::{Host, Origins, Post, Posting, Task},
};
use serde_json::Value;
use url::Url;

use crate::{
    clock::WorldClock,
    device::Device,
    network::{APPWRITE, Network, Sent},
    runner::Runner,
    sites::{Servers, Sites, TestSite},
};

/// Everything outside the app.
pub struct World {
    clock: WorldClock,
    device: Device,
    mock: MockAppwrite,
    sites: Arc<Sites>,
    network: Network,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

impl World {
    /// A world without users, on a device that stores nothing. `runner` runs the mock's own tasks.
    pub fn new(profile: Profile, runner: Arc<dyn Runner>, servers: Arc<dyn Servers>) -> Arc<Self> {
        let sites = Arc::new(Sites::new(servers));
        // Only the mock's own gateway and its page are reached by these.
        let origins = Origins {
            appwrite: "https://appwrite.invalid".to_owned(),
            gateway: "https://gateway.invalid".to_owned(),
            foreign: "https://foreign.invalid".to_owned(),
        };
        let mock =
            MockAppwrite::within(profile, origins, Arc::new(MockHost { runner, sites: sites.clone() }));
        mock.control().rate_limits(false);
        let (clock, device, network) = Default::default();
        Arc::new(Self { clock, device, mock, sites, network })
    }

    /// The mock Appwrite.
    pub fn mock(&self) -> &MockAppwrite {
        &self.mock
    }

    /// The clock of the clients.
    pub fn clock(&self) -> &WorldClock {
        &self.clock
    }

    /// The device of the clients.
    pub fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn sites(&self) -> &Sites {
        &self.sites
    }

    /// From now on a client of this endpoint, project and gateways is there.
    pub fn admit<'a>(&self, endpoint: &str, project: &str, gateways: impl Iterator<Item = &'a str>) {
        self.network.admit(endpoint, project, gateways);
    }

    /// From now on there is a site of that name at `origin`, which is neither Appwrite nor a gateway.
    pub fn open_site(&self, origin: &str, name: &str) {
        self.network.open_site(origin, name);
    }

    /// Cuts the network, or mends it.
    pub fn set_online(&self, online: bool) {
        self.network.set_online(online);
    }

    /// Lets every client retry its pending work, because a store or the network is back.
    pub fn wake_clients(&self) {
        self.clock.ring();
    }

    /// Moves the clocks of the clients and of Appwrite on.
    pub fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
        self.mock.control().advance_clock(duration);
    }

    /// Resets everything but the endpoints and gateways of clients.
    pub fn reset(&self, profile: Profile) {
        self.mock.control().reset_as(profile);
        self.mock.control().rate_limits(false);
        self.clock.reset();
        self.device.reset();
        self.network.reset();
    }

    pub(crate) fn endpoint_at(&self, host: &str) -> Option<String> {
        self.network.endpoint_at(host)
    }

    /// Answers the request to a server of the test that has this number.
    pub fn answer(&self, number: u32, answer: Rendered) {
        self.sites.answer(number, answer);
    }

    /// The id of the user whose credential the request with that number carries: a gateway asks Appwrite for it. `None` if that request
    /// is answered already.
    ///
    /// # Errors
    ///
    /// The gateway's answer, if Appwrite knows no such user or cannot be asked.
    pub async fn identify(&self, number: u32) -> Option<Result<String, Rendered>> {
        let request = self.sites.request(number)?;
        Some(self.mock.identify(request).await)
    }

    /// Asks one of the mock's controls, which are below `/_mock`. `body` is JSON, or nothing.
    pub async fn control(&self, method: &str, path: &str, body: Vec<u8>) -> Outgoing {
        let request = RawRequest {
            method: method.to_owned(),
            target: format!("/_mock{path}"),
            body,
            ..RawRequest::default()
        };
        self.mock.exchange(APPWRITE, request).await
    }

    /// Opens the URL of a sign-in by OAuth2 in the user's browser, who goes through with it or declines, and gives the URL that opens the app.
    /// This Appwrite has every provider, and each knows the same person.
    ///
    /// # Errors
    ///
    /// A sentence, if the URL is not one of this Appwrite, or the browser ends on a page.
    pub async fn browse(&self, url: &str, declines: bool) -> Result<String, String> {
        let is_ours = |url: &Url| self.network.listener_of(url) == Some(APPWRITE);
        let Some(mut url) = Url::parse(url).ok().filter(is_ours) else {
            return Err("the browser opens URLs of this world's Appwrite only".to_owned());
        };
        // An endpoint can be below a path of its own.
        let path = url.path().find("/v1/").map_or("", |at| &url.path()[at..]).to_owned();
        url.set_path(&path.rsplit_once('/').map_or_else(|| path.clone(), |(flow, _)| format!("{flow}/mock")));
        let project = url.query_pairs().find(|(name, _)| name == "project").map(|(_, id)| id.into_owned());
        self.mock.control().update_project(&json!({ "id": project }));
        self.mock.control().browse(url.as_str(), declines).await
    }

    /// Sends a request of a client of `project`, or of the app itself. Dropping the future is hanging up.
    ///
    /// This Appwrite has every project of the clients, and all have the same users.
    ///
    /// # Errors
    ///
    /// If there is no network, or nothing at that URL.
    pub async fn send(
        self: Arc<Self>,
        project: Option<&str>,
        sent: Sent,
    ) -> Result<Outgoing, TransportError> {
        if self.network.is_offline() {
            return Err(TransportError::new(Cause::Unreachable, false));
        }
        let listener = self.network.listener_of(&sent.url).ok_or(TransportError::new(Cause::Dns, false))?;
        let project = project.map(str::to_owned).or_else(|| self.network.project());
        self.mock.control().update_project(&json!({ "id": project }));
        let request = RawRequest {
            method: sent.method.clone(),
            target: sent.target(listener),
            headers: sent.arriving(),
            body: sent.body.clone(),
            ..RawRequest::default()
        };
        Ok(if listener == APPWRITE || !self.sites.serve(&sent.url) {
            self.mock.exchange(listener, request).await
        } else {
            let site = TestSite::new(self.clone(), listener, sent, request.clone());
            self.mock.exchange_with(listener, request, Arc::new(site)).await
        })
    }

    /// Makes a session of `user`, and the record of it that a client has stored which was signed in with a second factor. The first
    /// version of the record stays readable for ever. `None` if there is no such user.
    pub fn record_of_session(&self, user: &str, name: &str, email: Option<&str>) -> Option<String> {
        let control = self.mock.control();
        let made = control.create_session(user)?;
        let factors = json!({ "factors": ["password", "totp"] });
        let session = control.update_session(user, &made.session_id, &factors)?;
        let record: Value = json!({
            "version": "1",
            "session": {
                "credential": session.credential, "session_id": session.session_id,
                "user": { "id": user, "name": name, "email": email },
                "expires_at": session.expire / 1000,
            },
        });
        Some(record.to_string())
    }
}

/// The world of the mock.
struct MockHost {
    runner: Arc<dyn Runner>,
    sites: Arc<Sites>,
}

impl fmt::Debug for MockHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockHost")
    }
}

impl Host for MockHost {
    fn spawn(&self, task: Task) {
        self.runner.spawn(task);
    }

    fn sleep(&self, duration: Duration) -> Task {
        self.runner.sleep(duration)
    }

    fn has_site(&self, _name: &str) -> bool {
        // A site is made when it is first named.
        true
    }

    fn post(&self, post: Post) -> Posting {
        self.sites.deliver(post)
    }
}
