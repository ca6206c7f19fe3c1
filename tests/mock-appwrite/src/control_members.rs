//! What the body of each control can have. A misspelt member would otherwise change nothing, and the test that sent it would not notice.

use serde_json::Value;

/// The form of a member. Null is taken for every one of them, as if it was left out.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Flag,
    Number,
    List,
    Object,
}

use Form::{Flag, List, Number, Object, Text};

impl Form {
    fn takes(self, value: &Value) -> bool {
        match self {
            Text => value.is_string(),
            Flag => value.is_boolean(),
            Number => value.is_number(),
            List => value.is_array(),
            Object => value.is_object(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Text => "a string",
            Flag => "true or false",
            Number => "a number",
            List => "a list",
            Object => "an object",
        }
    }
}

type Members = &'static [(&'static str, Form)];

/// The id comes first, because a change does not take it.
const USER: Members = &[
    ("userId", Text),
    ("email", Text),
    ("password", Text),
    ("name", Text),
    ("phone", Text),
    ("emailVerification", Flag),
    ("phoneVerification", Flag),
    ("mfa", Flag),
    ("totp", Flag),
    ("status", Flag),
    ("prefs", Object),
];

const PROJECT: Members = &[
    ("sessionLimit", Number),
    ("sessionDuration", Number),
    ("rateLimits", Flag),
    ("invalidateSessions", Flag),
    ("userLimit", Number),
    ("disabled", List),
    ("providers", List),
    ("webHosts", List),
    ("androidApps", List),
    ("appleApps", List),
    ("apiKeys", List),
    ("devKeys", List),
    ("id", Text),
];

const SWITCHES: Members = &[
    ("lacks", List),
    ("jwtDiesWithSession", Flag),
    ("devKeys", Flag),
    ("tokenBesideSession", Flag),
    ("clampsDuration", Flag),
    ("linkEndsSessionFirst", Flag),
    ("verificationLife", Number),
    ("errorStatuses", Object),
    ("firewall", Object),
];

const PASSKEYS: Members = &[
    ("rpId", Text),
    ("origins", List),
    ("androidOrigins", List),
    ("recentOnVerification", Flag),
    ("needsChallengeId", Flag),
    ("refusesUnverified", Flag),
    ("completesWhenOff", Flag),
];

const ID_TOKENS: Members = &[
    ("nativeEnabled", Flag),
    ("clientIds", List),
    ("keys", List),
    ("reachable", Flag),
    ("strictNonce", Flag),
];

const FAULT: Members =
    &[("path", Text), ("fault", Object), ("method", Text), ("listener", Text), ("times", Number)];

const WEBHOOK: Members = &[("url", Text), ("events", List), ("name", Text), ("key", Text)];

/// The members that a control takes, and how many of them, from the first, it needs. `None` for a control that reads no body, or whose
/// body wishes for something that is wrong on purpose.
fn members(method: &str, path: &[&str]) -> Option<(Members, usize)> {
    Some(match (method, path) {
        ("POST", ["users"]) => (USER, 0),
        ("PATCH", ["users", _]) => (&USER[1..], 0),
        ("POST", ["users", _, "tokens"]) => (&[("length", Number), ("expire", Number)], 0),
        ("POST", ["clock"]) => (&[("advanceSeconds", Number), ("now", Number)], 0),
        ("PATCH", ["project"]) => (PROJECT, 0),
        ("PATCH", ["switches"]) => (SWITCHES, 0),
        ("PATCH", ["passkeys"]) => (PASSKEYS, 0),
        ("PATCH", ["id-tokens", _]) => (ID_TOKENS, 0),
        ("POST", ["faults"]) => (FAULT, 2),
        ("POST", ["webhooks"]) => (WEBHOOK, 2),
        ("PATCH", ["webhooks", _]) => (&[("enabled", Flag)], 1),
        _ => return None,
    })
}

/// Reads the body of a control; an error says what is wrong with it.
pub(crate) fn read(method: &str, path: &[&str], body: &[u8]) -> Result<Value, String> {
    let Some((members, needed)) = members(method, path) else {
        return Ok(serde_json::from_slice(body).unwrap_or_default());
    };
    let body = match body {
        [] => Value::Null,
        body => serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?,
    };
    if !body.is_object() && !body.is_null() {
        return Err("the body is not a JSON object".to_owned());
    }
    for (name, value) in body.as_object().into_iter().flatten() {
        match members.iter().find(|(known, _)| known == name) {
            None => {
                let known: Vec<&str> = members.iter().map(|(known, _)| *known).collect();
                return Err(format!("the body has no member {name}; it can have {}", known.join(", ")));
            }
            Some((_, form)) if !value.is_null() && !form.takes(value) => {
                return Err(format!("{name} has to be {}", form.name()));
            }
            Some(_) => {}
        }
    }
    match members[..needed].iter().find(|(name, _)| body.get(name).is_none_or(Value::is_null)) {
        Some((name, _)) => Err(format!("the body lacks the member {name}")),
        None => Ok(body),
    }
}
