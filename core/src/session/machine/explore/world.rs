//! Two processes, one store, one Appwrite, and everything that can happen next.

use std::collections::BTreeSet;

use super::{Mistake, action::Action, budget::Budget};
use crate::{
    credential::{Credential, samples::credential},
    model::User,
    session::{
        attempt::{Attempt, Decision},
        machine::{Effect, Epoch, Event, Finding, Machine, Outcome, Reading, Revoked, Rights, StoreCall},
        record::Record,
    },
    store::StoreError,
};

/// Which session it is; Appwrite numbers them.
pub(super) type Id = u8;

#[derive(Clone)]
pub(super) struct World {
    pub(super) disk: Option<Record>,
    pub(super) alive: BTreeSet<Id>,
    pub(super) created: Id,
    pub(super) processes: [Process; 2],
    /// What the users decided, as far as anybody can still know of it: who, when, and which session.
    pub(super) words: Vec<Word>,
    /// Sessions that nobody can know of: their answer was lost, or their process was killed before it could store them.
    pub(super) excused: BTreeSet<Id>,
    /// Every session that was ever in the store.
    pub(super) stored: BTreeSet<Id>,
    /// The last decision that was ever in the store.
    pub(super) stored_decision: Decision,
    pub(super) store_failed: bool,
    /// Sessions that somebody ended in Appwrite's console.
    pub(super) ended: BTreeSet<Id>,
    clock: u64,
    pub(super) round: u8,
    pub(super) budget: Budget,
    mistake: Option<Mistake>,
}

#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) process: usize,
    pub(super) decision: Decision,
    pub(super) session: Option<Id>,
    /// The process that knew was killed.
    pub(super) lost: bool,
}

#[derive(Clone)]
pub(super) struct Process {
    pub(super) machine: Machine,
    /// What the process last saw in the store; `None` before it has looked.
    seen: Option<Option<Record>>,
    pub(super) call: Option<StoreCall>,
    pub(super) sign_ins: [Option<SignIn>; 2],
    pub(super) sign_out: Option<Attempt>,
    pub(super) everywhere: Option<(Attempt, Epoch, Id, bool)>,
    pub(super) revocation: Option<(Credential, bool)>,
    pub(super) probe: Option<(Epoch, Id, Option<Finding>)>,
    pub(super) retry: bool,
    ordinal: u64,
    last: Decision,
    /// Sessions that this process has received or held.
    pub(super) had: BTreeSet<Id>,
    /// Its last sign-out.
    pub(super) signed_out: Option<Decision>,
    /// Sessions of which Appwrite has told it that they are gone.
    pub(super) gone: BTreeSet<Id>,
}

#[derive(Clone, Debug)]
pub(super) enum SignIn {
    Called(Attempt),
    Created(Attempt, Id),
    Received(Epoch, Id),
    Asked(Epoch, Finding),
}

pub(super) fn id_of(credential: &Credential) -> Id {
    credential.user_id().trim_start_matches('s').parse().expect("a session of this world")
}

pub(super) fn session_of(id: Id) -> Credential {
    thread_local! {
        // Made once: the search asks for them millions of times.
        static ALL: Vec<Credential> = (0..32).map(|id| credential(&format!("s{id:03}"), "00")).collect();
    }
    ALL.with(|all| all[usize::from(id)].clone())
}

/// What tells two records apart.
pub(in crate::session::machine) fn trace_record(record: Option<&Record>) -> String {
    record.map_or_else(String::new, |record| {
        let session = record.session.as_ref().map(|session| {
            format!(
                "{}{:?}{:?}",
                session.credential.user_id(),
                session.user.as_ref().map(|user| &user.id),
                session.missing_factors
            )
        });
        let revocations: Vec<_> = record.revocations.iter().map(Credential::user_id).collect();
        format!("{session:?}{revocations:?}{}", record.decision.0)
    })
}

impl Process {
    fn new(mistake: Option<Mistake>) -> Self {
        Self {
            machine: Machine::new(Rights { writes: true, marks: false }).with_mistake(mistake),
            seen: None,
            call: None,
            sign_ins: [None, None],
            sign_out: None,
            everywhere: None,
            revocation: None,
            probe: None,
            retry: false,
            ordinal: 0,
            last: Decision::default(),
            had: BTreeSet::new(),
            signed_out: None,
            gone: BTreeSet::new(),
        }
    }

    pub(super) fn held(&self) -> Option<Id> {
        self.machine.credential().map(id_of)
    }

    /// Whether nothing is on its way to or from this process.
    pub(super) fn is_at_rest(&self) -> bool {
        self.call.is_none()
            && self.sign_ins.iter().all(Option::is_none)
            && self.sign_out.is_none()
            && self.everywhere.is_none()
            && self.revocation.is_none()
            && self.probe.is_none()
    }
}

