//! A user's own browser, so to speak: a session beside the client under test, to set up what only the user can.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, header::SET_COOKIE};
use serde_json::{Value, json};

use super::{
    admin::Admin,
    ledger::{date, seconds},
    totp,
    world::Person,
};

/// A user's authenticator app.
pub(crate) struct Authenticator {
    secret: String,
    /// How far Appwrite's clock is ahead of ours, in seconds.
    ahead: i64,
}

impl Authenticator {
    /// An authenticator with this secret, set by the server's clock.
    pub(crate) fn new(secret: &str, admin: &Admin) -> Self {
        Self { secret: secret.to_owned(), ahead: admin.http.ledger.now() - seconds() }
    }

    /// The code that Appwrite takes now. Waits for the next one if this one could end on its way to a slow server.
    pub(crate) async fn code(&self) -> Result<String, String> {
        if totp::left(self.now()) < 6 {
            tokio::time::sleep(Duration::from_secs(totp::left(self.now()))).await;
        }
        totp::code_at(&self.secret, self.now())
            .ok_or_else(|| "the authenticator's secret is not base32".to_owned())
    }

    /// A code that it does not take.
    pub(crate) async fn wrong_code(&self) -> Result<String, String> {
        Ok(if self.code().await? == "000000" { "111111" } else { "000000" }.to_owned())
    }

    fn now(&self) -> u64 {
        seconds().saturating_add(self.ahead).unsigned_abs()
    }
}

/// What a user needs for a second factor.
pub(crate) struct SecondFactor {
    pub(crate) authenticator: Authenticator,
    pub(crate) recovery_codes: Vec<String>,
}

/// Opens a session of the user by a token of the project's key, whose limit nobody else shares: its cookie, and its body.
pub(crate) async fn open_session(admin: &Admin, user: &str) -> Result<(String, Value), String> {
    let secret = admin.create_token(user).await?;
    let body = json!({ "userId": user, "secret": secret });
    let (login, session) = call(admin, Method::POST, "/account/sessions/token", Some(body), "").await?;
    Ok((session_cookie(&login).ok_or("the sign-in set no session cookie")?, session))
}

/// Adds an authenticator app and recovery codes, demands a second factor from then on, and leaves no session.
pub(crate) async fn enrol(admin: &Admin, person: &Person) -> Result<SecondFactor, String> {
    let (cookie, _) = open_session(admin, &person.id).await?;
    let path = "/account/mfa/authenticators/totp";
    let (answer, made) = call(admin, Method::POST, path, None, &cookie).await?;
    let secret = made["secret"].as_str().ok_or("the authenticator has no secret")?.to_owned();
    let ahead = date(answer.headers()).map_or(0, |theirs| theirs - seconds());
    let authenticator = Authenticator { secret, ahead };
    let code = authenticator.code().await?;
    call(admin, Method::PUT, path, Some(json!({ "otp": code })), &cookie).await?;
    let (_, made) = call(admin, Method::POST, "/account/mfa/recovery-codes", None, &cookie).await?;
    let codes = made["recoveryCodes"].as_array().into_iter().flatten();
    let recovery_codes = codes.filter_map(|code| code.as_str().map(str::to_owned)).collect();
    admin.require_mfa(&person.id).await?;
    admin.delete_sessions(&person.id).await?;
    Ok(SecondFactor { authenticator, recovery_codes })
}

async fn call(
    admin: &Admin,
    method: Method,
    path: &str,
    body: Option<Value>,
    cookie: &str,
) -> Result<(Response<Bytes>, Value), String> {
    let line = format!("{method} {path}");
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", admin.endpoint.as_str().trim_end_matches('/')))
        .header("x-appwrite-project", &admin.project)
        .header("content-type", "application/json");
    if !cookie.is_empty() {
        request = request.header("cookie", cookie);
    }
    let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
    let answer = admin.http.send(request.body(body).map_err(|error| error.to_string())?).await?;
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    if answer.status().is_success() {
        return Ok((answer, body));
    }
    let kind = body["type"].as_str().unwrap_or("no type");
    Err(format!("{line} as the user answered {} {kind}", answer.status().as_u16()))
}

/// `a_session_<project>=…` as it goes back: without attributes.
fn session_cookie(login: &Response<Bytes>) -> Option<String> {
    let lines = login.headers().get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.filter_map(|line| line.split(';').next());
    pairs.rev().find(|pair| !pair.contains("_legacy=")).map(str::to_owned)
}
