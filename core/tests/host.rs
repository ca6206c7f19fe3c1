//! A client in a world of the app's own: no sockets, no timers, and an Appwrite that is called instead of connected to.

#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it expects by unwrapping it")]

use std::{
    collections::HashMap,
    future::{Future, pending, ready},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use appwrite_session_core::{
    Cause, Clock, Error, SessionClient, SessionState, SignedOutReason, Sleep, TransportError,
    bytes::Bytes,
    host::{Answer, Body, Chunks, Head, Host, Request, Sending, Task, Work},
    http::{HeaderName, HeaderValue, StatusCode},
    store::{FaultyStore, MemoryStore, Operation, Persistence, SecureStore},
};
use mock_appwrite::{
    Aim, Fault, MockAppwrite, Outgoing, Profile, RawRequest,
    host::{Host as MocksHost, Origins, Post, Posting, Task as MocksTask},
};
use url::Position;

const ENDPOINT: &str = "https://appwrite.example.com";
const GATEWAY: &str = "https://api.example.com";
const PASSWORD: &str = "correct horse battery";

/// The mock's world: tasks, and time that does not pass.
#[derive(Debug)]
struct Still;

impl MocksHost for Still {
    fn spawn(&self, task: MocksTask) {
        tokio::spawn(task);
    }

    fn sleep(&self, _: Duration) -> MocksTask {
        Box::pin(pending())
    }

    fn post(&self, _: Post) -> Posting {
        Box::pin(ready(None))
    }
}

/// The client's world.
#[derive(Clone, Debug)]
struct World {
    /// The id of ada@example.com.
    ada: String,
    mock: Arc<MockAppwrite>,
    markers: Arc<Mutex<HashMap<PathBuf, String>>>,
    /// Whether every timer rings at once, and every answer comes a little later.
    hurries: bool,
    /// How often every task lets the others go first before it begins.
    tasks_yield: usize,
}

impl World {
    fn new(profile: Profile) -> Self {
        let origins = Origins {
            appwrite: ENDPOINT.to_owned(),
            gateway: GATEWAY.to_owned(),
            foreign: "https://elsewhere.example.com".to_owned(),
        };
        let mock = Arc::new(MockAppwrite::within(profile, origins, Arc::new(Still)));
        let ada = mock.control().user("ada@example.com", PASSWORD);
        Self { ada, mock, markers: Arc::default(), hurries: false, tasks_yield: 0 }
    }

    fn client(&self, store: &(impl SecureStore + Clone)) -> SessionClient {
        let endpoint = format!("{ENDPOINT}/v1");
        let builder = SessionClient::builder(&endpoint, self.mock.project()).gateway(GATEWAY);
        let builder = builder.store(store.clone()).forget_after_reinstall("/app/marker");
        builder.host(self.clone()).build().expect("a client")
    }

    fn requests(&self) -> Vec<String> {
        let entries = self.mock.control().journal();
        entries.iter().map(|entry| format!("{} {}", entry.method, entry.path)).collect()
    }
}

impl Host for World {
    fn send(&self, request: Request) -> Sending {
        let (mock, late) = (self.mock.clone(), self.hurries);
        Box::pin(async move {
            if late {
                tokio::task::yield_now().await;
            }
            let listener = match request.url.host_str() {
                Some("appwrite.example.com") => "appwrite",
                Some("api.example.com") => "gateway",
                _ => return Err(TransportError::new(Cause::Dns, false)),
            };
            let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers = request.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
            request.departs();
            let raw = RawRequest {
                method: request.method.to_string(),
                target: request.url[Position::BeforePath..].to_owned(),
                headers: headers.collect(),
                body: request.body.whole().await?.to_vec(),
                ..RawRequest::default()
            };
            match mock.exchange(listener, raw).await {
                Outgoing::Whole(answer) => {
                    let status = StatusCode::from_u16(answer.status).expect("a status");
                    let lines = answer.headers.iter().map(|(name, value)| {
                        (
                            HeaderName::try_from(name).expect("a name"),
                            HeaderValue::try_from(value).expect("a value"),
                        )
                    });
                    let head = Head { status, headers: lines.collect() };
                    let declared = u64::try_from(answer.body.len()).ok();
                    Ok(Answer { head, body: Body::new(Whole(Some(answer.body.into())), declared) })
                }
                _ => Err(TransportError::new(Cause::Reset, true)),
            }
        })
    }

    fn spawn(&self, task: Task) {
        let times = self.tasks_yield;
        tokio::spawn(async move {
            for _ in 0..times {
                tokio::task::yield_now().await;
            }
            task.await;
        });
    }

    fn run_blocking(&self, work: Work) {
        work();
    }

    fn sleep(&self, _: Duration) -> Sleep {
        if self.hurries { Box::pin(ready(())) } else { Box::pin(pending()) }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(Instantly)
    }

    fn read_marker(&self, path: &Path) -> io::Result<Option<String>> {
        Ok(self.markers.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned())
    }

    fn write_marker(&self, path: &Path, text: &str) -> io::Result<()> {
        self.markers.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), text.to_owned());
        Ok(())
    }
}

/// Where upkeep never comes by itself, and nobody waits between attempts.
#[derive(Debug)]
struct Instantly;

impl Clock for Instantly {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(pending())
    }

    fn pause(&self, _: Duration) -> Sleep {
        Box::pin(ready(()))
    }
}

