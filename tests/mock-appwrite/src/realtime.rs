//! The realtime socket: who connects, what it subscribes to, and the events that it hears (contract §2x.4.2).

use std::{collections::HashMap, sync::Arc};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::{
    net::TcpStream,
    sync::broadcast::{Receiver, error::RecvError},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    carrier,
    dates::iso,
    errors::ApiError,
    events::Event,
    json, pipeline, render,
    request::Request,
    shared::Shared,
    upgrade::{self, Socket, end},
    world::{World, unique_id},
};

/// The format of a message, or a session that is none.
const FORMAT: u16 = 1003;
/// A project that is unknown, or an origin that is refused. The connection is closed.
const POLICY: u16 = 1008;
/// Too many connections or messages.
const TOO_MANY: u16 = 1013;
/// How many connections an address may open in a minute, and how many messages a connection may send.
const CONNECTIONS: u32 = 128;
const MESSAGES: u32 = 32;

/// Whether a request wants to become a realtime socket.
pub(crate) fn is_meant(request: &Request) -> bool {
    request.path == "/v1/realtime" && request.is_upgrade()
}

/// What a refusal is to a connection.
struct Refusal {
    code: u16,
    message: String,
}

impl Refusal {
    fn new(code: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn frame(&self) -> Value {
        json!({ "type": "error", "data": { "code": self.code, "message": self.message } })
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        // What is the server's own fault is not told.
        let message =
            if error.status >= 500 { "Error: Server Error".to_owned() } else { error.message.clone() };
        Self::new(error.status, message)
    }
}

/// A connection as the server knows it.
#[derive(Debug, Default)]
struct Connection {
    /// Whether it belongs to the project still. See [`Connection::authenticate`].
    project: bool,
    user: Option<String>,
    /// Channels by the id of their subscription.
    subscriptions: HashMap<String, Vec<String>>,
    /// The messages of this minute.
    counted: (i64, u32),
}

/// Serves one socket until either side closes it.
pub(crate) async fn serve(shared: Arc<Shared>, request: Request, stream: TcpStream, buffered: Vec<u8>) {
    let headers = "Sec-WebSocket-Version: 13\r\nServer: swoole-http-server\r\n";
    let Some(mut socket) = upgrade::accept(&request, headers, stream, buffered).await else { return };
    let events = shared.happened();
    let opened = open(&mut shared.world(), &request);
    match opened {
        Ok((connection, connected)) => {
            if say(&mut socket, &connected).await {
                listen(&shared, socket, connection, events).await;
            }
        }
        Err(refusal) => {
            say(&mut socket, &refusal.frame()).await;
            end(&mut socket, refusal.code, "").await;
        }
    }
}

async fn say(socket: &mut Socket, frame: &Value) -> bool {
    socket.send(Message::text(crate::php::ascii_json(frame))).await.is_ok()
}

/// What the server makes of a connection: its state and its first frame.
fn open(world: &mut World, request: &Request) -> Result<(Connection, Value), Refusal> {
    let project =
        request.filled("x-appwrite-project").or_else(|| request.query_value("project")).unwrap_or_default();
    let console = project.is_empty() || project == "console";
    if !console && !pipeline::names(world, project) {
        return Err(Refusal::new(POLICY, "Missing or unknown project ID"));
    }
    let user = pipeline::realtime_user(world, request, console)?;
    let now = world.now();
    if world.project.rate_limits {
        let key = [format!("realtime {} ip:{}", request.path, request.ip())];
        if world.limits.count(&key, CONNECTIONS, 60, now).is_some_and(|standing| standing.exceeded) {
            return Err(Refusal::new(TOO_MANY, "Too many requests"));
        }
    }
    if !console {
        crate::origin::check_realtime(world, request)
            .map_err(|error| Refusal::new(POLICY, error.message.clone()))?;
    }
    let given: Vec<String> = request
        .query
        .iter()
        .filter(|(key, _)| key == "channels" || key.starts_with("channels["))
        .map(|(_, channel)| channel.clone())
        .collect();
    let channels = converted(&given, user.as_deref());
    let mut connection = Connection { project: true, user: user.clone(), ..Connection::default() };
    let shown = user.and_then(|id| account(world, &id));
    let mut subscriptions = Value::Array(Vec::new());
    if !channels.is_empty() {
        let id = unique_id(now);
        subscriptions = json!([id]);
        connection.subscriptions.insert(id, channels.clone());
    }
    let data = json!({ "channels": channels, "subscriptions": subscriptions, "user": shown });
    Ok((connection, json!({ "type": "connected", "data": data })))
}

fn account(world: &World, id: &str) -> Option<Value> {
    Some(render::account(world.user(id)?, world.profile.traits()))
}

/// The channels as the server keeps them: `account` stands for the own user's channel, too, and nobody names another's.
fn converted(channels: &[String], user: Option<&str>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut own = Vec::new();
    for channel in channels {
        match (channel.strip_prefix("account."), user) {
            (Some(action @ ("create" | "update" | "delete" | "upsert")), Some(user)) => {
                own.push(format!("account.{user}.{action}"));
            }
            (Some("create" | "update" | "delete" | "upsert"), None) => kept.push(channel.clone()),
            (Some(_), _) => {}
            (None, _) => {
                kept.push(channel.clone());
                own.extend(user.filter(|_| channel == "account").map(|user| format!("account.{user}")));
            }
        }
    }
    kept.extend(own);
    kept
}

async fn listen(
    shared: &Arc<Shared>,
    mut socket: Socket,
    mut connection: Connection,
    mut events: Receiver<Arc<Event>>,
) {
    loop {
        tokio::select! {
            received = socket.next() => {
                let message = match received {
                    Some(Ok(Message::Text(text))) => text.to_string(),
                    Some(Ok(Message::Close(_))) | Some(Err(_)) | None => return,
                    Some(Ok(_)) => continue,
                };
                let answer = connection.answer(&shared.world(), &message);
                let (frame, closes) = match answer {
                    Ok(frame) => (frame, false),
                    Err(refusal) => (refusal.frame(), refusal.code == POLICY),
                };
                if !say(&mut socket, &frame).await {
                    return;
                }
                if closes {
                    return end(&mut socket, POLICY, "").await;
                }
            }
            event = events.recv() => {
                let event = match event {
                    Ok(event) => event,
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                };
                let now = shared.world().now();
                if let Some(frame) = connection.hears(&event, now)
                    && !say(&mut socket, &frame).await
                {
                    return;
                }
            }
        }
    }
}

impl Connection {
    /// The frame of an event, if this connection hears it: only of its own user, whatever it subscribed to.
    fn hears(&self, event: &Event, now: i64) -> Option<Value> {
        let subject =
            event.subject.as_ref().filter(|subject| self.project && self.user.as_ref() == Some(*subject))?;
        let channels = ["account".to_owned(), format!("account.{subject}")];
        let wants = |wanted: &Vec<String>| wanted.iter().any(|channel| channels.contains(channel));
        let matched: Vec<&String> =
            self.subscriptions.iter().filter(|(_, wanted)| wants(wanted)).map(|(id, _)| id).collect();
        if matched.is_empty() {
            return None;
        }
        let mut payload = event.payload.clone();
        if let Value::Object(fields) = &mut payload {
            fields.retain(|name, _| !event.sensitive.contains(&name.as_str()));
        }
        let data = json!({
            "events": event.names, "channels": channels, "timestamp": iso(now), "payload": payload,
            "subscriptions": matched,
        });
        Some(json!({ "type": "event", "data": data }))
    }

