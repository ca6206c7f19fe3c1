//! The controls of what is not known of 2.x, or differs within one line of releases (contract §2x.7).

use serde_json::Value;

use crate::{control::Control, request::Request};

impl Control {
    /// Sets switches, as `{"lacks", "jwtDiesWithSession", "devKeys", "tokenBesideSession", "clampsDuration", "errorStatuses",
    /// "verificationLife", "linkEndsSessionFirst", "firewall"}` says. The README describes each.
    pub fn update_switches(&self, change: &Value) {
        self.change(|world| world.switches.update(change));
    }
}

/// Answers a request of these controls over HTTP.
pub(crate) fn act(control: &Control, request: &Request, path: &[&str], body: &Value) -> Option<(u16, Value)> {
    match (request.method.as_str(), path) {
        ("PATCH", ["switches"]) => {
            control.update_switches(body);
            Some((204, Value::Null))
        }
        _ => None,
    }
}
