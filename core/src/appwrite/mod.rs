//! Appwrite's account API as it is on the wire, from 1.5 to 2.7 (contract §3, §2x.9).

mod account;
mod body;
mod failure;
mod id;
mod operation;
pub(crate) mod operations;
#[cfg(feature = "realtime")]
pub(crate) mod realtime;
mod wire;

use std::sync::{Arc, atomic::AtomicUsize};

pub(crate) use account::{Login, SignIn};
use bytes::Bytes;
pub(crate) use failure::Failure;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
pub(crate) use id::{Challenge, Id};
pub(crate) use operation::{Behalf, Call, Operation};
use tokio::sync::watch;
use url::Url;

use crate::{
    Secret,
    clock::Clock,
    config::{Endpoint, ProjectId},
    credential::{Carrier, Credential, carry, cookie_name, find_legacy},
    error::{Error, Sent},
    host::{Cause, Request, TransportError},
    json,
    metrics::Meter,
    model::Account,
    transport::{Exchanged, Http, Plan, Response, Stopped},
};

const PROJECT: HeaderName = HeaderName::from_static("x-appwrite-project");

/// How many bytes an answer of Appwrite may have. The longest real ones are lists of sessions, and preferences of 64 KB.
const LONGEST_ANSWER: usize = 4 << 20;

/// Speaks to one project of one Appwrite. Decides nothing: it tells what was answered.
#[derive(Clone, Debug)]
pub(crate) struct Appwrite {
    http: Http,
    endpoint: Endpoint,
    project: ProjectId,
    clock: Arc<dyn Clock>,
    /// Which spelling of the recovery factor completed a challenge last.
    recovery_spelling: Arc<AtomicUsize>,
    condition: Condition,
}

/// What has to hold whenever something is sent; nothing, if there is none.
#[derive(Clone, Default)]
struct Condition(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Condition" } else { "None" })
    }
}

/// A successful answer.
pub(crate) struct Reply {
    /// Empty, or a JSON object.
    body: Bytes,
}

impl Reply {
    /// What was answered.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The account that was answered.
    pub(crate) fn account(&self) -> Option<Account> {
        wire::account(&self.body)
    }
}

impl Appwrite {
    pub(crate) fn new(http: Http, endpoint: Endpoint, project: ProjectId, clock: Arc<dyn Clock>) -> Self {
        Self {
            http,
            endpoint,
            project,
            clock,
            recovery_spelling: Arc::default(),
            condition: Condition::default(),
        }
    }

    /// The same Appwrite for a call that is given up when `holds` says no: it is asked before every attempt.
    pub(crate) fn while_true(&self, holds: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { condition: Condition(Some(Arc::new(holds))), ..self.clone() }
    }

    /// The credential of this project in what one of Appwrite's own SDKs left on the device.
    pub(crate) fn find_legacy(&self, legacy: &str) -> Option<Credential> {
        find_legacy(legacy, &self.project, self.clock.now())
    }

    /// Calls the path of these segments with the credential, if one is given, and reads the whole answer. `body` is JSON.
    async fn call(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Bytes>,
        credential: Option<&Credential>,
    ) -> Result<Reply, Failure> {
        let deletes = method == Method::DELETE;
        let Exchanged { head, body, is_repeated, .. } = self.exchange(method, path, body, credential).await?;
        let response = Response { status: head.status, headers: head.headers, body: body.map_err(failure)? };
        if !response.status.is_success() {
            let failure = Failure::read(&response, self.clock.now());
            // The attempt before, whose answer was lost, has deleted it.
            let is_done = deletes && is_repeated && failure.is_absence_of(path);
            return if is_done { Ok(Reply { body: Bytes::new() }) } else { Err(failure) };
        }
        // A page that somebody in between answered with 200 is no success.
        if !response.body.is_empty() && !json::is_object(&response.body) {
            return Err(Failure::Unintelligible(Some(response.status.as_u16())));
        }
        Ok(Reply { body: response.body })
    }

