//! Sends a request as often as the retry policy allows, within one deadline, and reads the whole answer within its limit.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header::LOCATION};
use tokio::sync::watch;

use super::{Outcome, Rest, Retries, Watch, by, collect::collect, wait_hint};
#[cfg(feature = "realtime")]
use crate::host::{Phase, Upgraded};
use crate::{
    clock::Clock,
    config::Timeouts,
    error::Error,
    host::{Cause, Head, Host, Payload, Progress, Request, TransportError, Watcher, later},
    metrics::Meter,
};

/// Bodies up to this length are sent at once; nobody watches how they move.
const LONG: u64 = 64 << 10;

/// What one call may take.
pub(crate) struct Plan {
    /// When the call must have ended.
    pub(crate) deadline: Instant,
    /// Whether sending it twice does no more than sending it once.
    pub(crate) idempotent: bool,
    /// How many bytes the body of the answer may have.
    pub(crate) limit: usize,
    /// Whether the body of a success is left to be read by whoever asked. It has no limit then.
    pub(crate) streams: bool,
    /// Is told how far a long upload has come.
    pub(crate) watcher: Option<Watcher>,
}

impl Plan {
    /// The plan of a call whose answer is read whole.
    pub(crate) fn whole(deadline: Instant, idempotent: bool, limit: usize) -> Self {
        Self { deadline, idempotent, limit, streams: false, watcher: None }
    }
}

/// A whole answer.
#[derive(Clone)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer whose body may have failed.
pub(crate) struct Exchanged {
    pub(crate) head: Head,
    pub(crate) body: Result<Bytes, TransportError>,
    /// The body, where the plan leaves it to be read.
    pub(crate) rest: Option<Rest>,
    /// Whether an attempt before, whose answer was lost or no use, may have been carried out.
    pub(crate) is_repeated: bool,
}

impl Exchanged {
    /// The answer, or why there is no whole one, and the body that is left to be read.
    pub(crate) fn into_answer(self) -> Result<(Response, Option<Rest>), TransportError> {
        let Head { status, headers } = self.head;
        Ok((Response { status, headers, body: self.body? }, self.rest))
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The caller had no request to send.
    Refused(Error),
    /// The request failed.
    Failed(TransportError),
}

impl From<Stopped> for Error {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Refused(error) => error,
            Stopped::Failed(error) => error.into(),
        }
    }
}

/// Makes the request of each attempt, at the moment of sending.
pub(crate) type MakeRequest<'a> = &'a mut (dyn FnMut() -> Result<Request, Error> + Send);

/// HTTP for everybody above: the host's, with its limits.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    host: Arc<dyn Host>,
    timeouts: Timeouts,
    retries: Retries,
    clock: Arc<dyn Clock>,
    network: Arc<watch::Sender<()>>,
    meter: Arc<Meter>,
}

