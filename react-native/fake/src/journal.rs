//! The journal as JavaScript reads it: every request, without its credential.

use mock_appwrite::{Entry, json};
use serde_json::Value;

use crate::world::{APPWRITE, World};

impl World {
    /// Every request so far.
    pub(crate) fn journal(&self) -> Vec<Value> {
        self.mock.control().journal().iter().map(|entry| self.entry(entry)).collect()
    }

    fn entry(&self, entry: &Entry) -> Value {
        let host = entry.header("host").unwrap_or_default();
        let scheme = entry.header("x-forwarded-proto").unwrap_or("https");
        let origin = match self.endpoint_at(host) {
            Some(endpoint) if entry.listener == APPWRITE => {
                endpoint.strip_suffix("/v1").unwrap_or(&endpoint).to_owned()
            }
            _ => format!("{scheme}://{host}"),
        };
        let query = if entry.query.is_empty() { String::new() } else { format!("?{}", entry.query) };
        json!({
            "number": entry.seq, "by": if entry.caller == "gateway" { "gateway" } else { "app" },
            "to": entry.listener, "method": entry.method, "url": format!("{origin}{}{query}", entry.path),
            "path": entry.path, "carrier": entry.credential.carrier, "carriers": entry.credential.carriers,
            "status": entry.status, "hungUp": entry.hung_up,
        })
    }
}
