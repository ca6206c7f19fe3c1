//! The only writer of the session: decides by `state.rs`, saves, and only then publishes.

use std::sync::{Arc, Mutex};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard, Notify};

use super::{
    admission::Door,
    breaker::Breaker,
    flight::SingleFlight,
    probe::Verdict,
    publisher::{Change, Changes, Held, Publisher, View},
    record::{Record, StoredSession},
    state::{Epoch, Event, SessionState, Standing, transition},
    tasks::Tasks,
    vault::{Access, Loaded, Vault},
};
use crate::{
    appwrite::Appwrite,
    clock::Clock,
    config::ConfigError,
    credential::Credential,
    error::{Error, Result},
    store::{Persistence, StoreError},
    transport::CookieJars,
};

/// Owns the session of one client. Clones are handles of the same session.
#[derive(Clone)]
pub(crate) struct Manager(Arc<Shared>);

pub(crate) struct Shared {
    pub(super) appwrite: Appwrite,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) publisher: Publisher,
    pub(super) tasks: Tasks,
    pub(super) probes: SingleFlight<Epoch, Verdict>,
    pub(super) breaker: Mutex<Breaker>,
    /// Held by whoever catches up, so that nothing is done twice.
    pub(super) chores: AsyncMutex<()>,
    /// Wakes the upkeep.
    pub(super) nudge: Notify,
    /// Where the app wants its user to prove to be there.
    pub(super) door: Option<Door>,
    pub(super) vault: Vault,
    jars: CookieJars,
    ledger: AsyncMutex<Ledger>,
}

impl std::ops::Deref for Manager {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The truth, behind the lock that makes the manager a single writer.
pub(crate) struct Ledger {
    pub(super) standing: Standing,
    pub(super) session: Option<(Epoch, StoredSession)>,
    pub(super) revocations: Vec<Credential>,
    /// Counts sign-outs, so that a sign-in that one overtook can know.
    pub(super) sign_outs: u64,
    /// The store's content is not known yet, so saving would overwrite something unseen.
    pub(super) unread: bool,
    /// The store does not have what is here.
    pub(super) unsaved: bool,
    /// The store had the session and has it no more.
    pub(super) vanished: bool,
    last_epoch: u64,
}

impl Ledger {
    /// The number for the next credential.
    pub(super) fn next_epoch(&mut self) -> Epoch {
        self.last_epoch += 1;
        Epoch(self.last_epoch)
    }

    /// Whether nothing is left for later.
    pub(super) fn is_settled(&self) -> bool {
        !self.unread && !self.unsaved && !self.vanished && self.revocations.is_empty()
    }

    /// The session if it is still the one of `epoch`.
    pub(super) fn session_of(&mut self, epoch: Epoch) -> Option<&mut StoredSession> {
        self.session.as_mut().filter(|(held, _)| *held == epoch).map(|(_, session)| session)
    }

    fn record(&self) -> Record {
        let session = self.session.as_ref().map(|(_, session)| session.clone());
        Record { session, revocations: self.revocations.clone(), installation: None }
    }
}

impl Manager {
    pub(crate) fn new(
        appwrite: Appwrite,
        vault: Vault,
        clock: Arc<dyn Clock>,
        jars: CookieJars,
        tasks: Tasks,
        door: Option<Door>,
    ) -> Self {
        let ledger = Ledger {
            standing: Standing::restoring(),
            session: None,
            revocations: Vec::new(),
            sign_outs: 0,
            unread: true,
            unsaved: false,
            vanished: false,
            last_epoch: 0,
        };
        let manager = Self(Arc::new(Shared {
            publisher: Publisher::new(vault.persistence()),
            probes: SingleFlight::new(),
            breaker: Mutex::new(Breaker::new(clock.now())),
            chores: AsyncMutex::new(()),
            nudge: Notify::new(),
            door,
            ledger: AsyncMutex::new(ledger),
            appwrite,
            clock,
            tasks,
            vault,
            jars,
        }));
        manager.start_upkeep();
        manager
    }

    /// The ledger, for reading and for one commit.
    pub(super) async fn ledger(&self) -> AsyncMutexGuard<'_, Ledger> {
        self.ledger.lock().await
    }

    /// Applies `event`, saves the ledger, and then publishes. Run inside a task: dropping it half way would publish nothing.
    ///
    /// When the store refuses, the change stands all the same, in memory and said to be so; the upkeep saves it later.
    pub(super) async fn commit(&self, ledger: &mut Ledger, event: Event) -> Result<(), StoreError> {
        // First, because an event about a session that another process has replaced is no news.
        let read = self.reconcile(ledger, event.decides()).await;
        ledger.standing = transition(&ledger.standing, event);
        let saved = self.write(ledger, read).await;
        self.publish(ledger);
        saved
    }

