//! Replays the recorded transcripts and holds the deviations against the committed lists, both ways.

use mock_appwrite::Profile;
use mock_appwrite::replay::{Report, replay};
use std::collections::BTreeSet;

/// The cases of a list: `case: reason` a line, `#` begins a comment.
fn listed(list: &str) -> BTreeSet<String> {
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").map_or(line, |(case, _)| case).to_owned()).collect()
}

async fn check(profile: Profile, transcript: &str, list: &str) -> Result<(), Box<dyn std::error::Error>> {
    let report: Report = replay(profile, transcript).await.map_err(|error| error.to_string())?;
    let (failing, listed) = (report.failing_cases(), listed(list));
    let unlisted: Vec<String> = failing.difference(&listed).cloned().collect();
    let gone: Vec<String> = listed.difference(&failing).cloned().collect();
    assert!(unlisted.is_empty(), "unlisted deviations in {unlisted:?}\n{report}");
    assert!(gone.is_empty(), "listed, but no longer a deviation: {gone:?}");
    Ok(())
}

#[tokio::test]
async fn the_older_server_is_mocked_as_recorded() -> Result<(), Box<dyn std::error::Error>> {
    let transcript = include_str!("../transcripts/appwrite-1.5.11.jsonl");
    check(Profile::V1_5, transcript, include_str!("../transcripts/deviations-1.5.11.txt")).await
}

#[tokio::test]
async fn the_newer_server_is_mocked_as_recorded() -> Result<(), Box<dyn std::error::Error>> {
    let transcript = include_str!("../transcripts/appwrite-1.9.6.jsonl");
    check(Profile::V1_9, transcript, include_str!("../transcripts/deviations-1.9.6.txt")).await
}
