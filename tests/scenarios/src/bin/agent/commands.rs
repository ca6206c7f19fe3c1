//! The commands, each with the one call of the API that it stands for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use appwrite_session_core::{
    Accounts, Carrier, Cause, Error, Factor, Gateway, Import, Method, MfaChallenge, PresencePolicy, Result,
    Retries, Secret, SessionClient, SessionClientBuilder, SessionState, Timeouts, TransportError,
    store::{Persistence, StoreError},
};
use serde_json::{Value, json};

use crate::{
    device::{Asked, Device, Fault, Folder, User},
    streams::{Progress, Streams, download, events, form, open},
    told,
};

/// The clients and stores of one run.
#[derive(Default)]
pub(crate) struct Agent {
    clients: Mutex<HashMap<String, Observed>>,
    accounts: Mutex<Option<Accounts>>,
    stores: Mutex<HashMap<String, Device>>,
    user: Arc<User>,
    folder: Folder,
    streams: Streams,
}

/// A client, and the states that its observer has heard.
#[derive(Clone)]
struct Observed {
    client: SessionClient,
    heard: Arc<Mutex<Vec<SessionState>>>,
}

impl Agent {
    /// Carries a command out; its answer without the id.
    pub(crate) async fn carry_out(&self, command: &Value) -> Value {
        match self.try_out(command).await {
            Ok(Some(result)) => json!({ "ok": result }),
            Ok(None) => json!({ "unknown": command["do"] }),
            Err(error) => json!({ "error": told::error(&error) }),
        }
    }

