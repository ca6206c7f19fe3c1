//! The servers that a test answers for: the app's gateways, other sites, and the receivers of webhooks.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
};

use mock_appwrite::json;
use mock_appwrite::{
    MockAppwrite, RawRequest, Rendered,
    host::{Post, Posting, Serving, Site},
};
use serde_json::Value;
use tokio::sync::oneshot;
use url::Url;

use crate::{locked, network::Sent, world::World};

/// Who answers for the servers of a test.
pub trait Servers: Send + Sync + fmt::Debug + 'static {
    /// Whether these answer for `origin`. For a gateway or a site for which they do not, the mock's own gateway answers.
    fn serve(&self, origin: &str) -> bool;

    /// A request has arrived, which [`World::answer`] answers at any time. Nothing here may block.
    fn ask(&self, asked: Asked);
}

/// A request to a server of a test, without its credential.
#[derive(Debug)]
pub struct Asked {
    /// The number that [`World::answer`] and [`World::identify`] know it by.
    pub number: u32,
    /// The name of the gateway or site. A delivery of a webhook has none: its URL says whose it is.
    pub site: Option<&'static str>,
    /// The request.
    pub sent: Sent,
    /// What the server sees of the session: `{"carrier", "carriers", "cookies"}`. The cookies are those that are not the session's.
    pub seen: Value,
}

/// The requests that wait for an answer.
pub(crate) struct Sites {
    servers: Arc<dyn Servers>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    all: HashMap<u32, (RawRequest, oneshot::Sender<Rendered>)>,
    last: u32,
}

impl Sites {
    pub(crate) fn new(servers: Arc<dyn Servers>) -> Self {
        Self { servers, waiting: Mutex::default() }
    }

    /// Whether the servers of the test answer for that URL.
    pub(crate) fn serve(&self, url: &Url) -> bool {
        self.servers.serve(&url.origin().ascii_serialization())
    }

    fn ask(
        &self,
        request: RawRequest,
        sent: &Sent,
        site: Option<&'static str>,
        seen: Value,
    ) -> oneshot::Receiver<Rendered> {
        let (answers, answered) = oneshot::channel();
        let number = {
            let mut waiting = locked(&self.waiting);
            waiting.last = waiting.last.wrapping_add(1);
            let number = waiting.last;
            waiting.all.insert(number, (request, answers));
            number
        };
        self.servers.ask(Asked { number, site, sent: sent.without_credential(), seen });
        answered
    }

    /// The request with that number, which is not answered yet.
    pub(crate) fn request(&self, number: u32) -> Option<RawRequest> {
        locked(&self.waiting).all.get(&number).map(|(request, _)| request.clone())
    }

    /// Answers the request with that number.
    pub(crate) fn answer(&self, number: u32, answer: Rendered) {
        let Some((_, answers)) = locked(&self.waiting).all.remove(&number) else { return };
        // Whoever asked may have hung up.
        let _ = answers.send(answer);
    }

    /// Hands a delivery of a webhook to its receiver.
    pub(crate) fn deliver(&self, post: Post) -> Posting {
        let url = Url::parse(&post.url).ok().filter(|url| self.serve(url));
        let Some(url) = url else { return Box::pin(std::future::ready(None)) };
        let headers: Vec<_> =
            post.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let request = RawRequest {
            method: "POST".to_owned(),
            target: url.path().to_owned(),
            body: post.body.clone().into_bytes(),
            headers: headers.clone(),
            ..RawRequest::default()
        };
        let sent = Sent { method: "POST".to_owned(), url, headers, body: post.body.into_bytes() };
        let seen = json!({ "carrier": "none", "carriers": 0, "cookies": {} });
        let answered = self.ask(request, &sent, None, seen);
        Box::pin(async move { Some(answered.await.ok()?.status) })
    }
}

/// One request to a server of the test.
pub(crate) struct TestSite {
    world: Arc<World>,
    name: &'static str,
    sent: Sent,
    request: RawRequest,
}

impl TestSite {
    pub(crate) fn new(world: Arc<World>, name: &'static str, sent: Sent, request: RawRequest) -> Self {
        Self { world, name, sent, request }
    }
}

impl fmt::Debug for TestSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestSite")
    }
}

impl Site for TestSite {
    fn answer(&self) -> Serving {
        if MockAppwrite::issues_access_token(&self.request) {
            let (world, request) = (self.world.clone(), self.request.clone());
            return Box::pin(async move { world.mock().issue_access_token(request).await });
        }
        let seen = self.world.mock().seen(&self.request);
        let answered = self.world.sites().ask(self.request.clone(), &self.sent, Some(self.name), seen);
        // Whoever is asked answers everything.
        Box::pin(async move {
            answered.await.unwrap_or_else(|_| Rendered { status: 500, headers: Vec::new(), body: Vec::new() })
        })
    }
}
