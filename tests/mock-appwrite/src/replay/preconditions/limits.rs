//! Rate limits before an exchange: emptied tables and requests that were not recorded.
//!
//! What the live server would show is found by trying: the request is sent once and the whole state is put back. Then
//! - a recorded `Remaining` above the live one means that the table was emptied. This is believed only of a counter
//!   that a recorded exchange has used before, or once at the beginning of a group, and never right after a
//!   successful login of a server whose successful logins empty the counter themselves;
//! - a recorded `Remaining` below the live one means that requests on this counter were not recorded. This is believed
//!   only of the first recorded use of a counter.

use super::super::client;
use super::super::credential::carried;
use super::super::evidence::{keyed, project};
use super::super::stage::Stage;
use super::super::transcript::{Exchange, Request};
use std::collections::HashSet;
use std::net::SocketAddr;

/// A counter, as far as requests show which one they are counted on: host and project, route, whose it is, end of its window.
type Counter = (String, String, String, i64);

/// Which counters the replay has seen in use.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    group: String,
    emptied: bool,
    used: HashSet<Counter>,
    succeeded: HashSet<Counter>,
}

impl Limits {
    /// Brings the live counters to where the recorded ones were before an exchange.
    pub(crate) async fn before(
        &mut self,
        exchange: &Exchange,
        request: &Request,
        stage: &Stage,
        address: SocketAddr,
    ) {
        if self.group != exchange.group() {
            self.group = exchange.group().to_owned();
            self.emptied = false;
        }
        let recorded = exchange.response.number("x-ratelimit-remaining");
        let (Some(remaining), Some(counter)) = (recorded, counter(exchange)) else { return };
        let first = !self.used.contains(&counter);
        let Some(live) = preview(request, stage, address).await else { return };
        let own_reset = stage.login_resets() && self.succeeded.contains(&counter);
        if remaining > live && (!first || !self.emptied) && !own_reset {
            stage.clear_limits();
            self.emptied = true;
            self.used.clear();
        }
        if keyed(&exchange.request) || self.used.contains(&counter) {
            return;
        }
        let Some(live) = preview(request, stage, address).await else { return };
        let limited = exchange.response.status == 429;
        let hits = if limited { live + 1 } else { live - remaining };
        if remaining < live || limited && live > 0 {
            hit(request, stage, address, hits).await;
        }
    }

    /// Notes that an exchange was replayed.
    pub(crate) fn after(&mut self, exchange: &Exchange) {
        if let Some(counter) = counter(exchange) {
            if exchange.response.status == 201 {
                self.succeeded.insert(counter.clone());
            } else {
                self.succeeded.remove(&counter);
            }
            self.used.insert(counter);
        }
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
    let before = stage.counters();
    let sent = client::send(address, request).await.is_ok();
    let after = stage.counters();
    stage.restore(state);
    if sent {
        stage.count(&before, &after, times);
    }
}

fn counter(exchange: &Exchange) -> Option<Counter> {
    let request = &exchange.request;
    let reset = exchange.response.number("x-ratelimit-reset")?;
    let own = || carried(request).into_iter().next().map(|credential| credential.user);
    let ip = || request.header("x-forwarded-for").map(str::to_owned);
    let lower = |name: &str| request.param(name).map(|text| text.to_ascii_lowercase());
    let segments = request.segments();
    let (route, whose) = match segments.as_slice() {
        ["account", "sessions"] | ["account", "sessions", "email"] if request.method == "POST" => {
            ("login".to_owned(), lower("email"))
        }
        ["account", "sessions", "token" | "magic-url" | "phone"] if request.method != "DELETE" => {
            ("token".to_owned(), lower("userId"))
        }
        ["account", "tokens", kind] => ((*kind).to_owned(), lower("email").or_else(|| lower("phone"))),
        ["account", "jwt" | "jwts"] => ("jwt".to_owned(), own()),
        ["account", "mfa", ..] => (format!("{} mfa", request.method), None),
        ["account", "sessions", "anonymous"] => ("anonymous".to_owned(), ip()),
        ["account", "sessions" | "tokens", "oauth2", ..] => ("oauth2".to_owned(), ip()),
        ["account", "sessions", _] => ("session".to_owned(), ip()),
        _ => (segments.join("/"), ip()),
    };
    let host = format!("{} {}", request.header("host").unwrap_or_default(), project(request));
    Some((host, route, whose.unwrap_or_default(), reset))
}
