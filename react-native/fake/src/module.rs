//! What JavaScript can tell the module, and what the module tells JavaScript: one command or event is one JSON object.

use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use mock_appwrite::{Outgoing, Profile, RawRequest, json};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::{
    clients::{Clients, allows_repetition},
    failure::Failure,
    models::{body, bytes},
    outside::Outside,
    sites::Line,
    world::{APPWRITE, Sent, World},
};

/// One fake world with its clients.
pub struct Module {
    world: Arc<World>,
    clients: Arc<Clients>,
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Module")
    }
}

/// The store that the clients of an app have.
const STORE: &str = "device";

impl Module {
    /// A world without users, on a device that stores nothing.
    pub fn new(outside: Arc<dyn Outside>) -> Self {
        let world = World::new(outside);
        Self { clients: Clients::new(world.clone()), world }
    }

    /// Does what the command `{"do": …}` says, and gives `{"ok": …}`, or `{"error": …}` with a `NativeError`.
    ///
    /// `call` begins what takes time. It has a number, and an event says later what came of it.
    pub fn tell(&self, command: &[u8]) -> String {
        let command: Value = serde_json::from_slice(command).unwrap_or_default();
        match self.obey(&command) {
            Ok(value) => json!({ "ok": value }),
            Err(Failure(error)) => json!({ "error": error }),
        }
        .to_string()
    }

    /// Does whatever can be done, and gives the events since the last time, as a list: `{"is": "settled", "call", "ok" or "error"}`,
    /// `{"is": "change", "change"}`, and `{"is": "request", …}`, which is to be answered by `{"do": "answer", …}`.
    pub fn run(&self) -> String {
        self.world.executor.run();
        Value::Array(self.world.sites.events.take()).to_string()
    }

    /// The time of a timer has come.
    pub fn fire(&self, timer: u32) {
        self.world.timers.fire(timer);
    }

    fn obey(&self, command: &Value) -> Result<Value, Failure> {
        let (world, clients) = (&self.world, &self.clients);
        let optional = |name: &str| command.get(name).and_then(Value::as_str);
        let text = |name: &str| optional(name).unwrap_or_default();
        let number = |name: &str| number_of(command.get(name));
        let flag = |name: &str| command.get(name).and_then(Value::as_bool).unwrap_or_default();
        let done = Ok(Value::Null);
        match text("do") {
            "open" => {
                let before = command["before"].as_u64().unwrap_or_default();
                clients.open(
                    number("client"),
                    read(&command["config"])?,
                    read(&command["place"])?,
                    before,
                )?;
                done
            }
            "change" => Ok(clients.change(number("client"))),
            "pause" => {
                clients.pause(number("client"));
                done
            }
            "call" => {
                let args = command["args"].as_array().cloned().unwrap_or_default();
                match number("client") {
                    0 => self.call_world(number("call"), text("method"), &args),
                    client => clients.call(number("call"), client, text("method"), args),
                }
                done
            }
            "cancel" => {
                clients.cancel(number("call"));
                done
            }
            "allowsRepetition" => {
                Ok(allows_repetition(text("verdict"), text("method"), optional("problemType")).into())
            }
            "answer" => {
                world.sites.answer(number("request"), read(&command["answer"])?);
                done
            }
            "control" => Ok(self.control(command)),
            "journal" => Ok(world.journal().into()),
            "site" => {
                world.open_site(text("origin"));
                done
            }
            "online" => {
                world.set_online(flag("online"));
                done
            }
            "advance" => {
                world.advance(Duration::from_millis(command["millis"].as_u64().unwrap_or_default()));
                done
            }
            "nudge" => {
                clients.nudge();
                done
            }
            "fault" => {
                world.device.fault(text("store"), optional("fault"));
                done
            }
            "isEmpty" => Ok(world.device.store(text("store")).is_empty().into()),
            "presence" => Ok(world.device.presence().json()),
            "present" => {
                world.device.presence().set_present(flag("present"));
                done
            }
            "startSignedIn" => {
                self.seed(command);
                clients.restart();
                done
            }
            "restart" => {
                clients.restart();
                done
            }
            "reinstall" => {
                world.device.uninstall();
                clients.restart();
                done
            }
            "reset" => {
                let profile = Profile::parse(text("profile"))
                    .ok_or_else(|| Failure::misconfigured("the profile must be one of: 1.5, 1.9, 2.7"))?;
                world.reset(profile);
                clients.restart();
                done
            }
            other => Err(Failure::misconfigured(format!("the module knows no command {other}"))),
        }
    }

