//! Observers: the current state first, then every change, in order and without a gap; and how a client ends.

use std::{
    pin::pin,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use appwrite_session_core::{
    Change, Changes, Error, Factor, Result, Secret, Sent, SessionClient, SignedOutReason,
    store::{Operation, Persistence, SecureStore, StoreError, StoreKey},
};

use tokio::runtime;
use tracing_subscriber::{Layer, layer, layer::SubscriberExt as _};

use crate::support::{Fault, Kept, PASSWORD, Profile, World, on_both, resumed, sign_in, signed_out, status};

/// Everything until the stream ends.
async fn rest(mut changes: Changes) -> Vec<Change> {
    let mut all = Vec::new();
    while let Some(change) = changes.next().await {
        all.push(change);
    }
    all
}

fn names(changes: &[Change]) -> Vec<&'static str> {
    changes.iter().map(|change| change.state.name()).collect()
}

fn assert_numbered(changes: &[Change]) {
    for pair in changes.windows(2) {
        assert_eq!(pair[1].number, pair[0].number + 1, "{changes:?}");
        assert!(
            pair[1].state != pair[0].state || pair[1].persistence != pair[0].persistence,
            "a change changes something: {changes:?}"
        );
    }
}

#[test]
fn every_observer_gets_the_current_state_and_then_every_change() {
    on_both(async |world: &World| {
        let gate = world.store.hold(Operation::Load);
        let (client, person) = (world.client(), world.server.person());
        let (early, another) = (client.changes(), client.changes());
        gate.release();
        client.restored().await;
        sign_in(&client, &person).await;
        let late = client.changes();
        let at_late = client.change();
        world.server.require_totp(&person);
        assert_eq!(client.account().await, Err(Error::MfaRequired(Sent::Something)));
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        client.complete_mfa_challenge(&challenge, &world.server.totp(&person)).await.unwrap();
        client.sign_out().await.unwrap();
        let last = client.change();
        client.close().await;

        let (early, another, late) = (rest(early).await, rest(another).await, rest(late).await);
        assert_eq!(early, another);
        assert_numbered(&early);
        assert_eq!(early[0].number, 0);
        assert_eq!(
            names(&early),
            ["restoring", "signed_out", "signed_in", "mfa_required", "signed_in", "signed_out"]
        );
        assert_eq!(late[0], at_late, "the current state first");
        assert_eq!(late[..], early[early.len() - late.len()..]);
        assert_eq!(late.last(), Some(&last));
    });
}

#[test]
fn what_changes_nothing_is_not_told() {
    on_both(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let changes = client.changes();
        for _ in 0..3 {
            client.account().await.unwrap();
            status(&client, "/gateway/whoami").await.unwrap();
            resumed(&client).await;
        }
        client.close().await;
        assert_eq!(rest(changes).await.len(), 1);
    });
}

#[test]
fn a_change_of_persistence_is_a_change() {
    on_both(async |world: &World| {
        let client = world.client();
        client.restored().await;
        world.store.fail(Operation::Save, StoreError::Unavailable);
        let changes = client.changes();
        sign_in(&client, &world.server.person()).await;
        world.store.recover();
        resumed(&client).await;
        client.close().await;
        let seen = rest(changes).await;
        assert_numbered(&seen);
        let last: Vec<_> =
            seen.iter().rev().take(2).map(|change| (change.state.name(), change.persistence)).collect();
        assert_eq!(last, [("signed_in", Persistence::Durable), ("signed_in", Persistence::MemoryOnly)]);
    });
}

#[test]
fn many_changes_by_many_tasks_stay_in_order() {
    on_both(async |world: &World| {
        let (client, person) = (world.client(), world.server.person());
        let changes = client.changes();
        let work: Vec<_> = (0..12)
            .map(|turn| {
                tokio::spawn({
                    let (client, email) = (client.clone(), person.email.clone());
                    async move {
                        if turn % 3 == 2 {
                            client.sign_out().await.unwrap();
                        } else {
                            let outcome = client.sign_in_with_email(&email, PASSWORD).await;
                            assert!(matches!(outcome, Ok(_) | Err(Error::Superseded(_))), "{outcome:?}");
                        }
                    }
                })
            })
            .collect();
        for task in work {
            task.await.unwrap();
        }
        let last = client.change();
        client.close().await;
        let seen = rest(changes).await;
        assert_numbered(&seen);
        assert_eq!(seen.last(), Some(&last));
        let state = world.assert_nothing_is_orphaned(&person).await;
        assert_eq!(state.name(), last.state.name(), "what was told last is what is stored");
    });
}

