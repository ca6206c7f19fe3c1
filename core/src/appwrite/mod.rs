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
    credential::{Captured, Carrier, Credential, capture, carry, find_left_behind},
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
}

/// A successful answer.
pub(crate) struct Reply {
    body: Value,
    pub(crate) captured: Captured,
}

impl Appwrite {
    pub(crate) fn new(
        http: HttpClient,
        endpoint: Endpoint,
        project: ProjectId,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { http, endpoint, project, clock }
    }

    /// The credential of this project in what one of Appwrite's own SDKs left on the device.
    pub(crate) fn find_left_behind(&self, left: &str) -> Option<Credential> {
        find_left_behind(left, &self.project, self.clock.now())
    }

    /// Calls `path` with the credential, if one is given.
    ///
    /// To Appwrite itself it travels as `X-Appwrite-Session`: the one carrier that no version reads differently by case,
    /// padding or quoting (contract §1.6). No `Origin` is sent, which every version lets pass (contract §2).
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        credential: Option<&Credential>,
    ) -> Result<Reply, Failure> {
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
        let repeatable = method == Method::GET || method == Method::DELETE;
        let request = Request { method, url, headers, body, timeout: None, repeatable };
        let response = self.http.send(&request).await?;
        if !response.status.is_success() {
            return Err(Failure::read(&response, self.clock.now()));
        }
        let body = if response.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&response.body)
                .map_err(|_| Failure::Unintelligible(Some(response.status.as_u16())))?
        };
        Ok(Reply { body, captured: capture(&response.headers, &self.project) })
    }
}
