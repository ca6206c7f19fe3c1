//! One call: every attempt and every hop with the credential of its moment, a 401 arbitrated, the refused hop repeated once.

use std::{sync::Arc, time::Instant};

use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::{
    GatewayResponse,
    attach::{CarrierHeader, attach},
    content::{Content, Fault},
    gateways::{Shared, is_same_user},
    hooks::{CallBegins, Hooks},
    problem::{Problem, refuses_token, refuses_unseen, spares_probe},
    redirect,
    request::Parts,
    trace::Trace,
    transfer::Uploading,
};
use crate::{
    error::{Error, Result, Sent},
    host::{Departure, Request, TransportError},
    session::Held,
    transport::{Plan, Response, Rest, Stopped},
};

/// A request of the chain that redirects make, without its credential.
#[derive(Clone)]
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Url,
    /// The place of the gateway that the URL is of, which gets the credential. `None` once the chain has left the allowed gateways.
    pub(super) gateway: Option<usize>,
    pub(super) headers: HeaderMap,
    pub(super) body: Content,
}

/// A call under way.
pub(super) struct Call<'a> {
    shared: &'a Arc<Shared>,
    /// Whose call it is.
    began: Held,
    hop: Hop,
    hops: usize,
    /// What the app says about it; if it says nothing, the method does.
    idempotent: Option<bool>,
    limit: usize,
    deadline: Instant,
    /// Whether the whole call, as the app made it, is idempotent.
    whole_idempotent: bool,
    /// Whether a request of the call was answered, so that it has arrived.
    answered: bool,
    /// Whether it asks a gateway for an access token, and so carries the credential itself.
    for_token: bool,
    /// Whether the body of a success is left to be read.
    streams: bool,
    uploading: Option<Uploading>,
    trace: Trace,
}

/// What a call came to.
pub(super) struct CallAnswer {
    pub(super) response: GatewayResponse,
    /// The body, where it is left to be read.
    pub(super) rest: Option<Rest>,
    /// What the answered request carried, if anything.
    pub(super) carried: Option<Held>,
}

