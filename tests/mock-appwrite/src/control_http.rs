//! The controls over HTTP, for tests in any language: JSON below `/_mock`.

use std::{future::Future, sync::Arc, time::Duration};

use serde_json::Value;

use crate::{
    control::{Control, NewUser, SessionInfo},
    control_browser, control_members, control_sign_in, control_switches,
    dates::iso,
    exchange::Rendered,
    faults::{Aim, Fault},
    journal::Entry,
    json,
    profile::Profile,
    request::Request,
    respond::plain_json,
    shared::Shared,
    ui::PAGE,
    webhooks::{Delivery, Webhook},
};

/// The names of the origins.
const LISTENERS: [&str; 3] = ["appwrite", "gateway", "foreign"];

/// How long a request that waits for something waits at most.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Answers a request below `/_mock`.
pub(crate) async fn answer(shared: &Arc<Shared>, request: &Request) -> Rendered {
    let path: Vec<&str> = request.path.split('/').filter(|part| !part.is_empty()).skip(1).collect();
    if let ("GET", ["ui"], Some(page)) = (request.method.as_str(), path.as_slice(), PAGE) {
        let kind = ("Content-Type".to_owned(), "text/html; charset=utf-8".to_owned());
        return Rendered { status: 200, headers: vec![kind], body: page.into() };
    }
    let body = match control_members::read(&request.method, &path, &request.body) {
        Ok(body) => body,
        Err(why) => return refused(400, &why),
    };
    if let ["users", id, ..] = path.as_slice()
        && request.method != "DELETE"
        && shared.world().user(id).is_none()
    {
        return refused(404, &format!("there is no user {id}"));
    }
    if let (["faults", id], Some(hits)) = (path.as_slice(), request.query_value("hits")) {
        let (id, hits) = (id.parse().unwrap_or_default(), hits.parse().unwrap_or_default());
        for_a_while(shared, Control(shared.clone()).wait_for_hits(id, hits)).await;
    }
    if let (["journal"], Some(gone)) = (path.as_slice(), request.query_value("hungUp")) {
        let gone: usize = gone.parse().unwrap_or_default();
        let control = Control(shared.clone());
        let enough = |entries: &[Entry]| entries.iter().filter(|entry| entry.hung_up).count() >= gone;
        for_a_while(shared, control.wait_for_journal(enough)).await;
    }
    if let (["deliveries"], Some(count)) = (path.as_slice(), request.query_value("count")) {
        let count = count.parse().unwrap_or_default();
        let control = Control(shared.clone());
        for_a_while(shared, control.wait_for_deliveries(count)).await;
    }
    if (request.method.as_str(), path.as_slice()) == ("POST", &["browse"]) {
        let (status, body) = control_browser::act(&Control(shared.clone()), &body).await;
        return plain_json(status, &body);
    }
    match act(&Control(shared.clone()), request, &path, &body) {
        Some((204, _)) => Rendered { status: 204, headers: Vec::new(), body: Vec::new() },
        Some((status, body)) => plain_json(status, &body),
        None => refused(400, "no such control, or a part of it is missing; see the README"),
    }
}

fn refused(status: u16, why: &str) -> Rendered {
    plain_json(status, &json!({ "error": why }))
}

/// Waits for `wanted`, and no longer than a request may wait.
async fn for_a_while(shared: &Shared, wanted: impl Future<Output = ()>) {
    tokio::select! {
        () = wanted => {}
        () = shared.host.sleep(LONGEST_WAIT) => {}
    }
}

/// What a running mock says of itself, to a client that knows its machine as `host`: a container and an emulator have names of their
/// own for it.
pub(crate) fn describe(shared: &Shared, host: Option<&str>) -> Value {
    let world = shared.world();
    let origin = |origin: &str| match (host, origin.rsplit_once(':')) {
        (Some(host), Some((_, port))) => format!("http://{host}:{port}"),
        _ => origin.to_owned(),
    };
    json!({
        "profile": world.profile.name(),
        "endpoint": format!("{}/v1", origin(&shared.origins.appwrite)),
        "url": origin(&shared.origins.appwrite),
        "gateway": origin(&shared.origins.gateway),
        "foreign": origin(&shared.origins.foreign),
        "project": world.project.id,
        "apiKey": world.project.api_keys.first(),
        "devKey": world.project.dev_keys.first(),
    })
}

fn session(info: &SessionInfo) -> Value {
    json!({
        "sessionId": info.session_id, "credential": info.credential, "expire": iso(info.expire),
        "factors": info.factors, "provider": info.provider, "created": iso(info.created),
    })
}

fn webhook(webhook: &Webhook) -> Value {
    json!({
        "webhookId": webhook.id, "name": webhook.name, "url": webhook.url, "key": webhook.key,
        "events": webhook.events, "enabled": webhook.enabled, "attempts": webhook.attempts,
    })
}

