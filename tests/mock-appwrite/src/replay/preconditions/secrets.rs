//! One-time codes: read from the messages that the live server sent, or computed.

use super::super::bindings::Bindings;
use super::super::evidence::is_session;
use super::super::stage::Stage;
use super::super::transcript::{Exchange, Response};
use super::Preconditions;
use serde_json::{Map, Value};

impl Preconditions<'_> {
    pub(super) fn codes(
        &mut self,
        index: usize,
        exchange: &Exchange,
        stage: &Stage,
        bindings: &mut Bindings,
    ) {
        self.one_time_password(exchange, stage, bindings);
        let request = &exchange.request;
        let kind = match request.segments().as_slice() {
            ["account", "sessions", "token"] => "token",
            ["account", "sessions", "magic-url"] => "magic-url",
            ["account", "sessions", "phone"] => "phone",
            ["account", "recovery"] => "recovery",
            ["account", "verification"] | ["account", "verification" | "verifications", "email"] => {
                "verification"
            }
            ["account", "verification" | "verifications", "phone"] => "phone",
            ["teams", _, "memberships", _, "status"] => "invite",
            ["account", "mfa", "challenge" | "challenges"] => "mfa",
            _ => return,
        };
        let field = if kind == "mfa" { "otp" } else { "secret" };
        self.used_up(exchange, field, stage, bindings);
        let Some(code) = request.param(field).filter(|code| bindings.bound(code).is_none()) else { return };
        let accepted = self.exchanges.iter().skip(index).find(|later| {
            later.response.status < 300
                && later.request.route() == request.route()
                && later.request.param(field).as_ref() == Some(&code)
        });
        let Some(accepted) = accepted else { return };
        let user = accepted.request.param("userId").or_else(|| accepted.response.field("userId"));
        let Some(user) = user else { return };
        let live = bindings.live(&user).to_owned();
        let sent = stage.sent_code(&live, kind);
        let shown = accepted.response.json().filter(is_session).map(|session| token_kind(&session));
        let kind = shown.as_deref().filter(|_| kind == "token").unwrap_or(kind);
        let found = sent.or_else(|| stage.make_code(&live, kind, &code));
        if let Some(found) = found.filter(|found| *found != code) {
            bindings.bind(&code, &found);
        }
    }

    /// A secret that is refused as invalid is none of that user's, who exists if the answer would be another one otherwise.
    fn used_up(&self, exchange: &Exchange, field: &str, stage: &Stage, bindings: &Bindings) {
        if exchange.response.error_type().as_deref() != Some("user_invalid_token") || field != "secret" {
            return;
        }
        let (Some(user), Some(secret)) = (exchange.request.param("userId"), exchange.request.param(field))
        else {
            return;
        };
        let live = bindings.live(&user);
        if matches!(
            exchange.request.segments().get(1),
            Some(&"recovery" | &"verification" | &"verifications")
        ) {
            stage.make_user(live, None, &Map::new());
        }
        stage.drop_token(live, bindings.live(&secret));
    }

    /// A code that fits the recorded authenticator becomes the one that fits the live authenticator.
    fn one_time_password(&self, exchange: &Exchange, stage: &Stage, bindings: &mut Bindings) {
        let Some(code) = exchange.request.param("otp") else { return };
        let Some(then) = exchange.response.date() else { return };
        for (recorded, live) in &self.totp {
            let fits = [-30, 0, 30].iter().any(|off| stage.totp(recorded, then / 1000 + off) == code);
            if fits {
                bindings.rebind(&code, &stage.totp(live, stage.now() / 1000));
            }
        }
    }

    pub(super) fn note_codes(&mut self, exchange: &Exchange, live: &Response) {
        let authenticator = exchange.response.body.contains("otpauth:");
        if let (true, Some(from), Some(to)) =
            (authenticator, exchange.response.field("secret"), live.field("secret"))
        {
            self.totp.push((from, to));
        }
        if let (Some(factor), Some(id)) = (exchange.request.param("factor"), exchange.response.field("$id")) {
            self.challenges.insert(id, factor);
        }
    }
}

/// Which kind of token a session shows that it was opened with.
fn token_kind(session: &Value) -> String {
    let provider = session["provider"].as_str().unwrap_or_default();
    match (provider, session["factors"][0].as_str().unwrap_or_default()) {
        ("phone" | "magic-url", _) => provider.to_owned(),
        ("token", "email") => "email-otp".to_owned(),
        ("token", _) => "token".to_owned(),
        (provider, _) => format!("oauth2:{provider}"),
    }
}