    /// Applies `event` where the stored record stays as it is.
    pub(super) fn note(&self, ledger: &mut Ledger, event: Event) {
        ledger.standing = transition(&ledger.standing, event);
        self.publish(ledger);
    }

    /// Saves the ledger, after reading what another process may have written.
    pub(super) async fn save(&self, ledger: &mut Ledger) -> Result<(), StoreError> {
        let read = self.reconcile(ledger, false).await;
        self.write(ledger, read).await
    }

    /// Saves the ledger as it is, if the store could be `read`.
    pub(super) async fn write(
        &self,
        ledger: &mut Ledger,
        read: Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let saved = match read {
            Ok(()) => self.vault.save(ledger.record()).await,
            Err(error) => Err(error),
        };
        let newly_unsaved = saved.is_err() && !ledger.unsaved;
        ledger.unsaved = saved.is_err();
        // Only news wakes the upkeep: a save of its own that fails again must not wake it at once.
        if newly_unsaved {
            self.nudge.notify_one();
        }
        saved
    }

    /// Whether this client may read the record and no more.
    pub(super) fn is_read_only(&self) -> bool {
        self.vault.access() == Access::ReadOnly
    }

    /// Fails where the session must not be changed by this client.
    pub(super) fn writable(&self) -> Result<()> {
        if self.is_read_only() { Err(ConfigError::ReadOnly.into()) } else { Ok(()) }
    }

    pub(super) fn publish(&self, ledger: &Ledger) {
        let held = ledger.standing.held.and_then(|epoch| match &ledger.session {
            Some((of, session)) if *of == epoch => {
                Some(Held { epoch, credential: session.credential.clone() })
            }
            // A sign-in has stored its credential and not concluded yet: until it does, the one before goes on.
            _ => self.publisher.view().held.clone().filter(|held| held.epoch == epoch),
        });
        let persistence = if ledger.unsaved || ledger.standing.state == UNREACHABLE {
            Persistence::MemoryOnly
        } else {
            self.vault.persistence()
        };
        self.publisher.publish(ledger.standing.state.clone(), persistence, held);
    }

    /// Reads the store, if its content is still unknown and nothing newer was decided.
    pub(super) async fn restore(&self) {
        let mut ledger = self.ledger().await;
        if !ledger.unread || !ledger.standing.awaits_store() {
            return;
        }
        let mut unmarked = false;
        let event = match self.vault.load().await {
            Ok(Loaded::Nothing) => Event::StoreEmpty,
            Ok(Loaded::Lost) => Event::StoreLost,
            Ok(Loaded::Reinstalled(record)) => {
                // Whoever installed the app anew begins anew, and the session before is ended like one that was left.
                ledger.revocations = record.revocations;
                ledger.revocations.extend(record.session.map(|session| session.credential));
                unmarked = true;
                Event::StoreEmpty
            }
            Ok(Loaded::Found(record)) => {
                unmarked = record.installation.is_none();
                ledger.revocations = record.revocations;
                match record.session {
                    None => Event::StoreEmpty,
                    Some(session) => {
                        let epoch = ledger.next_epoch();
                        let (user, factors) = (session.user.clone(), session.missing_factors.clone());
                        ledger.session = Some((epoch, session));
                        Event::Restored { epoch, user, factors }
                    }
                }
            }
            Err(StoreError::Locked) => Event::StoreLocked,
            // An unreadable record that could not even be set aside is not lost either: the store is what fails.
            Err(_) => Event::StoreUnavailable,
        };
        ledger.unread = matches!(event, Event::StoreLocked | Event::StoreUnavailable);
        if self.is_read_only() {
            // They are the business of whoever may write that they are done.
            ledger.revocations.clear();
        }
        self.note(&mut ledger, event);
        if unmarked && self.vault.marks_installations() {
            // The record is good without; the upkeep tries again.
            let _ = self.save(&mut ledger).await;
        }
        if !ledger.revocations.is_empty() {
            self.nudge.notify_one();
        }
    }

    /// Where the user stands now.
    pub(crate) fn change(&self) -> Change {
        self.publisher.view().change.clone()
    }

    /// A new observer.
    pub(crate) fn changes(&self) -> Changes {
        self.publisher.subscribe()
    }

    /// What is known once the store has been read.
    pub(crate) async fn restored(&self) -> Arc<View> {
        self.publisher.wait_for(|view| view.change.state != SessionState::Restoring).await
    }