    /// Calls the path of these segments with the credential, if one is given. The body of the answer may have failed.
    ///
    /// To Appwrite itself the credential travels as `X-Appwrite-Session`: the one carrier that no version reads differently by case,
    /// padding or quoting (contract §1.6). No `Origin` is sent, which every version lets pass (contract §2).
    async fn exchange(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Bytes>,
        credential: Option<&Credential>,
    ) -> Result<Exchanged, Failure> {
        let url = self.url(path).ok_or(Failure::Unintelligible(None))?;
        let mut headers = HeaderMap::new();
        let project =
            HeaderValue::from_str(self.project.as_str()).map_err(|_| Failure::Unintelligible(None))?;
        headers.insert(PROJECT, project);
        if let Some((name, value)) =
            credential.and_then(|credential| carry(credential, Carrier::SessionHeader, &self.project))
        {
            headers.insert(name, value);
        }
        if body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let body = body.unwrap_or_default();
        let idempotent = method == Method::GET || method == Method::DELETE;
        let plan = Plan::whole(self.http.deadline(None), idempotent, LONGEST_ANSWER);
        let request = || Request::new(method.clone(), url.clone(), headers.clone(), body.clone());
        let mut make = || match &self.condition.0 {
            Some(holds) if !holds() => Err(Error::Superseded(Sent::Nothing)),
            _ => Ok(request()),
        };
        self.http.exchange(&plan, &mut make).await.map_err(|stopped| match stopped {
            Stopped::Failed(error) => failure(error),
            Stopped::Refused(error) if error.may_have_arrived() => Failure::Withdrawn(Sent::Something),
            Stopped::Refused(_) => Failure::Withdrawn(Sent::Nothing),
        })
    }

    /// Tells of changes of the network from now on.
    pub(crate) fn network(&self) -> watch::Receiver<()> {
        self.http.network()
    }

    /// What counts everything that the client does.
    pub(crate) fn meter(&self) -> &Arc<Meter> {
        self.http.meter()
    }

    /// Waits after a failure of the network, or until it changes.
    #[cfg(feature = "realtime")]
    pub(crate) async fn pause_after_failure(&self, delay: std::time::Duration) {
        self.http.pause_after_failure(delay).await;
    }

    /// Asks for the version, once and without a credential: the answer as it is, whoever gave it. Every guest may ask, but Appwrite
    /// looks for the project before (contract §2).
    pub(crate) async fn ask_version(&self) -> Result<Response, Error> {
        let unauthorized = Self { http: self.http.once(), ..self.clone() };
        let exchanged = unauthorized.exchange(Method::GET, &["health", "version"], None, None).await?;
        Ok(exchanged.into_answer()?.0)
    }

    /// The project that is spoken to.
    pub(crate) fn project(&self) -> &ProjectId {
        &self.project
    }

    /// The name of the project's cookie.
    pub(crate) fn cookie_name(&self) -> String {
        cookie_name(&self.project)
    }

    /// The URL that a browser opens to sign in with a provider: the token flow, which ends at `callback` (contract §3.2).
    pub(crate) fn oauth2_url(&self, provider: &str, scopes: &[String], callback: &Secret) -> Option<Secret> {
        let mut url = self.url(&["account", "tokens", "oauth2", provider])?;
        // Exposed into the URL that the browser opens.
        url.query_pairs_mut()
            .append_pair("project", self.project.as_str())
            .append_pair("success", callback.expose())
            .append_pair("failure", callback.expose())
            .extend_pairs(scopes.iter().map(|scope| ("scopes[]", scope)));
        Some(Secret::new(url))
    }

    /// The URL of a path below the endpoint. Each segment is encoded as one.
    fn url(&self, path: &[&str]) -> Option<Url> {
        let mut url = Url::parse(self.endpoint.as_str()).ok()?;
        url.path_segments_mut().ok()?.extend(path);
        Some(url)
    }
}

/// An answer that is not HTTP, or that has no end, is as good as one that cannot be read.
fn failure(error: TransportError) -> Failure {
    match error.cause() {
        Cause::Protocol | Cause::TooLarge => Failure::Unintelligible(None),
        _ => Failure::Transport(error),
    }
}
