//! Sets up what a transcript presupposes and does not show: the one place where the replay infers anything.
//!
//! Everything here is a statement about the *world* before an exchange (users, sessions, settings, time). Nothing
//! here tells the server what to answer, and no inference looks at the name of a case beyond its group. The
//! inferences, each with the evidence it needs:
//!
//! 1. **Time.** The clock moves to each recorded `Date`, or to the moment at which the response says that it made
//!    something.
//! 2. **Projects.** A project other than the mock's own exists unless the server answered `project_not_found`.
//! 3. **Keys.** A value in `X-Appwrite-Key` or `X-Appwrite-Dev-Key` that has the form of the server's own keys is a
//!    valid key, unless every exchange with it was refused as `user_unauthorized`.
//! 4. **Platforms.** An origin that was checked and accepted belongs to a registered platform.
//! 5. **Users.** A user whom a response shows, and whom no recorded exchange made, existed, with what the nearest
//!    sighting shows that nothing recorded changed in between. A sign-up refused because it is taken means that
//!    somebody has that address or id.
//! 6. **Passwords.** The password of an accepted login was the user's, unless a recorded request set it anyway.
//! 7. **Unrecorded changes.** If a user is seen twice with no recorded change in between and looks different, then
//!    somebody changed the user. `user_blocked` and `user_more_factors_required` are sightings of that kind. See
//!    [`proven`] for what an answer proves by itself: factors that were passed, authenticators, recovery codes.
//! 8. **Sessions.** A credential, session id or JWT that the server accepted, and that no recorded exchange made,
//!    was made by an unrecorded login, when its id or body says or just before its first use. See
//!    [`super::evidence`] for how ids, credentials and lists are tied together. `X-Fallback-Cookies: []` on a
//!    deletion of all sessions counts them.
//! 9. **JWTs.** A JWT that was accepted, or refused for another reason than itself, had been signed by the server.
//! 10. **Codes.** A secret that the server accepted was the one that it had sent by e-mail or SMS for that user; if
//!     it had sent none, an API key had made it. A one-time password that fits the recorded authenticator secret
//!     at the recorded time becomes the one that fits the live secret.
//! 11. **Settings.** An error that names a setting (a disabled method, service, API or provider, too many users)
//!     means that the setting was so for this exchange; every other exchange that reached the check means that it
//!     was not. The life of a session shows in its `Max-Age` or `expire`, the session limit in a list that is
//!     shorter than what the recorded exchanges made, the invalidation of sessions in what became of the others. These
//!     three last for the group that shows them.
//! 12. **Rate limits.** See [`limits`]: a counter that went up was emptied, a counter that starts lower was used by
//!     unrecorded requests.
//! 13. **Teams.** A team, a membership or an invitation that an answer shows or needs was there; see [`teams`].

pub(super) mod limits;
mod people;
mod proven;
mod secrets;
mod settings;
mod teams;

use super::bindings::Bindings;
use super::credential::{Credential, carried, jwt_payload};
use super::evidence::{Evidence, SessionFacts, authenticated, needs_account, project};
use super::stage::{NewSession, Stage};
use super::transcript::{Exchange, all};
use std::collections::{HashMap, HashSet};

/// The state of the inferences during a replay.
#[derive(Debug)]
pub(super) struct Preconditions<'a> {
    exchanges: &'a [Exchange],
    evidence: Evidence,
    /// Sessions that were set up, by their first mention and identity.
    made: HashSet<String>,
    /// Users that were set up or made, by project and recorded id.
    users: HashSet<(String, String)>,
    passwords: HashMap<(String, String), String>,
    /// Recorded and live authenticator secrets.
    totp: Vec<(String, String)>,
    /// The factor of each recorded challenge.
    challenges: HashMap<String, String>,
    /// The user of the last OAuth2 login of each project.
    oauth_user: HashMap<String, String>,
}

impl<'a> Preconditions<'a> {
    /// Reads a transcript.
    pub(super) fn new(exchanges: &'a [Exchange]) -> Self {
        Self {
            exchanges,
            evidence: Evidence::read(exchanges),
            made: HashSet::new(),
            users: HashSet::new(),
            passwords: HashMap::new(),
            totp: Vec::new(),
            challenges: HashMap::new(),
            oauth_user: HashMap::new(),
        }
    }

    /// Sets up what holds for the whole transcript: keys and platforms.
    pub(super) fn begin(&mut self, stage: &Stage, bindings: &mut Bindings) {
        settings::keys(self.exchanges, stage, bindings);
        settings::platforms(self.exchanges, stage);
    }

