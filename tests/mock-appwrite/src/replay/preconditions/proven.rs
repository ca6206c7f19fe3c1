//! What an answer proves by itself about the state before it, where no recorded exchange accounts for that state.

use super::super::bindings::Bindings;
use super::super::credential::{Credential, carried, jwt_payload};
use super::super::evidence::{authenticated, needs_account};
use super::super::stage::Stage;
use super::super::transcript::{Exchange, Request, all, percent_decode};
use super::Preconditions;
use crate::json;
use serde_json::Value;

impl Preconditions<'_> {
    pub(super) fn proven(
        &mut self,
        index: usize,
        exchange: &Exchange,
        project: &str,
        stage: &Stage,
        bindings: &mut Bindings,
    ) {
        let Some(user) = caller(&exchange.request) else { return };
        let live = bindings.live(&user).to_owned();
        let kind = exchange.response.error_type().unwrap_or_default();
        match kind.as_str() {
            "user_blocked" => stage.change_user(&live, &json!({ "status": false })),
            "general_unauthorized_scope" => self.ended(index, exchange, project, stage, bindings),
            "user_session_not_found" => self.deleted(index, exchange, &live, stage, bindings),
            _ if authenticated(exchange) => self.status(&live, exchange, stage),
            _ => {}
        }
        let own = carried(&exchange.request).into_iter().next();
        let own = own.map(|own| bindings.live_credential(&own));
        let seen = self.evidence.users.get(project, &user).and_then(|user| user.seen_from(index));
        let checks = matches!(
            (exchange.request.method.as_str(), exchange.request.segments().as_slice()),
            ("PATCH", ["account", "password" | "email" | "phone"])
        );
        if checks && kind == "user_invalid_credentials" {
            stage.need_password(&live);
        }
        let mailed = seen.is_some_and(|seen| seen.body.get("emailVerification") == Some(&Value::Bool(true)));
        if let Some(own) = &own {
            factors_of(exchange, &live, own, mailed, stage);
        }
        self.authenticator(exchange, &live, stage, bindings);
        let packed = all(&exchange.response.headers, "content-encoding").next().is_some();
        if packed && exchange.request.segments() == ["account"] && exchange.response.json().is_none() {
            // What is compressed is long, and only preferences make an account long.
            stage.change_user(&live, &json!({ "prefs": { "unseen": "x".repeat(1024) } }));
        }
        if exchange.request.segments() == ["account", "prefs"] {
            self.prefs(index, exchange, &user, &live, stage);
        }
        if exchange.request.segments() == ["account", "identities"] && exchange.response.status == 200 {
            let shown = exchange.response.json().and_then(|body| body.get("identities")?.as_array().cloned());
            stage.identities(&live, &shown.unwrap_or_default());
        }
    }

    /// Who is let in is not blocked.
    fn status(&self, live: &str, exchange: &Exchange, stage: &Stage) {
        if exchange.response.status < 400 && !stage.is_enabled(live) {
            stage.change_user(live, &json!({ "status": true }));
        }
    }

    /// Preferences that are read, unless a recorded request set them after they were seen last.
    fn prefs(&self, index: usize, exchange: &Exchange, user: &str, live: &str, stage: &Stage) {
        let Some(shown) = exchange
            .response
            .json()
            .filter(|_| exchange.request.method == "GET" && exchange.response.status == 200)
        else {
            return;
        };
        let sets = |other: &Exchange| {
            let segments = other.request.segments();
            let own = segments == ["account", "prefs"] && caller(&other.request).as_deref() == Some(user);
            let by_key = segments == ["users", user, "prefs"];
            other.request.method == "PATCH" && other.response.status < 300 && (own || by_key)
        };
        let seen = |other: &Exchange| {
            other.request.method == "GET"
                && other.request.segments() == ["account", "prefs"]
                && caller(&other.request).as_deref() == Some(user)
                && other.response.status < 300
        };
        let earlier = &self.exchanges[..index];
        let (set, seen) = (earlier.iter().rposition(sets), earlier.iter().rposition(seen));
        if set.is_none() || set < seen {
            stage.change_user(live, &json!({ "prefs": shown }));
        }
    }

    /// A session that cannot be found any more was deleted, unrecorded if no recorded exchange did it.
    fn deleted(&self, index: usize, exchange: &Exchange, live: &str, stage: &Stage, bindings: &Bindings) {
        let segments = exchange.request.segments();
        let Some(id) = segments.get(2).filter(|_| segments[1] == "sessions") else { return };
        let deletes =
            |other: &&Exchange| other.request.method == "DELETE" && other.request.segments() == segments;
        let recorded =
            self.exchanges.iter().take(index).any(|other| deletes(&other) && other.response.status < 300);
        if !recorded {
            stage.end_session(live, bindings.live(id));
        }
    }

    fn authenticator(&mut self, exchange: &Exchange, live: &str, stage: &Stage, bindings: &mut Bindings) {
        let (request, response) = (&exchange.request, &exchange.response);
        let kind = response.error_type().unwrap_or_default();
        let segments = request.segments();
        match (request.method.as_str(), segments.as_slice(), response.status) {
            ("PUT", ["account", "mfa", "authenticators", _], 200) => {
                let secret = stage.authenticator(live, false);
                self.fitting_code(request, secret, stage, bindings);
            }
            ("POST", ["account", "mfa", "authenticators", _], 200) if !stage.has_email(live) => {
                // The label of an authenticator is the address.
                let uri = response.field("uri").map(|uri| percent_decode(&uri)).unwrap_or_default();
                let label = uri
                    .split(['?', '/'])
                    .find_map(|part| part.split_once(':')?.1.contains('@').then_some(part));
                let email = label.and_then(|label| label.split_once(':')).map(|(_, email)| email.to_owned());
                stage.change_user(live, &json!({ "email": email.unwrap_or_else(|| unseen(live)) }));
            }
            ("POST", ["account", "mfa", "challenge" | "challenges"], 200 | 201) => {
                if let Some(factor) = request.param("factor") {
                    reachable(live, &factor, stage);
                }
            }
            ("PATCH", ["account", "mfa"], 400) if kind == "document_invalid_structure" => {
                // It takes a factor that the session has passed before one that it has not.
                stage.authenticator(live, true);
                reachable(live, "email", stage);
                if let Some(own) = carried(request).into_iter().next() {
                    stage.add_factor(live, &bindings.live_credential(&own).secret, "totp");
                }
            }
            ("PUT", ["account", "mfa", "authenticators", _], 401) if kind == "user_invalid_token" => {
                stage.authenticator(live, false);
            }
            (_, ["account", "mfa", "authenticators", _], 409) => {
                stage.authenticator(live, true);
            }
            ("DELETE", ["account", "mfa", "authenticators", _], 204) => {
                let secret = stage.authenticator(live, true);
                self.fitting_code(request, secret, stage, bindings);
            }
            ("GET", ["account", "mfa", "factors"], 200) => {
                let body = response.json().unwrap_or_default();
                let flag = |name: &str| body.get(name) == Some(&Value::Bool(true));
                if flag("totp") {
                    stage.authenticator(live, true);
                }
                for factor in ["email", "phone"].into_iter().filter(|factor| flag(factor)) {
                    reachable(live, factor, stage);
                }
                if flag("recoveryCode") && stage.recovery_codes(live).is_empty() {
                    stage.set_recovery_codes(live, crate::routes::new_recovery_codes());
                }
            }
            (_, ["account", "mfa", "recovery-codes"], 409) if stage.recovery_codes(live).is_empty() => {
                stage.set_recovery_codes(live, crate::routes::new_recovery_codes());
            }
            ("GET", ["account", "mfa", "recovery-codes"], 200) if stage.recovery_codes(live).is_empty() => {
                let body = response.json().unwrap_or_default();
                let codes = body.get("recoveryCodes").and_then(Value::as_array).into_iter().flatten();
                stage.set_recovery_codes(
                    live,
                    codes.filter_map(|code| code.as_str().map(str::to_owned)).collect(),
                );
            }
            ("PATCH", ["account", "mfa", "recovery-codes"], 200) if stage.recovery_codes(live).is_empty() => {
                stage.set_recovery_codes(live, crate::routes::new_recovery_codes());
            }
            ("PUT", ["account", "mfa", "challenge" | "challenges"], 200) => {
                self.answered(exchange, live, stage, bindings);
            }
            _ => {}
        }
    }

    /// A challenge that was completed and whose creation was not recorded.
    fn answered(&mut self, exchange: &Exchange, live: &str, stage: &Stage, bindings: &mut Bindings) {
        let param = |name: &str| exchange.request.param(name).unwrap_or_default();
        let (id, code) = (param("challengeId"), param("otp"));
        if let Some(own) = carried(&exchange.request).into_iter().next() {
            let body = exchange.response.json().unwrap_or_default();
            let shown = body.get("factors").and_then(Value::as_array).into_iter().flatten();
            let shown: Vec<String> = shown.filter_map(|factor| factor.as_str().map(str::to_owned)).collect();
            stage.only_factors(live, &bindings.live_credential(&own).secret, &shown);
        }
        if self.challenges.contains_key(&id) {
            return;
        }
        let body = exchange.response.json().unwrap_or_default();
        let shown = body.get("factors").and_then(Value::as_array).cloned().unwrap_or_default();
        let own = carried(&exchange.request).into_iter().next().map(|own| bindings.live_credential(&own));
        let had = own.map(|own| stage.factors(live, &own.secret)).unwrap_or_default();
        let passed =
            shown.iter().filter_map(Value::as_str).rfind(|factor| !had.iter().any(|known| known == factor));
        // Where all are known from this very answer, the last one is what it was about.
        let last = || shown.last().and_then(Value::as_str).filter(|factor| *factor != "password");
        let factor = passed.or_else(last).unwrap_or("totp");
        if factor == "totp" {
            let secret = stage.authenticator(live, true);
            self.fitting_code(&exchange.request, secret, stage, bindings);
        }
        let spelling = if factor == "recoveryCode" { stage.recovery_factor() } else { factor };
        if factor == "recoveryCode" && !stage.recovery_codes(live).contains(&code) {
            let mut codes = stage.recovery_codes(live);
            codes.push(code.clone());
            stage.set_recovery_codes(live, codes);
        }
        stage.challenge(live, bindings.live(&id), spelling, &code);
    }

    /// The code of the request becomes the one that fits the live authenticator, unless a recorded authenticator explains it.
    fn fitting_code(
        &self,
        request: &Request,
        secret: Option<String>,
        stage: &Stage,
        bindings: &mut Bindings,
    ) {
        let (Some(code), Some(secret)) = (request.param("otp"), secret) else { return };
        bindings.rebind(&code, &stage.totp(&secret, stage.now() / 1000));
    }

    /// A credential that was good, and is refused although no recorded exchange has ended its session, was ended unrecorded.
    fn ended(&self, index: usize, exchange: &Exchange, project: &str, stage: &Stage, bindings: &Bindings) {
        if !exchange.response.body.contains("(role: guests)")
            || exchange.request.header("x-appwrite-key").is_some()
        {
            return;
        }
        let request = &exchange.request;
        let (user, mark) = match request.header("x-appwrite-jwt").and_then(jwt_payload) {
            Some(payload) if carried(request).is_empty() => {
                let text =
                    |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                (text("userId"), text("sessionId"))
            }
            None => match plain_carrier(request, project) {
                Some(credential) => (credential.user, credential.secret),
                None => return,
            },
            Some(_) => return,
        };
        let used = |other: &Exchange| {
            let jwt = other.request.header("x-appwrite-jwt").and_then(jwt_payload);
            let by_jwt = jwt.and_then(|jwt| jwt.get("sessionId")?.as_str().map(|id| id == mark));
            authenticated(other)
                && (by_jwt == Some(true) || carried(&other.request).iter().any(|one| one.secret == mark))
        };
        let since = self.exchanges.iter().take(index).rposition(used).map_or(0, |at| at + 1);
        let ends = |other: &Exchange| {
            let writes = !matches!(other.request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
            let segments = other.request.segments();
            let about = matches!(segments.first(), Some(&"account" | &"users"));
            let delicate = other.request.method == "DELETE"
                || matches!(
                    segments.last(),
                    Some(&"password" | &"recovery" | &"status" | &"sessions" | &"email" | &"token")
                );
            writes && about && delicate && other.response.status < 300 && other.request.method != "POST"
        };
        let explained = self.exchanges.iter().take(index).skip(since).any(ends);
        let later = self.exchanges.iter().skip(index + 1).any(used);
        if !explained && !later {
            stage.end_session(bindings.live(&user), bindings.live(&mark));
        }
    }
}

