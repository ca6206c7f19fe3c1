//! Users that a transcript presupposes, their passwords, and changes to them that were not recorded.

use super::super::bindings::Bindings;
use super::super::credential::carried;
use super::super::evidence::{Sighting, UserFacts};
use super::super::stage::Stage;
use super::super::transcript::{Exchange, header};
use super::Preconditions;
use crate::{
    json,
    replay::shape::{date_ms, is_iso_date},
};
use serde_json::{Map, Value};

/// Fields of an account that somebody can change.
const CHANGEABLE: [&str; 8] =
    ["name", "email", "phone", "emailVerification", "phoneVerification", "status", "mfa", "prefs"];

/// A password that nothing shows.
const UNSEEN: &str = "never shown by the transcript";

/// Whom the provider for tests signs in.
const TEST_USER: &str = "useroauth@localhost.test";

impl Preconditions<'_> {
    pub(super) fn people(
        &mut self,
        index: usize,
        exchange: &Exchange,
        project: &str,
        stage: &Stage,
        bindings: &mut Bindings,
    ) {
        let concerned: Vec<UserFacts> = self
            .evidence
            .users
            .all()
            .filter(|user| user.project == project)
            .filter(|user| user.first == index || self.first_session(user) == Some(index))
            .filter(|user| !user.made || user.first != index)
            .cloned()
            .collect();
        for user in concerned {
            self.make_user(&user, index, stage);
        }
        self.named(index, exchange, stage);
        for user in self.concerned(exchange, project, index) {
            let facts = self.evidence.users.get(project, &user).cloned();
            if let Some(facts) = facts {
                self.password(&facts, index, stage, bindings);
                self.changed(&facts, index, exchange, stage, bindings);
            }
        }
        self.blocked_oauth(exchange, project, stage, bindings);
        self.verifiable(exchange, stage, bindings);
    }

    /// Who can verify an e-mail has one, and who has verified it already is known to have done so.
    fn verifiable(&self, exchange: &Exchange, stage: &Stage, bindings: &Bindings) {
        let asks = exchange.request.method == "POST"
            && matches!(
                exchange.request.segments().as_slice(),
                ["account", "verification"] | ["account", "verification" | "verifications", "email"]
            );
        let verified = match (exchange.response.status, exchange.response.error_type().as_deref()) {
            (201, _) => false,
            (_, Some("user_email_already_verified")) => true,
            _ => return,
        };
        let Some(caller) = carried(&exchange.request).into_iter().next().filter(|_| asks) else { return };
        let live = bindings.live(&caller.user);
        if verified && stage.has_email(live) {
            stage.change_user(live, &json!({ "emailVerification": true }));
        }
        if !stage.has_email(live) {
            let unseen =
                json!({ "email": format!("{live}@never.shown.example"), "emailVerification": verified });
            stage.change_user(live, &unseen);
        }
    }

    /// A session can be needed before anything shows its user.
    fn first_session(&self, user: &UserFacts) -> Option<usize> {
        let sessions = self.evidence.sessions.all().filter(|facts| facts.presupposed());
        sessions
            .filter(|facts| facts.user == user.id && facts.project == user.project)
            .map(|facts| facts.first)
            .min()
    }

    fn make_user(&mut self, user: &UserFacts, index: usize, stage: &Stage) {
        let key = (user.project.clone(), user.id.clone());
        if user.made && user.first <= index || !self.users.insert(key.clone()) {
            return;
        }
        let sighting = user.seen_from(index);
        let mut fields = sighting.map(|sighting| presupposed(user, sighting, index)).unwrap_or_default();
        // An address that a recorded request sets later was another one before.
        let set_later = |email: &str| {
            let sets = |sighting: &&Sighting| {
                sighting.index >= index && sighting.written.iter().any(|name| name == "email")
            };
            user.sightings.iter().filter(sets).any(|sighting| text(sighting, "email") == Some(email))
                && !user.emails.iter().any(|(at, known)| *at < index && known == email)
        };
        let email = user.email_at(index).map(|email| match set_later(email) {
            true => format!("{}@never.shown.example", user.id),
            false => email.to_owned(),
        });
        // A user who is first seen without an address has none.
        let nameless = sighting.is_some_and(|sighting| {
            let sets = sighting.index == index && sighting.written.iter().any(|name| name == "email");
            let untold = sighting.body.get("targets") == Some(&json!([]));
            text(sighting, "email") == Some("") || sets && untold
        });
        if let Some(email) = email.filter(|_| !nameless && !fields.contains_key("email")) {
            fields.insert("email".to_owned(), json!(email));
        }
        let needed = user.needed.iter().find(|(at, _)| *at >= index);
        let password = needed.filter(|(at, _)| !user.set.iter().any(|(set, _)| set < at && *set >= index));
        // Who is seen without a password gives one where any would do.
        let password = password
            .filter(|(at, _)| !sighting.is_some_and(|seen| seen.index <= *at && lacks_password(seen)));
        let has_password = sighting.is_none_or(|sighting| !lacks_password(sighting));
        if let Some((_, password)) = password {
            fields.insert("password".to_owned(), json!(password));
            self.passwords.insert(key, password.clone());
        } else if has_password && fields.contains_key("email") {
            fields.insert("password".to_owned(), json!(UNSEEN));
        }
        let created = sighting.and_then(|sighting| date_ms(text(sighting, "$createdAt")?));
        let created = created.or_else(|| super::super::evidence::id_moment(&user.id));
        // Until its first request, an account was never accessed; that request shows the new date unfinished.
        let accessed =
            sighting.and_then(|sighting| text(sighting, "accessedAt")).filter(|at| is_iso_date(at));
        fields.insert("accessed".to_owned(), json!(accessed.and_then(date_ms)));
        stage.make_user(&user.id, created, &fields);
    }

    /// Users that only an address names: one that is taken, a blocked login, one that recovers.
    fn named(&mut self, index: usize, exchange: &Exchange, stage: &Stage) {
        let users = self.evidence.users.clone();
        let taken = users.taken.iter().filter(|taken| taken.0 == index);
        for (_, project, email, id) in taken {
            let id = id.as_deref().filter(|id| *id != "unique()");
            let known = email.as_ref().is_some_and(|email| stage.user_with_email(email).is_some())
                || id.is_some_and(|id| stage.has_user(id));
            if known {
                continue;
            }
            // Which of the two is taken shows if the transcript knows somebody with one of them.
            let by_id = id.and_then(|id| users.get(project, id));
            let by_email = email.as_ref().and_then(|email| users.with_email(project, email, index));
            if let Some(user) = by_id.or(by_email).cloned() {
                self.make_user(&user, index, stage);
                continue;
            }
            let fields: Map<String, Value> =
                email.iter().map(|email| ("email".to_owned(), json!(email))).collect();
            stage.make_user(id.unwrap_or("unique()"), None, &fields);
        }
        let recovers =
            exchange.request.method == "POST" && exchange.request.segments() == ["account", "recovery"];
        if recovers
            && exchange.response.status == 201
            && let (Some(email), Some(id)) =
                (exchange.request.param("email"), exchange.response.field("userId"))
            && stage.user_with_email(&email).is_none()
        {
            let shown = json!({ "email": email });
            let project = super::project(&exchange.request);
            if let Some(user) = users.get(&project, &id).cloned() {
                self.make_user(&user, index, stage);
            }
            stage.make_user(&id, None, shown.as_object().unwrap_or(&Map::new()));
            stage.change_user(&id, &shown);
        }
        for (_, _, email, password) in users.blocked.iter().filter(|blocked| blocked.0 == index) {
            if stage.user_with_email(email).is_none() && exchange.response.status >= 400 {
                let fields = json!({"email": email, "password": password, "status": false});
                stage.make_user("unique()", None, fields.as_object().unwrap_or(&Map::new()));
            }
        }
    }

    fn password(&mut self, user: &UserFacts, index: usize, stage: &Stage, bindings: &Bindings) {
        let Some((_, needed)) = user.needed.iter().find(|(at, _)| *at == index) else { return };
        let key = (user.project.clone(), user.id.clone());
        let set_here = user.set.iter().any(|(at, _)| *at == index);
        let known = self.passwords.get(&key);
        if known == Some(needed) || known.is_none() && set_here {
            return;
        }
        stage.change_user(bindings.live(&user.id), &json!({"password": needed}));
        self.passwords.insert(key, needed.clone());
    }

    /// Compares this sighting with the one before, if nothing recorded changed the user in between.
    fn changed(
        &self,
        user: &UserFacts,
        index: usize,
        exchange: &Exchange,
        stage: &Stage,
        bindings: &Bindings,
    ) {
        // A user that a recorded exchange made has nothing verified and no second factor at first.
        let anonymous = self.exchanges.get(user.first).is_some_and(|made| {
            made.request.method == "POST" && made.request.segments() == ["account", "sessions", "anonymous"]
        });
        let blank = || {
            let mut body = json!({
                "emailVerification": false, "phoneVerification": false, "status": true, "mfa": false, "prefs": {},
            });
            if anonymous {
                for field in ["name", "email", "phone", "passwordUpdate"] {
                    body[field] = json!("");
                }
            }
            user.made.then(|| Sighting { index: user.first, body, read: false, written: Vec::new() })
        };
        let seen = user.seen_before(index).cloned();
        let Some(before) = seen.or_else(|| blank().filter(|blank| blank.index < index)) else { return };
        if user.written_between(before.index, index) {
            return;
        }
        let mut patch = Map::new();
        let here = user.sightings.iter().find(|sighting| sighting.index == index);
        if let Some(here) = here {
            // A request that writes shows what it does not write as it was before.
            let shows = |field: &str| {
                let others = matches!(field, "name" | "phone" | "prefs")
                    && !here.written.iter().any(|name| name == field);
                here.read || others
            };
            for field in CHANGEABLE.into_iter().filter(|field| shows(field)) {
                let known = before.body.get(field);
                let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
                let same = |value: &Value| {
                    known == Some(value) || known == Some(&json!({})) && empty(value) || known.is_none()
                };
                if let Some(value) = here.body.get(field).filter(|value| !same(value)) {
                    patch.insert(field.to_owned(), value.clone());
                }
            }
            if here.read && lacks_password(&before) && !lacks_password(here) {
                patch.insert("password".to_owned(), json!(UNSEEN));
            }
            let targets = |sighting: &Sighting| sighting.body.get("targets").cloned();
            if here.read
                && let (Some(Value::Array(known)), Some(Value::Array(shown))) =
                    (targets(&before), targets(here))
                && known != shown
            {
                let live = |target: &Value| {
                    let mut target = target.clone();
                    target["$id"] = json!(bindings.live(target["$id"].as_str().unwrap_or_default()));
                    target
                };
                patch.insert("targets".to_owned(), shown.iter().map(live).collect());
            }
        }
        let flag = |field: &str| before.body.get(field).and_then(Value::as_bool).unwrap_or_default();
        match exchange.response.error_type().as_deref() {
            Some("user_blocked") if flag("status") => {
                patch.insert("status".to_owned(), json!(false));
            }
            Some("user_more_factors_required") => {
                let verified = flag("emailVerification")
                    || flag("phoneVerification")
                    || stage.has_second_factor(bindings.live(&user.id));
                if !flag("mfa") {
                    patch.insert("mfa".to_owned(), json!(true));
                }
                if !verified {
                    patch.insert("emailVerification".to_owned(), json!(true));
                }
            }
            _ => {}
        }
        if !patch.is_empty() {
            stage.change_user(bindings.live(&user.id), &Value::Object(patch));
        }
    }

    /// How an OAuth2 login ends shows whether its user, who is the same at each login, is blocked.
    fn blocked_oauth(&self, exchange: &Exchange, project: &str, stage: &Stage, bindings: &Bindings) {
        if exchange.request.segments().last() != Some(&"redirect") {
            return;
        }
        let location = header(&exchange.response.headers, "location").unwrap_or_default();
        let (blocked, failed) = (location.contains("user_blocked"), location.contains("error="));
        if !blocked && failed {
            return;
        }
        let known = self.oauth_user.get(project).map(|user| bindings.live(user).to_owned());
        // Appwrite's own provider for tests has this one user.
        match known.or_else(|| stage.user_with_email(TEST_USER)) {
            Some(user) => stage.change_user(&user, &json!({ "status": !blocked })),
            None if blocked => {
                let fields = json!({ "email": TEST_USER, "status": false });
                stage.make_user("unique()", None, fields.as_object().unwrap_or(&Map::new()));
            }
            None => {}
        }
    }

    pub(super) fn note_users(&mut self, index: usize, exchange: &Exchange) {
        let project = super::project(&exchange.request);
        let set: Vec<(String, String)> = self
            .evidence
            .users
            .all()
            .filter(|user| user.project == project)
            .flat_map(|user| {
                user.set.iter().map(move |(at, password)| (at, user.id.clone(), password.clone()))
            })
            .filter(|(at, _, _)| **at == index)
            .map(|(_, id, password)| (id, password))
            .collect();
        for (id, password) in set {
            self.passwords.insert((project.clone(), id), password);
        }
        if exchange.request.segments().last() == Some(&"redirect")
            && let Some(credential) = super::super::evidence::issued_credential(&exchange.response)
        {
            self.oauth_user.insert(project, credential.user);
        }
    }
}

