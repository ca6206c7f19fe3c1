//! What crosses: requests, answers, and lines of the journal.

use appwrite_session_core::store::StoreError;
use appwrite_session_world::{Exchange, Rendered};

/// One header line.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Line {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

pub(crate) fn lines(headers: Vec<(String, String)>) -> Vec<Line> {
    headers.into_iter().map(|(name, value)| Line { name, value }).collect()
}

fn pairs(lines: Vec<Line>) -> Vec<(String, String)> {
    lines.into_iter().map(|line| (line.name, line.value)).collect()
}

/// A request as an HTTP client of the app sends it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RawRequest {
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The headers, in their order.
    pub headers: Vec<Line>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

impl RawRequest {
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        pairs(self.headers.clone())
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RawAnswer {
    /// The status.
    pub status: u16,
    /// The headers, in their order.
    pub headers: Vec<Line>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

impl From<Rendered> for RawAnswer {
    fn from(answer: Rendered) -> Self {
        Self { status: answer.status, headers: lines(answer.headers), body: answer.body }
    }
}

impl From<RawAnswer> for Rendered {
    fn from(answer: RawAnswer) -> Self {
        Self { status: answer.status, headers: pairs(answer.headers), body: answer.body }
    }
}

/// What a control of the mock answered.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ControlAnswer {
    /// The status: 2xx if the control did what it was asked.
    pub status: u16,
    /// JSON, or nothing.
    pub body: String,
}

/// Who sent a request to a gateway.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Identity {
    /// The user of that id.
    User {
        /// The id.
        id: String,
    },
    /// Appwrite knows no such user, or cannot be asked.
    Refused {
        /// What the gateway answers then.
        answer: RawAnswer,
    },
}

/// One request, and how it was answered. It does not contain the credential.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct WireEntry {
    /// Counts the requests from 1.
    pub number: u64,
    /// `client`, or `gateway` if a gateway asked Appwrite for a user.
    pub caller: String,
    /// Who received it: `appwrite`, `gateway` or the name of a site.
    pub listener: String,
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The path without the query.
    pub path: String,
    /// `cookie`, `session-header`, `fallback`, `jwt` or `none`: what carried the credential that counts.
    pub carrier: String,
    /// How many carriers the request had.
    pub carriers: u32,
    /// The status that was answered; nothing while none was, or when the connection was cut.
    pub status: Option<u16>,
    /// Whether the client went away before it had the whole answer.
    pub hung_up: bool,
}

impl From<Exchange> for WireEntry {
    fn from(exchange: Exchange) -> Self {
        Self {
            number: exchange.number,
            caller: if exchange.is_of_gateway { "gateway" } else { "client" }.to_owned(),
            listener: exchange.to.to_owned(),
            method: exchange.method,
            url: exchange.url,
            path: exchange.path,
            carrier: exchange.carrier.to_owned(),
            carriers: u32::try_from(exchange.carriers).unwrap_or(u32::MAX),
            status: exchange.status,
            hung_up: exchange.hung_up,
        }
    }
}

/// How the device's store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum StoreFault {
    /// It does not give its records out now.
    Locked,
    /// It cannot read its records.
    Corrupt,
    /// It cannot be reached.
    Unavailable,
}

impl From<StoreFault> for StoreError {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Locked => Self::Locked,
            StoreFault::Corrupt => Self::Corrupt,
            StoreFault::Unavailable => Self::Unavailable,
        }
    }
}
