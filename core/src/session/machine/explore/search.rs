//! A breadth-first search: the first violation that it finds has the shortest trace.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use super::{action::Action, world::World};

/// Where the search ends.
pub(super) struct Limits {
    pub(super) states: usize,
}

/// What the search found.
pub(super) struct Found {
    /// How many different states were seen.
    pub(super) states: usize,
    /// To which depth every state was visited.
    pub(super) depth: usize,
    /// The broken promise, and the actions that lead to it.
    pub(super) violation: Option<(String, Vec<Action>)>,
}

impl Found {
    pub(super) fn told(&self) -> String {
        let Some((promise, trace)) = &self.violation else { return "nothing".to_owned() };
        let steps: Vec<_> = trace.iter().map(|action| format!("  {action:?}")).collect();
        format!("{promise}, by {} steps\n{}", steps.len(), steps.join("\n"))
    }
}

/// How a state was reached: the index of the one before, and the action.
struct Step {
    from: usize,
    action: Action,
}

impl World {
    /// Lets these actions happen, then everything come to rest. An action that cannot happen here is left out.
    pub(super) fn play(mut self, trace: &[Action]) -> Result<(), String> {
        for action in trace {
            if self.actions().contains(action) {
                self.act(*action)?;
            }
        }
        self.come_to_rest(&mut |_| false)
    }
}

pub(super) fn search(start: World, limits: Limits) -> Found {
    let mut seen = HashSet::from([fingerprint(&start)]);
    let mut rested = HashSet::new();
    let mut steps: Vec<Option<Step>> = vec![None];
    let mut layer = vec![(0, start)];
    let mut depth = 0;
    while !layer.is_empty() {
        let mut next = Vec::new();
        for (index, world) in layer {
            for action in world.actions() {
                let mut after = world.clone();
                let violation = after.act(action).err();
                if violation.is_none() && !seen.insert(fingerprint(&after)) {
                    continue;
                }
                steps.push(Some(Step { from: index, action }));
                let own = steps.len() - 1;
                if let Some(promise) = violation.or_else(|| comes_to_rest(&after, &mut rested).err()) {
                    let violation = Some((promise, trace(&steps, own)));
                    return Found { states: seen.len(), depth, violation };
                }
                if seen.len() >= limits.states {
                    return Found { states: seen.len(), depth, violation: None };
                }
                next.push((own, after));
            }
        }
        layer = next;
        depth += 1;
    }
    Found { states: seen.len(), depth, violation: None }
}

/// Lets everything come to rest, and checks the promises there. Ways that were gone before are not gone again.
fn comes_to_rest(world: &World, rested: &mut HashSet<u64>) -> Result<(), String> {
    let mut world = world.clone();
    let mut way = Vec::new();
    let known = world.come_to_rest(&mut |world| {
        let state = fingerprint(world);
        way.push(state);
        rested.contains(&state)
    });
    known.map_err(|promise| format!("{promise} (when everything comes to rest)"))?;
    rested.extend(way);
    Ok(())
}

fn trace(steps: &[Option<Step>], mut index: usize) -> Vec<Action> {
    let mut trace = Vec::new();
    while let Some(step) = &steps[index] {
        trace.push(step.action);
        index = step.from;
    }
    trace.reverse();
    trace
}

fn fingerprint(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.trace().hash(&mut hasher);
    hasher.finish()
}
