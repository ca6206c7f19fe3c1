//! Lets clients live in a world of a test instead of on this device. Only in the library of the test kits: the feature `testing`.
//!
//! A client is built as ever, by the app's own code. If a world has claimed its endpoint, the client lives there. Nothing of this is seen
//! by Kotlin or Swift, so that what is generated for apps is the same with and without it; `bindings/testing` has what tests see.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use appwrite_session_core::SessionClientBuilder;
use tokio::runtime::Handle;

use crate::{options::ClientOptions, runtime::RuntimeLease};

/// A world of a test.
pub trait World: Send + Sync {
    /// Whether clients of `endpoint` live in this world.
    fn claims(&self, endpoint: &str) -> bool;

    /// Gives a client what it needs to live in this world: its host, its clock, and a store in case that it is given none.
    fn furnish(&self, builder: SessionClientBuilder, options: &ClientOptions) -> SessionClientBuilder;
}

static WORLDS: Mutex<Vec<Weak<dyn World>>> = Mutex::new(Vec::new());

/// From now on clients are built in `world` whose endpoint it claims, for as long as it is there. Of several worlds the last one counts.
pub fn enter(world: &Arc<dyn World>) {
    let mut worlds = WORLDS.lock().unwrap_or_else(PoisonError::into_inner);
    worlds.retain(|world| world.strong_count() > 0);
    worlds.push(Arc::downgrade(world));
}

/// The builder of a client, for the world that claims the client's endpoint, if there is one.
pub(crate) fn furnish(builder: SessionClientBuilder, options: &ClientOptions) -> SessionClientBuilder {
    let worlds: Vec<Arc<dyn World>> = {
        let worlds = WORLDS.lock().unwrap_or_else(PoisonError::into_inner);
        worlds.iter().filter_map(Weak::upgrade).collect()
    };
    match worlds.iter().rev().find(|world| world.claims(&options.endpoint)) {
        Some(world) => world.furnish(builder, options),
        None => builder,
    }
}

/// A share of the runtime that all clients of the process have. It runs for as long as this is kept.
pub struct Runtime(RuntimeLease);

impl Runtime {
    /// A share of the runtime, which is started if there is none.
    ///
    /// # Errors
    ///
    /// If its thread cannot be started.
    pub fn take() -> io::Result<Self> {
        RuntimeLease::take().map(Self)
    }

    /// The runtime.
    pub fn handle(&self) -> &Handle {
        self.0.handle()
    }
}