impl Http {
    pub(crate) fn new(
        host: Arc<dyn Host>,
        timeouts: Timeouts,
        retries: Retries,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            host,
            timeouts,
            retries,
            clock,
            network: Arc::new(watch::channel(()).0),
            meter: Arc::default(),
        }
    }

    /// The network of the device has changed: whoever waits for it to come back tries now.
    pub(crate) fn network_changed(&self) {
        self.network.send_replace(());
    }

    /// Tells of changes of the network from now on.
    pub(crate) fn network(&self) -> watch::Receiver<()> {
        self.network.subscribe()
    }

    /// Waits before the next attempt. Without an answer it was the network's fault, and a change of it ends the wait; after an answer the
    /// wait is what the server wants.
    async fn pause(&self, delay: Duration, outcome: Outcome) {
        match outcome {
            Outcome::Failed(_) => self.pause_after_failure(delay).await,
            Outcome::Answered(..) => self.clock.pause(delay).await,
        }
    }

    /// Waits for `delay` after a failure of the network, or until it changes.
    pub(crate) async fn pause_after_failure(&self, delay: Duration) {
        let mut network = self.network();
        tokio::select! {
            () = self.clock.pause(delay) => {}
            // The sender lives in `self`, so the wait cannot fail.
            _ = network.changed() => {}
        }
    }

    /// Asks for a WebSocket, within the time for a connection and the silence that an answer may be preceded by.
    #[cfg(feature = "realtime")]
    pub(crate) async fn upgrade(&self, request: Request) -> Result<Upgraded, TransportError> {
        let deadline = later(Instant::now(), self.timeouts.connect + self.timeouts.idle);
        let upgraded = by(&*self.host, deadline, self.host.upgrade(request)).await;
        upgraded.unwrap_or(Err(TransportError::new(Cause::TimedOut(Phase::Idle), true)))
    }

    /// Waits so long, by the host's own time.
    #[cfg(feature = "realtime")]
    pub(crate) async fn wait(&self, duration: Duration) {
        self.host.sleep(duration).await;
    }

    /// What counts everything that the client does.
    pub(crate) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// The same, without another attempt after a failure.
    pub(crate) fn once(&self) -> Self {
        Self { retries: Retries { attempts: 1, ..self.retries }, ..self.clone() }
    }

    /// When a call that begins now must have ended, if its own time is `total`.
    pub(crate) fn deadline(&self, total: Option<Duration>) -> Instant {
        later(Instant::now(), total.unwrap_or(self.timeouts.total))
    }

    /// Sends what `make` makes, again where the retry policy says so. Dropping the future aborts the request.
    pub(crate) async fn exchange(&self, plan: &Plan, make: MakeRequest<'_>) -> Result<Exchanged, Stopped> {
        let mut attempt = 1;
        let (mut sent_before, mut is_repeated) = (false, false);
        loop {
            let refused =
                |error: Error| Stopped::Refused(if sent_before { error.after_sending() } else { error });
            let request = make().map_err(refused)?;
            let url = request.url.clone();
            self.meter.attempted(attempt);
            let result = self.attempt(plan, request).await;
            let outcome = match &result {
                Ok(Exchanged { body: Err(error), .. }) | Err(error) => Outcome::Failed(*error),
                Ok(Exchanged { head, .. }) => {
                    Outcome::Answered(head.status, wait_hint(&head.headers, self.clock.now()))
                }
            };
            match outcome {
                Outcome::Failed(error) => self.meter.failed(error, &url, self.clock.elapsed()),
                Outcome::Answered(status, _) => self.meter.answered(status, &url, self.clock.elapsed()),
            }
            let whole = |error: TransportError| error.of_call(sent_before, plan.idempotent);
            let result = match result {
                Ok(Exchanged { head, body, rest, .. }) => {
                    Ok(Exchanged { head, body: body.map_err(whole), rest, is_repeated })
                }
                Err(error) => Err(Stopped::Failed(whole(error))),
            };
            let delay = self.retries.delay(attempt, outcome, plan.idempotent, fastrand::f64());
            let Some(delay) = delay.filter(|delay| later(Instant::now(), *delay) < plan.deadline) else {
                return result;
            };
            tracing::debug!(attempt, delay_ms = delay.as_millis() as u64, "trying again");
            if by(&*self.host, plan.deadline, self.pause(delay, outcome)).await.is_none() {
                return result;
            }
            let (is_sent, is_perhaps_done) = match outcome {
                Outcome::Failed(error) => (error.may_have_arrived(), error.may_have_arrived()),
                Outcome::Answered(status, _) => (true, status != StatusCode::TOO_MANY_REQUESTS),
            };
            sent_before |= is_sent;
            is_repeated |= is_perhaps_done;
            attempt += 1;
        }
    }

    /// The next chunk of a body that was left to be read, or `None` at its end. Dropping the future loses nothing.
    pub(crate) async fn read(
        &self,
        rest: &mut Rest,
        deadline: Instant,
    ) -> Result<Option<Bytes>, TransportError> {
        rest.next(&mut Watch::new(&*self.host, deadline, self.timeouts.idle, None)).await
    }

    /// How long to wait before attempt `attempt + 1` of a call that is made in parts.
    pub(crate) fn backoff(&self, attempt: u32) -> Duration {
        self.retries.backoff(attempt, fastrand::f64())
    }

    async fn attempt(&self, plan: &Plan, mut request: Request) -> Result<Exchanged, TransportError> {
        if matches!(request.body, Payload::Stream(_)) || request.body.length() > Some(LONG) {
            request.progress = Some(Progress::start(plan.watcher.clone()));
        }
        let method = request.method.clone();
        let mut watch = Watch::new(&*self.host, plan.deadline, self.timeouts.idle, request.progress.clone());
        let answer = match watch.limit(self.host.send(request)).await {
            Ok(answer) => answer?,
            Err(phase) => return Err(TransportError::new(Cause::TimedOut(phase), true)),
        };
        // Without a body, the length is that of one that there could have been.
        let declared = answer.body.declared().filter(|_| has_body(&method, answer.head.status));
        let (mut body, mut rest) = (Ok(Bytes::new()), None);
        if plan.streams && answer.head.status.is_success() {
            rest = Some(Rest::new(answer.body, declared));
        } else if !is_redirect(&answer.head) {
            // A redirect says all in its head. Its body can be long, or never come.
            body = collect(answer.body, declared, plan.limit, &mut watch).await;
        }
        Ok(Exchanged { head: answer.head, body, rest, is_repeated: false })
    }
}

