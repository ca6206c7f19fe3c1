//! A user's own browser, so to speak: a session beside the client under test, to set up what only the user can.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{
    Method, Request, Response,
    header::{DATE, SET_COOKIE},
};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::{admin::Admin, totp, world::Person};

/// A user's authenticator app.
pub(crate) struct Authenticator {
    secret: String,
    /// How far Appwrite's clock is ahead of ours, in seconds.
    ahead: i64,
}

impl Authenticator {
    /// The code that Appwrite takes now. Waits for the next one if this one is about to end.
    pub(crate) async fn code(&self) -> Result<String, String> {
        if totp::left(self.now()) < 4 {
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
        seconds().saturating_add_signed(self.ahead)
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Signs in as `person`, adds an authenticator app, and signs out.
pub(crate) async fn enrol_authenticator(admin: &Admin, person: &Person) -> Result<Authenticator, String> {
    let body = json!({ "email": person.email, "password": person.password });
    let (login, _) = call(admin, Method::POST, "/account/sessions/email", Some(body), "").await?;
    let cookie = session_cookie(&login).ok_or("the login set no session cookie")?;
    let path = "/account/mfa/authenticators/totp";
    let (answer, made) = call(admin, Method::POST, path, None, &cookie).await?;
    let secret = made["secret"].as_str().ok_or("the authenticator has no secret")?.to_owned();
    let authenticator = Authenticator { secret, ahead: ahead(&answer) };
    let code = authenticator.code().await?;
    call(admin, Method::PUT, path, Some(json!({ "otp": code })), &cookie).await?;
    call(admin, Method::DELETE, "/account/sessions/current", None, &cookie).await?;
    Ok(authenticator)
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

fn ahead(answer: &Response<Bytes>) -> i64 {
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
    let theirs =
        date.and_then(|date| OffsetDateTime::parse(date, &Rfc2822).ok()).map(OffsetDateTime::unix_timestamp);
    let ours = seconds().cast_signed();
    theirs.map_or(0, |theirs| theirs - ours)
}
