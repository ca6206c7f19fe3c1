//! What is not known of 2.x, or differs within one line of releases, as switches that a test sets (contract §2x.7).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    dates::Millis,
    errors::{ApiError, error},
    profile::Profile,
    world::Session,
};

/// The switches of one mock.
#[derive(Clone, Debug)]
pub(crate) struct Switches {
    /// Features that this server does not have yet.
    lacks: Vec<String>,
    /// A JWT dies when its session expires: 1.9.7 and newer.
    pub(crate) jwt_dies_with_session: bool,
    /// Dev keys are still served.
    pub(crate) dev_keys: bool,
    /// The exchange of a token is allowed while a session is active.
    pub(crate) token_beside_session: bool,
    /// A duration out of bounds is moved to the nearest bound, else refused.
    pub(crate) clamps_duration: bool,
    /// Statuses in place of an error's own, by its type.
    pub(crate) error_statuses: BTreeMap<String, u16>,
    /// How many seconds the link of an e-mail verification lives.
    pub(crate) verification_life: i64,
    /// Linking an ID token ends the old session before the token is checked.
    pub(crate) link_ends_session_first: bool,
    firewall: Option<Firewall>,
}

/// A rule that refuses every route to a session that is too old.
#[derive(Clone, Debug)]
struct Firewall {
    /// Seconds since the sign-in.
    session_age: Option<i64>,
    /// Seconds since the last challenge.
    mfa_age: Option<i64>,
    status: u16,
    /// The type, which nobody knows; it lives as long as the program.
    kind: &'static str,
}

impl Switches {
    pub(crate) fn new(profile: Profile) -> Self {
        let traits = profile.traits();
        Self {
            lacks: Vec::new(),
            jwt_dies_with_session: traits.jwt_dies_with_session,
            dev_keys: traits.dev_keys,
            token_beside_session: false,
            clamps_duration: false,
            error_statuses: BTreeMap::new(),
            verification_life: 3600,
            link_ends_session_first: false,
            firewall: None,
        }
    }

    pub(crate) fn lacks(&self, feature: &str) -> bool {
        self.lacks.iter().any(|name| name == feature)
    }

    /// Sets the switches that `change` names.
    pub(crate) fn update(&mut self, change: &Value) {
        let set = |name: &str, switch: &mut bool| {
            *switch = change.get(name).and_then(Value::as_bool).unwrap_or(*switch);
        };
        set("jwtDiesWithSession", &mut self.jwt_dies_with_session);
        set("devKeys", &mut self.dev_keys);
        set("tokenBesideSession", &mut self.token_beside_session);
        set("clampsDuration", &mut self.clamps_duration);
        set("linkEndsSessionFirst", &mut self.link_ends_session_first);
        if let Some(seconds) = change.get("verificationLife").and_then(Value::as_i64) {
            self.verification_life = seconds;
        }
        if let Some(Value::Array(names)) = change.get("lacks") {
            self.lacks = names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        }
        if let Some(Value::Object(statuses)) = change.get("errorStatuses") {
            let status = |value: &Value| value.as_u64().and_then(|status| u16::try_from(status).ok());
            let pairs = statuses.iter().filter_map(|(kind, value)| Some((kind.clone(), status(value)?)));
            self.error_statuses.clear();
            self.error_statuses.extend(pairs);
        }
        match change.get("firewall") {
            None => {}
            Some(Value::Object(rule)) => {
                let number = |name: &str| rule.get(name).and_then(Value::as_i64);
                let kind = rule.get("type").and_then(Value::as_str).unwrap_or("general_access_forbidden");
                self.firewall = Some(Firewall {
                    session_age: number("sessionAge"),
                    mfa_age: number("mfaAge"),
                    status: number("status").and_then(|status| u16::try_from(status).ok()).unwrap_or(403),
                    kind: kind.to_owned().leak(),
                });
            }
            Some(_) => self.firewall = None,
        }
    }

    /// Why the firewall refuses a session, if it does.
    pub(crate) fn refusal_by_age(&self, session: &Session, now: Millis) -> Option<ApiError> {
        let rule = self.firewall.as_ref()?;
        let older = |since: Millis, most: Option<i64>| most.is_some_and(|most| now - since > most * 1000);
        let refused = older(session.created, rule.session_age)
            || older(session.mfa_updated.unwrap_or(session.created), rule.mfa_age);
        refused.then(|| error(rule.kind).with_status(rule.status))
    }
}
