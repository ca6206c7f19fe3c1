//! Sessions that ended here and that Appwrite has to be told of, and those that are known to be gone.

use super::{Machine, Revoked, planted};
use crate::credential::Credential;

/// So many revocations are remembered; with one more, the oldest is given up. Its session ends when it expires.
const MOST_QUEUED: usize = 16;
/// So many sessions that are gone are remembered, so that a process that has not heard cannot bring one of them back.
const MOST_BURIED: usize = 8;

/// So often a revocation is tried that Appwrite refuses, with longer and longer waits in between: for about ten minutes. Then it rests
/// until the app comes to the foreground or starts anew.
const MOST_REFUSALS: u32 = 10;

/// The revocations that are left to do.
#[derive(Clone, Default)]
pub(super) struct Queue {
    entries: Vec<Revocation>,
    /// The credential that is being revoked now.
    under_way: Option<Credential>,
    /// A try has failed: the next one is made when the time has come.
    waiting: bool,
    /// Sessions that are gone.
    buried: Vec<Credential>,
}

#[derive(Clone)]
struct Revocation {
    credential: Credential,
    /// Whether the store has the decision that ended it, so that it may be revoked.
    stored: bool,
    /// Whether the record of the store lists it. A small store has no room for all of them.
    listed: bool,
    /// Whether it was another process that held it. Then it is not revoked before the store says who replaced it.
    foreign: bool,
    /// How often Appwrite has refused it.
    refusals: u32,
}

impl Revocation {
    fn rests(&self) -> bool {
        self.refusals >= MOST_REFUSALS
    }
}

impl Queue {
    /// A session that was held here is to be revoked.
    pub(super) fn add(&mut self, credential: Credential) {
        self.push(Revocation { credential, stored: false, listed: false, foreign: false, refusals: 0 });
    }

    /// A session that was held here is to be revoked, and the store has the decision that ended it. A small store may have had no room
    /// to list it.
    pub(super) fn add_stored(&mut self, credential: Credential) {
        self.push(Revocation { credential, stored: true, listed: false, foreign: false, refusals: 0 });
    }

    /// A session of another process is to be revoked, because a later decision replaced it.
    pub(super) fn add_foreign(&mut self, credential: Credential) {
        self.push(Revocation { credential, stored: false, listed: false, foreign: true, refusals: 0 });
    }

    /// The record of the store says that these are to be revoked. What it said before and says no more, another process has done.
    pub(super) fn follow(&mut self, recorded: &[Credential]) {
        let is_recorded = |credential: &Credential| recorded.iter().any(|one| one.is_same(credential));
        self.entries.retain(|entry| !entry.listed || is_recorded(&entry.credential));
        for credential in recorded {
            self.push(Revocation {
                credential: credential.clone(),
                stored: true,
                listed: true,
                foreign: false,
                refusals: 0,
            });
        }
    }

    /// The store has taken a record with these revocations, except the first so many.
    pub(super) fn stored(&mut self, recorded: &[Credential], left_out: usize) {
        for entry in &mut self.entries {
            let place = recorded.iter().position(|one| one.is_same(&entry.credential));
            entry.stored |= place.is_some();
            entry.listed = place.is_some_and(|place| place >= left_out);
        }
    }

    /// What became of a try.
    pub(super) fn tried(&mut self, credential: &Credential, result: Revoked) {
        self.under_way = None;
        match result {
            Revoked::Later => self.waiting = true,
            Revoked::Refused => {
                self.waiting = true;
                let refused = self.entries.iter_mut().find(|entry| entry.credential.is_same(credential));
                if let Some(entry) = refused {
                    entry.refusals += 1;
                }
            }
            Revoked::Done | Revoked::Never => {
                self.entries.retain(|entry| !entry.credential.is_same(credential));
                self.bury(credential.clone());
            }
        }
    }

    /// The session is gone.
    pub(super) fn bury(&mut self, credential: Credential) {
        self.forget(&credential);
        if !self.is_buried(&credential) {
            self.buried.push(credential);
            let surplus = self.buried.len().saturating_sub(MOST_BURIED);
            self.buried.drain(..surplus);
        }
    }

    /// The session is not to be revoked after all.
    pub(super) fn forget(&mut self, credential: &Credential) {
        self.entries.retain(|entry| !entry.credential.is_same(credential));
    }

    pub(super) fn is_buried(&self, credential: &Credential) -> bool {
        self.buried.iter().any(|one| one.is_same(credential))
    }

    pub(super) fn has(&self, credential: &Credential) -> bool {
        self.entries.iter().any(|entry| entry.credential.is_same(credential))
    }

    pub(super) fn credentials(&self) -> Vec<Credential> {
        self.entries.iter().map(|entry| entry.credential.clone()).collect()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(super) fn try_now(&mut self) {
        self.waiting = false;
    }

    /// Tries also what rests.
    pub(super) fn wake(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.refusals = 0);
        self.try_now();
    }

    /// Whether a try has failed and something is left to do.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting && self.entries.iter().any(|entry| !entry.rests())
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_none()
    }

    fn push(&mut self, revocation: Revocation) {
        if self.is_buried(&revocation.credential) {
            return;
        }
        match self.entries.iter_mut().find(|entry| entry.credential.is_same(&revocation.credential)) {
            Some(entry) => {
                entry.stored |= revocation.stored;
                entry.listed |= revocation.listed;
                entry.foreign &= revocation.foreign;
            }
            None => {
                self.entries.push(revocation);
                let surplus = self.entries.len().saturating_sub(MOST_QUEUED);
                self.entries.drain(..surplus);
            }
        }
    }
}

impl Machine {
    /// The next session to revoke. Never one that is held, and one of another process only when the store has the decision that
    /// replaced it.
    pub(super) fn next_revocation(&mut self) -> Option<Credential> {
        if !self.rights.writes || self.queue.waiting || self.queue.under_way.is_some() {
            return None;
        }
        let troubled = self.store.is_troubled();
        let is_ready = |entry: &&Revocation| {
            entry.stored || (troubled && !entry.foreign) || planted!(self, RevokeBeforeSave)
        };
        let is_held =
            |entry: &&Revocation| self.credential().is_some_and(|held| held.is_same(&entry.credential));
        let mut awake = self.queue.entries.iter().filter(|entry| !entry.rests() && !is_held(entry));
        let next = awake.find(is_ready)?.credential.clone();
        self.queue.under_way = Some(next.clone());
        Some(next)
    }
}

#[cfg(test)]
impl Queue {
    /// What tells two queues apart, for the exploration.
    pub(super) fn trace(&self) -> String {
        let ids = |list: &[Credential]| list.iter().map(|one| one.user_id().to_owned()).collect::<Vec<_>>();
        let entries: Vec<_> = self
            .entries
            .iter()
            .map(|entry| {
                format!("{}{}{}", entry.credential.user_id(), u8::from(entry.stored), u8::from(entry.foreign))
            })
            .collect();
        let under_way = self.under_way.as_ref().map(Credential::user_id);
        format!("{entries:?}{under_way:?}{}{:?}", self.waiting, ids(&self.buried))
    }
}
