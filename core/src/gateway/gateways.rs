//! The gateways of a client: what a call and an authorization need to know.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, header::COOKIE};
use url::Url;

use super::{
    Authorization, GatewayResponse, GatewayStream, RedirectTarget, Verdict,
    attach::{CarrierHeader, attach},
    call::{Call, CallAnswer},
    hooks::{CallEnded, Hooks},
    redirect,
    request::Parts,
    target::{Allowed, resolve_query},
    tokens::Tokens,
};
use crate::{
    clock::Clock,
    config::{AllowedGateway, ConfigError, ProjectId},
    credential::{Carrier, carry},
    error::{Error, Result, Sent},
    session::{Belongings, Held, Session, Tasks},
    transport::Http,
};

/// The allowed gateways of a client, and what it takes to call them. Clones are handles of the same.
#[derive(Clone)]
pub(crate) struct Gateways(Arc<Shared>);

/// What holds for all calls.
pub(crate) struct Calling {
    /// The limit of an answer that is held in memory, if the call has none of its own.
    pub(crate) response_limit: usize,
    pub(crate) hooks: Hooks,
}

pub(super) struct Shared {
    pub(super) allowed: Allowed,
    pub(super) http: Http,
    pub(super) belongings: Belongings,
    pub(super) tokens: Tokens,
    pub(super) session: Session,
    pub(super) project: ProjectId,
    pub(super) response_limit: usize,
    hooks: Hooks,
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
        clock: Arc<dyn Clock>,
        belongings: Belongings,
        session: Session,
        project: ProjectId,
        calling: Calling,
    ) -> Self {
        let Calling { response_limit, hooks } = calling;
        let allowed = Allowed::new(gateways);
        let tokens = Tokens::new(&allowed, belongings.tokens.clone(), clock);
        let shared = Shared { allowed, http, belongings, tokens, session, project, response_limit, hooks };
        Self(Arc::new(shared))
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    /// Sends what the app wants to send; see [`GatewayRequest::send`](super::GatewayRequest::send).
    pub(super) async fn send(&self, parts: Parts) -> Result<GatewayResponse> {
        let timeout = parts.timeout;
        let (parts, url, gateway, began) = self.prepared(parts).await?;
        let deadline = self.0.http.deadline(timeout);
        Ok(self.hooked(Call::new(&self.0, parts, url, gateway, began, deadline)).await?.response)
    }

    /// As [`send`](Self::send), but leaves the body of a success to be read. Unless the app has set one, the time limit is that of the
    /// answer's head. What goes on with a call of `of` is made for the same user only.
    pub(super) async fn open(&self, parts: Parts, of: Option<&Held>) -> Result<GatewayStream> {
        let (timeout, idempotent) = (parts.timeout, parts.is_idempotent());
        let prepared = self.prepared(parts).await;
        let (parts, url, gateway, began) =
            if of.is_some() { prepared.map_err(Error::after_sending)? } else { prepared? };
        if of.is_some_and(|of| !is_same_user(&began, of)) {
            return Err(Error::Superseded(Sent::Something));
        }
        let of_head = self.0.http.deadline(timeout);
        let deadline = self.0.http.deadline(Some(timeout.unwrap_or(Duration::MAX)));
        let call = Call::new(&self.0, parts, url, gateway, began.clone(), of_head).streaming();
        let CallAnswer { response, rest, carried } = self.hooked(call).await?;
        let (shared, began) = (self.0.clone(), carried.unwrap_or(began));
        let length = match &rest {
            Some(rest) => rest.declared(),
            None => Some(response.bytes().len() as u64),
        };
        Ok(GatewayStream { answer: response, rest, length, shared, began, deadline, idempotent })
    }

    /// Makes a call, and lets the app's hooks see it.
    async fn hooked(&self, mut call: Call<'_>) -> Result<CallAnswer> {
        let Some((method, url)) = call.begins(&self.0.hooks) else { return call.run().await };
        let began = Instant::now();
        let answer = call.run().await;
        let result = answer.as_ref().map(|answer| answer.response.status());
        let duration = began.elapsed();
        self.0.hooks.after(&CallEnded { method: &method, url: &url, result, duration });
        answer
    }

    /// What work with files is done by.
    pub(super) fn tasks(&self) -> &Tasks {
        self.0.session.tasks()
    }

    /// Waits for `duration` after a stream of `began` broke, or until the network changes, its user leaves or the client is closed.
    pub(super) async fn pause(&self, began: &Held, duration: Duration) {
        tokio::select! {
            () = self.0.http.pause_after_failure(duration) => {}
            () = self.0.session.leaves(began) => {}
        }
    }

    /// How long to wait after attempt `attempt` of a call.
    pub(super) fn backoff(&self, attempt: u32) -> Duration {
        self.0.http.backoff(attempt)
    }

    /// The limit of an answer that is held in memory, if the call has none of its own.
    pub(super) fn response_limit(&self) -> usize {
        self.0.response_limit
    }

    /// Judges a call before anything of it is sent: its target, its headers, its files, and whose call it is.
    async fn prepared(&self, mut parts: Parts) -> Result<(Parts, Url, usize, Held)> {
        let shared = &self.0;
        shared.http.meter().gateway_calls.add();
        let (mut url, gateway) = shared.allowed.resolve(&parts.target)?;
        resolve_query(&mut url, &parts.query)?;
        let carried_by = shared.allowed.at(gateway).carrier.header_name();
        if carried_by != COOKIE && parts.headers.contains_key(&carried_by) {
            return Err(ConfigError::ReservedHeader { name: carried_by.as_str().to_owned() }.into());
        }
        parts.body = parts.body.measured(self.tasks()).await?;
        if !parts.states_its_length() {
            return Err(ConfigError::ContentLength.into());
        }
        let began = shared.session.admitted().await?;
        Ok((parts, url, gateway, began))
    }

    /// The network of the device has changed. Appwrite's requests wait in the same place.
    pub(crate) fn network_changed(&self) {
        self.0.http.network_changed();
    }

    /// Whether the target is of an allowed gateway.
    pub(crate) fn is_gateway(&self, target: &str) -> bool {
        self.0.allowed.resolve_own(target).is_ok()
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
        let shared = &self.0;
        let (url, gateway) = shared.allowed.resolve_own(target)?;
        let began = shared.session.admitted().await?;
        let deadline = shared.http.deadline(None);
        loop {
            if let Some(wait) = shared.token_wait(&began, gateway, deadline) {
                wait.await?;
            }
            // The user may have signed out, or another may have signed in, while the presence check was open.
            let held = shared.now_as(&began)?;
            // A token that was there a moment ago may have ended.
            let Some(carrier) = shared.carrier_header(&held, gateway)? else { continue };
            let token = carrier.token.map(|number| (gateway, number));
            let mut headers = HeaderMap::with_capacity(2);
            attach(&mut headers, &url, carrier, held.epoch.0, &shared.belongings.jars)?;
            return Ok(Authorization { headers, held, token });
        }
    }

    /// See [`SessionClient::report_unauthorized`](crate::SessionClient::report_unauthorized).
    pub(crate) async fn report_unauthorized(&self, authorization: &Authorization) -> Verdict {
        let (session, held) = (&self.0.session, &authorization.held);
        if let Some((gateway, number)) = authorization.token
            && session.now().is_ok_and(|now| now.epoch == held.epoch)
            && self.0.tokens.refused(&self.0.allowed, gateway, held, number)
        {
            return Verdict::TryAgain;
        }
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
    /// The header that carries `held` to the gateway at `place` now. `None` if the gateway takes a token, and there is none.
    pub(super) fn carrier_header(&self, held: &Held, place: usize) -> Result<Option<CarrierHeader>> {
        let carrier = self.allowed.at(place).carrier;
        let name = carrier.header_name();
        if carrier.issuer().is_some() {
            let found = self.tokens.header(&self.allowed, place, held);
            return Ok(found.map(|(value, number)| CarrierHeader { name, value, token: Some(number) }));
        }
        self.credential_header(held, place, carrier).map(Some)
    }

    /// The header that carries `held` itself by `carrier`, which is that of the gateway at `place`.
    fn credential_header(&self, held: &Held, place: usize, carrier: Carrier) -> Result<CarrierHeader> {
        let make = || carry(&held.credential, carrier, &self.project).map(|(_, value)| value);
        let value = self.belongings.headers.of(held.epoch.0, place, make).ok_or(ConfigError::ProjectId)?;
        Ok(CarrierHeader { name: carrier.header_name(), value, token: None })
    }

    /// The header that carries `held` itself to the gateway at `place`, which issues tokens for it.
    pub(super) fn exchange_header(&self, held: &Held, place: usize) -> Result<CarrierHeader> {
        self.credential_header(held, place, Carrier::SessionHeader)
    }

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