    /// Sets up what one exchange presupposes, except rate limits.
    pub(super) fn before(&mut self, index: usize, stage: &Stage, bindings: &mut Bindings) {
        let Some(exchange) = self.exchanges.get(index) else { return };
        let project = project(&exchange.request);
        if !stage.enter(&project, exchange.response.error_type().as_deref() != Some("project_not_found")) {
            self.jwt(exchange, stage, bindings);
            return self.clock(exchange, stage);
        }
        self.people(index, exchange, &project, stage, bindings);
        self.sessions(index, exchange, &project, stage, bindings);
        self.jwt(exchange, stage, bindings);
        self.clock(exchange, stage);
        self.proven(index, exchange, &project, stage, bindings);
        self.teams(exchange, stage, bindings);
        self.codes(index, exchange, stage, bindings);
        self.settings(index, exchange, &project, stage, bindings);
    }

    /// Notes what an exchange taught, once it was replayed.
    pub(super) fn after(&mut self, index: usize, live: &super::transcript::Response) {
        let Some(exchange) = self.exchanges.get(index) else { return };
        self.note_users(index, exchange);
        self.note_codes(exchange, live);
    }

    fn clock(&self, exchange: &Exchange, stage: &Stage) {
        let Some(date) = exchange.response.date() else { return };
        let made = || super::shape::date_ms(&exchange.response.field("$createdAt")?);
        let precise = made().filter(|at| exchange.response.status == 201 && (date - at).abs() <= 2000);
        stage.advance_to(precise.unwrap_or(date));
    }

    /// Users that the exchange concerns, by recorded id.
    fn concerned(&self, exchange: &Exchange, project: &str, index: usize) -> Vec<String> {
        let mut ids: Vec<String> =
            carried(&exchange.request).into_iter().map(|credential| credential.user).collect();
        let jwt = || exchange.request.header("x-appwrite-jwt").and_then(jwt_payload);
        let by_jwt = || jwt()?.get("userId")?.as_str().map(str::to_owned);
        ids.extend(by_jwt());
        ids.extend(exchange.request.param("userId"));
        if let ["users", id, ..] = exchange.request.segments().as_slice() {
            ids.push((*id).to_owned());
        }
        ids.extend(exchange.response.field("userId"));
        let email = exchange.request.param("email");
        let by_email = email.and_then(|email| self.evidence.users.with_email(project, &email, index));
        ids.extend(by_email.map(|user| user.id.clone()));
        ids.sort();
        ids.dedup();
        ids
    }

    fn sessions(
        &mut self,
        index: usize,
        exchange: &Exchange,
        project: &str,
        stage: &Stage,
        bindings: &mut Bindings,
    ) {
        let now = exchange.response.date().unwrap_or_else(|| stage.now());
        let concerned = self.concerned(exchange, project, index);
        let mut due: Vec<SessionFacts> = self
            .evidence
            .sessions
            .all()
            .filter(|facts| facts.presupposed() && facts.project == project)
            .filter(|facts| !self.made.contains(&key(facts)))
            .filter(|facts| {
                let known = concerned.contains(&facts.user) && stage.has_user(bindings.live(&facts.user));
                let earlier = facts.created().is_some_and(|at| at <= now && known);
                facts.first == index || earlier
            })
            .cloned()
            .collect();
        due.sort_by_key(|facts| (facts.created().unwrap_or(now), facts.first));
        for facts in due {
            self.made.insert(key(&facts));
            self.session(&facts, index, exchange, stage, bindings);
        }
        self.listed(index, exchange, project, stage, bindings);
        self.uncounted(exchange, project, stage, bindings);
    }

    /// A list of a user's sessions is complete, and what a session shows of its challenge was so.
    fn listed(
        &self,
        index: usize,
        exchange: &Exchange,
        project: &str,
        stage: &Stage,
        bindings: &mut Bindings,
    ) {
        let read = exchange.request.method == "GET" && exchange.response.status == 200;
        let Some(body) = exchange.response.json().filter(|_| read) else { return };
        let text = |session: &serde_json::Value, name: &str| {
            session.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
        };
        let list = body.get("sessions").and_then(|list| list.as_array()).cloned();
        let shown = list.clone().unwrap_or_else(|| vec![body]);
        for session in shown.iter().filter(|session| super::evidence::is_session(session)) {
            let passed = super::shape::date_ms(&text(session, "mfaUpdatedAt"));
            let (user, id) = (text(session, "userId"), text(session, "$id"));
            if let Some(passed) = passed {
                stage.challenged_at(bindings.live(&user), bindings.live(&id), passed);
            }
        }
        if let Some(list) = list.filter(|list| !list.is_empty()) {
            let user = text(&list[0], "userId");
            let ids: Vec<String> =
                list.iter().map(|session| bindings.live(&text(session, "$id")).to_owned()).collect();
            stage.keep_sessions(bindings.live(&user), &ids);
            for session in &list {
                let id = text(session, "$id");
                let missing = !stage.has_session(bindings.live(&user), bindings.live(&id));
                if missing && !self.evidence.sessions.issued(&id) {
                    let facts = SessionFacts::shown(project, &user, &id, session);
                    self.session(&facts, index, exchange, stage, bindings);
                }
            }
        }
    }

