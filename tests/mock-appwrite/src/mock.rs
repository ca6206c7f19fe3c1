//! A running mock: three listeners over one world.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

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

    /// Starts with Appwrite on `address`, and the other two on the next two ports of the same host; all three on free ones if the
    /// port is 0.
    ///
    /// # Errors
    ///
    /// One of the addresses cannot be listened on. The error names it.
    pub async fn start_on(profile: Profile, address: SocketAddr) -> io::Result<Self> {
        let appwrite = bind(address, 0).await?;
        let gateway = bind(address, 1).await?;
        let foreign = bind(address, 2).await?;
        let addresses = [reachable(&appwrite)?, reachable(&gateway)?, reachable(&foreign)?];
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
        control_http::describe(self.shared(), None)
    }
}

/// Listens on the port that is `beside` that of the address, or on a free one if it has none.
async fn bind(mut address: SocketAddr, beside: u16) -> io::Result<TcpListener> {
    if address.port() != 0 {
        let port = address.port().checked_add(beside);
        address.set_port(
            port.ok_or_else(|| {
                io::Error::other(format!("there is no port {beside} after that of {address}"))
            })?,
        );
    }
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"));
    TcpListener::bind(address).await.map_err(named)
}

/// Where a client on this machine reaches it: an address that stands for every interface is not one to connect to.
fn reachable(listener: &TcpListener) -> io::Result<SocketAddr> {
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(address)
}

impl Drop for MockAppwrite {
    fn drop(&mut self) {
        for listener in &self.listeners {
            listener.abort();
        }
    }
}