impl World {
    pub(super) fn new(budget: Budget, mistake: Option<Mistake>) -> Self {
        let mut world = Self {
            disk: None,
            alive: BTreeSet::new(),
            created: 0,
            processes: [Process::new(mistake), Process::new(mistake)],
            words: Vec::new(),
            excused: BTreeSet::new(),
            stored: BTreeSet::new(),
            stored_decision: Decision::default(),
            store_failed: false,
            ended: BTreeSet::new(),
            clock: 1_000,
            round: 0,
            budget: Budget { sign_ins: 1, ..Budget::NONE },
            mistake: None,
        };
        let start = |world: &mut Self, process| world.tell(process, Event::Refresh).map(drop);
        if budget.signed_in {
            for action in [
                Action::StoreAnswers(0),
                Action::CallSignIn(0),
                Action::CreateSession(0, 0),
                Action::SignInAnswered(0, 0),
                Action::StoreAnswers(0),
                Action::AskWhose(0, 0),
                Action::ToldWhose(0, 0),
                Action::StoreAnswers(0),
            ] {
                if action == Action::StoreAnswers(0) && world.processes[0].call.is_none() {
                    start(&mut world, 0).expect("it starts");
                }
                world.act(action).expect("an ordinary sign-in");
            }
            start(&mut world, 1).expect("it starts");
            world.act(Action::StoreAnswers(1)).expect("an ordinary restore");
        } else {
            for process in 0..2 {
                start(&mut world, process).expect("it starts");
            }
        }
        world.budget = budget;
        world.mistake = mistake;
        for process in &mut world.processes {
            process.machine = process.machine.clone().with_mistake(mistake);
        }
        world
    }

