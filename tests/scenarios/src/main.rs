//! The conductor: plays every scenario of `list/` with the agent of one language, and says which hold.
#![allow(clippy::print_stdout, reason = "the report is what this program is for")]

mod agent;
mod args;
mod expect;
mod play;
mod scenario;
mod vars;
mod wire;
mod world;

use std::{process::ExitCode, sync::Arc};

use mock_appwrite::{MockAppwrite, Profile};
use tokio::sync::Semaphore;

use args::Args;
use scenario::Scenario;
use world::World;

/// The command line, or the list, makes no sense.
const USAGE: u8 = 2;
/// So many plays at a time: each has an agent and a world of its own, and an agent mostly starts and waits.
const AT_A_TIME: usize = 2;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let prepared = Args::parse(std::env::args().skip(1))
        .and_then(|args| Scenario::read_all(args.only.as_deref()).map(|scenarios| (args, scenarios)));
    let (args, scenarios) = match prepared {
        Ok(prepared) => prepared,
        Err(problem) => {
            println!("scenarios: {problem}\n\n{}", args::USAGE);
            return ExitCode::from(USAGE);
        }
    };
    // The mock is driven by a client that insists on a TLS provider, although it speaks plain HTTP only.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (args, turns) = (Arc::new(args), Arc::new(Semaphore::new(AT_A_TIME)));
    let scenarios: Vec<_> = scenarios.into_iter().map(Arc::new).collect();
    let mut plays = Vec::new();
    for profile in Profile::ALL {
        for scenario in scenarios.iter().filter(|scenario| scenario.is_for(profile.name())).cloned() {
            let (args, turns) = (args.clone(), turns.clone());
            let name = scenario.name.clone();
            let played = tokio::spawn(async move {
                let _turn = turns.acquire_owned().await.map_err(|closed| closed.to_string())?;
                run(&args, &scenario, profile).await
            });
            plays.push((profile, name, played));
        }
    }
    let (mut passed, mut failed) = (0, Vec::new());
    for (profile, name, played) in plays {
        match played.await.unwrap_or_else(|panicked| Err(panicked.to_string())) {
            Ok(()) => {
                println!("ok      {profile:?}  {name}");
                passed += 1;
            }
            Err(problem) => failed.push(format!("FAILED  {profile:?}  {name}\n{problem}")),
        }
    }
    // At the end, where they are looked for.
    failed.iter().for_each(|failure| println!("{failure}"));
    let failed = failed.len();
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays one scenario with a world and an agent of its own.
async fn run(args: &Args, scenario: &Scenario, profile: Profile) -> Result<(), String> {
    let mock = if args.world_of_agent {
        None
    } else {
        let started = MockAppwrite::start(profile).await;
        Some(started.map_err(|error| format!("the mock does not start: {error}"))?)
    };
    let agent = agent::Agent::start(&args.agent)?;
    let world = mock.as_ref().map_or(World::Agent(&agent, profile), World::Mock);
    let played = play::play(scenario, &world, &agent).await;
    let ended = agent.end().await;
    played.and(ended.as_ref().map(|_| ()).map_err(Clone::clone)).map_err(|problem| {
        let said = ended.unwrap_or_else(|problem| problem);
        if said.is_empty() { problem } else { format!("{problem}\n  the agent said:\n{said}") }
    })
}
