//! Signing in with a provider in the browser: begun here, answered by a URL that opens the app, perhaps in another process.

use std::{future::Future, sync::Arc};

use crate::{
    Secret,
    appwrite::{Failure, Id, SignIn},
    callback::Answer,
    credential::Credential,
    error::{CallbackFault, Error, Result, Sent},
    oauth2::{Asked, OAuth2, OAuth2Outcome, OAuth2Start},
    random::unguessable,
    session::{
        actor::Saved,
        attempt::Attempt,
        browser::Flow,
        handle::{Session, Shared},
        machine::Event,
    },
};

impl Session {
    /// Begins a sign-in in the browser, in place of any other. The attempt is numbered now, when this is called.
    pub(crate) fn begin_oauth2(
        &self,
        asked: OAuth2,
    ) -> impl Future<Output = Result<OAuth2Start>> + Send + use<> {
        let (session, attempt) = (self.clone(), self.attempt());
        async move {
            session.writable()?;
            let tasks = session.tasks.clone();
            tasks.run(async move { session.oauth2_begun(asked, attempt).await }).await
        }
    }

    async fn oauth2_begun(&self, asked: OAuth2, attempt: Attempt) -> Result<OAuth2Start> {
        let Asked { provider, scopes, callback } = asked.parse(self.appwrite.project())?;
        let callback_scheme = callback.scheme().to_owned();
        let flow = Flow::new(unguessable()?, callback, self.clock.now(), attempt);
        let url = self.appwrite.oauth2_url(&provider, &scopes, &flow.bound_callback());
        let url = url.ok_or(Failure::Unintelligible(None))?;
        if !self.browser.begin(flow) {
            return Err(Error::Superseded(Sent::Nothing));
        }
        self.keep_flow().await;
        Ok(OAuth2Start { url, callback_scheme })
    }

    /// Completes the sign-in in the browser with the URL that opened the app.
    pub(crate) fn complete_oauth2(
        &self,
        url: &str,
    ) -> impl Future<Output = Result<OAuth2Outcome>> + Send + use<> {
        let (session, now, url) = (self.clone(), self.attempt(), Secret::from(url));
        async move {
            session.writable()?;
            let tasks = session.tasks.clone();
            tasks.run(async move { session.oauth2_completed(&url, now).await }).await
        }
    }

    async fn oauth2_completed(&self, url: &Secret, now: Attempt) -> Result<OAuth2Outcome> {
        self.restore_flow().await?;
        // Exposed to be read.
        let taken = self.browser.take(url.expose(), self.clock.now());
        // Any other URL of the app changes nothing, so nothing is stored for it.
        if matches!(taken, Ok(_) | Err(CallbackFault::Expired)) {
            self.keep_flow().await;
        }
        let (flow, answer) = taken.map_err(Error::CallbackRejected)?;
        let attempt = flow.attempt(now);
        match self.oauth2_answered(&answer, attempt).await {
            Err(error) if error.is_retryable() && !error.may_have_arrived() => {
                self.browser.give_back(flow);
                self.keep_flow().await;
                Err(error)
            }
            other => other,
        }
    }

    async fn oauth2_answered(&self, answer: &Answer, attempt: Attempt) -> Result<OAuth2Outcome> {
        if let Some(error) = answer.parameter("error") {
            return Failure::of_redirect(error)
                .map_or(Ok(OAuth2Outcome::Cancelled), |failure| Err(failure.into()));
        }
        // The session flow, which is never asked for, gives the credential itself (contract §3.2).
        if let Some(credential) = self.credential_of(answer) {
            let (session_id, expires_at) = Default::default();
            let event =
                Event::SignInAnswered { attempt, credential: credential.clone(), session_id, expires_at };
            return self.kept(credential, event).await.map(OAuth2Outcome::SignedIn);
        }
        let malformed = || Error::CallbackRejected(CallbackFault::Malformed);
        let (user, secret) = answer.token().ok_or_else(malformed)?;
        // Exposed to be checked: it is an id.
        let user_id = Id::parse("user", user.expose()).map_err(|_| malformed())?;
        let sign_in = SignIn::Token { user_id, secret: secret.clone() };
        self.signed_in(sign_in, attempt).await.map(OAuth2Outcome::SignedIn)
    }

    fn credential_of(&self, answer: &Answer) -> Option<Credential> {
        let (key, secret) = (answer.parameter("key")?, answer.parameter("secret")?);
        // Exposed to be compared with the name of the cookie, and to be read into the type that hides it.
        let is_own = key.expose().eq_ignore_ascii_case(&self.appwrite.cookie_name());
        is_own.then(|| Credential::parse(secret.expose())).flatten()
    }

    /// Nobody waits for the callback of the browser any more.
    pub(crate) async fn cancel_oauth2(&self) {
        if self.writable().is_ok() && !self.tasks.is_closed() {
            self.browser.forget();
            self.keep_flow().await;
        }
    }

    /// Tells the actor that the user ends the session, and ends the sign-in in the browser that was begun before.
    pub(super) async fn tell_end(&self, attempt: Attempt, event: Event) -> Result<Saved> {
        let may_be_stored = self.browser.sign_out(attempt);
        let forgotten = async {
            if may_be_stored {
                self.keep_flow().await;
            }
        };
        // Both at once, because the store may take its time.
        tokio::join!(self.tell(event), forgotten).0
    }

    /// Reads what an earlier process has begun.
    async fn restore_flow(&self) -> Result<()> {
        if !self.browser.is_unknown() {
            return Ok(());
        }
        let shared = self.shared();
        let stored = self.flow_call(move || shared.flows.load()).await;
        match stored {
            Some(Ok(stored)) => self.browser.restore(stored.as_ref()),
            // Not yet known: the same URL can be tried again once the store works.
            Some(Err(error)) => return Err(error.into()),
            None => return Err(Error::StorageUnavailable),
        }
        Ok(())
    }

    /// Lets the store have what is known now. If it does not take it, the sign-in works all the same, in this process.
    async fn keep_flow(&self) {
        let shared = self.shared();
        let kept = self.flow_call(move || shared.flows.keep(|| shared.browser.encode())).await;
        if !matches!(kept, Some(Ok(()))) {
            tracing::debug!("the sign-in in the browser could not be stored");
        }
    }

    /// Makes a call of the store. `None` if it took too long.
    async fn flow_call<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        tokio::select! {
            done = self.tasks.blocking(call) => done,
            () = self.tasks.sleep(self.patience) => None,
        }
    }

    fn shared(&self) -> Arc<Shared> {
        self.0.clone()
    }
}
