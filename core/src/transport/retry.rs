//! When a request is sent again, and after how long: a pure policy.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

use crate::{
    date,
    host::{Cause, TransportError},
};

/// No server's wish is taken for longer than this: a longer one is a fault, and times beyond it overflow.
const LONGEST_HINT: Duration = Duration::from_secs(30 * 24 * 3600);

/// How often a call is attempted, and how long it waits in between.
///
/// An idempotent call (GET, HEAD, OPTIONS, PUT, DELETE, and what the app declares to be) is attempted again after 429, 502, 503,
/// 504 or a broken connection. Every call is attempted again if the request certainly did not arrive, for example because no
/// connection was established. After a timeout, a failed TLS handshake, a refusal of a proxy or an answer that is not HTTP there is no further attempt.
/// All attempts together take no longer than [`Timeouts::total`](crate::Timeouts::total).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Attempts in all, the first included. Default 3; 1 never retries.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles for each further one, with jitter. Default 250 milliseconds.
    pub base: Duration,
    /// The longest wait. If the server asks for more (`Retry-After`, `X-RateLimit-Reset`), its answer is returned instead.
    /// Default 5 seconds.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { attempts: 3, base: Duration::from_millis(250), longest: Duration::from_secs(5) }
    }
}

/// How one attempt ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    /// With an answer, which may say how long to wait.
    Answered(StatusCode, Option<Duration>),
    /// Without one.
    Failed(TransportError),
}

impl Retries {
    /// How long to wait before attempt `attempt + 1`, if nobody says. `random` is from 0 to 1.
    pub(crate) fn backoff(&self, attempt: u32, random: f64) -> Duration {
        let longest = self.longest.min(LONGEST_HINT);
        let doubled = 1 << attempt.saturating_sub(1).min(16);
        self.base.saturating_mul(doubled).min(longest).mul_f64(0.5 + random / 2.0)
    }

    /// How long to wait before attempt `attempt + 1`, or `None` to leave it. `random` is from 0 to 1.
    pub(crate) fn delay(
        &self,
        attempt: u32,
        outcome: Outcome,
        idempotent: bool,
        random: f64,
    ) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let longest = self.longest.min(LONGEST_HINT);
        let jittered = self.backoff(attempt, random);
        match outcome {
            Outcome::Failed(error) => {
                let passes =
                    matches!(error.cause(), Cause::Dns | Cause::Refused | Cause::Unreachable | Cause::Reset);
                (passes && (idempotent || !error.may_have_arrived())).then_some(jittered)
            }
            Outcome::Answered(status, hint) if idempotent && is_passing(status) => match hint {
                Some(hint) if hint > longest => None,
                Some(hint) => Some(hint.max(jittered)),
                None => Some(jittered),
            },
            Outcome::Answered(..) => None,
        }
    }
}

/// Whether a status says that the same request can succeed later.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// How long an answer asks to wait: `Retry-After` in seconds or as a date, else Appwrite's `X-RateLimit-Reset` when nothing
/// remains (contract §6). Dates are read against the server's own `Date`, so a wrong device clock does no harm. At most 30 days.
pub(crate) fn wait_hint(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    asked_wait(headers, now).map(|wait| wait.min(LONGEST_HINT))
}

fn asked_wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let now = text("date").and_then(date::parse_http).unwrap_or(now);
    let until = |time: SystemTime| time.duration_since(now).unwrap_or_default();
    if let Some(after) = text(RETRY_AFTER.as_str()) {
        let seconds = after.parse().ok().map(Duration::from_secs);
        return seconds.or_else(|| date::parse_http(after).map(until));
    }
    if text("x-ratelimit-remaining")? != "0" {
        return None;
    }
    let reset = Duration::from_secs(text("x-ratelimit-reset")?.parse().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(reset).map(until)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::host::{Phase, ProxyFault, TlsFault};

    const POLICY: Retries =
        Retries { attempts: 3, base: Duration::from_millis(100), longest: Duration::from_secs(5) };

    fn answered(status: u16, hint: Option<u64>) -> Outcome {
        Outcome::Answered(StatusCode::from_u16(status).expect("a status"), hint.map(Duration::from_secs))
    }

    fn failed(cause: Cause, may_have_arrived: bool) -> Outcome {
        Outcome::Failed(TransportError::new(cause, may_have_arrived))
    }

    #[test]
    fn only_passing_faults_of_idempotent_calls_are_retried() {
        for (outcome, idempotent, retried) in [
            (answered(503, None), true, true),
            (answered(503, None), false, false),
            (answered(429, None), true, true),
            (answered(500, None), true, false),
            (answered(401, None), true, false),
            (answered(200, None), true, false),
            (failed(Cause::Reset, true), true, true),
            (failed(Cause::Reset, true), false, false),
            (failed(Cause::Refused, false), false, true),
            (failed(Cause::TimedOut(Phase::Idle), true), true, false),
            (failed(Cause::Tls(TlsFault::Expired), false), true, false),
            (failed(Cause::Tls(TlsFault::Pin), false), true, false),
            (failed(Cause::Proxy(ProxyFault::Refused), false), true, false),
            (failed(Cause::Protocol, true), true, false),
            (failed(Cause::TooLarge, true), true, false),
        ] {
            let delay = POLICY.delay(1, outcome, idempotent, 0.5);
            assert_eq!(delay.is_some(), retried, "{outcome:?} idempotent={idempotent}");
        }
    }

    #[test]
    fn waits_double_with_jitter_and_end() {
        let delay = |attempt, random| POLICY.delay(attempt, failed(Cause::Reset, true), true, random);
        assert_eq!(delay(1, 0.0), Some(Duration::from_millis(50)));
        assert_eq!(delay(1, 1.0), Some(Duration::from_millis(100)));
        assert_eq!(delay(2, 1.0), Some(Duration::from_millis(200)));
        assert_eq!(delay(3, 1.0), None);
    }

    #[test]
    fn no_policy_overflows() {
        let endless = Retries { attempts: u32::MAX, base: Duration::MAX, longest: Duration::MAX };
        assert!(endless.delay(1, failed(Cause::Reset, true), true, 1.0).is_some());
    }

    #[test]
    fn a_server_that_asks_for_more_than_the_longest_wait_gets_no_retry() {
        assert_eq!(POLICY.delay(1, answered(503, Some(2)), true, 0.0), Some(Duration::from_secs(2)));
        assert_eq!(POLICY.delay(1, answered(429, Some(60)), true, 0.0), None);
    }

    #[test]
    fn hints_are_read_in_every_form() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let hint = |lines: &[(&'static str, &'static str)]| {
            let headers: HeaderMap = lines
                .iter()
                .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            wait_hint(&headers, at(1_000)).map(|wait| wait.as_secs())
        };
        assert_eq!(hint(&[("retry-after", "7")]), Some(7));
        assert_eq!(
            hint(&[
                ("retry-after", "Thu, 01 Jan 1970 01:00:09 GMT"),
                ("date", "Thu, 01 Jan 1970 01:00:00 GMT")
            ]),
            Some(9)
        );
        assert_eq!(hint(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1060")]), Some(60));
        assert_eq!(hint(&[("x-ratelimit-remaining", "4"), ("x-ratelimit-reset", "1060")]), None);
        assert_eq!(
            hint(&[("retry-after", "18446744073709551615")]),
            Some(30 * 24 * 3600),
            "no time overflows"
        );
        assert_eq!(hint(&[("retry-after", "soon")]), None);
        assert_eq!(hint(&[]), None);
    }
}