    /// The credential for a call, once the store has been read. Never a request; fails with the reason if there is none.
    pub(crate) async fn held(&self) -> Result<Held> {
        if self.tasks.is_closed() {
            return Err(Error::Closed);
        }
        let mut view = self.restored().await;
        if view.change.state == SessionState::StorageLocked {
            let manager = self.clone();
            let _ = self.tasks.spawn(async move { manager.restore().await }).await;
            view = self.publisher.view();
        }
        match (&view.change.state, &view.held) {
            (SessionState::SignedIn { .. }, Some(held)) => Ok(held.clone()),
            (state, _) => Err(refusal(state)),
        }
    }

    /// The credential at this moment, or why there is none.
    pub(crate) fn now(&self) -> Result<Held> {
        if self.tasks.is_closed() {
            return Err(Error::Closed);
        }
        let view = self.publisher.view();
        match (&view.change.state, &view.held) {
            (SessionState::SignedIn { .. }, Some(held)) => Ok(held.clone()),
            (state, _) => Err(refusal(state)),
        }
    }

    /// The credential also while a factor is missing.
    pub(crate) async fn held_or_pending(&self) -> Result<Held> {
        match self.held().await {
            Err(Error::MfaRequired) => {
                let view = self.publisher.view();
                view.held.clone().ok_or_else(|| refusal(&view.change.state))
            }
            other => other,
        }
    }

    /// Ends the session here, at once and whatever the network does; Appwrite is told as soon as it can be.
    pub(crate) async fn sign_out(&self) -> Result<()> {
        self.writable()?;
        let manager = self.clone();
        self.tasks
            .run(async move {
                manager.restore().await;
                let mut ledger = manager.ledger().await;
                let revoked = ledger.session.take().map(|(_, session)| session.credential);
                ledger.revocations.extend(revoked);
                let saved = manager.end(&mut ledger, Event::SignedOut).await;
                manager.nudge.notify_one();
                saved
            })
            .await
    }

    /// Ends the session here after Appwrite has deleted all of them.
    pub(crate) async fn sign_out_everywhere(&self) -> Result<()> {
        self.writable()?;
        let held = self.admitted().await?;
        let manager = self.clone();
        self.tasks
            .run(async move {
                let deleted = manager.appwrite.delete_sessions(&held.credential).await;
                manager.settle(held.epoch, deleted).await?;
                let mut ledger = manager.ledger().await;
                // A sign-in that overtook this call keeps its session.
                if ledger.session_of(held.epoch).is_none() {
                    return Ok(());
                }
                ledger.session = None;
                manager.end(&mut ledger, Event::SignedOut).await
            })
            .await
    }

    /// Commits an end that the app asked for.
    async fn end(&self, ledger: &mut Ledger, event: Event) -> Result<()> {
        ledger.sign_outs += 1;
        self.jars.clear();
        self.commit(ledger, event).await.map_err(Error::from)
    }

    /// Commits the end of `epoch` that Appwrite told.
    pub(super) async fn end_session(&self, ledger: &mut Ledger, epoch: Epoch) {
        // Another process may hold a newer session by now. A store that cannot be read is asked again by the commit.
        let _ = self.reconcile(ledger, false).await;
        if ledger.session_of(epoch).is_some() {
            ledger.session = None;
            self.jars.clear();
            // A record that could not be removed now is removed by the upkeep.
            let _ = self.commit(ledger, Event::Ended { epoch }).await;
        }
    }

    /// Forgets the gateways' cookies when the user changes.
    pub(super) fn forget_gateway_cookies(&self) {
        self.jars.clear();
    }

    /// Stops the upkeep, waits for every task under way and ends the streams of observers.
    pub(crate) async fn close(&self) {
        self.tasks.close();
        self.tasks.idle().await;
        self.publisher.close();
    }

    /// Stops the upkeep when the last handle of the client is gone.
    pub(crate) fn abandon(&self) {
        self.tasks.close();
    }
}

const UNREACHABLE: SessionState =
    SessionState::SignedOut { reason: super::state::SignedOutReason::StorageUnavailable };

/// Why there is no credential in `state`.
fn refusal(state: &SessionState) -> Error {
    match state {
        SessionState::Restoring | SessionState::StorageLocked => Error::StorageLocked,
        SessionState::SignedOut { reason } => Error::SignedOut(*reason),
        SessionState::MfaRequired { .. } => Error::MfaRequired,
        // Signed in means that a credential is held, so this is reached only by a client that is being closed.
        SessionState::SignedIn { .. } => Error::Closed,
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
