//! Holds the table of routes of the profile 2.7 against the list of Appwrite's own document.

use std::collections::BTreeSet;

use super::{Since, TABLES};
use crate::profile::Profile;

const LIST: &str = include_str!("../../tests/routes/client-2.4.txt");

/// A route without the names that it gives to the parts of its path.
fn unnamed(method: &str, path: &str) -> String {
    let part = |part: &str| if part.starts_with(':') { ":".to_owned() } else { part.to_owned() };
    format!("{method} {}", path.split('/').map(part).collect::<Vec<_>>().join("/"))
}

fn listed() -> BTreeSet<String> {
    let lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let route = |line: &'static str| {
        let line = line.strip_prefix("= ").unwrap_or(line);
        let line = line.split(" | ").next().unwrap_or(line).split(": ").next().unwrap_or(line);
        line.split_once(' ').map(|(method, path)| unnamed(method, path))
    };
    lines.filter_map(route).collect()
}

fn answered(profile: Profile) -> BTreeSet<String> {
    let all = TABLES.iter().flat_map(|table| table.iter());
    let of_clients =
        all.filter(|route| route.path.starts_with("/account") || route.path.starts_with("/teams"));
    let known = of_clients.filter(|route| route.since.includes(profile));
    known.map(|route| unnamed(route.method, route.path)).collect()
}

#[test]
fn every_route_of_the_table_is_in_the_list_or_has_a_reason_there() {
    let listed = listed();
    let extra: Vec<_> = answered(Profile::V2_7).into_iter().filter(|route| !listed.contains(route)).collect();
    assert!(extra.is_empty(), "neither in the document nor explained: {extra:#?}");
}

#[test]
fn what_the_list_explains_is_answered() {
    let answered = answered(Profile::V2_7);
    let explained =
        LIST.lines().filter_map(|line| line.strip_prefix("= ")?.split(": ").next()?.split_once(' '));
    let gone: Vec<_> = explained
        .map(|(method, path)| unnamed(method, path))
        .filter(|route| !answered.contains(route))
        .collect();
    assert!(gone.is_empty(), "explained, but not answered: {gone:#?}");
}

#[test]
fn a_route_is_in_the_table_once_for_each_profile() {
    for profile in [Profile::V1_5, Profile::V1_9, Profile::V2_7] {
        let all = TABLES.iter().flat_map(|table| table.iter()).filter(|route| route.since.includes(profile));
        let names: Vec<_> = all.map(|route| unnamed(route.method, route.path)).collect();
        let different: BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), different.len(), "{profile:?}");
    }
    assert!(!Since::UntilV1_9.includes(Profile::V2_7) && Since::UntilV1_9.includes(Profile::V1_9));
}
