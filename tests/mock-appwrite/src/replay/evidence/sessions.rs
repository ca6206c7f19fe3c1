//! The sessions and JWTs that a transcript shows, whether or not their login was recorded.

use super::super::credential::{Credential, carried, decode, jwt_payload};
use super::super::transcript::{Exchange, percent_decode};
use super::{authenticated, deletes_cookie, id_moment, is_session, issued_credential, project, shown_user};
use crate::replay::shape::date_ms;
use serde_json::Value;
use std::collections::HashMap;

/// What is known about one session.
#[derive(Clone, Debug, Default)]
pub struct SessionFacts {
    /// Its project.
    pub project: String,
    /// Its user.
    pub user: String,
    /// The secret in its credential, if a credential was seen.
    pub secret: Option<String>,
    /// Its id, if it was seen.
    pub id: Option<String>,
    /// The session as a response showed it.
    pub model: Option<Value>,
    /// The first exchange that mentions it.
    pub first: usize,
    /// Whether a recorded exchange made it.
    pub issued: bool,
    /// Whether some exchange shows that it was valid or that it existed.
    pub alive: bool,
    merged: bool,
}

impl SessionFacts {
    /// A session that only a list shows.
    pub fn shown(project: &str, user: &str, id: &str, model: &Value) -> Self {
        Self {
            project: project.to_owned(),
            user: user.to_owned(),
            id: Some(id.to_owned()),
            model: Some(model.clone()),
            ..Self::default()
        }
    }

    /// When it was made, in milliseconds, as far as that shows.
    pub fn created(&self) -> Option<i64> {
        let shown = self.model.as_ref().and_then(|model| date_ms(model.get("$createdAt")?.as_str()?));
        shown.or_else(|| id_moment(self.id.as_deref()?))
    }

    /// Whether it existed although no recorded exchange made it.
    pub fn presupposed(&self) -> bool {
        self.alive && !self.issued && !self.merged
    }
}

/// What is known about one JWT.
#[derive(Clone, Debug)]
pub struct JwtFacts {
    /// Its project.
    pub project: String,
    /// The user in it.
    pub user: String,
    /// The session in it.
    pub session: String,
    /// When it ends, in milliseconds.
    pub expires: i64,
    /// Whether a recorded exchange made it.
    pub issued: bool,
    /// Whether an exchange shows that it was accepted.
    pub alive: bool,
    /// Whether an exchange shows that the server had signed it, be it refused for another reason.
    pub signed: bool,
}

/// All sessions and JWTs of a transcript.
#[derive(Debug, Default)]
pub struct Sessions {
    list: Vec<SessionFacts>,
    by_secret: HashMap<Credential, usize>,
    by_id: HashMap<String, usize>,
    lists: Vec<(usize, Vec<usize>)>,
    /// The JWTs by their text.
    pub jwts: HashMap<String, JwtFacts>,
}

impl Sessions {
    /// Every session, in the order in which they were first mentioned.
    pub fn all(&self) -> impl Iterator<Item = &SessionFacts> {
        self.list.iter().filter(|facts| !facts.merged)
    }

    /// The session of this credential.
    pub fn with(&self, credential: &Credential) -> Option<&SessionFacts> {
        self.list.get(*self.by_secret.get(credential)?)
    }

    /// Whether a recorded exchange made the session of this id.
    pub fn issued(&self, id: &str) -> bool {
        self.by_id.get(id).and_then(|at| self.list.get(*at)).is_some_and(|facts| facts.issued)
    }

    fn secret(&mut self, project: &str, credential: &Credential, index: usize) -> usize {
        if let Some(known) = self.by_secret.get(credential) {
            return *known;
        }
        let secret = Some(credential.secret.clone());
        let at = self.push(project, &credential.user, index);
        if let Some(facts) = self.list.get_mut(at) {
            facts.secret = secret;
        }
        self.by_secret.insert(credential.clone(), at);
        at
    }

