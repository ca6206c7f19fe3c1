//! The client: each method hands its work to the core, in a task of the shared runtime.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use appwrite_session_core::{self as core, Result, Secret, Sent, SessionClient, SessionClientBuilder};
use http::Method;

use crate::{
    error::CoreError,
    gateway::{Authorization, GatewayCall, GatewayRequestOptions},
    models::{CoreAccount, CoreChange, CoreMfaChallenge, CoreSession, CoreState, Factor, Import},
    observe::ChangeStream,
    options::ClientOptions,
    presence::{HostPresence, HostPresenceAdapter},
    redirect::RedirectTarget,
    runtime::{Reply, RuntimeLease},
    storage::{HostStore, HostStoreAdapter},
    trust::{HostTrust, HostTrustAdapter},
    verdict::Verdict,
};

/// One login to Appwrite.
///
/// All methods can be called from any thread at any time. Those that change the session run to their end even when the caller goes
/// away: dropping a future only stops waiting.
#[derive(uniffi::Object)]
pub struct CoreClient {
    client: SessionClient,
    /// None once closed.
    runtime: Mutex<Option<RuntimeLease>>,
}

/// What clients, and accounts, are built from.
pub(crate) struct Building {
    pub(crate) builder: SessionClientBuilder,
    pub(crate) runtime: RuntimeLease,
}

impl Building {
    pub(crate) fn new(
        options: ClientOptions,
        store: Option<Arc<dyn HostStore>>,
        trust: Option<Arc<dyn HostTrust>>,
        presence: Option<Arc<dyn HostPresence>>,
    ) -> Result<Self> {
        let policy = options.presence_policy;
        let mut builder = options.builder();
        if let Some(store) = store {
            builder = builder.store(HostStoreAdapter::new(store));
        }
        if let Some(trust) = trust {
            builder = builder.server_trust(HostTrustAdapter(trust));
        }
        if let Some(presence) = presence {
            builder = builder.require_presence(policy.into(), HostPresenceAdapter(presence));
        }
        let runtime = RuntimeLease::take().map_err(|_| core::Error::Internal)?;
        Ok(Self { builder: builder.keeps_runtime(runtime.keeper()), runtime })
    }
}

/// The runtime of what is not closed.
pub(crate) fn runtime_of(runtime: &Mutex<Option<RuntimeLease>>) -> Result<RuntimeLease> {
    let runtime = runtime.lock().unwrap_or_else(PoisonError::into_inner).clone();
    runtime.ok_or(core::Error::Closed(Sent::Nothing))
}

impl CoreClient {
    /// A client that is one of several accounts.
    pub(crate) fn of(client: SessionClient, runtime: RuntimeLease) -> Self {
        Self { client, runtime: Mutex::new(Some(runtime)) }
    }

    fn runtime(&self) -> Result<RuntimeLease> {
        runtime_of(&self.runtime)
    }

    /// Runs what `call` does with the client in a task, and converts its result.
    fn run<T, U, F>(&self, call: impl FnOnce(SessionClient) -> F) -> Reply<U>
    where
        T: Into<U>,
        U: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        match self.runtime() {
            Ok(runtime) => {
                let work = call(self.client.clone());
                runtime.run(Box::pin(async move { Ok(work.await?.into()) }))
            }
            Err(closed) => Box::pin(std::future::ready(Err(closed.into()))),
        }
    }
}

#[uniffi::export]
impl CoreClient {
    /// Builds a client, which begins to read its store at once, in the background. Makes no request. What the host does not give
    /// is the platform's own.
    #[uniffi::constructor]
    pub fn new(
        options: ClientOptions,
        store: Option<Arc<dyn HostStore>>,
        trust: Option<Arc<dyn HostTrust>>,
        presence: Option<Arc<dyn HostPresence>>,
    ) -> Result<Self, CoreError> {
        let Building { builder, runtime } = Building::new(options, store, trust, presence)?;
        let client = runtime.enter(|| builder.build())?;
        Ok(Self::of(client, runtime))
    }

    /// The last change: state, persistence and number, taken together. Never waits.
    pub fn change(&self) -> CoreChange {
        self.client.change().into()
    }

    /// The changes from now on, the current state first.
    pub fn changes(&self) -> ChangeStream {
        ChangeStream::new(self.client.changes())
    }

    /// Where the user stands once the store has been read.
    pub async fn restored(&self) -> Result<CoreState, CoreError> {
        self.run(|client| async move { Ok(client.restored().await) }).await
    }

    /// Retries pending work now: reads a locked store again, saves an unsaved session, sends queued revocations.
    pub async fn resume(&self) -> Result<CoreState, CoreError> {
        self.run(|client| async move { Ok(client.resume().await) }).await
    }

    /// Says that the app goes to the background, until [`resume`](Self::resume).
    pub fn pause(&self) {
        self.client.pause();
    }

    /// Says that the device is in another network: idle connections are dropped, and what waits for a network is tried. Never waits.
    pub fn network_changed(&self) {
        if let Ok(runtime) = self.runtime() {
            runtime.enter(|| self.client.network_changed());
        }
    }

    /// Creates a user. Does not sign in.
    pub async fn sign_up_with_email(
        &self,
        email: String,
        password: String,
        name: Option<String>,
    ) -> Result<CoreAccount, CoreError> {
        let password = Secret::new(password);
        self.run(|client| async move {
            // Exposed to the core, for the one request that it is for; likewise below.
            client.sign_up_with_email(&email, password.expose(), name.as_deref()).await
        })
        .await
    }

