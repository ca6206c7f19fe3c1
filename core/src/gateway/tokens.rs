//! Access tokens for gateways that take one in place of the credential: asked for once by all calls that wait, and ahead of time.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{
    call::{Call, CallAnswer, Hop},
    content::Content,
    gateways::Shared,
    target::Allowed,
};
use crate::{
    Secret,
    clock::Clock,
    credential::{AccessTokens, Issued, Issuer, Moment, Supply},
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
const DEFAULT_LIFE: Duration = Duration::from_secs(5 * 60);

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

    fn moment(&self) -> Moment {
        Moment::now(&*self.clock)
    }

    /// The header with the token for the gateway at `place`, and the token's number, if there is one now.
    pub(super) fn header(&self, allowed: &Allowed, place: usize, held: &Held) -> Option<(HeaderValue, u64)> {
        self.kept.header(held.epoch.0, source(allowed, place), self.moment())
    }

    /// The gateway at `place` has refused a token. Whether the call can be sent with another one.
    pub(super) fn refused(&self, allowed: &Allowed, place: usize, held: &Held, number: u64) -> bool {
        self.kept.refused(held.epoch.0, source(allowed, place), number, self.moment())
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
            match self.tokens.kept.supply(held.epoch.0, source, self.tokens.moment()) {
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
        let kept = &self.tokens.kept;
        let carrier = self.allowed.at(source).carrier;
        let begun = self.tokens.moment();
        let asking = async {
            match carrier.issuer() {
                Some(Issuer::Appwrite) => self.session.jwt(held).await.map(|issued| (issued, held.epoch)),
                Some(Issuer::Gateway) | None => self.exchange(held, source).await,
            }
        };
        let issued = tokio::select! {
            issued = asking => issued,
            () = self.session.tasks().closed() => Err(Error::Closed(Sent::Nothing)),
        };
        let kept_it = issued.and_then(|(issued, epoch)| {
            let usable = kept.keep(epoch.0, source, begun, &issued, carrier.token_prefix());
            if usable { Ok(()) } else { Err(Error::InvalidResponse(None)) }
        });
        if kept_it.is_ok() {
            self.http.meter().access_tokens_renewed.add();
        }
        if self.session.now().is_err() {
            // The user has signed out meanwhile, and what was forgotten then was kept now; or a factor is missing, and that error must
            // not outlast the factor.
            kept.clear();
        } else if let Err(error) = &kept_it {
            kept.failed(held.epoch.0, source, self.tokens.moment(), error);
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
        let hop = Hop {
            method: Method::POST,
            url,
            gateway: Some(place),
            headers,
            body: Content::Whole(Bytes::from_static(GRANT)),
        };
        let call = Call::for_token(self, hop, held.clone(), self.http.deadline(None), LIMIT);
        let CallAnswer { response, carried, .. } = call.run().await?;
        let issued = issued(response.json()?).ok_or(Error::InvalidResponse(None))?;
        Ok((issued, carried.map_or(held.epoch, |carried| carried.epoch)))
    }
}

/// The token in a gateway's answer (RFC 6749 §5.1). `None` if it is none that is carried as a bearer.
fn issued(mut answer: Map<String, Value>) -> Option<Issued> {
    let Some(Value::String(token)) = answer.remove("access_token") else { return None };
    let token = Secret::of_wiped(Zeroizing::new(token));
    let is_bearer = answer.get("token_type")?.as_str()?.eq_ignore_ascii_case("bearer");
    is_bearer.then_some(Issued { token, life: life(answer.get("expires_in"))? })
}

/// How long the token lives by what the issuer says. Some write the number as a fraction or as a text.
fn life(said: Option<&Value>) -> Option<Duration> {
    let seconds: f64 = match said {
        None | Some(Value::Null) => return Some(DEFAULT_LIFE),
        Some(Value::Number(number)) => number.as_f64()?,
        // Not by the standard library, whose parser of floats is 15 KB that nothing else needs.
        Some(Value::String(text)) => serde_json::from_str(text).ok()?,
        Some(_) => return None,
    };
    Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

/// The gateway under whose place the tokens for the one at `place` are kept: itself, or the first that gets Appwrite's in the same header.
fn source(allowed: &Allowed, place: usize) -> usize {
    if allowed.at(place).carrier.issuer() != Some(Issuer::Appwrite) {
        return place;
    }
    let carrier = allowed.at(place).carrier;
    allowed.each().position(|gateway| gateway.carrier == carrier).unwrap_or(place)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seconds(expires_in: &Value) -> Option<u64> {
        let answer = json!({ "access_token": "x", "token_type": "bearer", "expires_in": expires_in });
        let Value::Object(answer) = answer else { unreachable!() };
        issued(answer).map(|issued| issued.life.as_secs())
    }

    #[test]
    fn a_life_is_read_however_it_is_written() {
        for (said, life) in [(json!(300), 300), (json!(299.5), 299), (json!("60"), 60), (json!(null), 300)] {
            assert_eq!(seconds(&said), Some(life), "{said}");
        }
        for none in [json!(0), json!(-1), json!(-0.5)] {
            assert_eq!(seconds(&none), Some(0), "{none}");
        }
        assert!(seconds(&json!(1e300)).is_some_and(|life| life > 1 << 40));
        for wrong in [json!("soon"), json!(true), json!([300]), json!({})] {
            assert_eq!(seconds(&wrong), None, "{wrong}");
        }
    }
}
