//! Appwrite's account API as it is on the wire, from 1.5 to 1.9 (contract §3).

mod account;
mod body;
mod failure;
mod id;
mod wire;

use std::sync::{Arc, atomic::AtomicUsize};

pub(crate) use account::{Login, SignIn};
use body::body;
use bytes::Bytes;
pub(crate) use failure::Failure;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
pub(crate) use id::{Challenge, Id};
use url::Url;

use crate::{
    clock::Clock,
    config::{Endpoint, ProjectId},
    credential::{Carrier, Credential, capture, carry, find_left_behind},
    json,
    transport::{HttpClient, Request},
};

const PROJECT: HeaderName = HeaderName::from_static("x-appwrite-project");

/// Speaks to one project of one Appwrite. Decides nothing: it tells what was answered.
#[derive(Clone, Debug)]
pub(crate) struct Appwrite {
    http: HttpClient,
    endpoint: Endpoint,
    project: ProjectId,
    clock: Arc<dyn Clock>,
    /// Which spelling of the recovery factor completed a challenge last.
    recovery_spelling: Arc<AtomicUsize>,
}

/// A successful answer.
pub(crate) struct Reply {
    /// Empty, or a JSON object.
    body: Bytes,
    pub(crate) captured: Option<Credential>,
}

impl Appwrite {
    pub(crate) fn new(
        http: HttpClient,
        endpoint: Endpoint,
        project: ProjectId,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { http, endpoint, project, clock, recovery_spelling: Arc::default() }
    }

    /// The credential of this project in what one of Appwrite's own SDKs left on the device.
    pub(crate) fn find_left_behind(&self, left: &str) -> Option<Credential> {
        find_left_behind(left, &self.project, self.clock.now())
    }

    /// Calls the path of these segments with the credential, if one is given. `body` is JSON.
    ///
    /// To Appwrite itself it travels as `X-Appwrite-Session`: the one carrier that no version reads differently by case,
    /// padding or quoting (contract §1.6). No `Origin` is sent, which every version lets pass (contract §2).
    async fn call(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Bytes>,
        credential: Option<&Credential>,
    ) -> Result<Reply, Failure> {
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
        let repeatable = method == Method::GET || method == Method::DELETE;
        let request = Request { method, url, headers, body, timeout: None, repeatable };
        let response = self.http.send(&request).await?;
        if !response.status.is_success() {
            return Err(Failure::read(&response, self.clock.now()));
        }
        // A page that somebody in between answered with 200 is no success.
        if !response.body.is_empty() && !json::is_object(&response.body) {
            return Err(Failure::Unintelligible(Some(response.status.as_u16())));
        }
        let captured = capture(&response.headers, &self.project);
        Ok(Reply { body: response.body, captured })
    }

    /// The URL of a path below the endpoint. Each segment is encoded as one.
    fn url(&self, path: &[&str]) -> Option<Url> {
        let mut url = Url::parse(self.endpoint.as_str()).ok()?;
        url.path_segments_mut().ok()?.extend(path);
        Some(url)
    }
}
