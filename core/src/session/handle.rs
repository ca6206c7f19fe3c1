//! What the rest of the crate holds of a session: it sends events to the actor, and reads what the actor published.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::{mpsc, oneshot, watch};

use super::{
    actor::{Actor, Ending, MAILBOX, Message, Reply, Saved, Work},
    admission::Door,
    attempt::{Attempt, Attempts, Decision},
    belongings::Belongings,
    breaker::Breaker,
    browser::Browser,
    flight::SingleFlight,
    flow_store::FlowStore,
    flows::Probed,
    machine::{Epoch, Event, Machine, Rights},
    publisher::{Change, Changes, Held, Publisher, View},
    state::SessionState,
    tasks::Tasks,
    vault::{Access, Vault},
};
use crate::{
    appwrite::Appwrite,
    clock::Clock,
    config::ConfigError,
    error::{Error, Result, Sent},
    host::{Departure, later},
    metrics::Meter,
    store::{Persistence, StoreError},
};

/// A handle of one session. Clones are handles of the same session. When the last one is gone, the actor ends.
#[derive(Clone)]
pub(crate) struct Session(pub(super) Arc<Shared>);

/// What the handles share.
pub(crate) struct Shared {
    mailbox: mpsc::Sender<Message>,
    attempts: Attempts,
    /// The ordinal of the last attempt of this process that took effect.
    ordinal: AtomicU64,
    /// The number of the last attempt of any process that took effect.
    decided: AtomicU64,
    /// How often the store has answered.
    answers: AtomicU64,
    pub(super) appwrite: Appwrite,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) publisher: Arc<Publisher>,
    pub(super) tasks: Tasks,
    pub(super) probes: SingleFlight<Epoch, Probed>,
    pub(super) breaker: Mutex<Breaker>,
    /// Where the app wants its user to be present.
    pub(super) door: Option<Door>,
    /// The session whose user was perhaps signed out everywhere, because an answer of Appwrite was lost.
    pub(super) perhaps_ended: Mutex<Option<Epoch>>,
    /// How often Appwrite has accepted a second factor. What it said before about a missing one is out of date.
    pub(super) factors_accepted: AtomicU64,
    /// The sign-in in the browser that was begun last, and where it rests.
    pub(super) browser: Browser,
    pub(super) flows: FlowStore,
    /// How long the store may take for one call.
    pub(super) patience: Duration,
    /// Whether Appwrite has been told of every session that ended here, and the store knows it.
    told_of_all: watch::Sender<bool>,
    pub(super) vault: Vault,
    access: Access,
    store_persistence: Persistence,
}

impl Deref for Session {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    /// Remembers the last decision, so that the attempts to come have higher numbers.
    pub(super) fn observe(&self, decided: Decision, ordinal: u64) {
        self.attempts.observe(decided);
        self.ordinal.store(ordinal, Ordering::Release);
        self.decided.store(decided.0, Ordering::Release);
    }

    /// Whether a later decision than this attempt has taken effect in this process, or before it where the attempt is that old.
    pub(super) fn is_superseded(&self, attempt: Attempt) -> bool {
        let is_older = attempt.is_earlier && self.decided.load(Ordering::Acquire) > attempt.decision.0;
        is_older || self.ordinal.load(Ordering::Acquire) > attempt.ordinal
    }

    /// The number of an attempt that is called now.
    pub(super) fn attempt(&self) -> Attempt {
        self.attempts.next(self.clock.now())
    }

    pub(super) fn store_answered(&self, answers: u64) {
        self.answers.store(answers, Ordering::Release);
    }

    pub(super) fn note_told_of_all(&self, told: bool) {
        self.told_of_all.send_replace(told);
    }

    /// Tells the actor what happened, and waits until the store has taken it or has failed to.
    pub(super) async fn tell(&self, event: Event) -> Result<Saved> {
        self.ask(|reply| Message::Event(event, reply)).await
    }

    async fn ask(&self, message: impl FnOnce(Reply) -> Message) -> Result<Saved> {
        let (reply, saved) = oneshot::channel();
        self.mailbox.send(message(Reply::Saved(reply))).await.map_err(|_| Error::Closed(Sent::Nothing))?;
        saved.await.map_err(|_| Error::Closed(Sent::Nothing))
    }

    /// Lets the store be read again, and waits for that, unless the client is closed.
    pub(super) async fn look(&self) -> Result<Saved> {
        tokio::select! {
            saved = self.tell(Event::Look) => saved,
            () = self.tasks.closed() => Err(Error::Closed(Sent::Nothing)),
        }
    }

    /// Tells the actor what happened. Once it is closed, nobody needs to know.
    pub(super) async fn note(&self, event: Event) {
        let _ = self.mailbox.send(Message::Event(event, Reply::Nobody)).await;
    }
}

