//! Sends a call: attach, follow redirects, arbitrate a 401, replay once if the credential changed meanwhile.

use http::StatusCode;
use url::Url;

use super::{
    Authorization, GatewayResponse, attach::attach, problem::spares_probe, redirect, request::Parts,
    target::Allowed,
};
use crate::{
    config::{AllowedGateway, ProjectId},
    error::{Error, Result},
    session::{Held, Session},
    transport::{CookieJars, HttpClient, Request},
};

/// The allowed gateways of a client, and what it takes to call them.
#[derive(Clone)]
pub(crate) struct Gateways {
    pub(crate) allowed: std::sync::Arc<Allowed>,
    pub(crate) http: HttpClient,
    pub(crate) jars: CookieJars,
    pub(crate) session: Session,
    pub(crate) project: ProjectId,
}

impl std::fmt::Debug for Gateways {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateways").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Gateways {
    pub(crate) fn new(
        gateways: Vec<AllowedGateway>,
        http: HttpClient,
        jars: CookieJars,
        session: Session,
        project: ProjectId,
    ) -> Self {
        Self { allowed: std::sync::Arc::new(Allowed::new(gateways)), http, jars, session, project }
    }

    /// Sends what the app wants to send; see [`GatewayRequest::send`](super::GatewayRequest::send).
    pub(super) async fn send(&self, parts: Parts) -> Result<GatewayResponse> {
        let (url, _) = self.allowed.resolve(&parts.target)?;
        let request = Request {
            method: parts.method,
            url,
            headers: parts.headers,
            body: parts.body,
            timeout: parts.timeout,
            repeatable: parts.repeatable,
        };
        let held = self.session.admitted().await?;
        let (response, carried) = self.exchange(&request, &held).await?;
        if response.status() != StatusCode::UNAUTHORIZED || !carried {
            return Ok(response);
        }
        if !spares_probe(&response.response) {
            self.session.arbitrate(&held).await;
        }
        let now = self.session.held().await?;
        if now.epoch == held.epoch {
            return Ok(response);
        }
        // Refused with the credential before this one; this one is worth one try, and its answer is final.
        self.exchange(&request, &now).await.map(|(response, _)| response)
    }

    /// Sends `request` and what its redirects lead to. The credential is attached anew at every hop, and only where the origin
    /// rule allows it; the flag says whether the answer is of a hop that carried it.
    async fn exchange(&self, request: &Request, held: &Held) -> Result<(GatewayResponse, bool)> {
        let mut request = request.clone();
        for hop in 0..=redirect::MOST {
            let gateway = self.allowed.of(&request.url);
            let mut outgoing = request.clone();
            if let Some(gateway) = gateway {
                outgoing.headers = self.attached(request.headers.clone(), &request.url, gateway, held)?;
            }
            let response = self.http.send(&outgoing).await?;
            if gateway.is_some() {
                self.jars.keep(&request.url, &response.headers);
            }
            match redirect::follow(&request, &response)? {
                Some(next) => request = next,
                None => {
                    let (url, redirected) = (request.url, hop > 0);
                    return Ok((GatewayResponse { response, url, redirected }, gateway.is_some()));
                }
            }
        }
        Err(Error::InvalidRedirect)
    }

    fn attached(
        &self,
        headers: http::HeaderMap,
        url: &Url,
        gateway: &AllowedGateway,
        held: &Held,
    ) -> Result<http::HeaderMap> {
        attach(headers, url, gateway, &held.credential, &self.project, &self.jars)
    }

    /// The headers for a request that the app sends by itself.
    pub(crate) async fn authorize(&self, target: &str) -> Result<Authorization> {
        let (url, gateway) = self.allowed.resolve(target)?;
        let held = self.session.admitted().await?;
        let headers = self.attached(http::HeaderMap::new(), &url, gateway, &held)?;
        Ok(Authorization { headers, held })
    }
}
