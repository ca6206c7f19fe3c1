//! A running mock: one world, and what serves it.

use std::{any::Any, sync::Arc};

use serde_json::Value;

use crate::{
    access_token,
    control::Control,
    control_http,
    exchange::{Outgoing, Rendered, arrived},
    gateway,
    host::{Host, Origins, Site},
    profile::Profile,
    request::{RawRequest, Request},
    shared::Shared,
    webhooks,
    world::World,
};

/// A mock Appwrite that serves until it is dropped.
///
/// It has three origins: Appwrite itself, a gateway of the app, and one that is neither, which must never see a credential. All
/// three serve every path; the journal says which of them a request came to.
pub struct MockAppwrite {
    control: Control,
    project: String,
    api_key: String,
    /// What serves it, until it is dropped.
    #[expect(dead_code, reason = "what matters is when it is dropped")]
    keeps: Option<Box<dyn Any + Send + Sync>>,
}

impl std::fmt::Debug for MockAppwrite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MockAppwrite").field("origins", &self.shared().origins).finish_non_exhaustive()
    }
}

impl MockAppwrite {
    /// A mock that is reached at `origins`, and serves no socket: requests are handed to [`exchange`](Self::exchange).
    pub fn within(profile: Profile, origins: Origins, host: Arc<dyn Host>) -> Self {
        let mut world = World::new(profile);
        world.port =
            origins.appwrite.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or_default();
        let (project, api_key) = (world.project.id.clone(), world.project.api_keys.concat());
        let (shared, deliveries) = Shared::new(world, origins, host.clone());
        host.spawn(Box::pin(webhooks::work(Arc::downgrade(&shared), deliveries)));
        Self { control: Control(shared), project, api_key, keeps: None }
    }

    /// Keeps `what` as long as itself: whatever hands it requests.
    pub fn keeping(self, what: impl Any + Send + Sync) -> Self {
        Self { keeps: Some(Box::new(what)), ..self }
    }

    /// Answers one request, as if it had come to the origin `listener`: `appwrite`, `gateway` or `foreign`. Dropping the future before
    /// its end means that the client hung up.
    pub async fn exchange(&self, listener: &'static str, request: RawRequest) -> Outgoing {
        let request = Request::parse(request);
        arrived(self.shared(), &request, listener).answer(&request).await
    }

    /// Answers one request as [`exchange`](Self::exchange) does, with the journal and with faults, but by `site` and not by the mock
    /// itself. `listener` is the name in both, which can be any.
    pub async fn exchange_with(
        &self,
        listener: &'static str,
        request: RawRequest,
        site: Arc<dyn Site>,
    ) -> Outgoing {
        let request = Request { site: Some(site), ..Request::parse(request) };
        arrived(self.shared(), &request, listener).answer(&request).await
    }

    /// What a gateway of the app sees of the session in `request`, without the credential: `{"carrier", "carriers", "cookies"}`. The
    /// cookies are those that are not the session's.
    pub fn seen(&self, request: &RawRequest) -> Value {
        gateway::seen(&Request::parse(request.clone()))
    }

    /// The id of the user whose credential `request` carries: a gateway of the app asks Appwrite for it.
    ///
    /// # Errors
    ///
    /// The gateway's answer, if Appwrite knows no such user or cannot be asked.
    pub async fn identify(&self, request: RawRequest) -> Result<String, Rendered> {
        gateway::identify(self.shared(), &Request::parse(request)).await
    }

    /// Whether `request` asks a gateway of the app for an access token: `POST /_gateway/token`.
    pub fn issues_access_token(request: &RawRequest) -> bool {
        let path = request.target.split('?').next().unwrap_or_default();
        request.method == "POST" && path == access_token::PATH
    }

    /// The answer of a gateway of the app that is asked for an access token, which [`identify`](Self::identify) takes from then on.
    pub async fn issue_access_token(&self, request: RawRequest) -> Rendered {
        access_token::issue(self.shared(), &Request::parse(request)).await
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.control.0
    }

    /// The endpoint for clients: Appwrite's origin with `/v1`.
    pub fn endpoint(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// Appwrite's origin.
    pub fn url(&self) -> String {
        self.shared().origins.appwrite.clone()
    }

    /// The origin of the app's gateway.
    pub fn gateway(&self) -> String {
        self.shared().origins.gateway.clone()
    }

    /// An origin that must never see a credential.
    pub fn foreign(&self) -> String {
        self.shared().origins.foreign.clone()
    }

    /// The project's id.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// An API key of the project.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The controls.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// All of the above as JSON, as `serve` prints it.
    pub fn describe(&self) -> Value {
        control_http::describe(self.shared(), None)
    }
}
