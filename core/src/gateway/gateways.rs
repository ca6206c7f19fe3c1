//! The gateways of a client: what a call and an authorization need to know.

use std::sync::Arc;

use http::{HeaderMap, Method};

use super::{
    Authorization, GatewayResponse, RedirectTarget, Verdict,
    attach::attach,
    call::Call,
    redirect,
    request::Parts,
    target::{Allowed, resolve_query},
};
use crate::{
    config::{AllowedGateway, ProjectId},
    error::{Error, Result, Sent},
    session::{Held, Session},
    transport::{CookieJars, Http},
};

/// The allowed gateways of a client, and what it takes to call them. Clones are handles of the same.
#[derive(Clone)]
pub(crate) struct Gateways(Arc<Shared>);

pub(super) struct Shared {
    pub(super) allowed: Allowed,
    pub(super) http: Http,
    pub(super) jars: CookieJars,
    pub(super) session: Session,
    pub(super) project: ProjectId,
    pub(super) response_limit: usize,
}

impl std::fmt::Debug for Gateways {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateways").field("allowed", &self.0.allowed).finish_non_exhaustive()
    }
}

impl Gateways {
    pub(crate) fn new(
        gateways: Vec<AllowedGateway>,
        http: Http,
        jars: CookieJars,
        session: Session,
        project: ProjectId,
        response_limit: usize,
    ) -> Self {
        let allowed = Allowed::new(gateways);
        Self(Arc::new(Shared { allowed, http, jars, session, project, response_limit }))
    }

    /// Sends what the app wants to send; see [`GatewayRequest::send`](super::GatewayRequest::send).
    pub(super) async fn send(&self, parts: Parts) -> Result<GatewayResponse> {
        let shared = &*self.0;
        let (mut url, gateway) = shared.allowed.resolve(&parts.target)?;
        resolve_query(&mut url, &parts.query)?;
        let began = shared.session.admitted().await?;
        let deadline = shared.http.deadline(parts.timeout);
        Call::new(shared, parts, url, gateway, began, deadline).run().await
    }

    /// Whether the target is of an allowed gateway.
    pub(crate) fn is_gateway(&self, target: &str) -> bool {
        self.0.allowed.resolve(target).is_ok()
    }

    /// See [`SessionClient::check_redirect`](crate::SessionClient::check_redirect).
    pub(crate) fn check_redirect(
        &self,
        from: &str,
        to: &str,
        method: &Method,
        has_body: bool,
    ) -> Result<RedirectTarget> {
        redirect::judge(&self.0.allowed, from, to, method, has_body)
    }

    /// The headers for a request that the app sends by itself.
    pub(crate) async fn authorize(&self, target: &str) -> Result<Authorization> {
        let shared = &*self.0;
        let (url, gateway) = shared.allowed.resolve(target)?;
        let began = shared.session.admitted().await?;
        // The user may have signed out, or another may have signed in, while the presence check was open.
        let held = shared.now_as(&began)?;
        let mut headers = HeaderMap::with_capacity(2);
        attach(
            &mut headers,
            &url,
            shared.allowed.at(gateway),
            gateway,
            &held,
            &shared.project,
            &shared.jars,
        )?;
        Ok(Authorization { headers, held })
    }

    /// See [`SessionClient::report_unauthorized`](crate::SessionClient::report_unauthorized).
    pub(crate) async fn report_unauthorized(&self, authorization: &Authorization) -> Verdict {
        let (session, held) = (&self.0.session, &authorization.held);
        let lives = session.arbitrate(held, self.0.http.deadline(None)).await;
        match session.now() {
            Ok(now) if now.epoch == held.epoch && lives == Some(true) => Verdict::SessionLives,
            Ok(now) if now.epoch == held.epoch => Verdict::Undecided,
            Ok(now) if is_same_user(&now, held) => Verdict::TryAgain,
            Ok(_) => Verdict::OtherUser,
            Err(Error::SignedOut(..)) => Verdict::SignedOut,
            Err(Error::MfaRequired(_)) => Verdict::MfaRequired,
            Err(_) => Verdict::Undecided,
        }
    }
}

impl Shared {
    /// The credential at this moment, if it is still of the user that `began` is of.
    pub(super) fn now_as(&self, began: &Held) -> Result<Held> {
        let now = self.session.now()?;
        if now.epoch == began.epoch || is_same_user(&now, began) {
            Ok(now)
        } else {
            Err(Error::Superseded(Sent::Nothing))
        }
    }
}

/// Whether both are credentials of the same user.
pub(super) fn is_same_user(one: &Held, other: &Held) -> bool {
    one.credential.user_id() == other.credential.user_id()
}
