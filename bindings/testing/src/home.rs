//! Where the clients of a world live.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use appwrite_session::{ClientOptions, testing};
use appwrite_session_core::SessionClientBuilder;
use appwrite_session_world::{World, WorldHost};
use url::Url;

use crate::runner::TokioRunner;

/// The store of clients that are given none.
pub(crate) const STORE: &str = "device";

/// A world, and the endpoints whose clients live in it.
pub(crate) struct Home {
    world: Arc<World>,
    runner: TokioRunner,
    endpoints: Mutex<BTreeSet<String>>,
}

impl Home {
    pub(crate) fn new(world: Arc<World>, runner: TokioRunner) -> Self {
        Self { world, runner, endpoints: Mutex::default() }
    }

    pub(crate) fn world(&self) -> &Arc<World> {
        &self.world
    }

    pub(crate) fn claim(&self, endpoint: &Url) {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).insert(without_slash(endpoint));
    }
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

impl testing::World for Home {
    fn claims(&self, endpoint: &str) -> bool {
        let Ok(endpoint) = Url::parse(endpoint.trim()) else { return false };
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).contains(&without_slash(&endpoint))
    }

    fn furnish(&self, builder: SessionClientBuilder, options: &ClientOptions) -> SessionClientBuilder {
        let gateways = options.gateways.iter().map(|gateway| gateway.url.as_str());
        self.world.admit(&options.endpoint, &options.project, gateways);
        let runner = Arc::new(self.runner.clone());
        builder
            .host(WorldHost::new(self.world.clone(), runner, &options.project))
            .store(self.world.device().store(STORE))
    }
}
