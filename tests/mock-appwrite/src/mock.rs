//! A running mock: three listeners over one world.

use std::{io, net::SocketAddr, sync::Arc};

use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    control::Control, control_http, profile::Profile, server::serve, shared::Shared, webhooks, world::World,
};

/// A mock Appwrite that serves until it is dropped.
///
/// It has three origins: Appwrite itself, a gateway of the app, and one that is neither, which must never see a credential. All
/// three serve every path; the journal says which of them a request came to.
#[derive(Debug)]
pub struct MockAppwrite {
    control: Control,
    project: String,
    api_key: String,
    listeners: Vec<JoinHandle<()>>,
}

impl MockAppwrite {
    /// Starts on free ports of 127.0.0.1.
    pub async fn start(profile: Profile) -> io::Result<Self> {
        Self::start_on(profile, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts with Appwrite on `address`, and the other two on free ports of the same host.
    pub async fn start_on(profile: Profile, address: SocketAddr) -> io::Result<Self> {
        let beside = SocketAddr::new(address.ip(), 0);
        let appwrite = TcpListener::bind(address).await?;
        let gateway = TcpListener::bind(beside).await?;
        let foreign = TcpListener::bind(beside).await?;
        let addresses = [appwrite.local_addr()?, gateway.local_addr()?, foreign.local_addr()?];
        let mut world = World::new(profile);
        world.port = addresses[0].port();
        let (project, api_key) = (world.project.id.clone(), world.project.api_keys.concat());
        let (shared, deliveries) = Shared::new(world, addresses);
        let worker = tokio::spawn(webhooks::work(shared.clone(), deliveries));
        let listeners = [(appwrite, "appwrite"), (gateway, "gateway"), (foreign, "foreign")]
            .into_iter()
            .map(|(listener, name)| tokio::spawn(serve(shared.clone(), listener, name)))
            .chain([worker])
            .collect();
        Ok(Self { control: Control(shared), project, api_key, listeners })
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.control.0
    }

    /// The endpoint for clients: Appwrite's origin with `/v1`.
    pub fn endpoint(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// Appwrite's origin.
    pub fn url(&self) -> String {
        format!("http://{}", self.shared().appwrite)
    }

    /// The origin of the app's gateway.
    pub fn gateway(&self) -> String {
        format!("http://{}", self.shared().gateway)
    }

    /// An origin that must never see a credential.
    pub fn foreign(&self) -> String {
        format!("http://{}", self.shared().foreign)
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
        control_http::describe(self.shared())
    }
}

impl Drop for MockAppwrite {
    fn drop(&mut self) {
        for listener in &self.listeners {
            listener.abort();
        }
    }
}
