//! A mock that listens: three sockets over one world.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use tokio::{net::TcpListener, task::JoinHandle};

use crate::{MockAppwrite, Profile, host::Origins, server::serve, sockets::Sockets};

/// The tasks that serve, until this is dropped.
struct Listeners(Vec<JoinHandle<()>>);

impl Drop for Listeners {
    fn drop(&mut self) {
        for listener in &self.0 {
            listener.abort();
        }
    }
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
        let origin = |listener| Ok::<_, io::Error>(format!("http://{}", reachable(listener)?));
        let origins =
            Origins { appwrite: origin(&appwrite)?, gateway: origin(&gateway)?, foreign: origin(&foreign)? };
        let mock = Self::within(profile, origins, Arc::new(Sockets));
        let listeners = [(appwrite, "appwrite"), (gateway, "gateway"), (foreign, "foreign")]
            .into_iter()
            .map(|(listener, name)| tokio::spawn(serve(mock.shared().clone(), listener, name)))
            .collect();
        Ok(mock.keeping(Listeners(listeners)))
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
