//! The journal as a test reads it: every request, without its credential.

use mock_appwrite::Entry;

use crate::{network::APPWRITE, world::World};

/// One request, and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Counts the requests from 1.
    pub number: u64,
    /// Whether a gateway sent it, to ask Appwrite for a user.
    pub is_of_gateway: bool,
    /// Who received it: [`APPWRITE`], [`GATEWAY`](crate::GATEWAY) or the name of a site.
    pub to: &'static str,
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The path without the query.
    pub path: String,
    /// `cookie`, `session-header`, `fallback`, `jwt` or `none`: what carried the credential that counts.
    pub carrier: &'static str,
    /// How many carriers the request had.
    pub carriers: usize,
    /// The status that was answered; `None` while none was, or when the connection was cut.
    pub status: Option<u16>,
    /// Whether the client went away before it had the whole answer.
    pub hung_up: bool,
}

impl World {
    /// Every request after the one of that number.
    pub fn journal_since(&self, number: u64) -> Vec<Exchange> {
        self.mock().control().journal_since(number).iter().map(|entry| self.exchange_of(entry)).collect()
    }

    fn exchange_of(&self, entry: &Entry) -> Exchange {
        let host = entry.header("host").unwrap_or_default();
        let scheme = entry.header("x-forwarded-proto").unwrap_or("https");
        let origin = match self.endpoint_at(host) {
            Some(endpoint) if entry.listener == APPWRITE => {
                endpoint.strip_suffix("/v1").unwrap_or(&endpoint).to_owned()
            }
            _ => format!("{scheme}://{host}"),
        };
        let query = if entry.query.is_empty() { String::new() } else { format!("?{}", entry.query) };
        Exchange {
            number: entry.seq,
            is_of_gateway: entry.caller == "gateway",
            to: entry.listener,
            method: entry.method.clone(),
            url: format!("{origin}{}{query}", entry.path),
            path: entry.path.clone(),
            carrier: entry.credential.carrier,
            carriers: entry.credential.carriers,
            status: entry.status,
            hung_up: entry.hung_up,
        }
    }
}
