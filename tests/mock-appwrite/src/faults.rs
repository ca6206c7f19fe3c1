//! Faults that a test orders: what goes wrong with the next requests of a route.

use std::time::Duration;

use serde_json::{Map, Value};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request waits this long, then is served.
    Delay(Duration),
    /// The request waits until it is released, then is served.
    Hold,
    /// The request is served, and its answer waits until it is released. It counts as a hit once it was served, so whoever waits for
    /// the hit knows that the work is done.
    HoldAnswer,
    /// Nothing is ever answered.
    Hang,
    /// The connection is reset before anything is done.
    ResetBefore,
    /// The work is done, then the connection is reset.
    ResetAfter,
    /// The head and half the body are sent, then nothing more.
    StallBody,
    /// The head and half the body are sent, then the connection is closed.
    TruncateBody,
    /// An error of that status in Appwrite's form, without any work done.
    Status(u16),
    /// Appwrite's error of that type, without any work done.
    Refusal {
        /// The type.
        kind: String,
        /// The status, if it is not the type's own.
        status: Option<u16>,
    },
    /// 503 with `Retry-After` in seconds.
    Unavailable {
        /// Seconds.
        retry_after: u64,
    },
    /// 429 with the headers that are given.
    RateLimited {
        /// `Retry-After` in seconds.
        retry_after: Option<u64>,
        /// `X-RateLimit-Reset` in seconds since 1970.
        reset: Option<i64>,
    },
    /// An HTML page with that status, and no `type`.
    Html(u16),
    /// 200 with JSON that is not what the route answers.
    WrongJson,
    /// This text as JSON with that status, without any work done.
    Answer {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
    /// The request is served, and the body of its answer gets these members in place of its own.
    Members(Map<String, Value>),
    /// The request is served, and the body of its answer begins with a byte order mark.
    ByteOrderMark,
}

impl Fault {
    /// Reads the form of the HTTP controls: `{"kind": "delay", "millis": 50}`.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let number = |name: &str| value.get(name).and_then(Value::as_u64);
        let status = || number("status").and_then(|status| u16::try_from(status).ok());
        Some(match value.get("kind")?.as_str()? {
            "delay" => Self::Delay(Duration::from_millis(number("millis")?)),
            "hold" => Self::Hold,
            "hold_answer" => Self::HoldAnswer,
            "hang" => Self::Hang,
            "reset_before" => Self::ResetBefore,
            "reset_after" => Self::ResetAfter,
            "stall_body" => Self::StallBody,
            "truncate_body" => Self::TruncateBody,
            "status" => Self::Status(status()?),
            "refusal" => Self::Refusal { kind: value.get("type")?.as_str()?.to_owned(), status: status() },
            "unavailable" => Self::Unavailable { retry_after: number("retryAfter").unwrap_or(1) },
            "rate_limited" => Self::RateLimited {
                retry_after: number("retryAfter"),
                reset: value.get("reset").and_then(Value::as_i64),
            },
            "html" => Self::Html(status()?),
            "wrong_json" => Self::WrongJson,
            "answer" => Self::Answer { status: status()?, body: value.get("body")?.as_str()?.to_owned() },
            "members" => Self::Members(value.get("members")?.as_object()?.clone()),
            "byte_order_mark" => Self::ByteOrderMark,
            _ => return None,
        })
    }
}

/// Which requests a fault strikes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aim {
    /// The method; any if `None`.
    pub method: Option<String>,
    /// The path, exact or with a trailing `*`.
    pub path: String,
    /// `appwrite`, `gateway` or `foreign`; any if `None`.
    pub listener: Option<String>,
}

impl Aim {
    /// Requests of `method` to `path`.
    pub fn at(method: &str, path: &str) -> Self {
        Self { method: Some(method.to_owned()), path: path.to_owned(), listener: None }
    }

    /// Requests of any method to `path`.
    pub fn path(path: &str) -> Self {
        Self { method: None, path: path.to_owned(), listener: None }
    }

    fn hits(&self, listener: &str, method: &str, path: &str) -> bool {
        let path_hits = match self.path.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == self.path,
        };
        path_hits
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.listener.as_deref().is_none_or(|wanted| wanted == listener)
    }
}

#[derive(Debug)]
struct Ordered {
    id: u64,
    aim: Aim,
    fault: Fault,
    left: u32,
    hits: u32,
    released: bool,
}

/// The faults of a mock, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    ordered: Vec<Ordered>,
    last: u64,
}

impl Faults {
    /// Orders a fault for the next `times` requests that it is aimed at.
    pub(crate) fn order(&mut self, aim: Aim, times: u32, fault: Fault) -> u64 {
        self.last += 1;
        self.ordered.push(Ordered { id: self.last, aim, fault, left: times, hits: 0, released: false });
        self.last
    }

    /// The fault that strikes a request, if any.
    pub(crate) fn strike(&mut self, listener: &str, method: &str, path: &str) -> Option<(u64, Fault)> {
        let strikes = |each: &&mut Ordered| each.left > 0 && each.aim.hits(listener, method, path);
        let fault = self.ordered.iter_mut().find(strikes)?;
        fault.left -= 1;
        fault.hits += u32::from(fault.fault != Fault::HoldAnswer);
        Some((fault.id, fault.fault.clone()))
    }

    /// A request that `HoldAnswer` struck was served.
    pub(crate) fn served(&mut self, id: u64) {
        if let Some(fault) = self.ordered.iter_mut().find(|each| each.id == id) {
            fault.hits += 1;
        }
    }

    /// How many requests a fault has struck.
    pub(crate) fn hits(&self, id: u64) -> u32 {
        self.ordered.iter().find(|each| each.id == id).map_or(0, |each| each.hits)
    }

    /// Lets go of everything that the fault holds.
    pub(crate) fn release(&mut self, id: u64) {
        if let Some(fault) = self.ordered.iter_mut().find(|each| each.id == id) {
            fault.released = true;
        }
    }

    /// Whether the fault holds nothing any more; a fault that is gone holds nothing.
    pub(crate) fn is_released(&self, id: u64) -> bool {
        self.ordered.iter().find(|each| each.id == id).is_none_or(|each| each.released)
    }

    /// Forgets all faults, and lets go of what they hold.
    pub(crate) fn clear(&mut self) {
        self.ordered.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_its_next_requests_only() {
        let mut faults = Faults::default();
        let id = faults.order(Aim::at("GET", "/v1/account"), 1, Fault::Hang);
        assert_eq!(faults.strike("appwrite", "POST", "/v1/account"), None);
        assert_eq!(faults.strike("appwrite", "GET", "/v1/account"), Some((id, Fault::Hang)));
        assert_eq!(faults.strike("appwrite", "GET", "/v1/account"), None);
        assert_eq!(faults.hits(id), 1);
    }

    #[test]
    fn a_held_answer_counts_once_the_request_was_served() {
        let mut faults = Faults::default();
        let id = faults.order(Aim::path("/v1/account"), 1, Fault::HoldAnswer);
        assert_eq!(faults.strike("appwrite", "GET", "/v1/account"), Some((id, Fault::HoldAnswer)));
        assert_eq!(faults.hits(id), 0);
        faults.served(id);
        assert_eq!(faults.hits(id), 1);
    }
}