    fn id(&mut self, project: &str, user: &str, id: &str, index: usize) -> usize {
        if let Some(known) = self.by_id.get(id) {
            return *known;
        }
        let at = self.push(project, user, index);
        if let Some(facts) = self.list.get_mut(at) {
            facts.id = Some(id.to_owned());
        }
        self.by_id.insert(id.to_owned(), at);
        at
    }

    fn push(&mut self, project: &str, user: &str, first: usize) -> usize {
        let (project, user) = (project.to_owned(), user.to_owned());
        self.list.push(SessionFacts { project, user, first, ..SessionFacts::default() });
        self.list.len() - 1
    }

    /// Notes that two entries are one session.
    fn same(&mut self, into: usize, other: usize) -> usize {
        if into == other {
            return into;
        }
        let Some(gone) = self.list.get_mut(other) else { return into };
        let taken = std::mem::take(gone);
        gone.merged = true;
        let Some(kept) = self.list.get_mut(into) else { return into };
        kept.secret = kept.secret.take().or(taken.secret);
        kept.id = kept.id.take().or(taken.id);
        kept.model = kept.model.take().or(taken.model);
        kept.first = kept.first.min(taken.first);
        kept.issued |= taken.issued;
        kept.alive |= taken.alive;
        for index in self.by_secret.values_mut().chain(self.by_id.values_mut()) {
            if *index == other {
                *index = into;
            }
        }
        into
    }

    fn mark(&mut self, at: usize, change: impl FnOnce(&mut SessionFacts)) {
        if let Some(facts) = self.list.get_mut(at) {
            change(facts);
        }
    }

    /// Reads one exchange.
    pub fn read(&mut self, index: usize, exchange: &Exchange) {
        let (request, response) = (&exchange.request, &exchange.response);
        let project = project(request);
        let winner = self.presented(index, &project, exchange);
        let body = response.json();
        if let Some(credential) = issued_credential(response) {
            let at = self.secret(&project, &credential, index);
            self.mark(at, |facts| (facts.issued, facts.alive) = (true, true));
            if let Some(session) = body.as_ref().filter(|body| is_session(body)) {
                self.model(index, &project, session, Some(at));
            }
            return;
        }
        if response.status >= 400 {
            return;
        }
        let segments = request.segments();
        let own = match segments.as_slice() {
            ["account", "sessions", "current"] | ["account", "mfa", "challenge" | "challenges"] => winner,
            ["account", "sessions", _] if deletes_cookie(response) => winner,
            _ => None,
        };
        if let ["account", "sessions", id] | ["users", _, "sessions", id] = segments.as_slice()
            && id_moment(id).is_some()
        {
            let user = match segments.as_slice() {
                ["users", user, ..] => (*user).to_owned(),
                _ => self.user_of(winner, exchange).unwrap_or_default(),
            };
            let at = self.id(&project, &user, id, index);
            self.mark(at, |facts| facts.alive = true);
            if let Some(own) = own {
                self.same(own, at);
            }
        }
        let Some(body) = body else { return };
        if is_session(&body) {
            let made = request.method == "POST";
            let at = self.model(index, &project, &body, own);
            self.mark(at, |facts| facts.issued |= made);
            let secret = body.get("secret").and_then(Value::as_str).and_then(decode).filter(|_| made);
            if let Some(credential) = secret {
                let other = self.secret(&project, &credential, index);
                self.same(at, other);
            }
        }
        let mut listed = Vec::new();
        for session in body.get("sessions").and_then(Value::as_array).into_iter().flatten() {
            let current = session.get("current").and_then(Value::as_bool) == Some(true);
            listed.push(self.model(index, &project, session, winner.filter(|_| current)));
        }
        self.lists.push((index, listed));
        if let Some(jwt) = body.get("jwt").and_then(Value::as_str) {
            self.made_jwt(index, &project, jwt, winner);
        }
    }