fn text<'a>(sighting: &'a Sighting, field: &str) -> Option<&'a str> {
    sighting.body.get(field).and_then(Value::as_str)
}

fn lacks_password(sighting: &Sighting) -> bool {
    text(sighting, "passwordUpdate") == Some("") && !sighting.written.iter().any(|name| name == "password")
}

/// What a sighting says about a user before an exchange: all of it, but for fields that were set by requests since.
fn presupposed(user: &UserFacts, sighting: &Sighting, index: usize) -> Map<String, Value> {
    let untouched = !user.written_between(index.saturating_sub(1), sighting.index);
    let mut fields = Map::new();
    for field in CHANGEABLE.iter().chain(&["labels", "targets"]) {
        let Some(value) = sighting.body.get(*field) else { continue };
        // Who has an address and no target was made by a route that gives none.
        let empty =
            value.as_str() == Some("") || *field != "targets" && value.as_array().is_some_and(Vec::is_empty);
        // Another address is another target.
        let written = sighting.written.iter().any(|name| {
            name == field || *field == "targets" && matches!(name.as_str(), "email" | "phone" | "targetId")
        });
        let stable = matches!(*field, "name" | "phone" | "targets");
        if !empty && !written && (untouched || stable) {
            fields.insert((*field).to_owned(), value.clone());
        }
    }
    fields
}
