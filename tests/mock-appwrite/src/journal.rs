//! What was received: every request with its headers, and whose credential it carried.

use crate::json;
use serde_json::Value;

/// One request that a listener received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counts the requests from 1.
    pub seq: u64,
    /// `appwrite`, `gateway` or `foreign`.
    pub listener: &'static str,
    /// The method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query without the question mark; empty if there is none.
    pub query: String,
    /// The headers as they came, in order, with duplicates.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: String,
    /// `gateway` if the mock's own gateway asked, else `client`.
    pub caller: &'static str,
    /// What the request carried.
    pub credential: Carried,
    /// The status that was answered; `None` while none was, or when the connection was cut.
    pub status: Option<u16>,
    /// Whether the client went away before it had the whole answer.
    pub hung_up: bool,
}

/// The credential of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// `cookie`, `session-header`, `fallback`, `jwt`, `bearer` (any token in `Authorization`) or `none`: the one that counts.
    pub carrier: &'static str,
    /// How many carriers the request had, valid or not.
    pub carriers: usize,
    /// The user that it names.
    pub user_id: Option<String>,
    /// The session that it proves.
    pub session_id: Option<String>,
    /// Whether a session lives behind it.
    pub valid: bool,
}

impl Entry {
    /// The first header of that name, without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "seq": self.seq, "listener": self.listener, "method": self.method, "path": self.path,
            "query": self.query, "headers": self.headers, "body": self.body, "caller": self.caller,
            "credential": {
                "carrier": self.credential.carrier, "carriers": self.credential.carriers,
                "userId": self.credential.user_id, "sessionId": self.credential.session_id,
                "valid": self.credential.valid,
            },
            "status": self.status, "hungUp": self.hung_up,
        })
    }
}

/// All entries since the last clearing.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Vec<Entry>,
    last: u64,
}

impl Journal {
    /// Notes a request and gives its number.
    pub(crate) fn note(&mut self, mut entry: Entry) -> u64 {
        self.last += 1;
        entry.seq = self.last;
        self.entries.push(entry);
        self.last
    }

    /// Notes what a request was answered.
    pub(crate) fn answered(&mut self, seq: u64, status: u16) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.seq == seq) {
            entry.status = Some(status);
        }
    }

    /// Notes that the client of a request went away.
    pub(crate) fn hung_up(&mut self, seq: u64) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.seq == seq) {
            entry.hung_up = true;
        }
    }

    /// The entries after `seq`.
    pub(crate) fn since(&self, seq: u64) -> Vec<Entry> {
        self.entries.iter().filter(|entry| entry.seq > seq).cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}
