//! Parts of a transcript, each replayed by itself against a mock of its own.
//!
//! A whole transcript shows more of the state behind it than any part does. How the mock and the preconditions do on exchanges
//! that nobody has tuned them to shows in parts: a group that is replayed alone, and halves that are drawn at random.

use super::transcript::{self, Exchange};
use super::{Report, replay_exchanges};
use crate::Profile;

/// How a transcript is cut into parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Not at all.
    Whole,
    /// Into its groups.
    Groups,
    /// Into its exchanges.
    Exchanges,
    /// Into two halves of its groups, drawn with this seed.
    HalvesOfGroups(u64),
    /// Into two halves of its exchanges, drawn with this seed.
    HalvesOfExchanges(u64),
}

/// Replays each part of a transcript against a mock of its own, and gives one report of all.
pub async fn replay_split(
    profile: Profile,
    text: &str,
    split: Split,
) -> Result<Report, Box<dyn std::error::Error + Send + Sync>> {
    let mut all = Report::default();
    for part in parts(transcript::parse(text)?, split) {
        all.outcomes.extend(replay_exchanges(profile, &part).await?.outcomes);
    }
    Ok(all)
}

/// The parts, each in the order of the recording.
fn parts(exchanges: Vec<Exchange>, split: Split) -> Vec<Vec<Exchange>> {
    let mut groups: Vec<Vec<Exchange>> = Vec::new();
    match split {
        Split::Whole => return vec![exchanges],
        Split::Exchanges => return exchanges.into_iter().map(|exchange| vec![exchange]).collect(),
        Split::HalvesOfExchanges(seed) => return halves(exchanges, seed),
        Split::Groups | Split::HalvesOfGroups(_) => {}
    }
    for exchange in exchanges {
        match groups.last_mut() {
            Some(last) if last.first().map(Exchange::group) == Some(exchange.group()) => last.push(exchange),
            _ => groups.push(vec![exchange]),
        }
    }
    match split {
        Split::HalvesOfGroups(seed) => {
            halves(groups, seed).into_iter().map(|half| half.into_iter().flatten().collect()).collect()
        }
        _ => groups,
    }
}

fn halves<T>(all: Vec<T>, seed: u64) -> Vec<Vec<T>> {
    let mut random = fastrand::Rng::with_seed(seed);
    let (one, other): (Vec<_>, Vec<_>) =
        all.into_iter().map(|each| (random.bool(), each)).partition(|(one, _)| *one);
    let bare = |half: Vec<(bool, T)>| half.into_iter().map(|(_, each)| each).collect();
    vec![bare(one), bare(other)]
}
