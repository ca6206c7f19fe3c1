//! Holds the profile 2.7, through HTTP, against the routes that Appwrite's document gives to clients: every route is answered with
//! its scope, its limit and its parameters, or the README says why it is not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by unwrapping it")]

mod http;

use std::{collections::BTreeSet, fmt::Write as _};

use http::{Answer, Call, call, newest, signed_in};
use mock_appwrite::MockAppwrite;
use serde_json::{Map, Value, json};

const LIST: &str = include_str!("routes/client-2.4.txt");
const README: &str = include_str!("../README.md");

/// A line of the list.
struct Listed {
    method: &'static str,
    path: &'static str,
    scope: &'static str,
    limit: Option<Limit>,
    params: Vec<Param>,
    status: u16,
}

struct Limit {
    most: i64,
    window: i64,
    /// Each counter, by what it counts.
    keys: Vec<Vec<&'static str>>,
}

#[derive(Clone, Copy)]
struct Param {
    name: &'static str,
    optional: bool,
    in_query: bool,
}

fn listed() -> Vec<Listed> {
    let lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '=']));
    lines.map(|line| read(line).unwrap_or_else(|| panic!("{line:?} cannot be read"))).collect()
}

fn read(line: &'static str) -> Option<Listed> {
    let parts: Vec<&str> = line.split('|').map(str::trim).collect();
    let [route, scope, limit, params, status] = parts[..] else { return None };
    let (method, path) = route.split_once(' ')?;
    let limit = match limit {
        "-" => None,
        limit => {
            let (number, keys) = limit.split_once(' ')?;
            let (most, window) = number.split_once('/')?;
            let keys = keys.split(" + ").map(|key| key.split(',').collect()).collect();
            Some(Limit { most: most.parse().ok()?, window: window.parse().ok()?, keys })
        }
    };
    let param = |text: &'static str| {
        let (name, in_query) =
            text.strip_suffix("@query").map_or((text, method == "GET"), |name| (name, true));
        let (name, optional) = name.strip_suffix('?').map_or((name, false), |name| (name, true));
        Param { name, optional, in_query }
    };
    Some(Listed {
        method,
        path,
        scope,
        limit,
        params: params.split_whitespace().map(param).collect(),
        status: status.parse().ok()?,
    })
}

/// The beginnings of paths that the README's table says are not answered.
fn left_out() -> BTreeSet<&'static str> {
    let (_, section) = README.split_once("## Routes that are not answered").unwrap();
    let rows = section.split("\n## ").next().unwrap().lines().filter_map(|line| line.strip_prefix("| "));
    let paths = rows.filter_map(|row| row.split(" | ").next()).flat_map(|cell| cell.split('`'));
    paths.filter(|text| text.starts_with('/')).collect()
}

fn is_left_out(path: &str) -> bool {
    left_out().iter().any(|start| path == *start || path.starts_with(&format!("{start}/")))
}

/// Something that a parameter takes.
fn good(name: &str) -> Value {
    match name {
        "email" => json!("new@example.com"),
        "phone" => json!("+4912345678"),
        "url" => json!("http://localhost/x"),
        "prefs" | "credential" => json!({ "a": 1 }),
        "roles" => json!(["owner"]),
        "mfa" => json!(true),
        "factor" => json!("email"),
        "provider" => json!("google"),
        _ => json!("correct-horse"),
    }
}

/// Something that it does not take.
fn bad(param: Param) -> Value {
    match (param.in_query, param.name) {
        (false, _) => json!({ "not": "this" }),
        (true, "search") => json!("x".repeat(257)),
        (true, "state") => json!("\u{e9}"),
        (true, _) => json!("neither"),
    }
}

struct Stage {
    mock: MockAppwrite,
    credential: String,
    team: String,
    member: String,
}

impl Stage {
    async fn new() -> Self {
        let mock = newest().await;
        let (_, credential) = signed_in(&mock, "ada@example.com");
        let body = json!({ "teamId": "unique()", "name": "Team" });
        let team = call(&mock, "POST", "/teams").session(&credential).body(body).send().await.text("$id");
        let members =
            call(&mock, "GET", &format!("/teams/{team}/memberships")).session(&credential).send().await;
        let member = members.body["memberships"][0]["$id"].as_str().unwrap().to_owned();
        Self { mock, credential, team, member }
    }

    fn path(&self, route: &Listed) -> String {
        let value = |part: &str| match part {
            ":teamId" => self.team.clone(),
            ":membershipId" => self.member.clone(),
            ":type" => "totp".to_owned(),
            ":provider" => "mock".to_owned(),
            ":sessionId" => "current".to_owned(),
            name if name.starts_with(':') => "x".to_owned(),
            other => other.to_owned(),
        };
        route.path.split('/').map(value).collect::<Vec<_>>().join("/")
    }

    /// A request of the route with these parameters, by a guest.
    fn guest(&self, route: &Listed, given: &[(Param, Value)]) -> Call<'_> {
        let (mut path, mut body) = (self.path(route), Map::new());
        let mut mark = '?';
        for (param, value) in given {
            if param.in_query {
                let text = value.as_str().unwrap().bytes().fold(String::new(), |mut text, byte| {
                    let _ = write!(text, "%{byte:02X}");
                    text
                });
                path = format!("{path}{mark}{}={text}", param.name);
                mark = '&';
            } else {
                body.insert(param.name.to_owned(), value.clone());
            }
        }
        let request = call(&self.mock, route.method, &path);
        if body.is_empty() { request } else { request.body(Value::Object(body)) }
    }

    /// The same by a caller whom the route is for.
    fn caller(&self, route: &Listed, given: &[(Param, Value)]) -> Call<'_> {
        let request = self.guest(route, given);
        if is_open(route.scope) { request } else { request.session(&self.credential) }
    }

    async fn send(&self, request: Call<'_>) -> Answer {
        self.mock.control().clear_rate_limits();
        request.send().await
    }
}

