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
    /// The path of a request, or its beginning with `*`.
    Path,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A list of some of these.
    SomeOf(&'static [&'static str]),
}

use Form::{Flag, List, Number, Object, OneOf, Path, SomeOf, Text};

impl Form {
    fn takes(self, value: &Value) -> bool {
        match self {
            Text => value.is_string(),
            Flag => value.is_boolean(),
            Number => value.is_number(),
            List => value.is_array(),
            Object => value.is_object(),
            Path => value.as_str().is_some_and(|path| path.starts_with(['/', '*'])),
            OneOf(names) => value.as_str().is_some_and(|name| names.contains(&name)),
            SomeOf(names) => {
                value.as_array().is_some_and(|list| list.iter().all(|each| OneOf(names).takes(each)))
            }
        }
    }

    fn name(self) -> String {
        let name = match self {
            Text => "a string",
            Flag => "true or false",
            Number => "a number",
            List => "a list",
            Object => "an object",
            Path => "a path that begins with / or *",
            OneOf(names) => return format!("one of {}", names.join(", ")),
            SomeOf(names) => return format!("a list of some of {}", names.join(", ")),
        };
        name.to_owned()
    }
}

/// What can be switched off: ways to sign in, services, REST, and what sends e-mails and SMS.
const DISABLED: &[&str] = &[
    "email-password",
    "magic-url",
    "email-otp",
    "phone",
    "anonymous",
    "invites",
    "jwt",
    "passkey",
    "mfa-totp",
    "mfa-email",
    "mfa-phone",
    "mfa-custom",
    "account",
    "users",
    "teams",
    "locale",
    "health",
    "project",
    "graphql",
    "rest",
    "smtp",
    "sms",
];

/// Features of 2.x that a server can lack.
const FEATURES: &[&str] = &[
    "id-token",
    "recovery-code",
    "verification-code",
    "passkeys",
    "jwts",
    "custom-factor",
    "duration",
    "current",
    "total",
    "state",
];

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
    ("labels", List),
];

const PROJECT: Members = &[
    ("sessionLimit", Number),
    ("sessionDuration", Number),
    ("rateLimits", Flag),
    ("invalidateSessions", Flag),
    ("userLimit", Number),
    ("disabled", SomeOf(DISABLED)),
    ("providers", List),
    ("webHosts", List),
    ("androidApps", List),
    ("appleApps", List),
    ("apiKeys", List),
    ("devKeys", List),
    ("id", Text),
];

const SWITCHES: Members = &[
    ("lacks", SomeOf(FEATURES)),
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
    &[("path", Path), ("fault", Object), ("method", Text), ("listener", Text), ("times", Number)];

const SESSION: Members = &[("provider", Text), ("factors", List), ("expire", Number)];

const WEBHOOK: Members = &[("url", Text), ("events", List), ("name", Text), ("key", Text)];

/// The members that a control takes, and how many of them, from the first, it needs. `None` for a control that reads no body, or whose
/// body wishes for something that is wrong on purpose.
fn members(method: &str, path: &[&str]) -> Option<(Members, usize)> {
    Some(match (method, path) {
        ("POST", ["reset"]) => (&[("profile", OneOf(&["1.5", "1.9", "2.7"]))], 0),
        ("POST", ["users"]) => (USER, 0),
        ("PATCH", ["users", _]) => (&USER[1..], 0),
        ("POST", ["users", _, "sessions"]) | ("PATCH", ["users", _, "sessions", _]) => (SESSION, 0),
        ("POST", ["users", _, "tokens"]) => (&[("length", Number), ("expire", Number)], 0),
        ("POST", ["clock"]) => (&[("advanceSeconds", Number), ("now", Number)], 0),
        ("POST", ["browse"]) => (&[("url", Text), ("declines", Flag)], 1),
        ("PATCH", ["project"]) => (PROJECT, 0),
        ("PATCH", ["switches"]) => (SWITCHES, 0),
        ("PATCH", ["passkeys"]) => (PASSKEYS, 0),
        ("PATCH", ["id-tokens", _]) => (ID_TOKENS, 0),
        ("POST", ["faults"]) => (FAULT, 2),
        ("POST", ["feed"]) => (&[("data", Text), ("kind", Text)], 1),
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