    fn answer(&mut self, world: &World, message: &str) -> Result<Value, Refusal> {
        let minute = world.now() / 60_000;
        self.counted = if self.counted.0 == minute { (minute, self.counted.1 + 1) } else { (minute, 1) };
        if world.project.rate_limits && self.counted.1 > MESSAGES {
            return Err(Refusal::new(TOO_MANY, "Too many messages."));
        }
        let message = json::read(message).unwrap_or_default();
        if message.get("type").is_none() && message.get("data").is_none() {
            return Err(Refusal::new(FORMAT, "Message format is not valid."));
        }
        let kind = message.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind == "ping" {
            return Ok(json!({ "type": "pong" }));
        }
        if !["authentication", "subscribe", "unsubscribe"].contains(&kind) {
            return Err(Refusal::new(FORMAT, "Message type is not valid."));
        }
        if !self.project {
            return Err(Refusal::new(POLICY, "Missing project context. Reconnect to the project first."));
        }
        let data = message.get("data").filter(|data| !data.is_null());
        match kind {
            "authentication" => self.authenticate(world, data),
            "subscribe" => self.subscribe(world, data),
            _ => self.unsubscribe(data),
        }
    }

    /// Who the connection is from now on.
    ///
    /// A connection that has subscribed to nothing is forgotten while it authenticates: it is answered, hears nothing, and its next
    /// message but a ping closes it.
    fn authenticate(&mut self, world: &World, data: Option<&Value>) -> Result<Value, Refusal> {
        let session = data
            .and_then(|data| data.get("session"))
            .ok_or_else(|| Refusal::new(FORMAT, "Session is required."))?;
        let session = session.as_str().filter(|text| (1..=2048).contains(&text.len()));
        let rule = "session: Value must be a valid string and at least 1 chars and no longer than 2048 chars";
        let session = session.ok_or_else(|| Refusal::new(FORMAT, rule))?;
        let blob = carrier::decode(session, world.profile.traits());
        let proven = blob.and_then(|blob| carrier::prove(world, &blob));
        let (user, _) = proven.ok_or_else(|| Refusal::new(FORMAT, "Session is not valid."))?;
        let before = self.user.replace(user.clone()).unwrap_or_default();
        for channels in self.subscriptions.values_mut() {
            let rebound = channels.iter().map(|channel| match channel.strip_prefix("account.") {
                Some(rest) if !before.is_empty() && rest.starts_with(&before) => {
                    channel.replace(&before, &user)
                }
                Some(action) if before.is_empty() => format!("account.{user}.{action}"),
                _ => channel.clone(),
            });
            *channels = rebound.collect();
        }
        self.project = !self.subscriptions.is_empty();
        let shown = account(world, &user);
        Ok(json!({ "type": "response", "data": { "to": "authentication", "success": true, "user": shown } }))
    }