    /// Makes one presupposed session.
    fn session(
        &self,
        facts: &SessionFacts,
        index: usize,
        exchange: &Exchange,
        stage: &Stage,
        bindings: &mut Bindings,
    ) {
        let text = |name: &str| {
            let value = facts.model.as_ref().and_then(|model| model.get(name)?.as_str());
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let shown: Option<Vec<String>> = facts
            .model
            .as_ref()
            .and_then(|model| model.get("factors")?.as_array())
            .map(|list| list.iter().filter_map(|factor| factor.as_str().map(str::to_owned)).collect());
        let live = Credential {
            user: bindings.live(&facts.user).to_owned(),
            secret: facts.secret.clone().unwrap_or_default(),
        };
        let provider = text("provider").unwrap_or_else(|| "email".to_owned());
        let factors = shown.unwrap_or_else(|| self.factors(facts, index, exchange));
        let session = NewSession {
            user: live.user.clone(),
            id: facts.id.clone(),
            secret: facts.secret.clone(),
            created: facts.created(),
            // A body that shows none shows that there is none.
            provider_uid: facts.model.as_ref().map(|_| text("providerUid").unwrap_or_default()),
            provider_tokens: ["providerAccessToken", "providerRefreshToken"]
                .map(|name| text(name).unwrap_or_default()),
            provider_expiry: text("providerAccessTokenExpiry").and_then(|at| super::shape::date_ms(&at)),
            // An extension shows what comes after it, in the database's format.
            expire: text("expire")
                .filter(|at| super::shape::is_iso_date(at))
                .and_then(|at| super::shape::date_ms(&at)),
            mfa_updated: text("mfaUpdatedAt")
                .filter(|at| super::shape::is_iso_date(at))
                .and_then(|at| super::shape::date_ms(&at)),
            provider,
            factors,
            user_agent: exchange.request.header("user-agent").map(str::to_owned),
        };
        stage.make_session(&session);
    }

    /// With MFA on, a session that is let through has passed a second factor.
    fn factors(&self, facts: &SessionFacts, index: usize, exchange: &Exchange) -> Vec<String> {
        let user = self.evidence.users.get(&facts.project, &facts.user);
        let seen = user.and_then(|user| user.seen_before(index));
        let mfa =
            seen.is_some_and(|sighting| sighting.body.get("mfa").and_then(|mfa| mfa.as_bool()) == Some(true));
        let free = exchange.request.segments().get(1) == Some(&"mfa") || exchange.request.method == "DELETE";
        let passed = mfa && !free && authenticated(exchange) && exchange.response.status < 400;
        let mut factors = vec!["password".to_owned()];
        if passed && needs_account(&exchange.request) {
            factors.push("totp".to_owned());
        }
        factors
    }

    /// Deleting all sessions of a newer server names each of them by a header line.
    fn uncounted(&self, exchange: &Exchange, project: &str, stage: &Stage, bindings: &Bindings) {
        let segments = exchange.request.segments();
        if segments.as_slice() != ["account", "sessions"] || exchange.request.method != "DELETE" {
            return;
        }
        let lines = all(&exchange.response.headers, "x-fallback-cookies").count();
        let presented = carried(&exchange.request).len().min(1);
        let Some(user) = self.concerned(exchange, project, 0).into_iter().next().filter(|_| lines > 1) else {
            return;
        };
        let live = bindings.live(&user).to_owned();
        let sessions = lines.saturating_sub(presented);
        stage.drop_oldest_sessions(&live, sessions);
        for _ in stage.session_count(&live)..sessions {
            stage.make_session(&NewSession::plain(&live));
        }
    }

    fn jwt(&self, exchange: &Exchange, stage: &Stage, bindings: &mut Bindings) {
        let Some(token) = exchange.request.header("x-appwrite-jwt") else { return };
        let Some(facts) = self.evidence.sessions.jwts.get(token) else { return };
        if facts.issued || !facts.signed || bindings.rewrite(token) != token {
            return;
        }
        let user = bindings.live(&facts.user).to_owned();
        let session = bindings.live(&facts.session).to_owned();
        let live = stage.sign_jwt(&user, &session, facts.expires / 1000);
        bindings.bind(token, &live);
    }
}

fn key(facts: &SessionFacts) -> String {
    format!("{:?} {:?} {:?}", facts.user, facts.secret, facts.id)
}
