//! What JavaScript can tell the module, and what the module tells JavaScript: one command or event is one JSON object.

use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use appwrite_session_core::store::StoreError;
use appwrite_session_world::json;
use appwrite_session_world::{Exchange, Outgoing, Profile, Sent, World};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::{
    clients::{Clients, allows_repetition},
    failure::Failure,
    models::{body, bytes},
    outside::Outside,
    sites::{Answered, Line},
    world::FakeWorld,
};

/// One fake world with its clients.
pub struct Module {
    fake: Arc<FakeWorld>,
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
        let fake = FakeWorld::new(outside);
        Self { clients: Clients::new(fake.clone()), fake }
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
        self.fake.executor.run();
        Value::Array(self.fake.events.take()).to_string()
    }

    /// The time of a timer has come.
    pub fn fire(&self, timer: u32) {
        self.fake.timers.fire(timer);
    }

    fn obey(&self, command: &Value) -> Result<Value, Failure> {
        let (world, clients) = (&self.fake.world, &self.clients);
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
            "openAccounts" => {
                let before = command["before"].as_u64().unwrap_or_default();
                let (config, place) = (read(&command["config"])?, read(&command["place"])?);
                clients.open_accounts(number("accounts"), config, place, before)?;
                done
            }
            "accountsState" => Ok(clients.accounts_state(number("accounts")).into()),
            "callAccounts" => {
                let args = command["args"].as_array().cloned().unwrap_or_default();
                clients.call_accounts(number("call"), number("client"), text("method"), &args);
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
                world.answer(number("request"), read::<Answered>(&command["answer"])?.into());
                done
            }
            "control" => Ok(self.control(command)),
            "journal" => Ok(world.journal_since(0).iter().map(exchange).collect()),
            "site" => {
                world.open_site(text("origin"), text("origin"));
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
                world.device().store(text("store")).fault(fault(optional("fault")));
                done
            }
            "isEmpty" => Ok(world.device().store(text("store")).is_empty().into()),
            "presence" => {
                let user = world.device().user();
                Ok(json!({ "present": user.is_present(), "asked": user.times_asked() }))
            }
            "present" => {
                world.device().user().set_present(flag("present"));
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
                world.device().uninstall();
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
        let world = self.fake.world.clone();
        let first = args.first().cloned().unwrap_or_default();
        let second = number_of(args.get(1));
        match method {
            "idle" => self.clients.call_idle(call),
            "fetch" => self.clients.call_apart(call, fetch(world, first)),
            "browse" => self.clients.call_apart(call, async move {
                let declines = first["declines"].as_bool().unwrap_or_default();
                let opened = world.browse(first["url"].as_str().unwrap_or_default(), declines).await;
                opened.map(Value::from).map_err(Failure::misconfigured)
            }),
            "control" => self.clients.call_apart(call, async move {
                let (method, path, body) = control_of(&first);
                Ok(answer_of(world.control(method, path, body).await))
            }),
            "identify" => self.clients.call_apart(call, async move {
                let identified = world.identify(number_of(Some(&first))).await;
                Ok(match identified.ok_or_else(Failure::closed)? {
                    Ok(user) => json!({ "userId": user }),
                    Err(answer) => json!({ "answer": answer_of(Outgoing::Whole(answer)) }),
                })
            }),
            "struck" => self.clients.call_apart(call, async move {
                let fault = first.as_u64().unwrap_or_default();
                world.mock().control().wait_for_hits(fault, second).await;
                Ok(Value::Null)
            }),
            "delivered" => self.clients.call_apart(call, async move {
                let count = usize::try_from(number_of(Some(&first))).unwrap_or_default();
                world.mock().control().wait_for_deliveries(count).await;
                Ok(Value::Null)
            }),
            _ => self.clients.call_apart(call, async { Err(Failure::closed()) }),
        }
    }

    /// Asks the controls of the mock, those that do not wait for anything.
    fn control(&self, command: &Value) -> Value {
        let (method, path, body) = control_of(command);
        let asked = pin!(self.fake.world.control(method, path, body));
        match asked.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer_of(answer),
            Poll::Pending => Value::Null,
        }
    }

    /// Stores a session of a user, as a client has left it that was signed in.
    fn seed(&self, command: &Value) {
        let text = |name: &str| command.get(name).and_then(Value::as_str);
        let user = text("userId").unwrap_or_default();
        let world = &self.fake.world;
        if let Some(record) = world.record_of_session(user, text("name").unwrap_or_default(), text("email")) {
            world.device().store(STORE).seed(text("slot").unwrap_or("default"), &record);
        }
    }
}

/// A store's fault by its name; `None` or an unknown name means that it works. What a store throws that it should not throw means that it
/// is unavailable, as in the native modules.
fn fault(name: Option<&str>) -> Option<StoreError> {
    match name {
        Some("locked") => Some(StoreError::Locked),
        Some("corrupt") => Some(StoreError::Corrupt),
        Some("unavailable" | "throws") => Some(StoreError::Unavailable),
        _ => None,
    }
}

/// One line of the journal.
fn exchange(exchange: &Exchange) -> Value {
    json!({
        "number": exchange.number, "by": if exchange.is_of_gateway { "gateway" } else { "app" },
        "to": exchange.to, "method": exchange.method, "url": exchange.url, "path": exchange.path,
        "carrier": exchange.carrier, "carriers": exchange.carriers, "status": exchange.status,
        "hungUp": exchange.hung_up,
    })
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

/// Method, path and body of a request to a control of the mock: `{"method", "path", "body"?}`.
fn control_of(command: &Value) -> (&str, &str, Vec<u8>) {
    let text = |name: &str| command[name].as_str().unwrap_or_default();
    let body = command.get("body").map(|body| body.to_string().into_bytes()).unwrap_or_default();
    (text("method"), text("path"), body)
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