    /// Lets `action` happen. What it breaks, if anything.
    pub(super) fn act(&mut self, action: Action) -> Result<(), String> {
        let before = self.clone_for_promises();
        match action {
            Action::CallSignIn(p) => {
                self.budget.sign_ins -= 1;
                let attempt = self.attempt(p);
                let slots = &mut self.processes[p].sign_ins;
                let slot = slots.iter_mut().find(|slot| slot.is_none()).expect("a free slot");
                *slot = Some(SignIn::Called(attempt));
            }
            Action::CreateSession(p, slot) => {
                let Some(SignIn::Called(attempt)) = self.processes[p].sign_ins[slot].take() else {
                    return Ok(());
                };
                // What is already overtaken is not sent.
                if self.processes[p].machine.decided().1 < attempt.ordinal {
                    self.created += 1;
                    self.alive.insert(self.created);
                    self.processes[p].sign_ins[slot] = Some(SignIn::Created(attempt, self.created));
                }
            }
            Action::SignInLost(p, slot) => {
                self.budget.lost_answers -= 1;
                if let Some(SignIn::Created(_, id)) = self.processes[p].sign_ins[slot].take() {
                    self.excused.insert(id);
                }
            }
            Action::SignInAnswered(p, slot) => {
                let Some(SignIn::Created(attempt, id)) = self.processes[p].sign_ins[slot].take() else {
                    return Ok(());
                };
                self.processes[p].had.insert(id);
                let event = Event::SignInAnswered {
                    attempt,
                    credential: session_of(id),
                    session_id: format!("s{id}"),
                    expires_at: None,
                };
                let outcome = self.tell(p, event)?;
                self.words.push(Word {
                    process: p,
                    decision: attempt.decision,
                    session: Some(id),
                    lost: false,
                });
                if let Outcome::Kept(epoch) = outcome {
                    self.processes[p].sign_ins[slot] = Some(SignIn::Received(epoch, id));
                }
            }
            Action::AskWhose(p, slot) => {
                if let Some(SignIn::Received(epoch, id)) = self.processes[p].sign_ins[slot].take() {
                    let finding = self.finding(id);
                    self.processes[p].sign_ins[slot] = Some(SignIn::Asked(epoch, finding));
                }
            }
            Action::ToldWhose(p, slot) | Action::WhoseLost(p, slot) => {
                if let Some(SignIn::Asked(epoch, finding)) = self.processes[p].sign_ins[slot].take() {
                    let lost = matches!(action, Action::WhoseLost(..));
                    self.budget.lost_answers -= u8::from(lost);
                    let finding = if lost { Finding::Unknown } else { finding };
                    self.tell(p, Event::Probed { epoch, finding })?;
                }
            }
            Action::CallSignOut(p) => {
                self.budget.sign_outs -= 1;
                let attempt = self.attempt(p);
                self.processes[p].sign_out = Some(attempt);
            }
            Action::SignOut(p) => {
                if let Some(attempt) = self.processes[p].sign_out.take() {
                    self.signs_out(p, attempt);
                    self.tell(p, Event::SignOut { attempt, of: None })?;
                }
            }
            Action::CallEverywhere(p) => {
                self.budget.everywheres -= 1;
                let attempt = self.attempt(p);
                let epoch = self.processes[p].machine.view().epoch.expect("a credential is held");
                let id = self.processes[p].held().expect("a credential is held");
                self.processes[p].everywhere = Some((attempt, epoch, id, false));
            }
            Action::DeleteAll(p) => {
                if let Some((_, _, id, done)) = &mut self.processes[p].everywhere {
                    *done = true;
                    self.alive.remove(id);
                    self.ended.insert(*id);
                }
            }
            Action::EverywhereAnswered(p) => {
                if let Some((attempt, epoch, ..)) = self.processes[p].everywhere.take() {
                    self.signs_out(p, attempt);
                    self.tell(p, Event::SignedOutEverywhere { attempt, epoch })?;
                }
            }
            Action::StoreAnswers(p) => self.store_answers(p)?,
            Action::StoreFails(p) => {
                self.budget.store_faults -= 1;
                self.store_failed = true;
                self.processes[p].call = None;
                self.tell(p, Event::StoreFailed(StoreError::Unavailable))?;
            }
            Action::Revoke(p) => {
                if let Some((credential, done)) = &mut self.processes[p].revocation {
                    *done = true;
                    let id = id_of(credential);
                    self.check_revocation(p, id)?;
                    self.alive.remove(&id);
                }
            }
            Action::RevokeAnswered(p) | Action::RevokeLost(p) => {
                if let Some((credential, _)) = self.processes[p].revocation.take() {
                    let lost = matches!(action, Action::RevokeLost(_));
                    self.processes[p].gone.extend((!lost).then(|| id_of(&credential)));
                    self.budget.lost_answers -= u8::from(lost);
                    let result = if lost { Revoked::Later } else { Revoked::Done };
                    self.tell(p, Event::RevocationTried { credential, result })?;
                }
            }
            Action::Probe(p) => {
                let asked = self.processes[p].probe.take();
                let (epoch, id) = match asked {
                    Some((epoch, id, _)) => (epoch, id),
                    None => {
                        self.budget.probes -= 1;
                        let epoch = self.processes[p].machine.view().epoch.expect("a credential is held");
                        (epoch, self.processes[p].held().expect("a credential is held"))
                    }
                };
                let finding = self.finding(id);
                self.processes[p].probe = Some((epoch, id, Some(finding)));
            }
            Action::ProbeAnswered(p) | Action::ProbeLost(p) => {
                if let Some((epoch, id, Some(finding))) = self.processes[p].probe.take() {
                    let lost = matches!(action, Action::ProbeLost(_));
                    self.processes[p].gone.extend((!lost && finding == Finding::Ended).then_some(id));
                    self.budget.lost_answers -= u8::from(lost);
                    let finding = if lost { Finding::Unknown } else { finding };
                    self.tell(p, Event::Probed { epoch, finding })?;
                }
            }
            Action::Refresh(p) => {
                self.budget.refreshes -= 1;
                self.tell(p, Event::Refresh)?;
            }
            Action::Retry(p) => {
                self.processes[p].retry = false;
                self.tell(p, Event::Retry)?;
            }
            Action::Kill(p) => self.kill(p)?,
            Action::End(id) => {
                self.budget.ends -= 1;
                self.alive.remove(&id);
                self.ended.insert(id);
            }
        }
        self.check(&before, action)
    }

    /// Process `p` signs out.
    fn signs_out(&mut self, p: usize, attempt: Attempt) {
        let decision = attempt.decision;
        self.words.push(Word { process: p, decision, session: None, lost: false });
        if self.words.iter().all(|word| word.process != p || word.decision <= decision) {
            self.processes[p].signed_out = Some(decision);
        }
    }

    fn attempt(&mut self, p: usize) -> Attempt {
        self.clock += 1;
        let process = &mut self.processes[p];
        process.ordinal += 1;
        process.last = Decision(self.clock).max(process.last.next()).max(process.machine.decided().0.next());
        Attempt { decision: process.last, ordinal: process.ordinal, is_earlier: false }
    }

    fn finding(&self, id: Id) -> Finding {
        if self.alive.contains(&id) {
            Finding::Alive(User { id: format!("s{id:03}"), name: String::new(), email: None })
        } else {
            Finding::Ended
        }
    }

