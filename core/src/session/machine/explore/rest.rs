//! Lets the world of the exploration come to rest.

use super::{
    action::Action,
    budget::Budget,
    world::{Process, World},
};
use crate::session::machine::Event;

impl World {
    /// Lets everything that is under way end well, nothing new begin, and both processes look and ask once more. Then the promises for
    /// a world at rest are checked. Ends early in a state that `is_known` to come to rest well.
    pub(super) fn come_to_rest(&mut self, is_known: &mut dyn FnMut(&Self) -> bool) -> Result<(), String> {
        self.budget = Budget::NONE;
        for round in 1..=3 {
            // Part of what tells two worlds apart.
            self.round = round;
            if self.run_dry(is_known)? {
                return Ok(());
            }
            for p in 0..2 {
                self.tell(p, Event::Refresh)?;
            }
            self.round = 10 + round;
            if self.run_dry(is_known)? {
                return Ok(());
            }
            self.check_revoked()?;
            if round < 3 {
                for p in 0..2 {
                    if self.processes[p].held().is_some() && self.processes[p].probe.is_none() {
                        self.budget.probes = 1;
                        self.act(Action::Probe(p))?;
                        self.budget.probes = 0;
                    }
                }
            }
        }
        self.check_at_rest()
    }

    /// Whether it ended early, in a state that is known.
    fn run_dry(&mut self, is_known: &mut dyn FnMut(&Self) -> bool) -> Result<bool, String> {
        for _ in 0..200 {
            if is_known(self) {
                return Ok(true);
            }
            let Some(action) = self.actions().into_iter().next() else {
                return if self.processes.iter().all(Process::is_at_rest) {
                    Ok(false)
                } else {
                    Err("somebody waits for ever".to_owned())
                };
            };
            self.act(action)?;
        }
        Err("it never comes to rest".to_owned())
    }
}
