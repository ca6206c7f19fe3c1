//! The world that a scenario plays in: the mock Appwrite, or one that the agent holds itself and is asked about by commands.

use mock_appwrite::{MockAppwrite, Profile};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{agent::Agent, wire::Entry};

/// Where the world is.
pub(crate) enum World<'a> {
    /// Behind sockets.
    Mock(&'a MockAppwrite),
    /// In the agent, which makes one of that profile.
    Agent(&'a Agent, Profile),
}

/// What the parts of a world are called.
#[derive(Deserialize)]
pub(crate) struct Names {
    pub(crate) endpoint: String,
    pub(crate) gateway: String,
    pub(crate) foreign: String,
    pub(crate) project: String,
}

impl World<'_> {
    /// What its parts are called. Asked before anything else.
    pub(crate) async fn names(&self) -> Result<Names, String> {
        match self {
            Self::Mock(mock) => Ok(Names {
                endpoint: mock.endpoint(),
                gateway: mock.gateway(),
                foreign: mock.foreign(),
                project: mock.project().to_owned(),
            }),
            Self::Agent(agent, profile) => {
                ask(agent, json!({ "do": "world", "profile": profile.name() })).await
            }
        }
    }

    /// Makes a user and gives the id.
    pub(crate) async fn person(&self, email: &str, password: &str, mfa: bool) -> Result<String, String> {
        match self {
            Self::Mock(mock) => {
                let id = mock.control().user(email, password);
                if mfa {
                    mock.control().require_mfa(&id);
                }
                Ok(id)
            }
            Self::Agent(agent, _) => {
                ask(agent, json!({ "do": "person", "email": email, "password": password, "mfa": mfa })).await
            }
        }
    }

    /// Drives it through its controls, and gives what they answer.
    pub(crate) async fn drive(&self, method: &str, path: &str, body: Value) -> Result<Value, String> {
        match self {
            Self::Mock(mock) => {
                let method = method.parse().map_err(|_| format!("{method} is no method"))?;
                let url = format!("{}/_mock{path}", mock.url());
                let sent = reqwest::Client::new().request(method, url).body(body.to_string()).send();
                let answer = sent.await.map_err(|error| error.to_string())?;
                let status = answer.status();
                let body = answer.bytes().await.map_err(|error| error.to_string())?;
                if !status.is_success() {
                    return Err(format!("the mock answered {status}: {}", String::from_utf8_lossy(&body)));
                }
                if body.is_empty() {
                    return Ok(Value::Null);
                }
                serde_json::from_slice(&body).map_err(|error| error.to_string())
            }
            Self::Agent(agent, _) => {
                ask(agent, json!({ "do": "mock", "method": method, "path": path, "body": body })).await
            }
        }
    }

    /// The requests that went over the wire after number `seq`.
    pub(crate) async fn journal_since(&self, seq: u64) -> Result<Vec<Entry>, String> {
        match self {
            Self::Mock(mock) => Ok(mock.control().journal_since(seq).iter().map(Entry::from).collect()),
            Self::Agent(agent, _) => ask(agent, json!({ "do": "wire", "since": seq })).await,
        }
    }
}

/// Asks the agent about the world that it holds.
async fn ask<T: DeserializeOwned>(agent: &Agent, question: Value) -> Result<T, String> {
    let asked = question["do"].clone();
    let mut answer = agent.begin(question).await?.answer().await?;
    match answer.get_mut("ok").map(Value::take) {
        Some(ok) => serde_json::from_value(ok).map_err(|error| format!("the answer to {asked}: {error}")),
        None => Err(format!("the agent holds no world that can be asked for {asked}: {answer}")),
    }
}