/// What the answer says of the factors that the caller's session has passed. `mailed`: the user is seen with a verified e-mail.
fn factors_of(exchange: &Exchange, live: &str, own: &Credential, mailed: bool, stage: &Stage) {
    let kind = exchange.response.error_type().unwrap_or_default();
    let segments = exchange.request.segments();
    let exempt = matches!(segments.as_slice(), ["account", "mfa", "challenge" | "challenges" | "factors"])
        || exchange.request.method == "DELETE" && segments.len() == 3 && segments[1] == "sessions";
    if kind == "user_more_factors_required" {
        stage.lack_factors(live, &own.secret);
        if !stage.has_second_factor(live) {
            match mailed {
                true => stage.change_user(live, &json!({ "emailVerification": true })),
                false => drop(stage.authenticator(live, true)),
            }
        }
        stage.change_user(live, &json!({ "mfa": true }));
    } else if needs_account(&exchange.request) && authenticated(exchange) && !exempt && kind != "user_blocked"
    {
        stage.pass_factors(live, &own.secret);
    }
    let protected = matches!(
        (exchange.request.method.as_str(), segments.as_slice()),
        ("GET" | "PATCH", ["account", "mfa", "recovery-codes"])
            | ("DELETE", ["account", "mfa", "authenticators", _])
    );
    if protected && exchange.response.status < 300 {
        stage.challenged(live, &own.secret, stage.now());
    }
}