/// Whether an answer with this status to a request with this method has a body (RFC 9110 §6.4.1).
fn has_body(method: &Method, status: StatusCode) -> bool {
    *method != Method::HEAD && !status.is_informational() && !matches!(status.as_u16(), 204 | 304)
}

fn is_redirect(head: &Head) -> bool {
    matches!(head.status.as_u16(), 301 | 302 | 303 | 307 | 308) && head.headers.contains_key(LOCATION)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::host::{Chunk, MemoryHost, Phase, Step};

    const TIMEOUTS: Timeouts = Timeouts {
        connect: Duration::from_secs(10),
        idle: Duration::from_millis(300),
        total: Duration::from_secs(60),
        store: Duration::from_secs(10),
    };

    const RETRIES: Retries =
        Retries { attempts: 3, base: Duration::from_millis(1), longest: Duration::from_millis(2) };

    fn ok(chunks: Vec<Chunk>) -> Step {
        Step::Answer(200, Vec::new(), chunks)
    }

    fn broken() -> Step {
        Step::Fail(TransportError::new(Cause::Reset, true))
    }

    fn request() -> Request {
        let url = Url::parse("https://api.example.com/").expect("a URL");
        Request::new(Method::GET, url, HeaderMap::new(), Bytes::new())
    }

    /// Plays the script to one call.
    fn play(
        script: Vec<Step>,
        change: impl FnOnce(&mut Plan),
    ) -> (Result<Bytes, TransportError>, usize, Duration) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let host = Arc::new(MemoryHost::playing(script));
            let http = Http::new(host.clone(), TIMEOUTS, RETRIES, host.clock());
            let mut plan = Plan::whole(http.deadline(None), true, 100);
            change(&mut plan);
            let started = Instant::now();
            let answer = http.exchange(&plan, &mut || Ok(request())).await;
            let body = match answer {
                Ok(answer) => answer.body,
                Err(Stopped::Failed(error)) => Err(error),
                Err(Stopped::Refused(error)) => panic!("{error:?}"),
            };
            (body, host.count(), started.elapsed())
        })
    }

    fn cause(script: Vec<Step>) -> (Cause, usize) {
        let (body, count, _) = play(script, |_| {});
        (body.expect_err("a failure").cause(), count)
    }

    #[test]
    fn a_body_in_pieces_becomes_whole() {
        let chunks = vec![Chunk::Bytes(b"one "), Chunk::Bytes(b""), Chunk::Bytes(b"two")];
        assert_eq!(play(vec![ok(chunks)], |_| {}).0, Ok(Bytes::from_static(b"one two")));
    }

    #[test]
    fn a_broken_head_or_body_is_asked_for_again() {
        let cut = ok(vec![Chunk::Bytes(b"on"), Chunk::Fail(TransportError::new(Cause::Reset, true))]);
        let (body, count, _) = play(vec![broken(), cut, ok(vec![Chunk::Bytes(b"one")])], |_| {});
        assert_eq!((body, count), (Ok(Bytes::from_static(b"one")), 3));
    }

    #[test]
    fn an_answer_without_end_is_given_up_at_its_limit() {
        assert_eq!(cause(vec![ok(vec![Chunk::Endless(b"0123456789")])]), (Cause::TooLarge, 1));
        let declared = Step::Answer(200, vec![("content-length", "101")], vec![Chunk::Hang]);
        assert_eq!(cause(vec![declared]), (Cause::TooLarge, 1), "without reading it");
        let fits = Step::Answer(200, vec![("content-length", "10")], vec![Chunk::Bytes(b"0123456789")]);
        assert!(play(vec![fits], |plan| plan.limit = 10).0.is_ok());
    }

    #[test]
    fn a_body_of_another_length_than_its_head_declares_is_no_answer() {
        let declared = |chunks: [&'static [u8]; 2]| {
            let chunks = chunks.map(Chunk::Bytes).into();
            let answer = Step::Answer(200, vec![("content-length", "4")], chunks);
            play(vec![answer], |plan| plan.idempotent = false).0.map_err(|error| error.cause())
        };
        assert_eq!(declared([b"ab", b"cd"]).as_deref(), Ok(&b"abcd"[..]));
        assert_eq!(declared([b"ab", b"c"]), Err(Cause::Reset));
        assert_eq!(declared([b"ab", b"cde"]), Err(Cause::Protocol));
        assert_eq!(declared([b"abcd", b"abcd"]), Err(Cause::Protocol));
        assert_eq!(declared([b"", b""]), Err(Cause::Reset), "broken off before its first byte");
    }

    #[test]
    fn what_was_answered_has_arrived_whatever_becomes_of_the_body() {
        let refused = || Chunk::Fail(TransportError::new(Cause::Reset, false));
        let (body, count, _) =
            play(vec![ok(vec![refused()]), ok(vec![refused()])], |plan| plan.idempotent = false);
        assert!(body.expect_err("a failure").may_have_arrived());
        assert_eq!(count, 1, "it is not idempotent");
    }

    #[test]
    fn chunks_without_a_byte_are_silence() {
        let (body, _, took) = play(vec![ok(vec![Chunk::Bytes(b"x"), Chunk::Endless(b"")])], |_| {});
        assert_eq!(body.map_err(|error| error.cause()), Err(Cause::TimedOut(Phase::Idle)));
        assert!(took < Duration::from_secs(10), "{took:?}");
        let (body, ..) =
            play(vec![ok(vec![Chunk::Bytes(b""), Chunk::Bytes(b"x"), Chunk::Bytes(b"")])], |_| {});
        assert_eq!(body.as_deref(), Ok(&b"x"[..]));
    }

    #[test]
    fn a_hanging_head_or_body_ends_at_the_idle_limit() {
        for step in [Step::Hang, ok(vec![Chunk::Bytes(b"x"), Chunk::Hang])] {
            let (body, count, took) = play(vec![step], |_| {});
            assert_eq!(body.map_err(|error| error.cause()), Err(Cause::TimedOut(Phase::Idle)));
            assert_eq!(count, 1);
            assert!(took >= TIMEOUTS.idle && took < Duration::from_secs(10), "{took:?}");
        }
    }

    #[test]
    fn the_deadline_is_that_of_all_attempts() {
        let soon = |plan: &mut Plan| plan.deadline = Instant::now() + Duration::from_millis(100);
        let (body, count, took) = play(vec![broken(), Step::Hang], soon);
        assert_eq!(count, 2);
        assert!(took < TIMEOUTS.idle, "{took:?}");
        assert!(body.expect_err("a failure").may_have_arrived());
        let (body, count, took) = play(vec![Step::Hang], soon);
        assert_eq!(body.map_err(|error| error.cause()), Err(Cause::TimedOut(Phase::Total)));
        assert_eq!(count, 1);
        assert!(took < TIMEOUTS.idle, "{took:?}");
    }

    #[test]
    fn a_call_that_was_sent_before_may_have_arrived() {
        let refused = || Step::Fail(TransportError::new(Cause::Refused, false));
        let failure = |script| play(script, |_| {}).0.expect_err("a failure");
        assert!(!failure(vec![refused(), refused(), refused()]).may_have_arrived());
        assert!(failure(vec![broken(), refused(), refused()]).may_have_arrived());
        assert!(failure(vec![Step::Answer(503, vec![], vec![]), refused(), refused()]).may_have_arrived());
    }

    #[test]
    fn the_caller_can_refuse_a_further_attempt() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let mut left = 1;
        let mut make = || {
            left -= 1;
            if left < 0 { Err(Error::Superseded(crate::error::Sent::Nothing)) } else { Ok(request()) }
        };
        let result = runtime.block_on(async {
            let host = Arc::new(MemoryHost::playing([broken()]));
            let http = Http::new(host.clone(), TIMEOUTS, RETRIES, host.clock());
            let plan = Plan::whole(http.deadline(None), true, 100);
            http.exchange(&plan, &mut make).await.map(drop).map_err(Error::from)
        });
        assert_eq!(
            result,
            Err(Error::Superseded(crate::error::Sent::Something)),
            "what was sent before may have arrived"
        );
    }
}
