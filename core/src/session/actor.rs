//! The one task that owns the machine: it takes events one after another, and performs what the machine asks for.
//!
//! Nobody waits under a lock here. The store works beside the actor, so that a sign-out takes effect while the store hangs; the
//! machine asks for one call of the store at a time. The actor ends when it is closed or when the last handle is gone.

use std::{
    future::{Future, pending},
    pin::Pin,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    belongings::Belongings,
    handle::Shared,
    machine::{Effect, Event, Machine, Outcome, StoreCall},
    publisher::{Carried, Held, Publisher},
    state::{SessionState, SignedOutReason},
    tasks::Tasks,
    vault::Vault,
};
use crate::{
    clock::{Clock, Sleep},
    metrics::Meter,
    store::{Persistence, StoreError},
};

/// So many messages wait for the actor. Whoever sends one more waits for room.
pub(super) const MAILBOX: usize = 256;

/// What the actor is sent.
pub(super) enum Message {
    /// Something happened.
    Event(Event, Reply),
    /// Reads a store that is locked, unless it is being read, or was since the number of its answers was `seen`.
    Unlock { seen: u64, reply: Reply },
    /// Waits until nothing is under way.
    #[cfg(any(test, feature = "testing"))]
    Idle(oneshot::Sender<()>),
    /// Saves what can be saved, and ends.
    Close(oneshot::Sender<()>),
}

/// Who waits for what.
pub(super) enum Reply {
    /// Nobody waits.
    Nobody,
    /// Somebody waits until the store has taken it, or has failed to.
    Saved(oneshot::Sender<Saved>),
}

/// What became of an event, once the store has answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saved {
    pub(super) outcome: Outcome,
    pub(super) stored: Result<(), StoreError>,
}

/// What the actor works with.
pub(super) struct Actor {
    pub(super) machine: Machine,
    pub(super) inbox: mpsc::Receiver<Message>,
    pub(super) vault: Vault,
    pub(super) publisher: Arc<Publisher>,
    pub(super) belongings: Belongings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) tasks: Tasks,
    /// How long the store may take before it is said not to answer.
    pub(super) patience: Duration,
    /// What counts everything that the client does.
    pub(super) meter: Arc<Meter>,
    /// For work that tells the actor what came of it. The actor itself keeps no handle alive.
    pub(super) shared: Weak<Shared>,
    pub(super) work: Work,
    pub(super) ending: Ending,
}

/// Closes the client when the actor ends, however it ends: it may have panicked, or its host may have ended the runtime under it.
/// Nobody waits for an actor that is gone, and nothing is sent with a credential that nothing can end any more.
pub(super) struct Ending {
    pub(super) tasks: Tasks,
    pub(super) publisher: Arc<Publisher>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.tasks.close();
        self.publisher.close();
    }
}

/// What is under way, and who waits for it.
#[derive(Default)]
pub(super) struct Work {
    store: Option<Pin<Box<dyn Future<Output = Event> + Send>>>,
    /// Runs out when the store has taken too long.
    patience: Option<Sleep>,
    retry: Option<Sleep>,
    /// How often the store has answered, or has not answered in time.
    answers: u64,
    waiting: Vec<(Outcome, oneshot::Sender<Saved>)>,
    idlers: Vec<oneshot::Sender<()>>,
    closing: Vec<oneshot::Sender<()>>,
}

impl Actor {
    pub(super) async fn run(mut self) {
        self.apply(Event::Refresh, Reply::Nobody);
        loop {
            let event = tokio::select! {
                biased;
                message = self.inbox.recv() => match message {
                    Some(Message::Event(event, reply)) => {
                        self.apply(event, reply);
                        continue;
                    }
                    Some(Message::Unlock { seen, reply }) => {
                        self.unlock(seen, reply);
                        continue;
                    }
                    #[cfg(any(test, feature = "testing"))]
                    Some(Message::Idle(reply)) => {
                        self.work.idlers.push(reply);
                        self.answer();
                        continue;
                    }
                    Some(Message::Close(done)) => {
                        self.work.closing.push(done);
                        break;
                    }
                    None => break,
                },
                event = next(&mut self.work.store) => event,
                event = when(&mut self.work.patience, Event::StoreHangs) => event,
                event = when(&mut self.work.retry, Event::Retry) => event,
            };
            self.apply(event, Reply::Nobody);
        }
        self.finish().await;
    }

    /// Lets the store take what it does not have yet, for as long as it may take. Reading is not waited for.
    async fn finish(mut self) {
        self.work.retry = None;
        if self.machine.is_unsaved() {
            // A store that has failed is tried a last time.
            self.apply(Event::Retry, Reply::Nobody);
        }
        let mut is_open = true;
        while self.machine.is_unsaved() && self.work.store.is_some() && self.work.patience.is_some() {
            let event = tokio::select! {
                biased;
                message = self.inbox.recv(), if is_open => {
                    match message {
                        Some(Message::Close(done)) => self.work.closing.push(done),
                        // Whoever waits for it is told by its end that the client is closed.
                        Some(_) => {}
                        None => is_open = false,
                    }
                    continue;
                }
                event = next(&mut self.work.store) => event,
                event = when(&mut self.work.patience, Event::StoreHangs) => event,
            };
            self.apply(event, Reply::Nobody);
        }
        drop(self.ending);
        for done in self.work.closing {
            // Whoever closed may have gone.
            let _ = done.send(());
        }
    }

