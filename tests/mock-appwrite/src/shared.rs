//! What all listeners of one mock share.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::world::World;

/// The world, where its listeners are, and a bell that rings at every change that somebody could wait for.
pub(crate) struct Shared {
    world: Mutex<World>,
    bell: watch::Sender<u64>,
    pub(crate) appwrite: SocketAddr,
    pub(crate) gateway: SocketAddr,
    pub(crate) foreign: SocketAddr,
}

impl Shared {
    pub(crate) fn new(world: World, [appwrite, gateway, foreign]: [SocketAddr; 3]) -> Arc<Self> {
        Arc::new(Self { world: Mutex::new(world), bell: watch::channel(0).0, appwrite, gateway, foreign })
    }

    /// The world, for one step.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // A handler that panicked has failed its own test; the others go on.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody who waits to look again.
    pub(crate) fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    /// Waits until the world satisfies `wanted`.
    pub(crate) async fn wait_until(&self, wanted: impl Fn(&World) -> bool) {
        let mut bell = self.bell.subscribe();
        while !wanted(&self.world()) {
            // The sender lives in `self`, so the wait cannot fail.
            let _ = bell.changed().await;
        }
    }
}
