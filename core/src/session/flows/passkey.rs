//! Signing in with a passkey: a challenge, the platform's answer, and a token of a minute that is exchanged at once.

use std::future::Future;

use crate::{
    appwrite::{Id, SignIn, operations::passkeys},
    config::ConfigError,
    error::{Error, Result},
    json,
    model::PasskeyChallenge,
    session::{SessionState, attempt::Attempt, handle::Session},
};

impl Session {
    /// Asks for a challenge. No user is named: the platform's screen offers the passkeys that it has.
    pub(crate) async fn begin_passkey(&self) -> Result<PasskeyChallenge> {
        self.perform(passkeys::begin_sign_in()).await
    }

    /// Signs in with what the platform's screen answered. The attempt is numbered now, when this is called.
    pub(crate) fn complete_passkey(
        &self,
        challenge: &PasskeyChallenge,
        credential: &str,
    ) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        let (session, attempt) = (self.clone(), self.attempt());
        let (challenge, credential) = (challenge.id.clone(), credential.to_owned());
        async move {
            session.writable()?;
            let tasks = session.tasks.clone();
            tasks.run(async move { session.passkey_completed(&challenge, &credential, attempt).await }).await
        }
    }

    async fn passkey_completed(
        &self,
        challenge: &str,
        credential: &str,
        attempt: Attempt,
    ) -> Result<SessionState> {
        let challenge = Id::parse("challenge", challenge)?;
        let credential = json::raw_object(credential).ok_or(ConfigError::PasskeyAnswer)?;
        self.may_sign_in(attempt).await?;
        let token = self.perform(passkeys::complete_sign_in(&challenge, credential)).await?;
        let sign_in = SignIn::Token { user_id: token.user_id, secret: token.secret };
        self.signed_in(sign_in, attempt).await.map_err(Error::after_sending)
    }
}