/// What an attempt carried.
#[derive(Default)]
struct Carried {
    held: Option<Held>,
    /// The number of the access token, if it was one.
    token: Option<u64>,
    /// Whether the attempt was not made, because the token that was there had ended.
    lacked_token: bool,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        parts: Parts,
        url: Url,
        gateway: usize,
        began: Held,
        deadline: Instant,
    ) -> Self {
        let Parts { method, headers, body, idempotent, response_limit, observer, .. } = parts;
        let uploading = observer.filter(|_| !body.is_empty()).map(|told| Uploading::new(told, body.length()));
        let whole_idempotent = idempotent.unwrap_or_else(|| is_idempotent(&method));
        let hop = Hop { method, url, gateway: Some(gateway), headers, body };
        let limit = response_limit.unwrap_or(shared.response_limit);
        Self {
            shared,
            began,
            hop,
            hops: 0,
            idempotent,
            limit,
            deadline,
            whole_idempotent,
            answered: false,
            for_token: false,
            streams: false,
            uploading,
            trace: Trace::new(),
        }
    }

    /// The same call, which leaves the body of a success to be read.
    pub(super) fn streaming(self) -> Self {
        Self { streams: true, ..self }
    }

    /// Lets the app's hooks see it before it is sent. What they are told afterwards comes back, if there are any.
    pub(super) fn begins(&mut self, hooks: &Hooks) -> Option<(Method, Url)> {
        hooks.0.as_ref()?;
        let carrier = self.shared.allowed.at(self.hop.gateway?).carrier;
        let Hop { method, url, headers, .. } = &mut self.hop;
        hooks.before(&mut CallBegins { method, url, headers, carrier });
        Some((method.clone(), url.clone()))
    }

    /// The call of a gateway that asks for an access token. Any number of them does no harm.
    pub(super) fn for_token(
        shared: &'a Arc<Shared>,
        hop: Hop,
        began: Held,
        deadline: Instant,
        limit: usize,
    ) -> Self {
        Self {
            shared,
            began,
            hop,
            hops: 0,
            idempotent: Some(true),
            limit,
            deadline,
            whole_idempotent: true,
            answered: false,
            for_token: true,
            streams: false,
            uploading: None,
            trace: Trace::new(),
        }
    }

    /// Sends it and whatever it leads to.
    pub(super) async fn run(mut self) -> Result<CallAnswer> {
        let (mut repeated, mut token_renewed) = (false, false);
        loop {
            let answered = self.exchange().await?;
            self.answered = true;
            let (response, rest, carried) = match answered {
                Answered::Redirected(next) => {
                    self.hops += 1;
                    if self.hops > redirect::MOST {
                        return Err(Error::InvalidRedirect);
                    }
                    self.hop = next;
                    continue;
                }
                Answered::Finally(response, rest, carried) => (response, rest, carried),
            };
            let Carried { held, token, .. } = carried;
            if response.status == StatusCode::UNAUTHORIZED
                && let Some(held) = &held
            {
                if !token_renewed && self.can_renew(held, token, &response) {
                    token_renewed = true;
                    continue;
                }
                if !repeated && self.should_repeat(held, &response).await? {
                    repeated = true;
                    continue;
                }
            }
            let response = GatewayResponse { response, url: self.hop.url, redirected: self.hops > 0 };
            return Ok(CallAnswer { response, rest, carried: held });
        }
    }

    /// Sends the present hop, as often as the retry policy says. The credential that the answered attempt carried comes with it.
    async fn exchange(&self) -> Result<Answered> {
        let plan = Plan {
            deadline: self.deadline,
            idempotent: self.hop_is_idempotent(),
            limit: self.limit,
            streams: self.streams,
            watcher: self.uploading.as_ref().map(Uploading::watcher),
        };
        let fault = Fault::default();
        let departure = Arc::new(Departure::default());
        let mut sent = self.answered;
        let (exchanged, carried) = loop {
            self.ready().await.map_err(|error| if sent { error.after_sending() } else { error })?;
            let mut carried = Carried::default();
            let mut make = || self.outgoing(&departure, &mut carried, &fault);
            let exchanged = tokio::select! {
                biased;
                exchanged = self.shared.http.exchange(&plan, &mut make) => Some(exchanged),
                // It is called back and made anew, with the credential of that moment or not at all.
                () = self.shared.session.overtakes(&departure) => None,
            };
            match exchanged {
                Some(Err(Stopped::Refused(_))) if carried.lacked_token => {}
                Some(exchanged) => break (exchanged, carried),
                None => {}
            }
            sent |= departure.has_departed();
        };
        if let Some(fault) = fault.get() {
            let sent = if sent || departure.has_departed() { Sent::Something } else { Sent::Nothing };
            return Err(Error::FileFailed(fault, sent));
        }
        let failed = |failure: TransportError| Error::from(failure.of_call(sent, self.whole_idempotent));
        let exchanged = exchanged.map_err(|stopped| match stopped {
            Stopped::Refused(error) if sent => error.after_sending(),
            Stopped::Refused(error) => error,
            Stopped::Failed(failure) => failed(failure),
        })?;
        if let Some(held) = &carried.held {
            self.shared.belongings.jars.keep(held.epoch.0, &self.hop.url, &exchanged.head.headers);
        }
        if let Some(next) = redirect::follow(&self.hop, &exchanged.head, &self.shared.allowed)? {
            if self.for_token && next.gateway != self.hop.gateway {
                // It would give another origin the credential, or take that origin's token for this gateway's.
                return Err(Error::InvalidRedirect);
            }
            return Ok(Answered::Redirected(next));
        }
        if let Some(uploading) = self.uploading.as_ref().filter(|_| exchanged.head.status.is_success()) {
            uploading.ended();
        }
        let (response, rest) = exchanged.into_answer().map_err(failed)?;
        Ok(Answered::Finally(response, rest, carried))
    }

    /// Waits until the present hop can be sent: until there is an access token for it, if it carries one.
    async fn ready(&self) -> Result<()> {
        match self.hop.gateway {
            Some(place) if !self.for_token => {
                match self.shared.token_wait(&self.began, place, self.deadline) {
                    Some(wait) => wait.await,
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The request of the present hop with the credential of this moment.
    fn outgoing(&self, departure: &Arc<Departure>, carried: &mut Carried, fault: &Fault) -> Result<Request> {
        if fault.get().is_some() {
            // What could not be read does not get better by being sent again.
            return Err(Error::Internal);
        }
        let hop = &self.hop;
        let held = self.shared.now_as(&self.began)?;
        let mut headers = hop.headers.clone();
        if let Some(place) = hop.gateway {
            let Some(carrier) = self.carrier_header(&held, place)? else {
                carried.lacked_token = true;
                return Err(Error::Internal);
            };
            carried.token = carrier.token;
            let gateway = self.shared.allowed.at(place);
            for name in gateway.headers.keys().filter(|name| !hop.headers.contains_key(*name)) {
                for value in gateway.headers.get_all(name) {
                    headers.append(name.clone(), value.clone());
                }
            }
            if gateway.traced {
                self.trace.mark(&mut headers);
            }
            attach(&mut headers, &hop.url, carrier, held.epoch.0, &self.shared.belongings.jars)?;
            carried.held = Some(held);
        }
        departure.expect(carried.held.as_ref().map(|held| held.epoch.0));
        let body = hop.body.payload(self.shared.session.tasks(), fault);
        let (method, url) = (hop.method.clone(), hop.url.clone());
        Ok(Request { departure: Some(departure.clone()), ..Request::new(method, url, headers, body) })
    }

    fn carrier_header(&self, held: &Held, place: usize) -> Result<Option<CarrierHeader>> {
        if self.for_token {
            self.shared.exchange_header(held, place).map(Some)
        } else {
            self.shared.carrier_header(held, place)
        }
    }

    /// Whether the hop whose access token was refused is sent once more with another one. The gateway has not let it through.
    fn can_renew(&self, held: &Held, token: Option<u64>, response: &Response) -> bool {
        let (Some(number), Some(place)) = (token, self.hop.gateway) else { return false };
        refuses_token(response) && self.shared.tokens.refused(&self.shared.allowed, place, held, number)
    }

    /// Whether the hop that was refused with 401 is sent once more: with another credential of the same user only, and only if that
    /// does no harm. Fails if the session ended or needs a factor.
    async fn should_repeat(&self, held: &Held, response: &Response) -> Result<bool> {
        let problem = Problem::read(response);
        if !spares_probe(problem.as_ref()) {
            // The gateway has answered: if Appwrite does not in time, that answer is what there is.
            if self.shared.session.arbitrate(held, self.deadline).await.is_none() {
                return Ok(false);
            }
        }
        let now = self.shared.session.now().map_err(Error::after_sending)?;
        let renewed = now.epoch != held.epoch && is_same_user(&now, held);
        Ok(renewed && (self.hop_is_idempotent() || refuses_unseen(problem.as_ref())))
    }

    fn hop_is_idempotent(&self) -> bool {
        // What a redirect has made of the request is judged by its own method.
        is_idempotent(&self.hop.method) || self.idempotent.unwrap_or(false)
    }
}

enum Answered {
    Redirected(Hop),
    Finally(Response, Option<Rest>, Carried),
}

/// Whether the method is idempotent by its definition (RFC 9110 §9.2.2).
pub(super) fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE)
}
