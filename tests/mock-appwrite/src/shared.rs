//! What all listeners of one mock share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, mpsc, watch};

use crate::{
    events::Event,
    host::{Host, Origins},
    world::World,
};

/// The world, where it is reached, and a bell that rings at every change that somebody could wait for.
pub(crate) struct Shared {
    world: Mutex<World>,
    bell: watch::Sender<u64>,
    webhooks: mpsc::UnboundedSender<Arc<Event>>,
    sockets: broadcast::Sender<Arc<Event>>,
    pub(crate) origins: Origins,
    pub(crate) host: Arc<dyn Host>,
}

impl Shared {
    /// What is shared, and the events that are to be delivered to webhooks.
    pub(crate) fn new(
        world: World,
        origins: Origins,
        host: Arc<dyn Host>,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Arc<Event>>) {
        let (webhooks, deliveries) = mpsc::unbounded_channel();
        let (sockets, bell) = (broadcast::channel(256).0, watch::channel(0).0);
        let world = Mutex::new(world);
        (Arc::new(Self { world, bell, webhooks, sockets, origins, host }), deliveries)
    }

    /// Tells webhooks and sockets what has happened.
    pub(crate) fn tell(&self) {
        let happened = std::mem::take(&mut self.world().happened);
        for event in happened.into_iter().map(Arc::new) {
            // Nobody listening is nobody to tell.
            let _ = self.webhooks.send(event.clone());
            let _ = self.sockets.send(event);
        }
    }

    /// What happens from now on.
    pub(crate) fn happened(&self) -> broadcast::Receiver<Arc<Event>> {
        self.sockets.subscribe()
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