fn act(control: &Control, request: &Request, path: &[&str], body: &Value) -> Option<(u16, Value)> {
    let done = Some((204, Value::Null));
    let because = |status, why: &str| Some((status, json!({ "error": why })));
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    match (request.method.as_str(), path) {
        ("GET", []) => {
            let host = request.host();
            Some((200, describe(&control.0, Some(host.as_str()).filter(|host| !host.is_empty()))))
        }
        ("POST", ["reset"]) => {
            match text("profile") {
                Some(profile) => control.reset_as(Profile::parse(&profile)?),
                None => control.reset(),
            }
            done
        }
        ("GET", ["users"]) => Some((200, control.users())),
        ("POST", ["users"]) => {
            if let Some(taken) = control.taken(text("userId").as_deref(), text("email").as_deref()) {
                return because(409, &format!("there is a user {taken} already"));
            }
            let name = text("name").unwrap_or_default();
            let new =
                NewUser { user_id: text("userId"), email: text("email"), password: text("password"), name };
            let id = control.create_user(new);
            let secret = control.update_user(&id, body);
            Some((201, json!({ "userId": id, "totpSecret": secret })))
        }
        ("PATCH", ["users", id]) => {
            let secret = control.update_user(id, body);
            Some((200, json!({ "userId": id, "totpSecret": secret })))
        }
        ("DELETE", ["users", id]) => {
            control.delete_user(id);
            done
        }
        ("GET", ["users", id, "totp"]) => match control.totp_code(id) {
            Some(code) => Some((200, json!({ "code": code }))),
            None => because(404, &format!("the user {id} has no authenticator; totp: true makes one")),
        },
        ("GET", ["users", id, "sessions"]) => Some((200, control.sessions(id).iter().map(session).collect())),
        ("POST", ["users", id, "sessions"]) => {
            let made = control.create_session(id)?;
            Some((201, session(&control.update_session(id, &made.session_id, body)?)))
        }
        ("PATCH", ["users", id, "sessions", one]) => {
            Some((200, session(&control.update_session(id, one, body)?)))
        }
        ("DELETE", ["users", id, "sessions"]) => {
            control.revoke_sessions(id);
            done
        }
        ("DELETE", ["users", id, "sessions", session]) => {
            control.revoke_session(id, session);
            done
        }
        ("POST", ["users", id, "sessions", session, "expire"]) => {
            if control.sessions(id).iter().all(|each| each.session_id != *session) {
                return because(404, &format!("the user {id} has no session {session}"));
            }
            control.expire_session(id, session);
            done
        }
        ("POST", ["users", id, "tokens"]) => {
            let number = |name: &str| body.get(name).and_then(Value::as_u64);
            let length = number("length").and_then(|n| usize::try_from(n).ok()).unwrap_or(6);
            let life = number("expire").and_then(|n| i64::try_from(n).ok()).unwrap_or(900);
            Some((201, json!({ "userId": id, "secret": control.create_token(id, length, life)? })))
        }
        ("GET", ["webhooks"]) => Some((200, control.webhooks().iter().map(webhook).collect())),
        ("POST", ["webhooks"]) => {
            let events =
                body.get("events")?.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
            let (name, key) = (text("name"), text("key"));
            match control.create_webhook(&text("url")?, &events, name.as_deref(), key.as_deref()) {
                Some(made) => Some((201, webhook(&made))),
                None => because(400, "the server would refuse the name of an event, or there is none"),
            }
        }
        ("PATCH", ["webhooks", id]) => {
            if control.webhooks().iter().all(|each| each.id != *id) {
                return because(404, &format!("there is no webhook {id}"));
            }
            control.enable_webhook(id, body.get("enabled")?.as_bool()?);
            done
        }
        ("DELETE", ["webhooks", id]) => {
            control.delete_webhook(id);
            done
        }
        ("GET", ["deliveries"]) => {
            let json = |each: &Delivery| json!({ "webhookId": each.webhook, "events": each.events, "status": each.status });
            Some((200, control.deliveries().iter().map(json).collect()))
        }
        ("POST", ["feed"]) => {
            control.say(text("kind").as_deref(), &text("data")?);
            done
        }
        ("POST", ["feed", "break"]) => {
            control.break_feed();
            done
        }
        ("DELETE", ["feed"]) => {
            control.end_feed();
            done
        }
        ("GET", ["messages"]) => Some((200, Value::Array(control.messages()))),
        ("GET", ["clock"]) => Some((200, json!({ "now": control.now() }))),
        ("POST", ["clock"]) => {
            if let Some(now) = body.get("now").and_then(Value::as_i64) {
                control.set_clock(now);
            }
            let seconds = body.get("advanceSeconds").and_then(Value::as_u64).unwrap_or_default();
            control.advance_clock(Duration::from_secs(seconds));
            Some((200, json!({ "now": control.now() })))
        }
        ("PATCH", ["project"]) => {
            control.update_project(body);
            done
        }
        ("GET", ["journal"]) => {
            let since = request.query_value("since").and_then(|seq| seq.parse().ok()).unwrap_or_default();
            let entries: Vec<Value> = control.journal_since(since).iter().map(Entry::json).collect();
            Some((200, json!({ "entries": entries })))
        }
        ("DELETE", ["journal"]) => {
            control.clear_journal();
            done
        }
        ("POST", ["faults"]) => {
            let aim = Aim { method: text("method"), path: text("path")?, listener: text("listener") };
            if let Some(name) = &aim.listener
                && !LISTENERS.contains(&name.as_str())
                && !control.0.host.has_site(name)
            {
                return because(400, &format!("listener has to be one of {}", LISTENERS.join(", ")));
            }
            let times = body.get("times").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
            match Fault::read(body.get("fault")?) {
                Some(fault) => Some((201, json!({ "id": control.fault(aim, times.unwrap_or(1), fault) }))),
                None => because(
                    400,
                    "the fault has no known kind, or a member that its kind needs is missing or of another type",
                ),
            }
        }
        ("GET", ["faults", id]) => {
            let id = id.parse().ok()?;
            Some((200, json!({ "id": id, "hits": control.hits(id), "released": control.is_released(id) })))
        }
        ("POST", ["faults", id, "release"]) => {
            control.release(id.parse().ok()?);
            done
        }
        ("DELETE", ["faults"]) => {
            control.clear_faults();
            done
        }
        _ => control_sign_in::act(control, request, path, body)
            .or_else(|| control_switches::act(control, request, path, body)),
    }
}
