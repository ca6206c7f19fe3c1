//! Where one promise is tried: an Appwrite behind a relay, a gateway, a foreign origin, and users of its own.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use appwrite_session_core::{
    Carrier, ConfigError, Error, Gateway, Retries, SessionClient, SessionClientBuilder, SessionState,
    SignedOutReason, store::MemoryStore,
};
use url::Url;

use super::{admin::Admin, gateway::AppGateway, http::Http, relay::Relay};

/// Which Appwrite, and the key to prepare users with.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) endpoint: Url,
    pub(crate) project: String,
    pub(crate) key: String,
}

/// Why a promise did not hold.
#[derive(Debug)]
pub(crate) enum Stop {
    /// What was seen in place of it.
    Broken(String),
    /// Why it cannot be tried on this Appwrite.
    NotTestable(String),
}

/// What became of a promise.
pub(crate) type Outcome<T = ()> = Result<T, Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::RateLimited { retry_after } => Self::NotTestable(format!(
                "Appwrite's rate limit is reached{}",
                retry_after.map(|wait| format!(", try again in {} s", wait.as_secs())).unwrap_or_default()
            )),
            Error::Unsupported(refusal) => {
                Self::NotTestable(format!("this Appwrite does not support it ({refusal})"))
            }
            Error::Config(problem @ ConfigError::CookieUnusable) => Self::NotTestable(problem.to_string()),
            error => Self::Broken(format!("a call failed with {}: {error}", error.code().as_str())),
        }
    }
}

/// What the harness itself could not do says nothing about the promise.
impl From<String> for Stop {
    fn from(text: String) -> Self {
        Self::NotTestable(format!("the harness could not prepare it: {text}"))
    }
}

/// Breaks the promise unless the condition holds; the text says what was seen.
macro_rules! ensure {
    ($held:expr, $($seen:tt)+) => {
        if !$held {
            return Err($crate::harness::world::Stop::Broken(format!($($seen)+)));
        }
    };
}
pub(crate) use ensure;

/// A user with an e-mail and a password.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) password: String,
}

/// A fresh e-mail and password that nobody has.
pub(crate) fn fresh_login() -> (String, String) {
    let random = || format!("{:016x}", fastrand::u64(..));
    (format!("promise-{}@example.com", random()), format!("Pw-{}-{}", random(), random()))
}

/// The surroundings of one promise.
pub(crate) struct World {
    pub(crate) target: Target,
    pub(crate) admin: Admin,
    pub(crate) relay: Relay,
    /// The app's gateway, allowed by the clients of this world.
    pub(crate) gateway: AppGateway,
    /// An origin that no client has allowed.
    pub(crate) foreign: AppGateway,
    users: Mutex<Vec<String>>,
}

impl World {
    pub(crate) async fn start(target: &Target) -> Result<Self, String> {
        let http = Http::new()?;
        let Target { endpoint, project, key } = target.clone();
        Ok(Self {
            relay: Relay::start(&endpoint, http.clone()).await?,
            gateway: AppGateway::start(&endpoint, &project, http.clone()).await?,
            foreign: AppGateway::start(&endpoint, &project, http.clone()).await?,
            admin: Admin { http, endpoint, project, key },
            target: target.clone(),
            users: Mutex::default(),
        })
    }

    /// A user that nobody else uses, so that no promise meets the rate limit of another.
    pub(crate) async fn person(&self) -> Outcome<Person> {
        let (email, password) = fresh_login();
        let id = self.admin.create_user(&email, &password).await?;
        self.remove_later(&id);
        Ok(Person { id, email, password })
    }

    /// Removes the user when the promise has been tried.
    pub(crate) fn remove_later(&self, id: &str) {
        self.users.lock().unwrap_or_else(PoisonError::into_inner).push(id.to_owned());
    }

    /// Removes what was made; what could not be is returned.
    pub(crate) async fn clean_up(&self) -> Vec<String> {
        let users = std::mem::take(&mut *self.users.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = Vec::new();
        for id in users {
            match self.admin.delete_user(&id).await {
                // A promise may have removed it already.
                Err(error) if !error.contains("user_not_found") => left.push(error),
                _ => {}
            }
        }
        left
    }

    /// A client as an app would build it, but for the relay in between and a store that lasts as long as `store`.
    pub(crate) fn builder(&self, store: &MemoryStore) -> SessionClientBuilder {
        SessionClient::builder(&self.relay.endpoint(), &self.target.project)
            .retries(Retries { attempts: 2, base: Duration::from_millis(20), ..Retries::default() })
            .store(store.clone())
    }

    /// A client of the default gateway.
    pub(crate) fn client(&self, store: &MemoryStore) -> Outcome<SessionClient> {
        self.client_by(store, Carrier::Cookie)
    }

    /// A client that sends the credential to the gateway by `carrier`.
    pub(crate) fn client_by(&self, store: &MemoryStore, carrier: Carrier) -> Outcome<SessionClient> {
        let gateway = Gateway::new(self.gateway.origin()).carrier(carrier);
        Ok(self.builder(store).gateway(gateway).build()?)
    }

    /// A client on a device of its own, where `person` has signed in.
    pub(crate) async fn signed_in(&self, person: &Person) -> Outcome<(SessionClient, MemoryStore)> {
        let store = MemoryStore::new();
        let client = self.client(&store)?;
        sign_in(&client, person).await?;
        Ok((client, store))
    }

    /// Waits for Appwrite to have `count` sessions of `person`: some versions finish after they have answered.
    pub(crate) async fn sessions_become(&self, person: &Person, count: usize) -> Outcome {
        let mut seen = usize::MAX;
        for _ in 0..50 {
            seen = self.admin.sessions(&person.id).await?.len();
            if seen == count {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(Stop::Broken(format!(
            "Appwrite has {seen} sessions of the user, not {count}, five seconds later"
        )))
    }
}

/// Signs in, and expects nothing less.
pub(crate) async fn sign_in(client: &SessionClient, person: &Person) -> Outcome {
    let state = client.sign_in_with_email(&person.email, &person.password).await?;
    ensure!(is_signed_in(&state), "the sign-in ended in {}", shown(&state));
    Ok(())
}

pub(crate) fn is_signed_in(state: &SessionState) -> bool {
    matches!(state, SessionState::SignedIn { .. })
}

pub(crate) fn is_signed_out(state: &SessionState, expected: SignedOutReason) -> bool {
    matches!(state, SessionState::SignedOut { reason } if *reason == expected)
}

/// The state, with its reason.
pub(crate) fn shown(state: &SessionState) -> String {
    match state {
        SessionState::SignedOut { reason } => format!("{} ({})", state.name(), reason.as_str()),
        SessionState::SignedIn { verified, .. } => format!("{} (verified: {verified})", state.name()),
        _ => state.name().to_owned(),
    }
}

/// The code of the error, or what came in place of one.
pub(crate) fn code<T>(result: &Result<T, Error>) -> &'static str {
    result.as_ref().err().map_or("success", |error| error.code().as_str())
}

/// The user whom the gateway at `target` says it was called by.
pub(crate) async fn caller(client: &SessionClient, target: &str) -> Outcome<String> {
    let response = client.get(target).send().await?;
    let body: serde_json::Value = response.json_of_any_status()?;
    ensure!(response.status() == 200, "the gateway answered {} {body}", response.status().as_u16());
    Ok(body["userId"].as_str().unwrap_or_default().to_owned())
}

/// Whether `moment` comes within five seconds.
pub(crate) async fn comes<F: Future<Output = bool>>(moment: impl Fn() -> F) -> bool {
    for _ in 0..250 {
        if moment().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}