    fn user_of(&self, winner: Option<usize>, exchange: &Exchange) -> Option<String> {
        let by_session = winner.and_then(|at| self.list.get(at)).map(|facts| facts.user.clone());
        let jwt = || exchange.request.header("x-appwrite-jwt").and_then(jwt_payload);
        by_session.or_else(|| jwt()?.get("userId")?.as_str().map(str::to_owned))
    }

    /// Notes the credentials of a request; returns the session that the answer shows as accepted.
    fn presented(&mut self, index: usize, project: &str, exchange: &Exchange) -> Option<usize> {
        let request = &exchange.request;
        let accepted = authenticated(exchange);
        let shown = shown_user(exchange);
        let fits = |user: &str| accepted && shown.as_deref().is_none_or(|shown| shown == user);
        if let Some(token) = request.header("x-appwrite-jwt")
            && let Some(payload) = jwt_payload(token)
        {
            let text = |key: &str| payload.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (user, session) = (text("userId"), text("sessionId"));
            let expires = payload.get("exp").and_then(Value::as_i64).unwrap_or_default() * 1000;
            let refused = exchange.response.error_type().is_some_and(|kind| kind.contains("jwt"));
            // With a session and a JWT that both fit, an answer below 400 is the JWT's.
            let decided = carried(request).is_empty() || shown.is_some();
            let alive = fits(&user) && !refused && decided;
            if alive && !session.is_empty() {
                let at = self.id(project, &user, &session, index);
                self.mark(at, |facts| facts.alive = true);
            }
            let kind = exchange.response.error_type().unwrap_or_default();
            let reached =
                !kind.contains("jwt") && !kind.is_empty() && kind.starts_with("general_unauthorized");
            let signed = alive || reached || exchange.response.body.contains("Expired");
            let project = project.to_owned();
            let (issued, unproven) = (false, false);
            let new = JwtFacts { project, user, session, expires, issued, alive: unproven, signed: unproven };
            let facts = self.jwts.entry(token.to_owned()).or_insert(new);
            facts.alive |= alive;
            facts.signed |= signed;
            if alive {
                return None;
            }
        }
        let found: Vec<(usize, Credential)> =
            carried(request).into_iter().map(|one| (self.secret(project, &one, index), one)).collect();
        let fitting: Vec<usize> =
            found.iter().filter(|(_, one)| fits(&one.user)).map(|(at, _)| *at).collect();
        let known = fitting.iter().find(|at| self.list.get(**at).is_some_and(|facts| facts.alive));
        let winner = known.or(fitting.first()).copied()?;
        self.mark(winner, |facts| facts.alive = true);
        Some(winner)
    }

    fn model(&mut self, index: usize, project: &str, session: &Value, own: Option<usize>) -> usize {
        let text = |key: &str| session.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut at = self.id(project, &text("userId"), &text("$id"), index);
        if let Some(own) = own {
            at = self.same(own, at);
        }
        self.mark(at, |facts| {
            facts.alive = true;
            facts.model.get_or_insert_with(|| session.clone());
        });
        at
    }

    fn made_jwt(&mut self, index: usize, project: &str, token: &str, winner: Option<usize>) {
        let Some(payload) = jwt_payload(token) else { return };
        let text = |key: &str| payload.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (user, session) = (text("userId"), text("sessionId"));
        let expires = payload.get("exp").and_then(Value::as_i64).unwrap_or_default() * 1000;
        if let Some(winner) = winner.filter(|_| !session.is_empty()) {
            let at = self.id(project, &user, &session, index);
            self.same(winner, at);
        }
        let project = project.to_owned();
        self.jwts.insert(
            token.to_owned(),
            JwtFacts { project, user, session, expires, issued: true, alive: true, signed: true },
        );
    }