    async fn try_out(&self, command: &Value) -> Result<Option<Value>> {
        let text = |name: &str| command[name].as_str().unwrap_or_default();
        match text("do") {
            "store" => return Ok(self.set_fault(text("store"), &command["fault"])),
            "user" => {
                self.user.present.store(command["present"] == true, Ordering::SeqCst);
                return Ok(Some(Value::Null));
            }
            "asked" => return Ok(Some(json!(self.user.asked.load(Ordering::SeqCst)))),
            "build" => {
                self.observe(text("client"), self.builder(command).build()?);
                return Ok(Some(Value::Null));
            }
            "build_accounts" => {
                let accounts = self.builder(command).build_accounts()?;
                *self.accounts.lock().unwrap_or_else(PoisonError::into_inner) = Some(accounts);
                return Ok(Some(Value::Null));
            }
            "accounts" | "accounts_state" | "account_operations" | "close_accounts" => {
                let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner).clone();
                return match accounts {
                    Some(accounts) => self.with_accounts(&accounts, command).await,
                    None => Ok(None),
                };
            }
            "file" => {
                let made = self.folder.write(text("name"), command["length"].as_u64().unwrap_or_default());
                return Ok(made.ok().map(|()| Value::Null));
            }
            "next" => return self.streams.next(text("stream")).await,
            "end_stream" => return Ok(self.streams.end(text("stream"))),
            _ => {}
        }
        let Some(Observed { client, heard }) = self.client(text("client")) else { return Ok(None) };
        let done = Value::Null;
        Ok(Some(match text("do") {
            "restored" => told::state(&client.restored().await),
            "resume" => told::state(&client.resume().await),
            "pause" => {
                client.pause();
                done
            }
            "state" => told::state(&client.state()),
            "persistence" => match client.persistence() {
                Persistence::Durable => json!("durable"),
                _ => json!("memory_only"),
            },
            "changes" => {
                heard.lock().unwrap_or_else(PoisonError::into_inner).iter().map(told::state).collect()
            }
            "sign_up_with_email" => {
                let name = command["name"].as_str();
                told::account(&client.sign_up_with_email(text("email"), text("password"), name).await?)
            }
            "sign_in_with_email" => {
                told::state(&client.sign_in_with_email(text("email"), text("password")).await?)
            }
            "sign_in_anonymously" => told::state(&client.sign_in_anonymously().await?),
            "sign_in_with_token" => {
                told::state(&client.sign_in_with_token(text("userId"), text("secret")).await?)
            }
            "create_mfa_challenge" => {
                let factor = Factor::from_name(text("factor"));
                let Some(factor) = factor else { return Ok(None) };
                json!({ "id": client.create_mfa_challenge(factor).await?.id })
            }
            "complete_mfa_challenge" => {
                let challenge = MfaChallenge::new(text("challenge"));
                told::state(&client.complete_mfa_challenge(&challenge, text("code")).await?)
            }
            "sign_out" => client.sign_out().await.map(|()| done)?,
            "sign_out_everywhere" => client.sign_out_everywhere().await.map(|()| done)?,
            "import" => json!(match client.import_session(text("left")).await? {
                Import::Imported => "imported",
                Import::AlreadyHeld => "already_held",
                Import::Declined => "declined",
                Import::NothingFound => "nothing_found",
            }),
            "account" => told::account(&client.account().await?),
            "sessions" => client.sessions().await?.iter().map(told::session).collect(),
            "current_session" => told::session(&client.current_session().await?),
            "extend_session" => told::session(&client.extend_session().await?),
            "revoke_session" => client.revoke_session(text("session")).await.map(|()| done)?,
            "operations" => {
                let mut names = SessionClient::OPERATIONS.to_vec();
                names.sort_unstable();
                json!(names)
            }
            "operation" => {
                let result = client.call(text("name"), &Secret::new(command["args"].to_string())).await?;
                let shown = parsed(&result).unwrap_or_default();
                if text("name") == "diagnose" { told::diagnosis(&shown) } else { shown }
            }
            "call" => call(&client, &self.folder, command).await?,
            "download" => download(&client, &self.folder, command).await?,
            "open" => {
                let (stream, status) = open(&client, text("target")).await?;
                self.streams.keep(text("stream"), stream);
                json!({ "status": status })
            }
            "events" => {
                self.streams.keep(text("stream"), events(&client, text("target")).await?);
                done
            }
            "native_call" => native_call(&client, text("method"), text("target")).await?,
            "close" => {
                client.close().await;
                done
            }
            _ => return Ok(None),
        }))
    }

    async fn with_accounts(&self, accounts: &Accounts, command: &Value) -> Result<Option<Value>> {
        Ok(Some(match command["do"].as_str() {
            Some("accounts_state") => match accounts.state() {
                Some(state) => state.to_json().and_then(|json| parsed(&json)).unwrap_or_default(),
                None => Value::Null,
            },
            Some("account_operations") => {
                let mut names = Accounts::OPERATIONS.to_vec();
                names.sort_unstable();
                json!(names)
            }
            Some("close_accounts") => {
                accounts.close().await;
                Value::Null
            }
            _ => {
                let name = command["name"].as_str().unwrap_or_default();
                let result = accounts.call(name, &Secret::new(command["args"].to_string())).await?;
                let result = parsed(&result).unwrap_or_default();
                if let Some(id) = result.as_str().or_else(|| result["id"].as_str()) {
                    let client = accounts.client(id).await?;
                    self.observe(command["client"].as_str().unwrap_or_default(), client);
                }
                result
            }
        }))
    }

    fn client(&self, name: &str) -> Option<Observed> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn store(&self, name: &str) -> Device {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default().clone()
    }

    fn set_fault(&self, store: &str, fault: &Value) -> Option<Value> {
        self.store(store).set_fault(match fault.as_str() {
            None => None,
            Some("locked") => Some(Fault::Says(StoreError::Locked)),
            Some("corrupt") => Some(Fault::Says(StoreError::Corrupt)),
            Some("unavailable") => Some(Fault::Says(StoreError::Unavailable)),
            Some("throws") => Some(Fault::Panics),
            Some(_) => return None,
        });
        Some(Value::Null)
    }

    fn builder(&self, command: &Value) -> SessionClientBuilder {
        let text = |name: &str| command[name].as_str().unwrap_or_default();
        let mut builder =
            SessionClient::builder(text("endpoint"), text("project")).store(self.store(text("store")));
        for gateway in command["gateways"].as_array().into_iter().flatten() {
            let carrier = match gateway["carrier"].as_str() {
                Some("fallback_cookies") => Carrier::FallbackCookies,
                Some("session_header") => Carrier::SessionHeader,
                Some("access_token") => Carrier::AccessToken,
                Some("appwrite_jwt") => Carrier::AppwriteJwt,
                Some("appwrite_jwt_header") => Carrier::AppwriteJwtHeader,
                _ => Carrier::Cookie,
            };
            builder =
                builder.gateway(Gateway::new(gateway["url"].as_str().unwrap_or_default()).carrier(carrier));
        }
        if let Some(slot) = command["slot"].as_str() {
            builder = builder.account_slot(slot);
        }
        if let Some(attempts) = command["attempts"].as_u64().and_then(|n| u32::try_from(n).ok()) {
            builder = builder.retries(Retries { attempts, ..Retries::default() });
        }
        if let Some(total) = command["totalTimeoutMs"].as_u64() {
            builder =
                builder.timeouts(Timeouts { total: Duration::from_millis(total), ..Timeouts::default() });
        }
        if command["readOnly"] == true {
            builder = builder.read_only();
        }
        if let Some(installation) = command["installation"].as_str() {
            builder = builder.forget_after_reinstall(self.folder.0.join(installation));
        }
        if let Some(policy) = command["presence"]["policy"].as_str() {
            let timeout =
                Duration::from_millis(command["presence"]["timeoutMs"].as_u64().unwrap_or_default());
            let policy = match policy {
                "always" => PresencePolicy::Always,
                "session" => PresencePolicy::Session(timeout),
                "lifecycle" => PresencePolicy::Lifecycle(timeout),
                _ => PresencePolicy::Default,
            };
            builder = builder.require_presence(policy, Asked(self.user.clone()));
        }
        builder
    }

    /// Makes a client known under that name, and listens to it.
    fn observe(&self, name: &str, client: SessionClient) {
        let heard = Arc::<Mutex<Vec<SessionState>>>::default();
        let (mut changes, notes) = (client.changes(), heard.clone());
        tokio::spawn(async move {
            while let Some(change) = changes.next().await {
                notes.lock().unwrap_or_else(PoisonError::into_inner).push(change.state);
            }
        });
        let observed = Observed { client, heard };
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), observed);
    }
}

