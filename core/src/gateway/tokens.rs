//! Access tokens for gateways that take one in place of the credential: asked for once by all calls that wait, and ahead of time.

use std::{future::Future, pin::Pin, sync::Arc, time::Instant};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    call::{Call, Hop},
    gateways::Shared,
    target::Allowed,
};
use crate::{
    Secret,
    clock::Clock,
    credential::{AccessTokens, Issued, Issuer, Supply},
    error::{Error, Result, Sent},
    host::{Cause, Phase, TransportError},
    session::{Epoch, Held, SingleFlight},
};

/// Where a gateway issues tokens.
const PATH: &str = "/_gateway/token";

/// The grant of RFC 8693. The credential is in a header, as in every other request.
const GRANT: &[u8] = b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange";

/// A longer answer is none.
const LIMIT: usize = 64 << 10;

/// How long a token lives whose issuer does not say.
const DEFAULT_LIFE: u64 = 5 * 60;

/// What a gateway answers (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Answer {
    access_token: Zeroizing<String>,
    token_type: String,
    expires_in: Option<u64>,
}

/// The access tokens of a client, and who is just asking for one.
pub(super) struct Tokens {
    kept: AccessTokens,
    clock: Arc<dyn Clock>,
    /// One for each gateway. Those that get Appwrite's tokens in the same header use that of the first of them.
    flights: Vec<SingleFlight<u64, Result<()>>>,
}

impl Tokens {
    pub(super) fn new(allowed: &Allowed, kept: AccessTokens, clock: Arc<dyn Clock>) -> Self {
        Self { kept, clock, flights: allowed.each().map(|_| SingleFlight::new()).collect() }
    }

    /// The header with the token for the gateway at `place`, and the token's number, if there is one now.
    pub(super) fn header(&self, allowed: &Allowed, place: usize, held: &Held) -> Option<(HeaderValue, u64)> {
        self.kept.header(held.epoch.0, source(allowed, place), self.clock.elapsed())
    }

    /// The gateway at `place` has refused a token. Whether the call can be sent with another one.
    pub(super) fn refused(&self, allowed: &Allowed, place: usize, held: &Held, number: u64) -> bool {
        self.kept.refused(held.epoch.0, source(allowed, place), number, self.clock.elapsed())
    }
}

impl Shared {
    /// The wait for a token for the gateway at `place` that stands for the credential of this moment; `None` if the gateway takes none.
    ///
    /// Boxed, because this waits rarely and every call would be as large as this, and because a token is had by a call.
    ///
    /// # Errors
    ///
    /// Why none can be had. The call itself was not sent.
    pub(super) fn token_wait<'a>(
        self: &'a Arc<Self>,
        began: &'a Held,
        place: usize,
        deadline: Instant,
    ) -> Option<Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>> {
        self.allowed.at(place).carrier.issuer()?;
        Some(Box::pin(async move { self.obtained(began, place, deadline).await.map_err(Error::before_call) }))
    }

    async fn obtained(self: &Arc<Self>, began: &Held, place: usize, deadline: Instant) -> Result<()> {
        let source = source(&self.allowed, place);
        loop {
            let held = self.now_as(began)?;
            match self.tokens.kept.supply(held.epoch.0, source, self.tokens.clock.elapsed()) {
                Supply::Token => return Ok(()),
                Supply::Due => {
                    let (shared, tasks) = (self.clone(), self.session.tasks());
                    drop(tasks.spawn(async move { shared.obtain(held, source).await }));
                    return Ok(());
                }
                Supply::Failed(error) => return Err(error),
                Supply::Nothing => {}
            }
            let asked = held.epoch;
            let obtained = self.session.tasks().by(deadline, self.obtain(held, source)).await;
            let in_time = TransportError::new(Cause::TimedOut(Phase::Total), false);
            if let Err(error) = obtained.unwrap_or(Err(in_time.into()))
                && self.now_as(began)?.epoch == asked
            {
                return Err(error);
            }
        }
    }

    /// Asks for a token of `source`, once for everybody who wants one.
    async fn obtain(self: &Arc<Self>, held: Held, source: usize) -> Result<()> {
        let shared = self.clone();
        let epoch = held.epoch.0;
        let start = || {
            let asking: Pin<Box<dyn Future<Output = Result<()>> + Send>> =
                Box::pin(async move { shared.ask(&held, source).await });
            Some(asking)
        };
        let asked = self.tokens.flights[source].run(self.session.tasks(), epoch, start).await;
        asked.unwrap_or(Err(Error::Closed(Sent::Nothing)))
    }

    async fn ask(self: &Arc<Self>, held: &Held, source: usize) -> Result<()> {
        let Tokens { kept, clock, .. } = &self.tokens;
        let carrier = self.allowed.at(source).carrier;
        let begun = clock.elapsed();
        let issued = match carrier.issuer() {
            Some(Issuer::Appwrite) => self.session.jwt(held).await.map(|issued| (issued, held.epoch)),
            Some(Issuer::Gateway) | None => tokio::select! {
                exchanged = self.exchange(held, source) => exchanged,
                () = self.session.tasks().closed() => Err(Error::Closed(Sent::Nothing)),
            },
        };
        let kept_it = issued.and_then(|(issued, epoch)| {
            let usable = kept.keep(epoch.0, source, begun, &issued, carrier.token_prefix());
            if usable { Ok(()) } else { Err(Error::InvalidResponse(None)) }
        });
        if let Err(error) = &kept_it {
            kept.failed(held.epoch.0, source, clock.elapsed(), error);
        } else if self.session.now().is_err() {
            // The user has signed out meanwhile, and what was forgotten then was kept now.
            kept.clear();
        }
        kept_it
    }

    /// Gives the credential to the gateway at `place` for a token. The credential that it stands for comes with it: it may have been
    /// replaced on the way.
    async fn exchange(self: &Arc<Self>, held: &Held, place: usize) -> Result<(Issued, Epoch)> {
        let mut url = self.allowed.at(place).base.clone();
        url.set_path(PATH);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = [(CONTENT_TYPE, form), (ACCEPT, HeaderValue::from_static("application/json"))];
        let headers: HeaderMap = headers.into_iter().collect();
        let hop =
            Hop { method: Method::POST, url, gateway: Some(place), headers, body: Bytes::from_static(GRANT) };
        let call = Call::for_token(self, hop, held.clone(), self.http.deadline(None), LIMIT);
        let (response, carried) = call.run().await?;
        let answer: Answer = response.json()?;
        if !answer.token_type.eq_ignore_ascii_case("bearer") || answer.access_token.is_empty() {
            return Err(Error::InvalidResponse(None));
        }
        let life = std::time::Duration::from_secs(answer.expires_in.unwrap_or(DEFAULT_LIFE));
        let epoch = carried.map_or(held.epoch, |carried| carried.epoch);
        Ok((Issued { token: Secret::of_wiped(answer.access_token), life }, epoch))
    }
}

/// The gateway under whose place the tokens for the one at `place` are kept: itself, or the first that gets Appwrite's in the same header.
fn source(allowed: &Allowed, place: usize) -> usize {
    if allowed.at(place).carrier.issuer() != Some(Issuer::Appwrite) {
        return place;
    }
    let carrier = allowed.at(place).carrier;
    allowed.each().position(|gateway| gateway.carrier == carrier).unwrap_or(place)
}