    /// A list of a user's sessions is complete: credentials that were valid before it and whose id never shows are
    /// among those it lists, the first one used being the oldest.
    pub fn link_listed(&mut self) {
        for (index, listed) in std::mem::take(&mut self.lists) {
            for at in listed {
                let Some(facts) = self.list.get(at).filter(|facts| facts.secret.is_none() && !facts.merged)
                else {
                    continue;
                };
                let (user, project) = (facts.user.clone(), facts.project.clone());
                let unnamed = self.list.iter().position(|other| {
                    let open = other.secret.is_some() && other.id.is_none() && other.presupposed();
                    open && other.first < index && other.user == user && other.project == project
                });
                if let Some(unnamed) = unnamed {
                    self.same(at, unnamed);
                }
            }
        }
    }

    /// A credential that is only ever refused, after a recorded exchange of its group that ends sessions of its user,
    /// was valid until then.
    pub fn link_ended(&mut self, exchanges: &[Exchange]) {
        for facts in &mut self.list {
            let long = facts.secret.as_ref().is_some_and(|secret| secret.len() >= 64 && is_random(secret));
            if facts.alive || facts.merged || !long {
                continue;
            }
            let group = exchanges.get(facts.first).map(Exchange::group);
            let earlier = exchanges.iter().enumerate().take(facts.first).rev();
            let mut same_group = earlier.take_while(|(_, exchange)| Some(exchange.group()) == group);
            let end = same_group.find(|(_, exchange)| ends_sessions(exchange).as_ref() == Some(&facts.user));
            if let Some((index, _)) = end {
                (facts.first, facts.alive) = (index, true);
            }
        }
    }

    /// A credential that is only ever refused, right after a recorded exchange deleted a session of the same user
    /// by an id that no credential explains, was the credential of that session.
    pub fn link_refused(&mut self, exchanges: &[Exchange]) {
        for (index, exchange) in exchanges.iter().enumerate() {
            let segments = exchange.request.segments();
            let deleted = exchange.request.method == "DELETE" && exchange.response.status == 204;
            let (["users", _, "sessions", id] | ["account", "sessions", id]) = segments.as_slice() else {
                continue;
            };
            let Some(at) = self.by_id.get(&percent_decode(id)).copied().filter(|_| deleted) else { continue };
            let Some(facts) = self.list.get(at).filter(|facts| facts.secret.is_none()).cloned() else {
                continue;
            };
            let refused = self.list.iter().position(|other| {
                let free = other.secret.is_some() && other.id.is_none() && !other.alive && !other.merged;
                free && other.user == facts.user && other.project == facts.project && other.first > index
            });
            if let Some(refused) = refused
                .filter(|refused| self.list.get(*refused).is_some_and(|other| other.first <= index + 2))
            {
                self.same(at, refused);
            }
        }
    }
}

/// Whether a secret is more than one repeated digit.
fn is_random(secret: &str) -> bool {
    let first = secret.bytes().next();
    secret.bytes().any(|byte| Some(byte) != first)
}

/// The user whose sessions a successful exchange ends, all or all but one.
fn ends_sessions(exchange: &Exchange) -> Option<String> {
    let request = &exchange.request;
    let segments = request.segments();
    if exchange.response.status >= 300 {
        return None;
    }
    match (request.method.as_str(), segments.as_slice()) {
        ("DELETE", ["account"] | ["account", "sessions"]) | ("PATCH", ["account", "password"]) => {
            let jwt = || request.header("x-appwrite-jwt").and_then(jwt_payload);
            let own = carried(request).into_iter().next().map(|credential| credential.user);
            own.or_else(|| jwt()?.get("userId")?.as_str().map(str::to_owned))
        }
        ("PUT", ["account", "recovery"]) => request.param("userId"),
        ("PATCH", ["users", user, "password"]) => Some((*user).to_owned()),
        ("DELETE", ["users", user] | ["users", user, "sessions"]) => Some((*user).to_owned()),
        _ => None,
    }
}
