//! The world, as a test holds it.

use std::{future::pending, sync::Arc, time::Duration};

use appwrite_session::testing::{self, Runtime};
use appwrite_session_world::{Outgoing, Profile, Sent, World};
use url::Url;

use crate::{
    failure::{MisuseError, WireError},
    home::{Home, STORE},
    models::{ControlAnswer, Identity, RawAnswer, RawRequest, StoreFault, WireEntry},
    runner::TokioRunner,
    servers::{Handlers, SiteHandler, origin_of},
};

/// A world without sockets: a mock Appwrite, gateways, a network, a clock and a device. It is there until the test lets go of it, and
/// for the clients that are in it then, until they are gone.
#[derive(uniffi::Object)]
pub struct TestWorld {
    home: Arc<Home>,
    handlers: Arc<Handlers>,
    /// As the library of the apps knows it, for as long as this is there.
    _entered: Arc<dyn testing::World>,
}

impl TestWorld {
    fn world(&self) -> &Arc<World> {
        self.home.world()
    }
}

#[uniffi::export]
impl TestWorld {
    /// A world without users. `profile` is the version of Appwrite: `1.5`, `1.9` or `2.7`.
    #[uniffi::constructor]
    pub fn new(profile: String) -> Result<Self, MisuseError> {
        let profile = Profile::parse(&profile)
            .ok_or_else(|| MisuseError::new("the profile must be one of: 1.5, 1.9, 2.7"))?;
        let runtime = Runtime::take().map_err(|_| MisuseError::new("no thread can be started"))?;
        let runner = TokioRunner::new(runtime);
        let handlers = Arc::new(Handlers::new(runner.clone()));
        let world = World::new(profile, Arc::new(runner.clone()), handlers.clone());
        handlers.belong_to(&world);
        let home = Arc::new(Home::new(world, runner));
        let entered: Arc<dyn testing::World> = home.clone();
        testing::enter(&entered);
        Ok(Self { home, handlers, _entered: entered })
    }

    /// Clients that are built with this endpoint from now on live in this world, and their gateways are in it. If several worlds claim an
    /// endpoint, the one that was made last counts.
    pub fn claim(&self, endpoint: String) -> Result<(), MisuseError> {
        self.home.claim(&url(&endpoint)?);
        Ok(())
    }

    /// Makes a user, and gives the id. `mfa` requires a second factor.
    pub fn add_user(&self, email: String, password: String, mfa: bool) -> String {
        let control = self.world().mock().control();
        let id = control.user(&email, &password);
        if mfa {
            control.require_mfa(&id);
        }
        id
    }

    /// Asks one of the mock's controls. `path` is what follows `/_mock`; `body` is JSON, or nothing.
    pub async fn control(
        &self,
        method: String,
        path: String,
        body: Option<String>,
    ) -> Result<ControlAnswer, WireError> {
        let body = body.map(String::into_bytes).unwrap_or_default();
        match self.world().control(&method, &path, body).await {
            Outgoing::Whole(answer) => Ok(ControlAnswer {
                status: answer.status,
                body: String::from_utf8_lossy(&answer.body).into_owned(),
            }),
            _ => Err(WireError::Reset),
        }
    }

    /// Every request after the one of that number.
    pub fn journal_since(&self, number: u64) -> Vec<WireEntry> {
        self.world().journal_since(number).into_iter().map(WireEntry::from).collect()
    }

    /// Cuts the network, or mends it. Clients whose network is back retry their pending work.
    pub fn set_online(&self, online: bool) {
        self.world().set_online(online);
        if online {
            self.world().wake_clients();
        }
    }

    /// Moves the clocks of the clients and of Appwrite on, by a thousand years at most.
    pub fn advance(&self, millis: u64) {
        // Further away, dates overflow.
        let left = MOST.saturating_sub(self.world().clock().ahead());
        self.world().advance(Duration::from_millis(millis).min(left));
    }

    /// Opens a site at `origin` that is neither Appwrite nor a gateway. The journal knows it by `name`.
    pub fn open_site(&self, origin: String, name: String) -> Result<(), MisuseError> {
        self.world().open_site(&origin_of(&url(&origin)?), &name);
        Ok(())
    }

    /// From now on `handler` answers for `origin`, which is a gateway, a site, or where webhooks are delivered. Without a handler, gateways
    /// and sites answer as the mock's own gateway does.
    pub fn handle(&self, origin: String, handler: Arc<dyn SiteHandler>) -> Result<(), MisuseError> {
        self.handlers.add(origin_of(&url(&origin)?), handler);
        Ok(())
    }

    /// Who sent the request with that number, which a handler has not answered yet: a gateway asks Appwrite, which the journal shows.
    /// Nothing if there is no such request.
    pub async fn identify(&self, number: u32) -> Option<Identity> {
        Some(match self.world().identify(number).await? {
            Ok(id) => Identity::User { id },
            Err(answer) => Identity::Refused { answer: answer.into() },
        })
    }

    /// Sends a request of the app's own HTTP client into this world. Follows no redirect. Dropping the future is hanging up.
    pub async fn exchange(&self, request: RawRequest) -> Result<RawAnswer, WireError> {
        let headers = request.pairs();
        let url = Url::parse(&request.url).map_err(|_| WireError::NoUrl)?;
        let sent = Sent { method: request.method, url, headers, body: request.body };
        let without_body = sent.method == "HEAD";
        match self.world().clone().send(None, sent).await? {
            Outgoing::Whole(mut answer) => {
                if without_body {
                    answer.body.clear();
                }
                Ok(answer.into())
            }
            Outgoing::Fed(head, feeding) => {
                let body = feeding.whole().await.map_err(|_| WireError::Reset)?;
                let mut answer = head;
                answer.body = body;
                Ok(answer.into())
            }
            Outgoing::Stalled(_, _rest) => pending().await,
            Outgoing::Truncated(_) | Outgoing::Reset => Err(WireError::Reset),
        }
    }

    /// Makes the store fail that clients have which are given none; nothing makes it work again, and then they retry their pending work.
    pub fn set_store_fault(&self, fault: Option<StoreFault>) {
        self.world().device().store(STORE).fault(fault.map(Into::into));
        if fault.is_none() {
            self.world().wake_clients();
        }
    }

    /// Whether that store contains nothing.
    pub fn is_store_empty(&self) -> bool {
        self.world().device().store(STORE).is_empty()
    }

    /// Removes what is removed with the app. The store stays, as iOS's Keychain does.
    pub fn uninstall(&self) {
        self.world().device().uninstall();
    }
}

const MOST: Duration = Duration::from_secs(1000 * 365 * 24 * 3600);

fn url(text: &str) -> Result<Url, MisuseError> {
    Url::parse(text.trim()).map_err(|_| MisuseError::new("this takes a URL, such as https://api.example.com"))
}