    fn unlock(&mut self, seen: u64, reply: Reply) {
        // Whoever asks may have seen the number of an answer before its state.
        let is_locked = self.machine.view().state == SessionState::StorageLocked;
        if is_locked && self.work.answers == seen && !self.machine.is_reading() {
            self.apply(Event::Look, reply);
        } else {
            self.wait(Outcome::Applied, reply);
        }
    }

    fn apply(&mut self, event: Event, reply: Reply) {
        let of_store = matches!(
            event,
            Event::Read(..) | Event::Written { .. } | Event::Conflict(_) | Event::StoreFailed(_)
        );
        self.count_store(&event);
        if of_store {
            self.work.store = None;
            self.work.patience = None;
        }
        if of_store || matches!(event, Event::StoreHangs) {
            self.work.answers += 1;
            if let Some(shared) = self.shared.upgrade() {
                shared.store_answered(self.work.answers);
            }
        }
        let (outcome, effects) = self.machine.apply(event);
        self.meter.revocations_pending.set(self.machine.pending_revocations());
        if let Some(shared) = self.shared.upgrade() {
            let (decided, ordinal) = self.machine.decided();
            shared.observe(decided, ordinal);
            shared.note_told_of_all(self.machine.has_told_of_all());
        }
        effects.into_iter().for_each(|effect| self.perform(effect));
        self.wait(outcome, reply);
    }

    fn wait(&mut self, outcome: Outcome, reply: Reply) {
        if let Reply::Saved(reply) = reply {
            self.work.waiting.push((outcome, reply));
        }
        self.answer();
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Publish => self.publish(),
            Effect::ForgetGatewayCookies => self.belongings.clear(),
            Effect::Store(call) => self.ask_store(call),
            Effect::RetryIn(wait) => self.work.retry = Some(self.clock.sleep(wait)),
            Effect::Revoke(credential) => {
                if let Some(shared) = self.shared.upgrade() {
                    shared.start_revocation(credential);
                }
            }
            Effect::Probe(epoch) => {
                if let Some(shared) = self.shared.upgrade() {
                    shared.start_probe(epoch);
                }
            }
        }
    }

    fn publish(&self) {
        let view = self.machine.view();
        let held = match (view.epoch, self.machine.credential()) {
            (Some(epoch), Some(credential)) => Some(Held::new(Carried {
                epoch,
                credential: credential.clone(),
                session_id: view.session_id,
                expires_at: view.expires_at,
            })),
            _ => None,
        };
        let persistence = if view.memory_only { Persistence::MemoryOnly } else { self.vault.persistence() };
        self.count_change(&view.state, held.as_ref());
        self.publisher.publish(view.state, persistence, held);
    }

    fn count_store(&self, event: &Event) {
        match event {
            Event::Read(..) => self.meter.store_reads.add(),
            Event::Written { .. } | Event::Conflict(_) => self.meter.store_writes.add(),
            Event::StoreFailed(_) | Event::StoreHangs => self.meter.store_failures.add(),
            _ => {}
        }
    }

    /// Counts what is about to be published.
    fn count_change(&self, state: &SessionState, held: Option<&Held>) {
        let last = self.publisher.view();
        let epoch = |held: &Held| held.epoch;
        if last.held.as_ref().map(epoch) != held.map(epoch) {
            self.meter.credential_changes.add();
        }
        match state {
            same if *same == last.change.state => {}
            SessionState::SignedOut { reason: SignedOutReason::SignedOut } => self.meter.sign_outs.add(),
            SessionState::SignedOut { reason: SignedOutReason::SessionEnded } => {
                self.meter.sessions_ended.add();
            }
            _ => {}
        }
    }

    fn ask_store(&mut self, call: StoreCall) {
        let (vault, tasks, clock) = (self.vault.clone(), self.tasks.clone(), self.clock.clone());
        self.work.store = Some(Box::pin(async move { vault.perform(call, &tasks, &*clock).await }));
        self.work.patience = Some(self.tasks.sleep(self.patience));
    }

    /// Answers those who wait for what has come.
    fn answer(&mut self) {
        if let Some(stored) = self.machine.is_saved() {
            for (outcome, reply) in self.work.waiting.drain(..) {
                let (outcome, stored) = match outcome {
                    // Another process decided later, which the store has shown only now, or the store did not take an import.
                    Outcome::Kept(epoch) if !self.machine.stands(epoch) => {
                        (Outcome::Superseded, self.machine.refusal(epoch).map_or(stored, Err))
                    }
                    outcome => (outcome, stored),
                };
                // Whoever asked may have gone.
                let _ = reply.send(Saved { outcome, stored });
            }
        }
        if self.machine.is_idle() {
            for idler in self.work.idlers.drain(..) {
                // Whoever asked may have gone.
                let _ = idler.send(());
            }
        }
    }
}

/// The next output of what is under way; never, if nothing is.
async fn next(work: &mut Option<Pin<Box<dyn Future<Output = Event> + Send>>>) -> Event {
    match work {
        Some(work) => work.await,
        None => pending().await,
    }
}

/// `event`, when the time has come.
async fn when(sleep: &mut Option<Sleep>, event: Event) -> Event {
    match sleep {
        Some(time) => {
            time.await;
            *sleep = None;
            event
        }
        None => pending().await,
    }
}