    /// Tells the machine of `p`, and begins what it asks for.
    pub(super) fn tell(&mut self, p: usize, event: Event) -> Result<Outcome, String> {
        let (outcome, effects) = self.processes[p].machine.apply(event);
        for effect in effects {
            let process = &mut self.processes[p];
            match effect {
                Effect::Publish | Effect::ForgetGatewayCookies => {}
                Effect::Store(call) => {
                    if process.call.replace(call).is_some() {
                        return Err("two calls of the store at once".to_owned());
                    }
                }
                Effect::Revoke(credential) => {
                    if process.revocation.replace((credential, false)).is_some() {
                        return Err("two revocations at once".to_owned());
                    }
                }
                Effect::Probe(epoch) => {
                    if let Some(id) = process.held() {
                        process.probe = Some((epoch, id, None));
                    }
                }
                Effect::RetryIn(_) => process.retry = true,
            }
        }
        let held = self.processes[p].held();
        self.processes[p].had.extend(held);
        Ok(outcome)
    }

    fn store_answers(&mut self, p: usize) -> Result<(), String> {
        let Some(call) = self.processes[p].call.take() else { return Ok(()) };
        let (disk, now) = (self.disk.clone(), Decision(self.clock + 1));
        let same = match (&self.processes[p].seen, &disk) {
            (Some(Some(seen)), Some(disk)) => trace_record(Some(seen)) == trace_record(Some(disk)),
            (Some(None), None) => true,
            _ => false,
        };
        let event = match call {
            StoreCall::Write(record) if same || self.mistake == Some(Mistake::WriteBlindly) => {
                self.stored_decision = self.stored_decision.max(record.decision);
                self.stored.extend(record.session.as_ref().map(|session| id_of(&session.credential)));
                self.disk = Some(*record).filter(|record| !record.is_empty());
                self.processes[p].seen = Some(self.disk.clone());
                Event::Written { left_out: 0 }
            }
            StoreCall::Write(_) => Event::Conflict(self.look(p, disk)),
            StoreCall::Read if same && disk.is_some() => Event::Read(Reading::Same, now),
            StoreCall::Read => Event::Read(self.look(p, disk), now),
        };
        self.tell(p, event).map(drop)
    }

    fn look(&mut self, p: usize, disk: Option<Record>) -> Reading {
        self.processes[p].seen = Some(disk.clone());
        disk.map_or(Reading::Nothing, |record| Reading::Found(Box::new(record)))
    }

    fn kill(&mut self, p: usize) -> Result<(), String> {
        self.budget.kills -= 1;
        let mut lost: Vec<Id> = self.processes[p].had.iter().copied().collect();
        // What was created and not received, nobody can know.
        lost.extend(self.processes[p].sign_ins.iter().flatten().filter_map(|sign_in| match sign_in {
            SignIn::Created(_, id) => Some(*id),
            _ => None,
        }));
        self.processes[p] = Process { ordinal: 0, ..Process::new(self.mistake) };
        for id in lost {
            if !self.is_remembered(id) {
                self.excused.insert(id);
            }
        }
        // What was decided and is not in the store, nobody can know either. That is so of a sign-out, too, once its session is revoked: a
        // signed-out device keeps nothing, not even the number of the decision.
        let stored = self.disk.as_ref().map(|record| record.decision).unwrap_or_default();
        let lost = |word: &&mut Word| word.process == p && word.decision > stored;
        self.words.iter_mut().filter(lost).for_each(|word| word.lost = true);
        self.tell(p, Event::Refresh).map(drop)
    }

    /// Whether the store or a process knows of the session, so that it will be used or revoked.
    pub(super) fn is_remembered(&self, id: Id) -> bool {
        let credential = session_of(id);
        let on_disk = self.disk.as_ref().is_some_and(|record| {
            let session = record.session.as_ref().map(|session| &session.credential);
            record.revocations.iter().chain(session).any(|one| one.is_same(&credential))
        });
        on_disk || self.processes.iter().any(|process| process.machine.remembers(&credential))
    }

    /// What tells two worlds apart.
    pub(super) fn trace(&self) -> String {
        let process = |process: &Process| {
            let call = process.call.as_ref().map(|call| match call {
                StoreCall::Read => "read".to_owned(),
                StoreCall::Write(record) => trace_record(Some(record)),
            });
            let seen = process.seen.as_ref().map(|seen| trace_record(seen.as_ref()));
            let revocation = process.revocation.as_ref().map(|(credential, done)| (id_of(credential), *done));
            format!(
                "{}{seen:?}{call:?}{:?}{:?}{:?}{revocation:?}{:?}{}{:?}",
                process.machine.trace(),
                process.sign_ins,
                process.sign_out,
                process.everywhere,
                process.probe,
                process.retry,
                (process.signed_out, &process.gone)
            )
        };
        format!(
            "{}{}{:?}{}{}{:?}{:?}{:?}{:?}{:?}",
            self.round,
            trace_record(self.disk.as_ref()),
            self.alive,
            process(&self.processes[0]),
            process(&self.processes[1]),
            self.words,
            self.excused,
            self.ended,
            self.store_failed,
            self.budget
        )
    }
}
