//! The world as a client sees it: the core's host.

use std::{
    fmt,
    future::Future,
    io,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use appwrite_session_core::{
    Cause, Clock, Sleep, TransportError,
    host::{Answer, Body, Chunks, Head, Host, Request, Sending, Task, Work},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use mock_appwrite::{BrokenOff, Feeding, Outgoing, Rendered, Rest};

use crate::{network::Sent, runner::Runner, world::World};

/// The world of one client.
pub struct WorldHost {
    world: Arc<World>,
    runner: Arc<dyn Runner>,
    project: String,
}

impl WorldHost {
    /// The world of a client of `project`, whose tasks are run by `runner`.
    pub fn new(world: Arc<World>, runner: Arc<dyn Runner>, project: &str) -> Self {
        Self { world, runner, project: project.to_owned() }
    }
}

impl fmt::Debug for WorldHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorldHost")
    }
}

impl Host for WorldHost {
    fn send(&self, request: Request) -> Sending {
        let (world, project) = (self.world.clone(), self.project.clone());
        Box::pin(async move {
            request.departs();
            let length = request.body.length().unwrap_or_default();
            request.moves(length);
            let without_body = request.method == Method::HEAD;
            let line = |(name, value): (&HeaderName, &HeaderValue)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            let sent = Sent {
                method: request.method.to_string(),
                url: request.url.clone(),
                headers: request.headers.iter().map(line).collect(),
                body: request.body.whole().await?.to_vec(),
            };
            received(world.send(Some(&project), sent).await?, without_body)
        })
    }

    fn spawn(&self, task: Task) {
        self.runner.spawn(task);
    }

    fn run_blocking(&self, work: Work) {
        self.runner.run_blocking(work);
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.runner.sleep(duration)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.world.clock().clone())
    }

    fn read_marker(&self, path: &Path) -> io::Result<Option<String>> {
        Ok(self.world.device().marker(&path.to_string_lossy()))
    }

    fn write_marker(&self, path: &Path, text: &str) -> io::Result<()> {
        self.world.device().mark(&path.to_string_lossy(), text);
        Ok(())
    }
}

/// An answer as the core takes it.
fn received(outgoing: Outgoing, without_body: bool) -> Result<Answer, TransportError> {
    let broken = TransportError::new(Cause::Reset, true);
    let (answer, then) = match outgoing {
        Outgoing::Whole(answer) => (answer, Then::Ends),
        Outgoing::Fed(answer, feeding) => {
            let head = head(answer.status, answer.headers)?;
            return Ok(Answer { head, body: Body::new(Pieces { next: Box::pin(next(feeding)) }, None) });
        }
        Outgoing::Stalled(answer, rest) => (answer, Then::Hangs(rest)),
        Outgoing::Truncated(answer) => (answer, Then::Fails(broken)),
        Outgoing::Reset => return Err(broken),
    };
    let Rendered { status, headers, mut body } = answer;
    let head = head(status, headers)?;
    if without_body {
        body.clear();
    }
    let length = body.len() as u64;
    if !matches!(then, Then::Ends) {
        body.truncate(body.len() / 2);
    }
    let parts = Parts { bytes: Some(body.into()), then };
    Ok(Answer { head, body: Body::new(parts, Some(length)) })
}

fn head(status: u16, headers: Vec<(String, String)>) -> Result<Head, TransportError> {
    let status = StatusCode::from_u16(status).map_err(|_| TransportError::new(Cause::Protocol, true))?;
    let line = |(name, value): (String, String)| Some((name.parse().ok()?, value.try_into().ok()?));
    Ok(Head { status, headers: headers.into_iter().filter_map(line).collect::<HeaderMap>() })
}

/// A body that comes piece by piece.
struct Pieces {
    next: Pin<Box<dyn Future<Output = Piece> + Send>>,
}

/// The next piece, and what the one after it comes from.
type Piece = Option<(Result<Bytes, TransportError>, Option<Feeding>)>;

async fn next(mut feeding: Feeding) -> Piece {
    match feeding.next().await {
        Ok(piece) => Some((Ok(piece?.into()), Some(feeding))),
        Err(BrokenOff) => Some((Err(TransportError::new(Cause::Reset, true)), None)),
    }
}

impl Chunks for Pieces {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        let piece = ready!(self.next.as_mut().poll(context));
        let (chunk, feeding) = match piece {
            Some((chunk, feeding)) => (Some(chunk), feeding),
            None => (None, None),
        };
        self.next = match feeding {
            Some(feeding) => Box::pin(next(feeding)),
            None => Box::pin(std::future::ready(None)),
        };
        Poll::Ready(chunk)
    }
}

/// A body in one part, and what comes after it.
struct Parts {
    bytes: Option<Bytes>,
    then: Then,
}

enum Then {
    Ends,
    Fails(TransportError),
    Hangs(#[allow(dead_code, reason = "what matters is when it is dropped")] Option<Rest>),
}

impl Chunks for Parts {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        match (self.bytes.take().filter(|bytes| !bytes.is_empty()), &self.then) {
            (Some(bytes), _) => Poll::Ready(Some(Ok(bytes))),
            (None, Then::Ends) => Poll::Ready(None),
            (None, Then::Fails(error)) => Poll::Ready(Some(Err(*error))),
            (None, Then::Hangs(_)) => Poll::Pending,
        }
    }
}