struct Whole(Option<Bytes>);

impl Chunks for Whole {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        Poll::Ready(self.0.take().filter(|body| !body.is_empty()).map(Ok))
    }
}

/// Runs a test where there is neither I/O nor time, on every profile.
fn in_still_worlds<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for profile in Profile::ALL {
        runtime.block_on(async { test(World::new(profile)).await });
    }
}

#[test]
fn a_session_is_opened_carried_restored_and_ended_without_a_socket() {
    in_still_worlds(|world| async move {
        let store = MemoryStore::new();
        let client = world.client(&store);
        client.sign_in_with_email("ada@example.com", PASSWORD).await.expect("signed in");
        let answer = client.get("/gateway/whoami").send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{:?}", answer.text());
        client.close().await;

        let restarted = world.client(&store);
        assert!(matches!(restarted.restored().await, SessionState::SignedIn { verified: false, .. }));
        restarted.sign_out().await.expect("signed out");
        restarted.idle().await;
        assert_eq!(
            world.requests(),
            [
                "POST /v1/account/sessions/email",
                "GET /v1/account",
                "GET /gateway/whoami",
                "GET /v1/account",
                "DELETE /v1/account/sessions/current"
            ]
        );
    });
}

#[test]
fn a_revocation_that_begins_only_after_the_client_was_closed_is_sent() {
    in_still_worlds(|world| async move {
        let store = MemoryStore::new();
        let client = world.client(&store);
        client.sign_in_with_email("ada@example.com", PASSWORD).await.expect("signed in");
        client.close().await;
        // Far more turns than signing out and closing take: timers stand still here, so nothing else could hold the close up.
        let late = World { tasks_yield: 100, ..world.clone() };
        let client = late.client(&store);
        client.restored().await;
        client.sign_out().await.expect("signed out");
        client.close().await;
        assert!(world.mock.control().sessions(&world.ada).is_empty(), "{:?}", world.requests());
    });
}

#[test]
fn a_revocation_is_found_out_by_one_probe() {
    in_still_worlds(|world| async move {
        let client = world.client(&MemoryStore::new());
        client.sign_in_with_email("ada@example.com", PASSWORD).await.expect("signed in");
        world.mock.control().revoke_sessions(&world.ada);
        let ended = client.get("/gateway/whoami").send().await;
        assert!(matches!(ended, Err(Error::SignedOut(SignedOutReason::SessionEnded, _))), "{ended:?}");
    });
}

#[test]
fn the_clock_says_how_long_to_wait_between_attempts() {
    in_still_worlds(|world| async move {
        let client = world.client(&MemoryStore::new());
        client.sign_in_with_email("ada@example.com", PASSWORD).await.expect("signed in");
        world.mock.control().clear_journal();
        world.mock.control().fault(Aim::at("GET", "/gateway/open"), 2, Fault::Status(503));
        let answer = client.get("/gateway/open").send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(
            world.requests(),
            ["GET /gateway/open"; 3],
            "a clock whose waits never end would leave it hanging"
        );
    });
}

#[test]
fn another_installation_is_told_by_the_hosts_marker() {
    in_still_worlds(|world| async move {
        let store = MemoryStore::new();
        let client = world.client(&store);
        client.sign_in_with_email("ada@example.com", PASSWORD).await.expect("signed in");
        client.close().await;
        world.markers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let state = world.client(&store).restored().await;
        assert!(matches!(state, SessionState::SignedOut { reason: SignedOutReason::NoSession }), "{state:?}");
    });
}

#[test]
fn a_request_to_nowhere_is_the_hosts_failure() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::new(Profile::V1_9);
        let builder =
            SessionClient::builder("https://nowhere.example.com/v1", "demo").store(MemoryStore::new());
        let client = builder.host(world).build().expect("a client");
        let failed = client.sign_in_with_email("ada@example.com", PASSWORD).await;
        let Err(Error::Network(failure)) = failed else { panic!("{failed:?}") };
        assert_eq!((failure.cause(), failure.may_have_arrived()), (Cause::Dns, false));
    });
}

#[test]
fn a_timer_that_rings_too_early_keeps_nobody_from_an_answer() {
    in_still_worlds(|world| async move {
        let client = World { hurries: true, ..world }.client(&MemoryStore::new());
        client.sign_in_with_email("ada@example.com", PASSWORD).await.expect("signed in");
        let answer = client.get("/gateway/whoami").send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
    });
}

#[test]
fn a_store_that_panics_where_the_host_runs_it_is_a_store_that_fails() {
    in_still_worlds(|world| async move {
        let store = FaultyStore::new(MemoryStore::new());
        store.panic_next(Operation::Load);
        let client = world.client(&store);
        let unavailable = SessionState::SignedOut { reason: SignedOutReason::StorageUnavailable };
        assert_eq!(client.restored().await, unavailable);
        client.resume().await;
        store.panic_next(Operation::Save);
        client.sign_in_with_email("ada@example.com", PASSWORD).await.expect("signed in");
        assert_eq!(client.persistence(), Persistence::MemoryOnly);
        client.resume().await;
        client.close().await;
        assert_eq!(world.client(&store).restored().await.name(), "signed_in", "it was saved after all");
        assert_eq!(world.mock.control().sessions(&world.ada).len(), 1);
    });
}