fn parsed(json: &Secret) -> Option<Value> {
    // Exposed to the conductor, which compares it.
    serde_json::from_str(json.expose()).ok()
}

async fn call(client: &SessionClient, folder: &Folder, command: &Value) -> Result<Value> {
    let method = method(command["method"].as_str().unwrap_or("GET"))?;
    let mut request = client.request(method, command["target"].as_str().unwrap_or_default());
    for (name, value) in command["headers"].as_object().into_iter().flatten() {
        request = request.header(name, value.as_str().unwrap_or_default());
    }
    if let Some(body) = command["body"].as_str() {
        request = request.body(body.to_owned());
    }
    if let Some(timeout) = command["timeoutMs"].as_u64() {
        request = request.timeout(Duration::from_millis(timeout));
    }
    if command["repeatable"] == true {
        request = request.idempotent();
    }
    let with_file = match (&command["file"], command["form"].as_array()) {
        (Value::Object(_), _) => request.file(folder.upload(&command["file"])),
        (_, Some(fields)) => request.multipart(form(folder, fields)),
        _ => return Ok(told::gateway_response(&request.send().await?)),
    };
    let progress = Progress::default();
    let mut told = told::gateway_response(&with_file.on_progress(progress.observer()).send().await?);
    told["progress"] = json!({ "up": progress.last() });
    Ok(told)
}

/// A call with a plain HTTP client of the app, which follows no redirects.
async fn native_call(client: &SessionClient, verb: &str, target: &str) -> Result<Value> {
    let authorization = match client.authorize(target).await {
        Ok(authorization) => Some(authorization),
        // An app's own client calls other hosts as well, without the credential.
        Err(Error::OriginNotAllowed { .. }) => None,
        Err(error) => return Err(error),
    };
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
    let headers = authorization.as_ref().map(|given| given.headers().clone()).unwrap_or_default();
    let failed = |_| Error::from(TransportError::new(Cause::Reset, true));
    let request = http.map_err(failed)?.request(method(verb)?, target).headers(headers);
    let response = request.send().await.map_err(failed)?;
    let status = response.status().as_u16();
    if let (401, Some(authorization)) = (status, &authorization) {
        client.report_unauthorized(authorization).await;
    }
    let body = response.bytes().await.map_err(failed)?;
    Ok(told::response(status, &body))
}

fn method(name: &str) -> Result<Method> {
    Method::from_bytes(name.as_bytes()).map_err(|_| appwrite_session_core::ConfigError::Method.into())
}
