//! Appwrite's account API as it is on the wire, from 1.5 to 1.9 (contract §3).

mod account;
mod date;
mod failure;
mod wire;

use std::sync::Arc;

pub(crate) use account::{Login, SignIn};
use bytes::Bytes;
pub(crate) use failure::Failure;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
use serde_json::Value;
use url::Url;

use crate::{
    clock::Clock,
    config::{Endpoint, ProjectId},
    credential::{Carrier, Credential, carry, find_left_behind},
    transport::{Cause, Exchanged, Http, Plan, Request, Response, Stopped, TransportError, without_mark},
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
}

/// A successful answer.
pub(crate) struct Reply {
    body: Value,
}

impl Appwrite {
    pub(crate) fn new(http: Http, endpoint: Endpoint, project: ProjectId, clock: Arc<dyn Clock>) -> Self {
        Self { http, endpoint, project, clock }
    }

    /// The credential of this project in what one of Appwrite's own SDKs left on the device.
    pub(crate) fn find_left_behind(&self, left: &str) -> Option<Credential> {
        find_left_behind(left, &self.project, self.clock.now())
    }

    /// Calls `path` with the credential, if one is given, and reads the whole answer.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        credential: Option<&Credential>,
    ) -> Result<Reply, Failure> {
        let Exchanged { head, body } = self.exchange(method, path, body, credential).await?;
        let body = body.map_err(failure)?;
        let response = Response { status: head.status, headers: head.headers, body };
        if !response.status.is_success() {
            return Err(Failure::read(&response, self.clock.now()));
        }
        let body = read_body(&response.body)
            .ok_or_else(|| Failure::Unintelligible(Some(response.status.as_u16())))?;
        Ok(Reply { body })
    }

    /// Calls `path` with the credential, if one is given. The body of the answer, without a byte order mark, may have failed.
    ///
    /// To Appwrite itself the credential travels as `X-Appwrite-Session`: the one carrier that no version reads differently by case,
    /// padding or quoting (contract §1.6). No `Origin` is sent, which every version lets pass (contract §2).
    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        credential: Option<&Credential>,
    ) -> Result<Exchanged, Failure> {
        let url = Url::parse(&format!("{}{path}", self.endpoint.as_str()))
            .map_err(|_| Failure::Unintelligible(None))?;
        let mut headers = HeaderMap::new();
        let project =
            HeaderValue::from_str(self.project.as_str()).map_err(|_| Failure::Unintelligible(None))?;
        headers.insert(PROJECT, project);
        if let Some((name, value)) =
            credential.and_then(|credential| carry(credential, Carrier::SessionHeader, &self.project))
        {
            headers.insert(name, value);
        }
        let body = body.map_or_else(Bytes::new, |body| {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Bytes::from(body.to_string())
        });
        let idempotent = method == Method::GET || method == Method::DELETE;
        let plan = Plan { deadline: self.http.deadline(None), idempotent, limit: LONGEST_ANSWER };
        let request = Request { method, url, headers, body, progress: None };
        let answer = self.http.exchange(&plan, &mut || Ok(request.clone())).await;
        let answer = answer.map_err(|stopped| match stopped {
            Stopped::Failed(error) => failure(error),
            // Nobody refuses: the request is ready.
            Stopped::Refused(_) => Failure::Unintelligible(None),
        })?;
        Ok(Exchanged { body: answer.body.map(|body| without_mark(&body)), ..answer })
    }
}

/// A body as JSON; an empty one is `null`.
fn read_body(body: &Bytes) -> Option<Value> {
    if body.is_empty() { Some(Value::Null) } else { serde_json::from_slice(body).ok() }
}

/// An answer that is not HTTP, or that has no end, is as good as one that cannot be read.
fn failure(error: TransportError) -> Failure {
    match error.cause() {
        Cause::Protocol | Cause::TooLarge => Failure::Unintelligible(None),
        _ => Failure::Transport(error),
    }
}
