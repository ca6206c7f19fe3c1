//! Where one promise is tried: an Appwrite behind a relay, a gateway, a foreign origin, and users of its own.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use appwrite_session_core::{
    Carrier, Gateway, Retries, SessionClient, SessionClientBuilder, SessionState, SignedOutReason,
    store::MemoryStore,
};
use url::Url;

use super::{
    admin::Admin,
    gateway::AppGateway,
    http::Http,
    introduction::Server,
    outcome::{Outcome, Stop, ensure},
    relay::Relay,
};

/// Which Appwrite, and the key to prepare users with.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) endpoint: Url,
    pub(crate) project: String,
    pub(crate) key: String,
}

/// What all promises of a run share.
pub(crate) struct Run {
    pub(crate) target: Target,
    pub(crate) http: Http,
    pub(crate) server: Server,
}

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

/// Whether an e-mail is one of [`fresh_login`].
pub(crate) fn is_ours(email: &str) -> bool {
    let random = email.strip_prefix("promise-").and_then(|rest| rest.strip_suffix("@example.com"));
    random.is_some_and(|random| random.len() == 16 && random.bytes().all(|c| c.is_ascii_hexdigit()))
}

/// The surroundings of one promise.
pub(crate) struct World {
    pub(crate) target: Target,
    pub(crate) server: Server,
    pub(crate) admin: Admin,
    pub(crate) relay: Relay,
    /// The app's gateway, allowed by the clients of this world.
    pub(crate) gateway: AppGateway,
    /// An origin that no client has allowed.
    pub(crate) foreign: AppGateway,
    users: Mutex<Vec<String>>,
}

impl World {
    pub(crate) async fn start(run: &Run) -> Result<Self, String> {
        let http = run.http.clone();
        let Target { endpoint, project, key } = run.target.clone();
        Ok(Self {
            relay: Relay::start(&endpoint, http.clone()).await?,
            gateway: AppGateway::start(&endpoint, &project, http.clone()).await?,
            foreign: AppGateway::start(&endpoint, &project, http.clone()).await?,
            admin: Admin { http, endpoint, project, key },
            target: run.target.clone(),
            server: run.server.clone(),
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
        self.sign_in(&client, person).await?;
        Ok((client, store))
    }

    /// Signs `person` in, where the promise is not about the way in: by a token of the project's key, which no project can switch
    /// off, and whose limit no two users share.
    pub(crate) async fn sign_in(&self, client: &SessionClient, person: &Person) -> Outcome {
        let secret = self.admin.create_token(&person.id).await?;
        let state = client.sign_in_with_token(&person.id, &secret).await?;
        ensure!(is_signed_in(&state), "the sign-in ended in {}", shown(&state));
        Ok(())
    }

    /// Two devices on which `person` has signed in.
    pub(crate) async fn two_devices(&self, person: &Person) -> Outcome<(SessionClient, SessionClient)> {
        if self.server.one_session_only {
            let why = "the project keeps one session for each user, and this promise needs two";
            return Err(Stop::NotTestable(why.to_owned()));
        }
        Ok((self.signed_in(person).await?.0, self.signed_in(person).await?.0))
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
        Err(Stop::Broken(format!("Appwrite has {seen} sessions of the user, not {count}, asked fifty times")))
    }
}

/// Signs in with e-mail and password, and expects nothing less.
pub(crate) async fn sign_in_by_email(client: &SessionClient, person: &Person) -> Outcome {
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
