//! The servers of a test that Kotlin or Swift answers for.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};

use appwrite_session_world::{Asked, Rendered, Runner, Servers, World};
use url::Url;

use crate::{
    models::{Line, RawAnswer, lines},
    runner::TokioRunner,
};

/// A request to a server of the test, without its credential.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct AskedRequest {
    /// The number that [`TestWorld::identify`](crate::TestWorld::identify) knows it by until it is answered.
    pub number: u32,
    /// `gateway`, or the name of the site. A delivery of a webhook has none.
    pub site: Option<String>,
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The headers, without those that can hold a credential.
    pub headers: Vec<Line>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// `cookie`, `session-header`, `fallback`, `jwt`, `bearer` or `none`.
    pub carrier: String,
    /// How many carriers the request has.
    pub carriers: u32,
    /// The cookies that are not the session's.
    pub cookies: HashMap<String, String>,
}

/// A handler did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HandlerError {
    /// Why is the test's own matter.
    #[error("failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HandlerError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

/// Answers for one origin: a gateway of the app, another site, or a receiver of webhooks.
#[uniffi::export(foreign)]
pub trait SiteHandler: Send + Sync {
    /// The answer to one request. Called on a thread that may block, several at a time. What it throws is answered with the status 500.
    fn answer(&self, request: AskedRequest) -> Result<RawAnswer, HandlerError>;
}

/// The handlers of a world, by the origins that they answer for.
pub(crate) struct Handlers {
    runner: TokioRunner,
    all: Mutex<HashMap<String, Arc<dyn SiteHandler>>>,
    world: OnceLock<Weak<World>>,
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handlers")
    }
}

impl Handlers {
    pub(crate) fn new(runner: TokioRunner) -> Self {
        Self { runner, all: Mutex::default(), world: OnceLock::new() }
    }

    /// Where the answers go.
    pub(crate) fn belong_to(&self, world: &Arc<World>) {
        // It is said once.
        let _ = self.world.set(Arc::downgrade(world));
    }

    pub(crate) fn add(&self, origin: String, handler: Arc<dyn SiteHandler>) {
        let earlier = self.all.lock().unwrap_or_else(PoisonError::into_inner).insert(origin, handler);
        // Given back to Kotlin or Swift when nothing is locked any more.
        drop(earlier);
    }

    fn of(&self, origin: &str) -> Option<Arc<dyn SiteHandler>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).get(origin).cloned()
    }
}

impl Servers for Handlers {
    fn serve(&self, origin: &str) -> bool {
        self.of(origin).is_some()
    }

    fn ask(&self, asked: Asked) {
        let (handler, number) = (self.of(&origin_of(&asked.sent.url)), asked.number);
        let Some(world) = self.world.get().and_then(Weak::upgrade) else { return };
        let failed = || Rendered { status: 500, headers: Vec::new(), body: Vec::new() };
        self.runner.run_blocking(Box::new(move || {
            let answer = handler.and_then(|handler| handler.answer(asked.into()).ok());
            world.answer(number, answer.map_or_else(failed, Rendered::from));
        }));
    }
}

pub(crate) fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

impl From<Asked> for AskedRequest {
    fn from(Asked { number, site, sent, seen }: Asked) -> Self {
        let cookies = seen["cookies"].as_object().into_iter().flatten();
        Self {
            number,
            site: site.map(str::to_owned),
            method: sent.method,
            url: sent.url.into(),
            headers: lines(sent.headers),
            body: sent.body,
            carrier: seen["carrier"].as_str().unwrap_or_default().to_owned(),
            carriers: seen["carriers"].as_u64().and_then(|count| count.try_into().ok()).unwrap_or_default(),
            cookies: cookies
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
        }
    }
}
