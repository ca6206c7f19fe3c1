//! Rate limits before an exchange: emptied tables and requests that were not recorded.
//!
//! What the live server would show is found by trying: the request is sent once and the whole state is put back. Then
//! - a recorded `Remaining` above the live one at the beginning of a group means that the table was emptied;
//! - a recorded `Remaining` below the live one means that requests on this counter were not recorded. This is believed
//!   only of the first recorded use of a counter.
//!
//! Within a group, [`emptyings`] finds out from the recording alone where the table was emptied.

use super::super::client;
use super::super::credential::carried;
use super::super::evidence::{keyed, project};
use super::super::stage::Stage;
use super::super::transcript::{Exchange, Request};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;

/// A counter, as far as requests show which one they are counted on: host and project, route, whose it is, end of its window. On a newer
/// server an e-mail counts as it was typed.
type Counter = (String, String, String, i64);

/// Which counters the replay has seen in use, and where the table was emptied.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// A successful login empties its own counter, and second factors are counted by user and challenge.
    newer: bool,
    group: String,
    emptied_before: BTreeSet<usize>,
    /// How many requests on its counter are missing right before an exchange.
    missing: HashMap<usize, i64>,
    used: HashSet<Counter>,
}

impl Limits {
    /// Finds out where the table was emptied.
    pub(crate) fn new(exchanges: &[Exchange], stage: &Stage) -> Self {
        let newer = stage.login_resets();
        let (emptied_before, missing) = emptyings(exchanges, newer);
        Self { newer, emptied_before, missing, ..Self::default() }
    }

    /// Brings the live counters to where the recorded ones were before an exchange.
    pub(crate) async fn before(
        &mut self,
        index: usize,
        exchange: &Exchange,
        request: &Request,
        stage: &Stage,
        address: SocketAddr,
    ) {
        let begins = self.group != exchange.group();
        exchange.group().clone_into(&mut self.group);
        if self.emptied_before.contains(&index) {
            self.empty(stage);
        }
        let recorded = exchange.response.number("x-ratelimit-remaining");
        let (Some(remaining), Some(counter)) = (recorded, counter(exchange, self.newer)) else { return };
        if begins && preview(request, stage, address).await.is_some_and(|live| remaining > live) {
            self.empty(stage);
        }
        if let Some(missing) = self.missing.get(&index) {
            hit(request, stage, address, *missing).await;
        }
        if self.used.contains(&counter) {
            return;
        }
        let Some(live) = preview(request, stage, address).await else { return };
        let limited = exchange.response.status == 429;
        let hits = if limited { live + 1 } else { live - remaining };
        if remaining < live || limited && live > 0 {
            hit(request, stage, address, hits).await;
        }
    }

    fn empty(&mut self, stage: &Stage) {
        stage.clear_limits();
        self.used.clear();
    }

    /// Notes that an exchange was replayed.
    pub(crate) fn after(&mut self, exchange: &Exchange) {
        self.used.extend(counter(exchange, self.newer));
    }
}

/// The exchanges before which the table was emptied, and how many requests are missing right before an exchange.
///
/// A counter that goes down from one of its uses to the next was emptied somewhere between the two, and one that goes up by one was
/// not. The latest place that fits all counters is taken. Of a counter that goes up by more, requests were not recorded.
fn emptyings(exchanges: &[Exchange], newer: bool) -> (BTreeSet<usize>, HashMap<usize, i64>) {
    let (mut rises, mut steady, mut missing) = (Vec::new(), Vec::new(), HashMap::new());
    // The exchange that used a counter last, and where it left it.
    let mut last: HashMap<Counter, (usize, i64)> = HashMap::new();
    for (index, exchange) in exchanges.iter().enumerate() {
        let Some(counter) = counter(exchange, newer) else { continue };
        let Some(count) = count_before(exchange) else { continue };
        let limited = exchange.response.status == 429;
        let resets = newer
            && exchange.response.status == 201
            && matches!(counter.1.as_str(), "login" | "token")
            && exchange.request.segments().last() != Some(&"phone");
        // A key is told how the counter stands, and is not counted.
        let counted = i64::from(!limited && !keyed(&exchange.request));
        let after = if resets { 0 } else { count + counted };
        match last.insert(counter, (index, after)) {
            None => {}
            Some((before, left)) if count < left => rises.push(before + 1..=index),
            Some((before, left)) => {
                steady.push(before + 1..=index);
                if count > left {
                    missing.insert(index, count - left);
                }
            }
        }
    }
    let mut emptied = BTreeSet::new();
    for rise in rises {
        if emptied.range(rise.clone()).next().is_none() {
            let fits = |at: &usize| !steady.iter().any(|range| range.contains(at));
            emptied.insert(rise.clone().rev().find(fits).unwrap_or(*rise.end()));
        }
    }
    (emptied, missing)
}

