//! The users that a transcript shows, whether or not their creation was recorded.

use super::super::credential::{carried, jwt_payload};
use super::super::transcript::{Exchange, header, percent_decode};
use super::{
    authenticated, changes_user, creates_user, id_moment, is_read, is_session, is_user, issued_credential,
    project, shown_user,
};
use crate::replay::shape::date_ms;
use serde_json::Value;
use std::collections::HashMap;

/// A user as one response showed it.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The exchange.
    pub index: usize,
    /// The account or user body.
    pub body: Value,
    /// Whether the exchange only read.
    pub read: bool,
    /// The fields that the request itself set.
    pub written: Vec<String>,
}

/// What is known about one user.
#[derive(Clone, Debug, Default)]
pub struct UserFacts {
    /// The project.
    pub project: String,
    /// The id.
    pub id: String,
    /// The first exchange that shows that the user exists.
    pub first: usize,
    /// Whether that exchange made the user.
    pub made: bool,
    /// E-mail addresses by the exchange that showed them.
    pub emails: Vec<(usize, String)>,
    /// How responses showed the user.
    pub sightings: Vec<Sighting>,
    /// Recorded successful requests that changed the user or logged the user in.
    pub writes: Vec<usize>,
    /// Passwords that must have been right when an exchange began.
    pub needed: Vec<(usize, String)>,
    /// Passwords that an exchange set.
    pub set: Vec<(usize, String)>,
}

impl UserFacts {
    /// The e-mail that was shown last before an exchange, or first after it.
    pub fn email_at(&self, index: usize) -> Option<&str> {
        let before = self.emails.iter().rev().find(|(at, _)| *at < index);
        before.or(self.emails.first()).map(|(_, email)| email.as_str())
    }

    /// The last sighting before an exchange.
    pub fn seen_before(&self, index: usize) -> Option<&Sighting> {
        self.sightings.iter().rev().find(|sighting| sighting.index < index)
    }

    /// The first sighting at or after an exchange.
    pub fn seen_from(&self, index: usize) -> Option<&Sighting> {
        self.sightings.iter().find(|sighting| sighting.index >= index)
    }

    /// Whether a recorded request changed the user after one exchange and before another.
    pub fn written_between(&self, after: usize, before: usize) -> bool {
        self.writes.iter().any(|at| *at > after && *at < before)
    }
}

/// All users of a transcript.
#[derive(Clone, Debug, Default)]
pub struct Users {
    map: HashMap<(String, String), UserFacts>,
    /// Users that must exist because an address or id was refused as taken: exchange, project, e-mail, id.
    pub taken: Vec<(usize, String, Option<String>, Option<String>)>,
    /// Logins with the right password of a blocked user: exchange, project, e-mail, password.
    pub blocked: Vec<(usize, String, String, String)>,
}

impl Users {
    /// The user with this id.
    pub fn get(&self, project: &str, id: &str) -> Option<&UserFacts> {
        self.map.get(&(project.to_owned(), id.to_owned()))
    }

    /// Every user.
    pub fn all(&self) -> impl Iterator<Item = &UserFacts> {
        self.map.values()
    }

    /// The user who has an e-mail when an exchange begins, as far as the transcript shows.
    pub fn with_email(&self, project: &str, email: &str, index: usize) -> Option<&UserFacts> {
        let mut fitting: Vec<&UserFacts> = self
            .map
            .values()
            .filter(|user| user.project == project)
            .filter(|user| user.email_at(index).is_some_and(|known| known.eq_ignore_ascii_case(email)))
            .collect();
        fitting.sort_by_key(|user| user.first);
        fitting.into_iter().next()
    }

    /// Gives the passwords of blocked logins to the users whom they name.
    pub fn place_blocked_logins(&mut self) {
        for (index, project, email, password) in &self.blocked {
            let found = self.with_email(project, email, *index).map(|user| user.id.clone());
            let key = found.map(|id| (project.clone(), id));
            if let Some(user) = key.and_then(|key| self.map.get_mut(&key)) {
                user.needed.push((*index, password.clone()));
                user.needed.sort();
            }
        }
    }

