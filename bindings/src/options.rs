//! What a client is built from.

use std::{sync::Arc, time::Duration};

use appwrite_session_core as core;

use crate::{
    gateway::Header,
    models::Persistence,
    presence::PresencePolicy,
    ways_out::{CoreProxy, PinOptions},
};

/// How the credential travels to a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Carrier {
    /// `Cookie: a_session_<project>=…`.
    Cookie,
    /// `X-Fallback-Cookies: {"a_session_<project>":"…"}`.
    FallbackCookies,
    /// `X-Appwrite-Session: …`.
    SessionHeader,
    /// `Authorization: Bearer …` with an access token that the gateway issues.
    AccessToken,
    /// `Authorization: Bearer …` with a JWT of Appwrite.
    AppwriteJwt,
    /// `X-Appwrite-JWT: …` with a JWT of Appwrite.
    AppwriteJwtHeader,
}

/// One of the app's own gateways.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct GatewayOptions {
    /// Its origin, such as `https://api.example.com`.
    pub url: String,
    /// How the credential travels to it.
    pub carrier: Carrier,
    /// Which keys its server may have.
    pub pins: Option<PinOptions>,
    /// What every call has, unless it sets a header of that name itself.
    #[uniffi(default = [])]
    pub headers: Vec<Header>,
    /// Whether every call has a `traceparent` (W3C Trace Context), unless it sets that itself.
    #[uniffi(default = false)]
    pub traced: bool,
}

/// What a client is built from. Nothing is checked before it is built.
#[derive(Clone, uniffi::Record)]
pub struct ClientOptions {
    /// Where Appwrite is, such as `https://fra.cloud.appwrite.io/v1`.
    pub endpoint: String,
    /// The project's id.
    pub project: String,
    /// The allowed gateways; the first is the default.
    pub gateways: Vec<GatewayOptions>,
    /// Keeps this client's session apart from others of the same project.
    pub account_slot: Option<String>,
    /// Where the session rests if no store of the host is given: `Durable` in the platform's own store, `MemoryOnly` nowhere.
    pub persistence: Persistence,
    /// On iOS: the Keychain access group that the session is shared in.
    pub keychain_access_group: Option<String>,
    /// Whether the client only uses the session that the app left in the store.
    pub read_only: bool,
    /// Where the file is that goes when the app is removed, if a session of an installation before is to be forgotten.
    pub installation_marker: Option<String>,
    /// How often the user must confirm with biometrics or the device passcode, if the host gives a way to ask.
    pub presence_policy: PresencePolicy,
    /// Until a connection stands, in milliseconds.
    pub connect_timeout_ms: Option<u64>,
    /// Without a single byte arriving, in milliseconds.
    pub idle_timeout_ms: Option<u64>,
    /// For one request, in milliseconds.
    pub total_timeout_ms: Option<u64>,
    /// How often a call is tried, the first time included.
    pub attempts: Option<u32>,
    /// How many bytes the body of a gateway's answer may have.
    #[uniffi(default = None)]
    pub response_limit: Option<u64>,
    /// Root certificates in PEM that are trusted beside the platform's.
    pub root_certificates: Vec<Vec<u8>>,
    /// Which keys the server of Appwrite may have.
    pub endpoint_pins: Option<PinOptions>,
    /// The proxy that all requests go through; none for no proxy.
    pub proxy: Option<Arc<CoreProxy>>,
}

impl ClientOptions {
    /// The core's builder, with everything but the store.
    pub(crate) fn builder(self) -> core::SessionClientBuilder {
        let mut builder = core::SessionClient::builder(&self.endpoint, &self.project)
            .timeouts(timeouts(self.connect_timeout_ms, self.idle_timeout_ms, self.total_timeout_ms))
            .retries(retries(self.attempts));
        #[cfg(feature = "testing")]
        {
            builder = crate::testing::furnish(builder, &self);
        }
        for gateway in self.gateways {
            let mut allowed = core::Gateway::new(gateway.url).carrier(gateway.carrier.into());
            if let Some(pins) = gateway.pins {
                allowed = allowed.pins(pins.into());
            }
            for header in gateway.headers {
                allowed = allowed.header(header.name, header.value);
            }
            if gateway.traced {
                allowed = allowed.traced();
            }
            builder = builder.gateway(allowed);
        }
        if let Some(slot) = self.account_slot {
            builder = builder.account_slot(&slot);
        }
        if let Some(group) = self.keychain_access_group {
            builder = builder.keychain_access_group(&group);
        }
        if let Some(limit) = self.response_limit {
            builder = builder.response_limit(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        if self.read_only {
            builder = builder.read_only();
        }
        if let Some(marker) = self.installation_marker {
            builder = builder.forget_after_reinstall(marker);
        }
        for pem in self.root_certificates {
            builder = builder.root_certificates(pem);
        }
        if let Some(pins) = self.endpoint_pins {
            builder = builder.endpoint_pins(pins.into());
        }
        if let Some(proxy) = self.proxy {
            builder = builder.proxy(proxy.proxy());
        }
        if self.persistence == Persistence::MemoryOnly {
            builder = builder.store(core::store::MemoryStore::default());
        }
        builder
    }
}

fn timeouts(connect: Option<u64>, idle: Option<u64>, total: Option<u64>) -> core::Timeouts {
    let usual = core::Timeouts::default();
    core::Timeouts {
        connect: connect.map_or(usual.connect, Duration::from_millis),
        idle: idle.map_or(usual.idle, Duration::from_millis),
        total: total.map_or(usual.total, Duration::from_millis),
        ..usual
    }
}

fn retries(attempts: Option<u32>) -> core::Retries {
    let usual = core::Retries::default();
    core::Retries { attempts: attempts.unwrap_or(usual.attempts), ..usual }
}

impl From<Carrier> for core::Carrier {
    fn from(carrier: Carrier) -> Self {
        match carrier {
            Carrier::Cookie => Self::Cookie,
            Carrier::FallbackCookies => Self::FallbackCookies,
            Carrier::SessionHeader => Self::SessionHeader,
            Carrier::AccessToken => Self::AccessToken,
            Carrier::AppwriteJwt => Self::AppwriteJwt,
            Carrier::AppwriteJwtHeader => Self::AppwriteJwtHeader,
        }
    }
}