/// An address that nothing shows.
fn unseen(live: &str) -> String {
    format!("{live}@never.shown.example")
}

/// Makes sure that a user has what a factor needs, verified.
fn reachable(live: &str, factor: &str, stage: &Stage) {
    match factor {
        "email" => {
            let email = (!stage.has_email(live)).then(|| unseen(live));
            stage.change_user(live, &json!({ "email": email, "emailVerification": true }));
        }
        "phone" => {
            let phone = (!stage.has_phone(live)).then_some("+15550000000");
            stage.change_user(live, &json!({ "phone": phone, "phoneVerification": true }));
        }
        _ => {}
    }
}

/// The user in the credential or the JWT of a request.
fn caller(request: &Request) -> Option<String> {
    let jwt = request.header("x-appwrite-jwt").and_then(jwt_payload);
    let by_jwt = jwt.and_then(|jwt| jwt.get("userId")?.as_str().map(str::to_owned));
    by_jwt.or_else(|| carried(request).into_iter().next().map(|one| one.user))
}

/// The credential of a request that carries one in one way, under the project's name, and as the server issued it.
fn plain_carrier(request: &Request, project: &str) -> Option<Credential> {
    let carriers = ["cookie", "x-appwrite-session", "x-fallback-cookies"];
    let mut lines =
        request.headers.iter().filter(|(name, _)| carriers.contains(&name.to_ascii_lowercase().as_str()));
    let ((_, value), None) = (lines.next()?, lines.next()) else { return None };
    let credentials = carried(request);
    let [credential] = credentials.as_slice() else { return None };
    let blob = super::super::credential::encode(credential);
    let bare = percent_decode(value)
        .replace(&format!("{blob}=="), "")
        .replace(&format!("{blob}="), "")
        .replace(&blob, "");
    let key = format!("a_session_{project}");
    let plain = [format!("{key}="), String::new(), format!("{{\"{key}\":\"\"}}")].contains(&bare);
    plain.then(|| credential.clone())
}