    /// Begins a call that is of no client.
    fn call_world(&self, call: u32, method: &str, args: &[Value]) {
        let world = self.world.clone();
        let first = args.first().cloned().unwrap_or_default();
        let second = number_of(args.get(1));
        match method {
            "idle" => self.clients.call_idle(call),
            "fetch" => self.clients.call_apart(call, fetch(world, first)),
            "browse" => self.clients.call_apart(call, async move {
                let declines = first["declines"].as_bool().unwrap_or_default();
                world.browse(first["url"].as_str().unwrap_or_default(), declines).await.map(Value::from)
            }),
            "control" => self.clients.call_apart(call, async move {
                let request = control_request(&first);
                Ok(answer_of(world.mock.exchange(APPWRITE, request).await))
            }),
            "identify" => self.clients.call_apart(call, async move {
                let request = world.sites.request(number_of(Some(&first))).ok_or_else(Failure::closed)?;
                Ok(match world.mock.identify(request).await {
                    Ok(user) => json!({ "userId": user }),
                    Err(answer) => json!({ "answer": answer_of(Outgoing::Whole(answer)) }),
                })
            }),
            "struck" => self.clients.call_apart(call, async move {
                let fault = first.as_u64().unwrap_or_default();
                world.mock.control().wait_for_hits(fault, second).await;
                Ok(Value::Null)
            }),
            "delivered" => self.clients.call_apart(call, async move {
                let count = usize::try_from(number_of(Some(&first))).unwrap_or_default();
                world.mock.control().wait_for_deliveries(count).await;
                Ok(Value::Null)
            }),
            _ => self.clients.call_apart(call, async { Err(Failure::closed()) }),
        }
    }

    /// Asks the controls of the mock, those that do not wait for anything.
    fn control(&self, command: &Value) -> Value {
        let asked = pin!(self.world.mock.exchange(APPWRITE, control_request(command)));
        match asked.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer_of(answer),
            Poll::Pending => Value::Null,
        }
    }

    /// Stores a session of a user, as a client has left it that was signed in. The first version of the record stays readable for ever.
    fn seed(&self, command: &Value) {
        let text = |name: &str| command.get(name).and_then(Value::as_str);
        let (user, control) = (text("userId").unwrap_or_default(), self.world.mock.control());
        let factors = json!({ "factors": ["password", "totp"] });
        let made = control.create_session(user);
        let Some(session) = made.and_then(|made| control.update_session(user, &made.session_id, &factors))
        else {
            return;
        };
        let record = json!({
            "version": "1",
            "session": {
                "credential": session.credential, "session_id": session.session_id,
                "user": { "id": user, "name": text("name").unwrap_or_default(), "email": text("email") },
                "expires_at": session.expire / 1000,
            },
        });
        self.world.device.store(STORE).seed(text("slot").unwrap_or("default"), &record.to_string());
    }
}

/// A request of the app itself, with an HTTP client of its own: it follows no redirect.
async fn fetch(world: Arc<World>, request: Value) -> Result<Value, Failure> {
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let url = Url::parse(text("url")).map_err(|_| Failure::misconfigured("the URL is not a URL"))?;
    let headers: Vec<Line> = read(&request["headers"])?;
    let sent = Sent {
        method: text("method").to_owned(),
        url,
        headers: headers.into_iter().map(|line| (line.name, line.value)).collect(),
        body: bytes(text("body"), request["bodyIsBase64"].as_bool().unwrap_or_default()),
    };
    Ok(match world.send(None, sent).await.map_err(appwrite_session_core::Error::from)? {
        Outgoing::Stalled(_, _rest) => std::future::pending().await,
        answer => answer_of(answer),
    })
}

/// A request to a control of the mock: `{"method", "path", "body"?}`.
fn control_request(command: &Value) -> RawRequest {
    let text = |name: &str| command[name].as_str().unwrap_or_default();
    RawRequest {
        method: text("method").to_owned(),
        target: format!("/_mock{}", text("path")),
        body: command.get("body").map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        ..RawRequest::default()
    }
}

/// A whole answer, or null if there is none.
fn answer_of(outgoing: Outgoing) -> Value {
    let Outgoing::Whole(answer) = outgoing else { return Value::Null };
    let headers: Vec<_> =
        answer.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let (body, is_base64) = body(&answer.body);
    json!({ "status": answer.status, "headers": headers, "body": body, "bodyIsBase64": is_base64 })
}

fn number_of(value: Option<&Value>) -> u32 {
    value.and_then(Value::as_u64).and_then(|number| number.try_into().ok()).unwrap_or_default()
}

/// A part of a command. JavaScript's types say that it is of the right form.
fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    T::deserialize(value).map_err(|error| Failure::misconfigured(error.to_string()))
}