impl Session {
    pub(super) fn of(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Starts the session's actor, which begins to read the store. `patience` is how long the store may take for one call.
    pub(crate) fn start(
        appwrite: Appwrite,
        vault: Vault,
        clock: Arc<dyn Clock>,
        belongings: Belongings,
        tasks: Tasks,
        door: Option<Door>,
        patience: Duration,
    ) -> Self {
        let (mailbox, inbox) = mpsc::channel(MAILBOX);
        let publisher = Arc::new(Publisher::new(vault.persistence()));
        let meter = appwrite.meter().clone();
        let access = vault.access();
        let rights = Rights { writes: access == Access::ReadWrite, marks: vault.marks_installations() };
        let session = Self(Arc::new(Shared {
            mailbox,
            attempts: Attempts::default(),
            ordinal: AtomicU64::new(0),
            decided: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            breaker: Mutex::new(Breaker::new(clock.now())),
            probes: SingleFlight::new(),
            perhaps_ended: Mutex::new(None),
            factors_accepted: AtomicU64::new(0),
            browser: Browser::default(),
            flows: vault.flow_store(),
            patience,
            told_of_all: watch::channel(false).0,
            store_persistence: vault.persistence(),
            publisher: publisher.clone(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            appwrite,
            door,
            vault: vault.clone(),
            access,
        }));
        let shared = Arc::downgrade(&session.0);
        let machine = Machine::new(rights);
        let (work, own) = (Work::default(), tasks.clone());
        let ending = Ending { tasks: tasks.clone(), publisher: publisher.clone() };
        let actor = Actor {
            machine,
            inbox,
            vault,
            publisher,
            belongings,
            clock,
            tasks,
            patience,
            meter,
            shared,
            work,
            ending,
        };
        own.spawn_apart(actor.run());
        session
    }

    // ---- what is known ----

    /// The client's own tasks.
    pub(crate) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Where the user stands now.
    pub(crate) fn change(&self) -> Change {
        self.publisher.view().change.clone()
    }

    /// When the session that is held ends, if that is known.
    pub(crate) fn expires_at(&self) -> Option<SystemTime> {
        self.publisher.view().held.as_ref().and_then(|held| held.expires_at)
    }

    /// A new observer.
    pub(crate) fn changes(&self) -> Changes {
        self.publisher.subscribe()
    }

    /// What is known once the store has been read, or the client was closed before.
    pub(crate) async fn restored(&self) -> Arc<View> {
        tokio::select! {
            view = self.publisher.wait_for(|view| view.change.state != SessionState::Restoring) => view,
            () = self.tasks.closed() => self.publisher.view(),
        }
    }

    /// Waits until Appwrite has been told of every session that ended here, and the store knows it. `false` if the client is closed before.
    pub(crate) async fn told_of_all(&self) -> bool {
        let mut told = self.told_of_all.subscribe();
        tokio::select! {
            biased;
            () = self.tasks.closed() => false,
            // The sender lives in `self`, so the wait cannot fail.
            told = told.wait_for(|told| *told) => told.is_ok(),
        }
    }

    /// The credential at this very moment, or why there is none. Never waits: what is sent is sent with what this says.
    pub(crate) fn now(&self) -> Result<Held> {
        if self.tasks.is_closed() {
            return Err(Error::Closed(Sent::Nothing));
        }
        let view = self.publisher.view();
        match (&view.change.state, &view.held) {
            (SessionState::SignedIn { .. }, Some(held)) => Ok(held.clone()),
            (state, _) => Err(refusal(state)),
        }
    }

    /// Waits until the request of `departure`, which has no connection yet, must not be sent as it is: see [`now`](Self::now).
    pub(crate) async fn overtakes(&self, departure: &Departure) {
        self.publisher.overtakes(departure).await;
    }

    /// Waits until calls do not carry a credential of the user of `held` any more, or the client is closed.
    pub(crate) async fn leaves(&self, held: &Held) {
        let stays = |view: &View| {
            let same = view.held.as_ref().is_some_and(|now| now.is_of_same_user(held));
            same && matches!(view.change.state, SessionState::SignedIn { .. })
        };
        tokio::select! {
            _ = self.publisher.wait_for(|view| !stays(view)) => {}
            () = self.tasks.closed() => {}
        }
    }

    /// As [`now`](Self::now), also while a second factor is missing.
    pub(crate) fn now_or_pending(&self) -> Result<Held> {
        match self.now() {
            Err(Error::MfaRequired(_)) => {
                let view = self.publisher.view();
                view.held.clone().ok_or_else(|| refusal(&view.change.state))
            }
            other => other,
        }
    }

    /// The credential for a call, once the store has been read; a store that was locked is tried again. Never a request.
    pub(crate) async fn held(&self) -> Result<Held> {
        // What is signed in has been read.
        if let Ok(held) = self.now() {
            return Ok(held);
        }
        self.store_was_read().await?;
        self.now()
    }

    /// As [`held`](Self::held), also while a second factor is missing.
    pub(crate) async fn held_or_pending(&self) -> Result<Held> {
        self.store_was_read().await?;
        self.now_or_pending()
    }

    /// Waits until the store was read, and tries a locked one again: signing in over a session that is only locked away would lose
    /// it.
    pub(super) async fn store_was_read(&self) -> Result<()> {
        let seen = self.answers.load(Ordering::Acquire);
        let mut view = self.restored().await;
        if view.change.state == SessionState::StorageLocked {
            // Everybody who came before the store's answer shares it.
            tokio::select! {
                unlocked = self.ask(|reply| Message::Unlock { seen, reply }) => drop(unlocked?),
                () = self.tasks.closed() => return Err(Error::Closed(Sent::Nothing)),
            }
            view = self.publisher.view();
        }
        match &view.change.state {
            _ if self.tasks.is_closed() => Err(Error::Closed(Sent::Nothing)),
            state @ (SessionState::Restoring | SessionState::StorageLocked) => Err(refusal(state)),
            _ => Ok(()),
        }
    }

    /// Whether this client may read the record and no more.
    fn is_read_only(&self) -> bool {
        self.access == Access::ReadOnly
    }

    /// Fails where the session must not be changed by this client.
    pub(super) fn writable(&self) -> Result<()> {
        if self.is_read_only() { Err(ConfigError::ReadOnly.into()) } else { Ok(()) }
    }

    /// Whether what the store keeps outlives the process.
    pub(super) fn store_is_durable(&self) -> bool {
        self.store_persistence == Persistence::Durable
    }

    /// What counts everything that the client does.
    pub(crate) fn meter(&self) -> &Arc<Meter> {
        self.appwrite.meter()
    }

    /// Appwrite, for a question without a credential.
    pub(crate) fn appwrite(&self) -> &Appwrite {
        &self.appwrite
    }

    /// The clock of the client.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The credential that is held, also while a second factor is missing. Never waits, and asks nobody.
    pub(crate) fn held_now(&self) -> Option<Held> {
        self.publisher.view().held.clone()
    }

    /// Whether the store can be read; `None` if it does not answer in time. Changes nothing.
    pub(crate) async fn check_store(&self) -> Option<Result<(), StoreError>> {
        self.tasks.by(later(Instant::now(), self.patience), self.vault.check(&self.tasks)).await
    }

    /// Whether what the store keeps outlives the process, if it takes it.
    pub(crate) fn store_persistence(&self) -> Persistence {
        self.store_persistence
    }

    /// Appwrite for a call as `held`: no attempt of it is sent once that is not held any more.
    pub(super) fn appwrite_as(&self, held: &Held) -> Appwrite {
        let (publisher, epoch) = (self.publisher.clone(), held.epoch);
        self.appwrite.while_true(move || publisher.holds(epoch))
    }

    // ---- what is done ----

    /// Reads the store again and tries what is left to do. Returns once the store has answered; Appwrite is not waited for.
    pub(crate) async fn resume(&self) -> SessionState {
        self.come_back();
        // A client that is closed meanwhile has the state that it had.
        tokio::select! {
            _ = self.tell(Event::Refresh) => {}
            () = self.tasks.closed() => {}
        }
        self.change().state
    }

    /// The network has changed: tries now what waits for it, and asks Appwrite about a session that it has not confirmed yet.
    pub(crate) fn network_changed(&self) {
        if self.tasks.is_closed() {
            return;
        }
        let session = self.clone();
        drop(self.tasks.spawn(async move {
            session.note(Event::Retry).await;
            let is_unverified =
                matches!(session.change().state, SessionState::SignedIn { verified: false, .. });
            if is_unverified && let Ok(held) = session.now() {
                session.confirm(&held).await;
            }
        }));
    }

    /// Waits until nothing is under way.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn idle(&self) {
        let (reply, idle) = oneshot::channel();
        if self.mailbox.send(Message::Idle(reply)).await.is_ok() {
            let _ = idle.await;
        }
    }

    /// Whether no work is taken any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.tasks.is_closed()
    }

    /// Ends the session's work: takes no new work, waits for what is under way, and lets the store take what it does not have.
    /// Nothing is waited for without a limit.
    pub(crate) async fn close(&self) {
        self.tasks.close();
        self.tasks.idle().await;
        let (done, closed) = oneshot::channel();
        if self.mailbox.send(Message::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

/// Why there is no credential in `state`.
fn refusal(state: &SessionState) -> Error {
    match state {
        SessionState::Restoring | SessionState::StorageLocked => Error::StorageLocked,
        SessionState::SignedOut { reason } => Error::SignedOut(*reason, Sent::Nothing),
        SessionState::MfaRequired { .. } => Error::MfaRequired(Sent::Nothing),
        // Signed in means that a credential is held, so this is reached only by a client that is being closed.
        SessionState::SignedIn { .. } => Error::Closed(Sent::Nothing),
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Locked => Self::StorageLocked,
            StoreError::Corrupt | StoreError::Unavailable => Self::StorageUnavailable,
        }
    }
}
