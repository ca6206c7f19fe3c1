//! Replays recorded transcripts of real servers against the mock and names every deviation.

mod bindings;
mod body;
mod client;
mod compare;
mod credential;
pub mod evidence;
mod preconditions;
mod shape;
mod splits;
mod stage;
pub mod transcript;

pub use compare::Deviation;
pub use splits::{Split, replay_split};

use crate::{MockAppwrite, Profile};
use bindings::Bindings;
use preconditions::{Preconditions, limits::Limits};
use stage::Stage;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use transcript::Exchange;

/// What a replay found for one exchange.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The name of the case.
    pub case: String,
    /// Its deviations; none if the live server answered alike.
    pub deviations: Vec<Deviation>,
}

/// What a replay found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One outcome per recorded exchange, in order.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// How many cases agreed.
    pub fn passed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.deviations.is_empty()).count()
    }

    /// How many cases deviated.
    pub fn failed(&self) -> usize {
        self.outcomes.len() - self.passed()
    }

    /// The names of the cases that deviated.
    pub fn failing_cases(&self) -> BTreeSet<String> {
        let failing = self.outcomes.iter().filter(|outcome| !outcome.deviations.is_empty());
        failing.map(|outcome| outcome.case.clone()).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for outcome in &self.outcomes {
            for Deviation { what, expected, got } in &outcome.deviations {
                writeln!(out, "{}: {what}: expected {expected}, got {got}", outcome.case)?;
            }
        }
        write!(out, "{} passed, {} failed", self.passed(), self.failed())
    }
}

/// Replays a file in that split, prints what it found, and fails if anything deviates.
#[allow(clippy::print_stdout)] // The report is the command's output.
pub async fn run(profile: Profile, file: &Path, split: Split) -> ExitCode {
    let report = match std::fs::read_to_string(file) {
        Ok(text) => replay_split(profile, &text, split).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match report {
        Ok(report) => {
            println!("{report}");
            if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("cannot replay {}: {error}", file.display());
            ExitCode::from(2)
        }
    }
}

/// Replays a transcript against a mock of its own.
pub async fn replay(
    profile: Profile,
    text: &str,
) -> Result<Report, Box<dyn std::error::Error + Send + Sync>> {
    replay_exchanges(profile, &transcript::parse(text)?).await
}

async fn replay_exchanges(
    profile: Profile,
    exchanges: &[Exchange],
) -> Result<Report, Box<dyn std::error::Error + Send + Sync>> {
    let mock = MockAppwrite::start(profile).await?;
    let stage = Stage::new(&mock);
    let address = mock.url().trim_start_matches("http://").parse()?;
    let mut bindings = Bindings::default();
    let mut preconditions = Preconditions::new(exchanges);
    let mut limits = Limits::new(exchanges, &stage);
    let mut report = Report::default();
    preconditions.begin(&stage, &mut bindings);
    for (index, exchange) in exchanges.iter().enumerate() {
        preconditions.before(index, &stage, &mut bindings);
        let request = bindings.rewrite_request(&exchange.request);
        limits.before(index, exchange, &request, &stage, address).await;
        let deviations = match client::send(address, &request).await {
            Ok(live) => {
                let found = compare::compare(&exchange.response, &live, &bindings);
                bindings.learn(&exchange.response, &live);
                if let Some(credential) = evidence::issued_credential(&live) {
                    stage.settle(&credential.user).await;
                }
                preconditions.after(index, &live);
                found
            }
            Err(error) => vec![unanswered(exchange, &error)],
        };
        limits.after(exchange);
        report.outcomes.push(Outcome { case: exchange.case.clone(), deviations });
    }
    Ok(report)
}

fn unanswered(exchange: &Exchange, error: &std::io::Error) -> Deviation {
    let expected = exchange.response.status.to_string();
    Deviation { what: "status".to_owned(), expected, got: format!("no response: {error}") }
}