#[test]
fn a_sign_out_takes_effect_before_it_is_stored_and_returns_after() {
    on_both(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let gate = world.store.hold(Operation::Save);
        let signing_out = tokio::spawn({
            let client = client.clone();
            async move { client.sign_out().await }
        });
        crate::support::reached(&gate);
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
        let refused = Err(Error::SignedOut(SignedOutReason::SignedOut, Sent::Nothing));
        assert_eq!(status(&client, "/gateway/whoami").await, refused, "nothing is sent any more");
        assert!(!signing_out.is_finished());
        gate.release();
        signing_out.await.unwrap().unwrap();
        assert_eq!(client.state(), signed_out(SignedOutReason::SignedOut));
    });
}

#[test]
fn a_closed_client_takes_no_more_work_and_ends_its_streams() {
    on_both(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let changes = client.changes();
        client.close().await;
        assert_eq!(rest(changes).await.len(), 1, "the current state, and the end");
        assert_eq!(rest(client.changes()).await.len(), 1, "a late observer, too");
        let before = world.server.journal().len();
        let closed = Err(Error::Closed(Sent::Nothing));
        assert_eq!(client.sign_in_with_email(&person.email, PASSWORD).await.map(drop), closed);
        assert_eq!(client.sign_in_anonymously().await.map(drop), closed);
        assert_eq!(client.sign_out().await, closed);
        assert_eq!(client.sign_out_everywhere().await, closed);
        assert_eq!(client.account().await.map(drop), closed);
        assert_eq!(client.sessions().await.map(drop), closed);
        assert_eq!(client.extend_session().await.map(drop), closed);
        assert_eq!(client.revoke_session("current").await, closed);
        assert_eq!(client.create_mfa_challenge(Factor::Totp).await.map(drop), closed);
        assert_eq!(client.sign_up_with_email("late@example.com", PASSWORD, None).await.map(drop), closed);
        assert_eq!(resumed(&client).await.name(), "signed_in");
        assert_eq!(status(&client, "/gateway/open").await.map(drop), closed);
        assert_eq!(client.authorize("/gateway/open").await.map(drop), closed);
        assert_eq!(client.state().name(), "signed_in", "the session stays stored");
        client.close().await;
        assert_eq!(world.server.journal().len(), before);
        assert_eq!(world.client().restored().await.name(), "signed_in");
    });
}

#[test]
fn a_closed_client_leaves_what_is_to_be_done_to_the_next_one() {
    on_both(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.fault("DELETE", "/v1/account/sessions/current", Fault::ResetBefore);
        client.sign_out().await.unwrap();
        client.close().await;
        world.server.heal();
        let before = world.server.journal().len();
        resumed(&client).await;
        assert_eq!(world.server.journal().len(), before, "a closed client sends nothing");
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
    });
}

/// A store that lets a test know when nothing holds it any more.
struct Watched {
    store: Kept,
    _token: Arc<()>,
}

impl SecureStore for Watched {
    fn load(&self, _: &StoreKey) -> Result<Option<Secret>, StoreError> {
        Err(StoreError::Locked)
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        self.store.save(key, record)
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.store.clear(key)
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.store.quarantine(key)
    }

    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }
}

async fn gone(token: Weak<()>) {
    while token.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}

#[test]
fn dropping_the_last_handle_ends_everything() {
    on_both(async |world: &World| {
        let token = Arc::new(());
        let weak = Arc::downgrade(&token);
        let client =
            world.builder().store(Watched { store: Kept::default(), _token: token }).build().unwrap();
        let another = client.clone();
        // The store is locked, so the upkeep waits to try again.
        world.clock.sleeping(1).await;
        drop(client);
        assert_eq!(another.restored().await.name(), "storage_locked", "one handle is enough");
        drop(another);
        gone(weak).await;
    });
}

#[test]
fn closing_leaves_nothing_behind() {
    on_both(async |world: &World| {
        let token = Arc::new(());
        let weak = Arc::downgrade(&token);
        let client =
            world.builder().store(Watched { store: Kept::default(), _token: token }).build().unwrap();
        world.clock.sleeping(1).await;
        client.close().await;
        drop(client);
        gone(weak).await;
    });
}

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
    on_both(async |world: &World| {
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
    tracing::subscriber::with_default(tracing_subscriber::registry().with(log.clone()), || {
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
    on_both(async |world: &World| {
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