    fn subscribe(&mut self, world: &World, data: Option<&Value>) -> Result<Value, Refusal> {
        let refused = |message: &str| Refusal::new(FORMAT, format!("items: {message}"));
        let items = data.ok_or_else(|| Refusal::new(FORMAT, "Items is required."))?;
        let items = items.as_array().ok_or_else(|| refused("Payload is not valid."))?;
        let mut added = Vec::new();
        for item in items {
            let item =
                item.as_object().ok_or_else(|| refused("Each subscribe payload must be an object."))?;
            let channels =
                item.get("channels").ok_or_else(|| refused("channels is not present in payload."))?;
            let channels = channels.as_array().ok_or_else(|| refused("channels is not a valid array."))?;
            let texts: Option<Vec<String>> =
                channels.iter().map(|each| each.as_str().map(str::to_owned)).collect();
            let texts = texts.ok_or_else(|| refused("channels must contain only strings."))?;
            let id = item.get("subscriptionId").and_then(Value::as_str).map(str::to_owned);
            added.push((
                id.unwrap_or_else(|| unique_id(world.now())),
                converted(&texts, self.user.as_deref()),
            ));
        }
        let shown: Vec<Value> = added
            .iter()
            .map(|(id, channels)| json!({ "subscriptionId": id, "channels": channels, "queries": [] }))
            .collect();
        self.subscriptions.extend(added);
        Ok(
            json!({ "type": "response", "data": { "to": "subscribe", "success": true, "subscriptions": shown } }),
        )
    }

    fn unsubscribe(&mut self, data: Option<&Value>) -> Result<Value, Refusal> {
        let refused = || {
            Refusal::new(FORMAT, "items: Each unsubscribe payload must include a non-empty subscriptionId.")
        };
        let items = data
            .and_then(Value::as_array)
            .ok_or_else(|| Refusal::new(FORMAT, "items: Payload is not valid."))?;
        let ids: Option<Vec<&str>> = items
            .iter()
            .map(|item| item.get("subscriptionId")?.as_str().filter(|id| !id.is_empty()))
            .collect();
        let removed: Vec<Value> = ids
            .ok_or_else(refused)?
            .into_iter()
            .map(|id| json!({ "subscriptionId": id, "removed": self.subscriptions.remove(id).is_some() }))
            .collect();
        Ok(
            json!({ "type": "response", "data": { "to": "unsubscribe", "success": true, "subscriptions": removed } }),
        )
    }
}
