//! Which promise is tried when: what fits into Appwrite's limits at once, and the rest after a window has ended, if that is soon.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    harness::{
        ledger::Lack,
        outcome::{Outcome, Stop},
        world::{Run, World},
    },
    promises::Promise,
};

/// The longest that one promise may take.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// What became of a promise.
pub(crate) enum Result {
    Held,
    Broken(String),
    NotTestable(String),
    LeftOut(Lack),
}

/// What is told while promises are tried.
pub(crate) enum News<'a> {
    Begins(&'a Promise),
    Ended(&'a Result),
    Postponed(&'a Lack),
    UserLeft(&'a str),
    Waits(Duration),
}

/// Tries `promises` one after the other, and tells `hear` of it. Waits for windows of limits no longer than `patience` altogether.
///
/// The answers tell how much of a limit is left. A promise that needs more is tried at the end, or left out.
pub(crate) async fn play(
    run: &Run,
    promises: &[Promise],
    patience: Duration,
    hear: &mut (impl FnMut(News<'_>) + Send),
) -> Vec<Result> {
    let mut results = Vec::new();
    for promise in promises {
        let result = attempt(run, promise, hear).await;
        results.push(result);
    }
    let ledger = &run.http.ledger;
    let wait = |result: &Result| match result {
        Result::LeftOut(lack) => ledger.until_end(lack).filter(|wait| *wait <= patience),
        _ => None,
    };
    // All windows of an hour end at the same moment, so that one wait serves all.
    if let Some(longest) = results.iter().filter_map(wait).max() {
        hear(News::Waits(longest));
        tokio::time::sleep(longest).await;
        for (promise, result) in promises.iter().zip(&mut results) {
            if matches!(result, Result::LeftOut(_)) {
                *result = attempt(run, promise, hear).await;
            }
        }
    }
    results
}

async fn attempt(run: &Run, promise: &Promise, hear: &mut (impl FnMut(News<'_>) + Send)) -> Result {
    hear(News::Begins(promise));
    let ledger = &run.http.ledger;
    if let Some(lack) = ledger.lack(promise.needs) {
        hear(News::Postponed(&lack));
        return Result::LeftOut(lack);
    }
    ledger.take_refusal();
    let began = Instant::now();
    let (outcome, left) = tried(run, promise).await;
    let result = match outcome {
        Ok(()) => Result::Held,
        // What a limit has cut short says nothing, whatever was seen of it.
        Err(stop) => match (ledger.take_refusal(), stop, run.server.session_life) {
            (Some(lack), _, _) => Result::LeftOut(lack),
            (None, Stop::NotTestable(why), _) => Result::NotTestable(why),
            (None, Stop::Broken(seen), Some(life)) if began.elapsed() >= life => {
                Result::NotTestable(format!(
                    "sessions of this project live for {} s, and it took longer ({seen})",
                    life.as_secs()
                ))
            }
            (None, Stop::Broken(seen), _) => Result::Broken(seen),
        },
    };
    match &result {
        Result::LeftOut(lack) => hear(News::Postponed(lack)),
        result => hear(News::Ended(result)),
    }
    for user in left {
        hear(News::UserLeft(&user));
    }
    result
}

/// Tries a promise in a world of its own. Returns what could not be removed, too.
async fn tried(run: &Run, promise: &Promise) -> (Outcome, Vec<String>) {
    let world = match World::start(run).await {
        Ok(world) => Arc::new(world),
        Err(error) => return (Err(error.into()), Vec::new()),
    };
    let (check, surroundings) = (promise.check, world.clone());
    // In a task of its own, so that a panic is one broken promise and not the end of the run.
    let mut task = tokio::spawn(async move { check(&surroundings).await });
    let outcome = match tokio::time::timeout(TIME_LIMIT, &mut task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Err(Stop::Broken(format!("it panicked: {panic}"))),
        Err(_) => {
            task.abort();
            Err(Stop::Broken(format!("it did not end within {} s", TIME_LIMIT.as_secs())))
        }
    };
    (outcome, world.clean_up().await)
}
