//! The configuration of a client as JavaScript gives it, `NativeConfig` of the specification, and the core's builder made of it.

use std::time::Duration;

use appwrite_session_core::{
    Carrier, Gateway, PresencePolicy, Retries, SessionClient, SessionClientBuilder, Timeouts,
    store::MemoryStore,
};
use appwrite_session_world::{World, WorldHost};
use serde::Deserialize;

use crate::{
    executor::Group,
    failure::{Failure, one_of},
    world::FakeWorld,
};

/// The configuration of a client. A member that is not given has the core's default.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Config {
    endpoint: String,
    project: String,
    gateways: Vec<AllowedGateway>,
    account_slot: Option<String>,
    persistence: String,
    read_only: bool,
    forget_after_reinstall: bool,
    presence: Option<Presence>,
    connect_timeout_ms: Option<u64>,
    idle_timeout_ms: Option<u64>,
    total_timeout_ms: Option<u64>,
    attempts: Option<u32>,
    response_limit: Option<u64>,
    #[serde(default)]
    root_certificates: Vec<String>,
}

#[derive(Clone, Deserialize)]
struct AllowedGateway {
    url: String,
    carrier: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Presence {
    policy: String,
    #[serde(default)]
    timeout_ms: u64,
    title: String,
    cancel: String,
}

/// Where the device keeps what a client stores.
#[derive(Clone, Deserialize)]
pub(crate) struct Place {
    /// The name of the store.
    store: String,
    /// The name of the marker of the installation.
    installation: String,
}

impl Config {
    /// The endpoint, the project and the gateways, as they are written.
    pub(crate) fn addresses(&self) -> (&str, &str, impl Iterator<Item = &str>) {
        (&self.endpoint, &self.project, self.gateways.iter().map(|gateway| gateway.url.as_str()))
    }

    /// What a client, or accounts, are built from. Their tasks are of `group`.
    pub(crate) fn builder(
        &self,
        place: &Place,
        fake: &FakeWorld,
        group: Group,
    ) -> Result<SessionClientBuilder, Failure> {
        let world = &fake.world;
        let persistence =
            one_of("persistence", &self.persistence, &[("durable", true), ("memory_only", false)])?;
        let builder = SessionClient::builder(&self.endpoint, &self.project)
            .timeouts(self.timeouts())
            .host(WorldHost::new(world.clone(), fake.runner(group), &self.project))
            .clock(world.clock().clone());
        let mut builder = self.with_presence(self.with_gateways(builder)?, world)?;
        if let Some(attempts) = self.attempts {
            builder = builder.retries(Retries { attempts, ..Retries::default() });
        }
        if let Some(slot) = &self.account_slot {
            builder = builder.account_slot(slot);
        }
        if let Some(limit) = self.response_limit {
            builder = builder.response_limit(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        if self.read_only {
            builder = builder.read_only();
        }
        if self.forget_after_reinstall {
            builder = builder.forget_after_reinstall(&place.installation);
        }
        for pem in &self.root_certificates {
            builder = builder.root_certificates(pem.as_bytes());
        }
        Ok(if persistence {
            builder.store(world.device().store(&place.store))
        } else {
            builder.store(MemoryStore::default())
        })
    }

    fn timeouts(&self) -> Timeouts {
        let usual = Timeouts::default();
        let or = |millis: Option<u64>, usual| millis.map_or(usual, Duration::from_millis);
        Timeouts {
            connect: or(self.connect_timeout_ms, usual.connect),
            idle: or(self.idle_timeout_ms, usual.idle),
            total: or(self.total_timeout_ms, usual.total),
            ..usual
        }
    }

    fn with_gateways(&self, mut builder: SessionClientBuilder) -> Result<SessionClientBuilder, Failure> {
        for AllowedGateway { url, carrier } in &self.gateways {
            let carrier = one_of(
                "carrier",
                carrier,
                &[
                    ("cookie", Carrier::Cookie),
                    ("fallback_cookies", Carrier::FallbackCookies),
                    ("session_header", Carrier::SessionHeader),
                    ("access_token", Carrier::AccessToken),
                    ("appwrite_jwt", Carrier::AppwriteJwt),
                    ("appwrite_jwt_header", Carrier::AppwriteJwtHeader),
                ],
            )?;
            builder = builder.gateway(Gateway::new(url).carrier(carrier));
        }
        Ok(builder)
    }

    fn with_presence(
        &self,
        builder: SessionClientBuilder,
        world: &World,
    ) -> Result<SessionClientBuilder, Failure> {
        let Some(Presence { policy, timeout_ms, title, cancel }) = &self.presence else { return Ok(builder) };
        if title.is_empty() || cancel.is_empty() {
            let message = "presence needs a title and a label for the cancel button, which the dialog shows";
            return Err(Failure::misconfigured(message));
        }
        let limit = Duration::from_millis(*timeout_ms);
        let policies = [
            ("default", PresencePolicy::Default),
            ("always", PresencePolicy::Always),
            ("session", PresencePolicy::Session(limit)),
            ("lifecycle", PresencePolicy::Lifecycle(limit)),
        ];
        let policy = one_of("presence.policy", policy, &policies)?;
        Ok(builder.require_presence(policy, world.device().user()))
    }
}
