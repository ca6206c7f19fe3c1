//! The promises, as what must hold in every state, and what must hold when everything has come to rest.

use super::{
    action::Action,
    world::{Id, Process, World, id_of},
};
use crate::session::attempt::Decision;

/// What the promises compare a state with.
pub(super) struct Before {
    held: [Option<Id>; 2],
    newest: [Option<Id>; 2],
    decided: [Decision; 2],
}

impl World {
    pub(super) fn clone_for_promises(&self) -> Before {
        let newest = |p: usize| self.processes[p].machine.newest().as_ref().map(id_of);
        Before {
            newest: [newest(0), newest(1)],
            held: [self.processes[0].held(), self.processes[1].held()],
            decided: [self.processes[0].machine.decided().0, self.processes[1].machine.decided().0],
        }
    }

    /// What must hold in every state.
    pub(super) fn check(&self, before: &Before, action: Action) -> Result<(), String> {
        for (p, process) in self.processes.iter().enumerate() {
            let (held, decided) = (process.held(), process.machine.decided().0);
            let killed = action == Action::Kill(p);
            if let Some(signed_out) = process.signed_out
                && held.is_some()
                && decided <= signed_out
            {
                return Err(format!("process {p} carries a credential after its sign-out"));
            }
            if !killed && decided < before.decided[p] {
                return Err(format!("process {p} has forgotten what was decided last"));
            }
            // One that a sign-in under way replaces is not lost, even if what replaces it ends at once.
            if let Some(lost) = before.held[p]
                && before.newest[p] == Some(lost)
                && !killed
                && held.is_none()
                && decided == before.decided[p]
                && self.alive.contains(&lost)
            {
                return Err(format!("process {p} lost the login of session {lost}, which lives"));
            }
            if held.is_some_and(|held| process.gone.contains(&held)) {
                return Err(format!(
                    "process {p} is signed in with a session of which it knows that it is gone"
                ));
            }
            if let Some(gained) = held
                && held != before.held[p]
                && !self.stored.contains(&gained)
                && !process.machine.view().memory_only
            {
                return Err(format!("process {p} tells of session {gained} before it is stored"));
            }
        }
        for id in &self.alive {
            let received = self.processes.iter().any(|process| process.had.contains(id));
            if received && !self.excused.contains(id) && !self.is_remembered(*id) {
                return Err(format!("session {id} lives at Appwrite, and nobody knows of it any more"));
            }
        }
        Ok(())
    }

    /// What must hold when process `p` revokes session `id`.
    pub(super) fn check_revocation(&self, p: usize, id: Id) -> Result<(), String> {
        let on_disk = self.disk.as_ref().and_then(|record| record.session.as_ref());
        let is_current = on_disk.is_some_and(|session| id_of(&session.credential) == id);
        // A sign-out is not held up by a store that refuses: Appwrite is told all the same.
        let revoker = &self.processes[p];
        let signed_out = revoker.signed_out.is_some_and(|decision| decision > self.stored_decision);
        if is_current && !(self.store_failed && (revoker.had.contains(&id) || signed_out)) {
            return Err(format!("process {p} revokes session {id}, which the store says is the one to use"));
        }
        let decided = self.processes[p].machine.decided().0;
        for (other, process) in self.processes.iter().enumerate() {
            let newest = process.machine.newest().as_ref().map(id_of);
            if newest == Some(id) && process.machine.decided().0 > decided {
                return Err(format!(
                    "process {p} revokes session {id}, which process {other} has decided for later"
                ));
            }
        }
        Ok(())
    }

    /// What must hold when nothing is under way, also before anybody asks Appwrite about anything: what was to be revoked is revoked.
    pub(super) fn check_revoked(&self) -> Result<(), String> {
        let left = |process: &Process| process.machine.has_revocations_left();
        match self.processes.iter().position(left) {
            Some(p) => Err(format!("process {p} leaves a session to be revoked, and does nothing about it")),
            None => Ok(()),
        }
    }

    /// What must hold when everything has come to rest.
    pub(super) fn check_at_rest(&self) -> Result<(), String> {
        let on_disk = self.disk.as_ref().and_then(|record| record.session.as_ref());
        let on_disk = on_disk.map(|session| id_of(&session.credential));
        for (p, process) in self.processes.iter().enumerate() {
            if process.held() != on_disk {
                let held = process.held();
                return Err(format!("at rest process {p} holds {held:?}, and the store {on_disk:?}"));
            }
            if let Some(held) = process.held()
                && !self.alive.contains(&held)
            {
                return Err(format!("at rest process {p} is signed in with session {held}, which is dead"));
            }
        }
        if let Some(orphan) = self.alive.iter().find(|id| Some(**id) != on_disk && !self.excused.contains(id))
        {
            return Err(format!("at rest session {orphan} lives at Appwrite, and nobody uses or revokes it"));
        }
        // Whether a decision took effect that only a killed process knew is open, and so is what was decided before it.
        let last = self.words.iter().max_by_key(|word| word.decision).filter(|word| !word.lost);
        if let Some(last) = last {
            match last.session {
                None if on_disk.is_some() => {
                    return Err(format!(
                        "the last word was a sign-out, and session {on_disk:?} is signed in"
                    ));
                }
                Some(id) if self.alive.contains(&id) && on_disk != Some(id) => {
                    return Err(format!("the last word was session {id}, and {on_disk:?} is signed in"));
                }
                Some(id) if !self.alive.contains(&id) && !self.ended.contains(&id) => {
                    return Err(format!("the last word was session {id}, which was revoked"));
                }
                Some(id) if on_disk.is_some() && on_disk != Some(id) => {
                    return Err(format!(
                        "the last word was session {id}, and the older {on_disk:?} is signed in"
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
