//! Code of the app that is called in the middle of something, and calls the client: wakers, and listeners of the log.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use appwrite_session_core::{Change, Changes, SessionClient, store::Operation};
use tokio::runtime;
use tracing::Dispatch;
use tracing_subscriber::{Layer, layer, layer::SubscriberExt as _};

use crate::{
    observe::{assert_numbered, rest},
    support::{Profile, World, on_all, reached, resumed, sign_in, status},
};

/// Whether the client can be called now. From another thread, so that a lock is noticed and does not hang the test.
fn answers(client: &SessionClient) -> bool {
    let (answer, answered) = mpsc::channel();
    let client = client.clone();
    thread::spawn(move || {
        let first = poll_once(&mut client.changes()).expect("the current state");
        answer.send(first.number == client.change().number)
    });
    answered.recv_timeout(Duration::from_secs(5)) == Ok(true)
}

/// A task of an app that calls the client as soon as it is woken, and waits for what that says.
struct CallsBack {
    client: SessionClient,
    /// How often it was woken and got an answer.
    answered: AtomicUsize,
}

impl Wake for CallsBack {
    fn wake(self: Arc<Self>) {
        if answers(&self.client) {
            self.answered.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// An app's log, which looks at the client for each line.
#[derive(Clone, Default)]
struct Log(Arc<Lines>);

#[derive(Default)]
struct Lines {
    client: OnceLock<SessionClient>,
    written: AtomicUsize,
    unanswered: AtomicUsize,
}

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: layer::Context<'_, S>) {
        if event.metadata().target().starts_with("appwrite_session_core")
            && let Some(client) = self.0.client.get()
        {
            self.0.written.fetch_add(1, Ordering::SeqCst);
            if !answers(client) {
                self.0.unanswered.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// The next change, if it is there already.
fn poll_once(changes: &mut Changes) -> Option<Change> {
    match pin!(changes.next()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(change) => change,
        Poll::Pending => None,
    }
}

#[test]
fn whoever_is_woken_by_a_change_may_call_the_client_at_once() {
    on_all(async |world: &World| {
        let client = world.client();
        client.restored().await;
        let calls_back = Arc::new(CallsBack { client: client.clone(), answered: AtomicUsize::new(0) });
        let waker = Waker::from(calls_back.clone());
        let mut changes = client.changes();
        assert!(poll_once(&mut changes).is_some(), "the current state");
        {
            let next = pin!(changes.next());
            assert!(next.poll(&mut Context::from_waker(&waker)).is_pending());
            sign_in(&client, &world.server.person()).await;
            assert!(calls_back.answered.load(Ordering::SeqCst) > 0, "it was woken, and got its answer");
        }
        let signed_in = poll_once(&mut changes).expect("the change itself");
        assert_eq!((signed_in.state.name(), signed_in.number), ("signed_in", client.change().number));
        client.close().await;
        assert!(rest(changes).await.is_empty(), "told once");
    });
}

#[test]
fn whoever_listens_to_the_log_may_call_the_client() {
    let servers = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = servers.block_on(World::start(Profile::V1_9));
    let log = Log::default();
    // One thread, so that the log of the client's tasks is this one.
    let app = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let here = Dispatch::new(tracing_subscriber::registry().with(log.clone()));
    // With a single listener in the process, what other tests log first would never be listened to.
    let _another = Dispatch::new(tracing_subscriber::registry());
    tracing::dispatcher::with_default(&here, || {
        app.block_on(async {
            let (client, person) = world.signed_in().await;
            log.0.client.set(client.clone()).unwrap();
            assert_eq!(status(&client, "/gateway/deny").await, Ok(401));
            world.server.revoke_all(&person);
            client.account().await.unwrap_err();
            sign_in(&client, &person).await;
            client.sign_out().await.unwrap();
            resumed(&client).await;
            client.close().await;
        });
    });
    assert!(log.0.written.load(Ordering::SeqCst) > 5, "there was something to listen to");
    assert_eq!(log.0.unanswered.load(Ordering::SeqCst), 0);
}

/// Whoever subscribes in the middle of changes gets each of them once.
#[test]
fn an_observer_that_comes_in_between_misses_nothing_and_hears_nothing_twice() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let watching: Vec<_> = (0..40)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move {
                    tokio::task::yield_now().await;
                    rest(client.changes()).await
                })
            })
            .collect();
        for _ in 0..5 {
            client.sign_out().await.unwrap();
            sign_in(&client, &person).await;
        }
        let last = client.change();
        client.close().await;
        for seen in watching {
            let seen = seen.await.unwrap();
            assert_numbered(&seen);
            assert_eq!(seen.last(), Some(&last));
        }
    });
}

/// A task of an app that subscribes when it is woken, on the thread that wakes it, while the change is being published.
struct Subscribes {
    client: SessionClient,
    changes: Mutex<Option<Changes>>,
}

impl Wake for Subscribes {
    fn wake(self: Arc<Self>) {
        let changes = self.client.changes();
        self.changes.lock().unwrap().get_or_insert(changes);
    }
}

#[test]
fn whoever_subscribes_while_a_change_is_published_hears_of_it_once() {
    on_all(async |world: &World| {
        let gate = world.store.hold(Operation::Load);
        let client = world.client();
        reached(&gate);
        let subscribes = Arc::new(Subscribes { client: client.clone(), changes: Mutex::default() });
        let waker = Waker::from(subscribes.clone());
        let mut restored = pin!(client.restored());
        assert!(restored.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        gate.release();
        while subscribes.changes.lock().unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        sign_in(&client, &world.server.person()).await;
        let last = client.change();
        client.close().await;
        let changes = subscribes.changes.lock().unwrap().take().unwrap();
        let seen = rest(changes).await;
        assert_numbered(&seen);
        assert_eq!((seen.first().map(|change| change.number), seen.last()), (Some(1), Some(&last)));
    });
}
