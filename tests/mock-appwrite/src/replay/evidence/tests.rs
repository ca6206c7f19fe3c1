//! Shows on small transcripts what is taken for a precondition and what is not.

use super::super::credential::{Credential, encode};
use super::*;
use crate::{json, replay::transcript::parse};
const USER: &str = "6b046d48b2559e47fb53";
const SESSION: &str = "6b046d49a325f7e3bbb8";

fn blob(digit: char) -> String {
    encode(&Credential { user: USER.into(), secret: std::iter::repeat_n(digit, 256).collect() })
}

fn line(method: &str, path: &str, cookie: Option<&str>, status: u16, body: &Value) -> String {
    let mut headers = vec![json!(["Host", "localhost"]), json!(["X-Appwrite-Project", "demo"])];
    headers.extend(cookie.map(|blob| json!(["Cookie", format!("a_session_demo={blob}")])));
    let request = json!({"method": method, "path": path, "headers": headers, "body": null});
    let response = json!({"status": status, "headers": [["Date", "Mon, 23 Nov 2026 16:44:00 GMT"]], "body": body.to_string()});
    json!({"case": "g.c", "request": request, "response": response}).to_string()
}

fn read(lines: &[String]) -> Evidence {
    Evidence::read(&parse(&lines.join("\n")).unwrap_or_default())
}

fn account() -> Value {
    json!({"$id": USER, "registration": "", "prefs": {}, "email": "dave@example.com", "status": true})
}

fn refused() -> Value {
    json!({"type": "general_unauthorized_scope", "message": "User (role: guests) missing scope (account)"})
}

#[test]
fn an_accepted_unknown_credential_presupposes_its_session_and_user() {
    let evidence = read(&[line("GET", "/v1/account", Some(&blob('a')), 200, &account())]);
    assert!(evidence.sessions.all().all(SessionFacts::presupposed));
    let user = evidence.users.get("demo", USER);
    assert_eq!(user.map(|user| user.made), Some(false));
    assert_eq!(user.and_then(|user| user.email_at(0)), Some("dave@example.com"));
}

#[test]
fn a_refused_credential_presupposes_nothing() {
    let evidence = read(&[line("GET", "/v1/account", Some(&blob('0')), 401, &refused())]);
    assert_eq!(evidence.sessions.all().filter(|facts| facts.presupposed()).count(), 0);
    assert!(evidence.users.get("demo", USER).is_none());
}

#[test]
fn current_ties_the_id_to_the_credential() {
    let session = json!({"$id": SESSION, "userId": USER, "provider": "email", "expire": "", "clientType": "",
        "$createdAt": "2026-11-23T16:43:53.884+00:00", "providerUid": "dave@example.com", "current": true});
    let evidence = read(&[line(
        "GET",
        "/v1/account/sessions",
        Some(&blob('a')),
        200,
        &json!({"total": 1, "sessions": [session]}),
    )]);
    let all: Vec<&SessionFacts> = evidence.sessions.all().collect();
    assert_eq!(all.len(), 1);
    assert_eq!(all.first().and_then(|facts| facts.id.as_deref()), Some(SESSION));
    assert!(
        all.first().is_some_and(|facts| facts.secret.is_some() && facts.created() == Some(1_795_452_233_884))
    );
}

#[test]
fn a_credential_refused_right_after_its_deletion_is_the_deleted_session() {
    let path = format!("/v1/users/{USER}/sessions/{SESSION}");
    let evidence = read(&[
        line("DELETE", &path, None, 204, &Value::Null),
        line("GET", "/v1/account", Some(&blob('a')), 401, &refused()),
    ]);
    let all: Vec<&SessionFacts> = evidence.sessions.all().collect();
    assert_eq!(all.len(), 1);
    assert!(all.first().is_some_and(|facts| facts.presupposed() && facts.secret.is_some()));
}