/// How many requests had been counted before this one. Routes with different limits can share a counter.
fn count_before(exchange: &Exchange) -> Option<i64> {
    let number = |name: &str| exchange.response.number(name);
    let (limit, remaining) = (number("x-ratelimit-limit")?, number("x-ratelimit-remaining")?);
    match exchange.response.status {
        429 => Some(limit),
        // Whoever is not counted sees 0 both before and after the last one.
        _ if remaining == 0 && keyed(&exchange.request) => None,
        _ => Some(limit - remaining - 1),
    }
}

/// What the live server would show as remaining.
async fn preview(request: &Request, stage: &Stage, address: SocketAddr) -> Option<i64> {
    let state = stage.snapshot();
    let response = client::send(address, request).await;
    stage.restore(state);
    response.ok()?.number("x-ratelimit-remaining")
}

/// Counts requests like this one without their effects.
async fn hit(request: &Request, stage: &Stage, address: SocketAddr, times: i64) {
    let state = stage.snapshot();
    let sent = client::send(address, request).await.is_ok();
    let counters = stage.last_counters();
    stage.restore(state);
    if sent {
        stage.count(&counters, times);
    }
}

fn counter(exchange: &Exchange, newer: bool) -> Option<Counter> {
    let request = &exchange.request;
    let reset = exchange.response.number("x-ratelimit-reset")?;
    // The newer server counts all projects together.
    let own_project = if newer { String::new() } else { project(request) };
    let own = || carried(request).into_iter().next().map(|credential| credential.user);
    let first = || request.header("x-forwarded-for")?.split(',').next().map(str::trim);
    let ip = || first().filter(|ip| ip.parse::<std::net::IpAddr>().is_ok()).map(str::to_owned);
    // A body counts if its type is one that the server reads.
    let kind = request.header("content-type").unwrap_or_default();
    let reads = kind.starts_with("application/json") || kind.starts_with("application/x-www-form-urlencoded");
    let param = |name: &str| request.param(name).filter(|_| reads);
    let folded = |name: &str| param(name).map(|text| if newer { text } else { text.to_lowercase() });
    let segments = request.segments();
    let (route, whose) = match segments.as_slice() {
        ["account", "sessions"] | ["account", "sessions", "email"] if request.method == "POST" => {
            ("login".to_owned(), folded("email"))
        }
        ["account", "sessions", "token" | "magic-url" | "phone"] if request.method != "DELETE" => {
            ("token".to_owned(), folded("userId"))
        }
        ["account", "tokens", kind] => ((*kind).to_owned(), folded("email").or_else(|| folded("phone"))),
        ["account", "jwt" | "jwts"] => ("jwt".to_owned(), own()),
        ["account", "mfa", ..] => {
            let whose = param("challengeId").or_else(own).filter(|_| newer);
            (format!("{} mfa", request.method), whose)
        }
        // Counted by address alone, whatever the route.
        ["account", "sessions", "anonymous"] | ["account", "sessions" | "tokens", "oauth2", ..] => {
            return Some((own_project, "address".to_owned(), ip().unwrap_or_default(), reset));
        }
        ["account", "sessions", _] => ("session".to_owned(), ip()),
        _ => (segments.join("/"), ip()),
    };
    // The port is no part of the host's name.
    let host = request.header("host").unwrap_or_default().split(':').next().unwrap_or_default();
    let host = format!("{host} {own_project}");
    Some((host, route, whose.unwrap_or_default(), reset))
}