/// Whether guests have the scope.
fn is_open(scope: &str) -> bool {
    matches!(scope, "sessions.write" | "public" | "global" | "locale.read")
}

/// What is wrong with a route, one line each.
async fn faults(route: &Listed) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut note = |fault: String| wrong.push(format!("{} {}: {fault}", route.method, route.path));
    let stage = Stage::new().await;
    let as_guest = stage.send(stage.guest(route, &[])).await;
    // An unknown path is answered with a page.
    if as_guest.status == 404 && as_guest.body.is_null() {
        if !is_left_out(route.path) {
            note("is not answered, and the README does not say why".to_owned());
        }
        return wrong;
    }
    if is_left_out(route.path) {
        note("is answered, although the README says that it is not".to_owned());
    }
    let open = is_open(route.scope);
    let refused = as_guest.body["message"].as_str().unwrap_or_default().contains("missing scopes");
    if open == refused || refused && !as_guest.text("message").contains(&format!("[\"{}\"]", route.scope)) {
        note(format!(
            "a guest is answered {} {}, the scope is {}",
            as_guest.status, as_guest.text, route.scope
        ));
    }
    let required =
        || route.params.iter().filter(|param| !param.optional).map(|param| (*param, good(param.name)));
    for param in &route.params {
        let mut given: Vec<_> = required().filter(|(other, _)| other.name != param.name).collect();
        let expected = if param.optional {
            given.push((*param, bad(*param)));
            format!("Invalid `{}` param: ", param.name)
        } else {
            format!("Param \"{}\" is not optional.", param.name)
        };
        let answer = stage.send(stage.caller(route, &given)).await;
        // An old password that is none is simply wrong, and the OAuth2 routes answer with a page.
        let wrong_password = param.name == "oldPassword" && answer.body["type"] == "user_invalid_credentials";
        let said = match answer.body["message"].as_str() {
            Some(message) => message.contains(&expected),
            None => answer.status == 400 && answer.text.contains(&expected),
        };
        if !said && !wrong_password {
            note(format!("the parameter {} is not looked at: {} {}", param.name, answer.status, answer.text));
        }
    }
    let given: Vec<_> = required().collect();
    let answer = stage.send(stage.caller(route, &given)).await;
    if answer.status < 400 && answer.status != route.status {
        note(format!("a success is {}", answer.status));
    }
    drop(stage);
    wrong.extend(limit_faults(route).await);
    wrong
}

/// What is wrong with the limit of a route.
async fn limit_faults(route: &Listed) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut note = |fault: String| wrong.push(format!("{} {}: {fault}", route.method, route.path));
    let number = |answer: &Answer, name: &str| answer.header(name).map(|text| text.parse::<i64>().unwrap());
    let names: Vec<&str> =
        route.params.iter().filter(|param| !param.optional).map(|param| param.name).collect();
    let dimensions = ["ip", "user"].into_iter().chain(names.iter().copied());
    for dimension in dimensions {
        let stage = Stage::new().await;
        let first = stage.send(stage.caller(route, &[])).await;
        let Some(limit) = &route.limit else {
            if first.header("x-ratelimit-limit").is_some() {
                note("is limited".to_owned());
            }
            return wrong;
        };
        let now = stage.mock.control().now() / 1000;
        let reset = number(&first, "x-ratelimit-reset").unwrap_or_default();
        if number(&first, "x-ratelimit-limit") != Some(limit.most)
            || reset % limit.window != 0
            || reset - now > limit.window
        {
            note(format!("the limit is {}", first.head));
            return wrong;
        }
        // Another request that differs in one thing counts anew only if every counter counts by that thing. A fresh mock, because a
        // sign-out would end the next request's session.
        let stage = Stage::new().await;
        stage.send(stage.caller(route, &[])).await;
        let (_, other) = signed_in(&stage.mock, "grace@example.com");
        let again = match dimension {
            "ip" => {
                // A sign-out has ended the session of the request before.
                let user = stage.mock.control().journal()[0].credential.user_id.clone().unwrap();
                let fresh = stage.mock.control().create_session(&user).unwrap().credential;
                let open = is_open(route.scope);
                let request = stage.guest(route, &[]).header("X-Forwarded-For", "10.9.8.7");
                if open { request } else { request.session(&fresh) }
            }
            "user" if is_open(route.scope) => continue,
            "user" => stage.guest(route, &[]).session(&other),
            name => {
                let param = Param {
                    name: names.iter().find(|each| **each == name).unwrap(),
                    optional: false,
                    in_query: false,
                };
                stage.caller(route, &[(param, good(name))])
            }
        };
        let again = again.send().await;
        let key =
            if matches!(dimension, "ip" | "user") { dimension.to_owned() } else { format!("p:{dimension}") };
        let anew = number(&again, "x-ratelimit-remaining") == Some(limit.most - 1);
        let expected = limit.keys.iter().all(|counter| counter.contains(&key.as_str()));
        if anew != expected {
            note(format!("counts {} by {key}", if anew { "anew" } else { "on" }));
        }
    }
    wrong
}

#[tokio::test]
async fn every_route_of_the_document_is_answered_as_it_says() {
    let all = listed();
    assert_eq!(
        all.iter().filter(|route| route.path.starts_with("/account")).count(),
        65,
        "as the document has"
    );
    assert_eq!(all.iter().filter(|route| route.path.starts_with("/teams")).count(), 18);
    let mut wrong = Vec::new();
    for route in &all {
        wrong.extend(faults(route).await);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
