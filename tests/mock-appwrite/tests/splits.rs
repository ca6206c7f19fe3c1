//! The replay of parts of the transcripts: what the README says of them.
//!
//! A part shows less of the state behind it than the whole, so that the preconditions have to guess more. The figures are what they
//! reach; a change that makes them worse fails here.

use mock_appwrite::Profile;
use mock_appwrite::replay::{Split, replay_split};

const OLDER: &str = include_str!("../transcripts/appwrite-1.5.11.jsonl");
const NEWER: &str = include_str!("../transcripts/appwrite-1.9.6.jsonl");

async fn failed(profile: Profile, transcript: &str, split: Split) -> (usize, String) {
    match replay_split(profile, transcript, split).await {
        Ok(report) => (report.failed(), report.to_string()),
        Err(error) => (usize::MAX, error.to_string()),
    }
}

async fn check(profile: Profile, transcript: &str, split: Split, most: usize) {
    let (failed, report) = failed(profile, transcript, split).await;
    assert!(failed <= most, "{profile:?} {split:?}: {failed} deviate, {most} are known\n{report}");
}

#[tokio::test]
async fn each_group_alone_is_answered_as_recorded() {
    check(Profile::V1_5, OLDER, Split::Groups, 0).await;
    check(Profile::V1_9, NEWER, Split::Groups, 0).await;
}

#[tokio::test]
async fn each_exchange_alone_is_answered_as_recorded() {
    check(Profile::V1_5, OLDER, Split::Exchanges, 0).await;
    check(Profile::V1_9, NEWER, Split::Exchanges, 0).await;
}

#[tokio::test]
async fn random_halves_of_the_groups_are_answered_as_recorded() {
    for seed in 1..=4 {
        check(Profile::V1_5, OLDER, Split::HalvesOfGroups(seed), 1).await;
        check(Profile::V1_9, NEWER, Split::HalvesOfGroups(seed), 0).await;
    }
}

#[tokio::test]
async fn random_halves_of_the_exchanges_are_answered_as_recorded_but_for_a_few() {
    for (seed, older, newer) in [(1, 9, 5), (2, 2, 3), (3, 6, 3)] {
        check(Profile::V1_5, OLDER, Split::HalvesOfExchanges(seed), older).await;
        check(Profile::V1_9, NEWER, Split::HalvesOfExchanges(seed), newer).await;
    }
}
