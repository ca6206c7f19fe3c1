//! What can happen in the world of the exploration.

use super::world::{Id, SignIn, World};

/// Something that happens. The number is the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The app calls `sign_in`.
    CallSignIn(usize),
    /// Appwrite creates the session of the sign-in in this slot.
    CreateSession(usize, usize),
    /// Its answer arrives.
    SignInAnswered(usize, usize),
    /// Its answer is lost.
    SignInLost(usize, usize),
    /// Appwrite says whose the new session is, …
    AskWhose(usize, usize),
    /// … and that arrives, …
    ToldWhose(usize, usize),
    /// … or is lost.
    WhoseLost(usize, usize),
    /// The app calls `sign_out`.
    CallSignOut(usize),
    /// The sign-out reaches the actor.
    SignOut(usize),
    /// The app calls `sign_out_everywhere`, …
    CallEverywhere(usize),
    /// … Appwrite deletes the sessions of that user, …
    DeleteAll(usize),
    /// … and that arrives.
    EverywhereAnswered(usize),
    /// The store does what it was asked.
    StoreAnswers(usize),
    /// The store fails.
    StoreFails(usize),
    /// Appwrite revokes the session, …
    Revoke(usize),
    /// … and that arrives, …
    RevokeAnswered(usize),
    /// … or is lost.
    RevokeLost(usize),
    /// Appwrite is asked about the credential that is held, because a gateway refused it, …
    Probe(usize),
    /// … and the answer arrives, at any later time, …
    ProbeAnswered(usize),
    /// … or is lost.
    ProbeLost(usize),
    /// The app comes to the foreground.
    Refresh(usize),
    /// The time for a retry has come.
    Retry(usize),
    /// The process is killed, and started anew.
    Kill(usize),
    /// Somebody ends the session in Appwrite's console.
    End(Id),
}

impl World {
    /// Everything that can happen now.
    pub(super) fn actions(&self) -> Vec<Action> {
        let mut all = Vec::new();
        let budget = &self.budget;
        for (p, process) in self.processes.iter().enumerate() {
            let known = !matches!(process.machine.view().state.name(), "restoring" | "storage_locked");
            if budget.sign_ins > 0 && process.sign_ins.iter().any(Option::is_none) {
                all.push(Action::CallSignIn(p));
            }
            for (slot, sign_in) in process.sign_ins.iter().enumerate() {
                match sign_in {
                    // The flow waits for the store, and does not begin what was overtaken.
                    Some(SignIn::Called(_)) if known => all.push(Action::CreateSession(p, slot)),
                    Some(SignIn::Called(_)) | None => {}
                    Some(SignIn::Created(..)) => {
                        all.push(Action::SignInAnswered(p, slot));
                        if budget.lost_answers > 0 {
                            all.push(Action::SignInLost(p, slot));
                        }
                    }
                    Some(SignIn::Received(..)) => all.push(Action::AskWhose(p, slot)),
                    Some(SignIn::Asked(..)) => {
                        all.push(Action::ToldWhose(p, slot));
                        if budget.lost_answers > 0 {
                            all.push(Action::WhoseLost(p, slot));
                        }
                    }
                }
            }
            if budget.sign_outs > 0 && process.sign_out.is_none() {
                all.push(Action::CallSignOut(p));
            }
            if process.sign_out.is_some() {
                all.push(Action::SignOut(p));
            }
            match &process.everywhere {
                None if budget.everywheres > 0 && process.held().is_some() => {
                    all.push(Action::CallEverywhere(p));
                }
                None => {}
                Some((.., false)) => all.push(Action::DeleteAll(p)),
                Some((.., true)) => all.push(Action::EverywhereAnswered(p)),
            }
            if process.call.is_some() {
                all.push(Action::StoreAnswers(p));
                if budget.store_faults > 0 {
                    all.push(Action::StoreFails(p));
                }
            }
            match &process.revocation {
                Some((_, false)) => all.push(Action::Revoke(p)),
                Some((_, true)) => {
                    all.push(Action::RevokeAnswered(p));
                    if budget.lost_answers > 0 {
                        all.push(Action::RevokeLost(p));
                    }
                }
                None => {}
            }
            match &process.probe {
                None if budget.probes > 0 && process.held().is_some() => all.push(Action::Probe(p)),
                Some((_, _, None)) => all.push(Action::Probe(p)),
                Some((_, _, Some(_))) => {
                    all.push(Action::ProbeAnswered(p));
                    if budget.lost_answers > 0 {
                        all.push(Action::ProbeLost(p));
                    }
                }
                None => {}
            }
            if budget.refreshes > 0 {
                all.push(Action::Refresh(p));
            }
            if process.retry {
                all.push(Action::Retry(p));
            }
            if budget.kills > 0 {
                all.push(Action::Kill(p));
            }
        }
        if budget.ends > 0 {
            all.extend(self.alive.iter().map(|id| Action::End(*id)));
        }
        all
    }
}
