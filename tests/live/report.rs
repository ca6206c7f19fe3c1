//! Tries every promise, says of each what became of it, and closes with a table.

use std::{io::Write, sync::Arc, time::Duration};

use crate::{
    harness::world::{Outcome, Stop, Target, World},
    promises::Promise,
};

/// The longest that one promise may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// At least one promise was tried, and all that were held.
    Held,
    /// A promise is broken, or none could be tried.
    Broken,
    /// There was nothing to try them on.
    NoAppwrite,
}

impl Ending {
    /// The status that the process exits with.
    pub(crate) fn status(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Broken => 1,
            Self::NoAppwrite => 2,
        }
    }
}

/// Tries `promises` on `target`, one after the other, and tells `out`.
pub(crate) async fn run(target: &Target, promises: &[Promise], out: &mut (impl Write + Send)) -> Ending {
    match introduce(target).await {
        Ok(version) => {
            say(out, &format!("Appwrite {version} at {}, project {}\n", target.endpoint, target.project))
        }
        Err(error) => {
            say(out, &format!("The promises could not be tried on {}: {error}", target.endpoint));
            return Ending::NoAppwrite;
        }
    }
    let mut results = Vec::new();
    for promise in promises {
        say(out, &format!("{}: {}", promise.name, promise.says));
        let (outcome, left) = attempt(target, promise).await;
        say(out, &format!("    {}", told(&outcome)));
        for user in left {
            say(out, &format!("    a user was left behind: {user}"));
        }
        results.push((promise.name, outcome));
    }
    conclude(&results, out)
}

/// Asks for the version, and whether the key can do what it is for.
async fn introduce(target: &Target) -> Result<String, String> {
    let world = World::start(target).await?;
    let version = world.admin.version().await?;
    let trial = world.person().await;
    world.clean_up().await;
    match trial {
        Ok(_) => Ok(version),
        Err(Stop::Broken(error) | Stop::NotTestable(error)) => {
            Err(format!("{error} (the API key needs the scopes users.read, users.write, sessions.write)"))
        }
    }
}

async fn attempt(target: &Target, promise: &Promise) -> (Outcome, Vec<String>) {
    let world = match World::start(target).await {
        Ok(world) => Arc::new(world),
        Err(error) => return (Err(error.into()), Vec::new()),
    };
    let (check, surroundings) = (promise.check, world.clone());
    // In a task of its own, so that a panic is one broken promise and not the end of the run.
    let mut task = tokio::spawn(async move { check(&surroundings).await });
    let outcome = match tokio::time::timeout(PATIENCE, &mut task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Err(Stop::Broken(format!("it panicked: {panic}"))),
        Err(_) => {
            task.abort();
            Err(Stop::Broken(format!("it did not end within {} s", PATIENCE.as_secs())))
        }
    };
    (outcome, world.clean_up().await)
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Ok(()) => "held".to_owned(),
        Err(Stop::Broken(seen)) => format!("broken: {seen}"),
        Err(Stop::NotTestable(why)) => format!("not testable there: {why}"),
    }
}

fn conclude(results: &[(&str, Outcome)], out: &mut impl Write) -> Ending {
    say(out, "");
    let width = results.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let (mut held, mut broken, mut untried) = (0, 0, 0);
    for (name, outcome) in results {
        let count = match outcome {
            Ok(()) => &mut held,
            Err(Stop::Broken(_)) => &mut broken,
            Err(Stop::NotTestable(_)) => &mut untried,
        };
        *count += 1;
        say(out, &format!("{name:width$}  {}", told(outcome)));
    }
    say(out, &format!("\n{held} held, {broken} broken, {untried} not testable there"));
    if broken == 0 && held > 0 { Ending::Held } else { Ending::Broken }
}

/// A reader who has gone is no reason to leave users behind.
fn say(out: &mut impl Write, line: &str) {
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