    /// Reads one exchange.
    pub fn read(&mut self, index: usize, exchange: &Exchange) {
        let (request, response) = (&exchange.request, &exchange.response);
        let project = project(request);
        let body = response.json();
        let segments = request.segments();
        if response.error_type().as_deref() == Some("user_already_exists") {
            let (email, id) = (request.param("email"), request.param("userId"));
            self.taken.push((index, project.clone(), email, id));
        }
        let login = matches!(segments.as_slice(), ["account", "sessions"] | ["account", "sessions", "email"]);
        if login
            && response.error_type().as_deref() == Some("user_blocked")
            && carried(request).is_empty()
            && let (Some(email), Some(password)) = (request.param("email"), request.param("password"))
        {
            self.blocked.push((index, project.clone(), email, password));
        }
        for id in shown(exchange, body.as_ref()) {
            // Who asks for somebody else to be made was there before.
            let asks = carried(request).iter().any(|credential| credential.user == id);
            let made = creates_user(request) && !asks && new_at(&id, body.as_ref(), exchange);
            let key = (project.clone(), id.clone());
            let user = self.map.entry(key).or_insert_with(|| UserFacts {
                project: project.clone(),
                id: id.clone(),
                first: index,
                made,
                ..UserFacts::default()
            });
            if changes_user(request) && response.status < 400 {
                user.writes.push(index);
            }
            let own_email = body.as_ref().and_then(|body| email_of(body, &id));
            if let Some(email) = own_email {
                user.emails.push((index, email));
            }
            if let Some(body) =
                body.as_ref().filter(|body| is_user(body) && body.get("$id") == Some(&Value::from(id)))
            {
                let mut written: Vec<String> = match request.json() {
                    Some(Value::Object(map)) => map.keys().cloned().collect(),
                    _ => Vec::new(),
                };
                if segments.last() == Some(&"status") {
                    written.push("status".to_owned());
                }
                let read = is_read(request);
                user.sightings.push(Sighting { index, body: body.clone(), read, written });
            }
            user.passwords(index, exchange, &segments);
        }
    }
}

impl UserFacts {
    fn passwords(&mut self, index: usize, exchange: &Exchange, segments: &[&str]) {
        let (request, status) = (&exchange.request, exchange.response.status);
        let param = |name: &str| request.param(name);
        let (mut needed, mut set) = (None, None);
        match (request.method.as_str(), segments) {
            (_, _) if status >= 400 => {}
            ("POST", ["account", "sessions"] | ["account", "sessions", "email"]) => {
                needed = param("password")
            }
            ("POST", ["account"]) | ("PUT", ["account", "recovery"]) => set = param("password"),
            ("PATCH", ["users", _, "password"]) => set = param("password"),
            ("PATCH", ["account", "password"]) => (needed, set) = (param("oldPassword"), param("password")),
            ("PATCH", ["account", "email" | "phone"]) => {
                (needed, set) = (param("password"), param("password"))
            }
            _ => {}
        }
        self.needed.extend(needed.map(|password| (index, password)));
        self.set.extend(set.map(|password| (index, password)));
    }
}

/// The users that an exchange shows to exist.
fn shown(exchange: &Exchange, body: Option<&Value>) -> Vec<String> {
    let (request, response) = (&exchange.request, &exchange.response);
    let mut ids: Vec<String> = Vec::new();
    let mut add = |id: Option<String>| {
        if let Some(id) = id.filter(|id| !id.is_empty() && !ids.contains(id)) {
            ids.push(id);
        }
    };
    add(issued_credential(response).map(|credential| credential.user));
    if let Some(body) = body.filter(|_| response.status < 400) {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        add(if is_user(body) { text(body, "$id") } else { text(body, "userId") });
        for value in body.get("sessions").and_then(Value::as_array).into_iter().flatten() {
            add(text(value, "userId"));
        }
    }
    if let ["users", id, ..] = request.segments().as_slice()
        && response.status < 400
    {
        add(Some((*id).to_owned()));
    }
    let location = header(&response.headers, "location").unwrap_or_default();
    if let Some(rest) = location.split("userId=").nth(1) {
        add(rest.split(['&', '#']).next().map(percent_decode));
    }
    add(shown_user(exchange));
    if authenticated(exchange) && shown_user(exchange).is_none() {
        let jwt = request.header("x-appwrite-jwt").and_then(jwt_payload);
        let by_jwt = || jwt?.get("userId")?.as_str().map(str::to_owned);
        add(carried(request).into_iter().next().map(|credential| credential.user).or_else(by_jwt));
    }
    ids
}

/// Whether an exchange is the one that made a user: the user is no older than the exchange.
fn new_at(id: &str, body: Option<&Value>, exchange: &Exchange) -> bool {
    let created = body
        .filter(|body| is_user(body))
        .and_then(|body| date_ms(body.get("$createdAt")?.as_str()?))
        .or_else(|| id_moment(id));
    // A token is made right after its user, and says when to the millisecond.
    let token = body.filter(|body| body.get("phrase").is_some());
    let sent = token.and_then(|body| date_ms(body.get("$createdAt")?.as_str()?));
    match (created, sent.or_else(|| exchange.response.date())) {
        (Some(created), Some(at)) => (at - created).abs() <= if sent.is_some() { 100 } else { 2500 },
        _ => true,
    }
}

/// The e-mail that a body shows for a user.
fn email_of(body: &Value, id: &str) -> Option<String> {
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| text.contains('@'));
    let found = if is_user(body) {
        text("email")
    } else if is_session(body) && body.get("provider").and_then(Value::as_str) == Some("email") {
        text("providerUid")
    } else if text("userId").is_none() && body.get("userId").and_then(Value::as_str) == Some(id) {
        text("userEmail")
    } else {
        None
    };
    found.map(str::to_owned)
}