    /// Signs in with e-mail and password; the state it ended in.
    pub async fn sign_in_with_email(&self, email: String, password: String) -> Result<CoreState, CoreError> {
        let password = Secret::new(password);
        self.run(|client| async move { client.sign_in_with_email(&email, password.expose()).await }).await
    }

    /// Signs in as a new anonymous user.
    pub async fn sign_in_anonymously(&self) -> Result<CoreState, CoreError> {
        self.run(|client| async move { client.sign_in_anonymously().await }).await
    }

    /// Signs in with a token that the app's server made.
    pub async fn sign_in_with_token(&self, user_id: String, secret: String) -> Result<CoreState, CoreError> {
        let secret = Secret::new(secret);
        self.run(|client| async move { client.sign_in_with_token(&user_id, secret.expose()).await }).await
    }

    /// Asks for a challenge of a second factor.
    pub async fn create_mfa_challenge(&self, factor: Factor) -> Result<CoreMfaChallenge, CoreError> {
        self.run(|client| async move { client.create_mfa_challenge(factor.into()).await }).await
    }

    /// Answers a challenge with the user's code.
    pub async fn complete_mfa_challenge(
        &self,
        challenge_id: String,
        code: String,
    ) -> Result<CoreState, CoreError> {
        let (challenge, code) = (core::MfaChallenge::new(challenge_id), Secret::new(code));
        self.run(|client| async move { client.complete_mfa_challenge(&challenge, code.expose()).await }).await
    }

    /// Performs an operation by its name: `arguments` is a JSON list, and the result is JSON. Every operation that is not a function of this
    /// object is one of these; [`operation_names`](crate::operation_names) lists them, and the API of each language has a method for each.
    pub async fn call(&self, operation: String, arguments: String) -> Result<String, CoreError> {
        let arguments = Secret::new(arguments);
        self.run(|client| async move {
            // Exposed to the host, whose result it is.
            client.call(&operation, &arguments).await.map(|result| result.expose().to_owned())
        })
        .await
    }

    /// Signs out on this device, with or without a network.
    pub async fn sign_out(&self) -> Result<(), CoreError> {
        self.run(|client| async move { client.sign_out().await }).await
    }

    /// Signs the user out everywhere.
    pub async fn sign_out_everywhere(&self) -> Result<(), CoreError> {
        self.run(|client| async move { client.sign_out_everywhere().await }).await
    }

    /// Takes over the session that one of Appwrite's own SDKs stored on the device: `left` is what it stored.
    pub async fn import_session(&self, left: String) -> Result<Import, CoreError> {
        let left = Secret::new(left);
        self.run(|client| async move { client.import_session(left.expose()).await }).await
    }

    /// Who is signed in, asked of Appwrite.
    pub async fn account(&self) -> Result<CoreAccount, CoreError> {
        self.run(|client| async move { client.account().await }).await
    }

    /// Every session of the user.
    pub async fn sessions(&self) -> Result<Vec<CoreSession>, CoreError> {
        self.run(|client| async move {
            let sessions = client.sessions().await?;
            Ok(sessions.into_iter().map(CoreSession::from).collect::<Vec<_>>())
        })
        .await
    }

    /// The session of this device, as Appwrite sees it.
    pub async fn current_session(&self) -> Result<CoreSession, CoreError> {
        self.run(|client| async move { client.current_session().await }).await
    }

    /// Starts the life of this device's session anew.
    pub async fn extend_session(&self) -> Result<CoreSession, CoreError> {
        self.run(|client| async move { client.extend_session().await }).await
    }

    /// Revokes the session of that id.
    pub async fn revoke_session(&self, id: String) -> Result<(), CoreError> {
        self.run(|client| async move { client.revoke_session(&id).await }).await
    }

    /// A call of a gateway, to be sent with [`GatewayCall::send`].
    pub fn request(&self, options: GatewayRequestOptions) -> Result<GatewayCall, CoreError> {
        Ok(GatewayCall::new(&self.client, self.runtime()?, options)?)
    }

    /// Whether `target` is a path of the default gateway or a URL of an allowed one. Never waits.
    pub fn is_gateway(&self, target: String) -> bool {
        self.client.is_gateway(&target)
    }

    /// Where a redirect leads that a gateway at `from` answered with. `method` and `has_body` are of the request that would follow it.
    /// Never waits.
    pub fn check_redirect(
        &self,
        from: String,
        to: String,
        method: String,
        has_body: bool,
    ) -> Result<RedirectTarget, CoreError> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| core::Error::InvalidRedirect)?;
        Ok(self.client.check_redirect(&from, &to, &method, has_body)?.into())
    }

    /// The headers for a request that the app sends by itself, under the same origin rule.
    pub async fn authorize(&self, target: String) -> Result<Authorization, CoreError> {
        self.run(|client| async move { client.authorize(&target).await.map(Authorization) }).await
    }

    /// Reports that a gateway answered 401 to a request that carried `authorization`, and says what to do about it. Appwrite is asked
    /// once for all calls, and not at all where the answer is known already.
    pub async fn report_unauthorized(&self, authorization: Arc<Authorization>) -> Result<Verdict, CoreError> {
        self.run(|client| async move { Ok(client.report_unauthorized(&authorization.0).await) }).await
    }

    /// Ends the client: waits for work under way, ends the observers, and gives its share of the threads back. The session stays
    /// stored. A second call does nothing.
    pub async fn shut_down(&self) {
        // Closing cannot fail; a lost task means that the runtime went first.
        let _: Result<(), CoreError> = self
            .run(|client| async move {
                client.close().await;
                Ok(())
            })
            .await;
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
