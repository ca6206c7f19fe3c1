//! The signed-in user's passkeys.

use crate::{
    appwrite::{Id, operations::passkeys},
    error::Result,
    json,
    model::{Passkey, PasskeyChallenge},
    session::Session,
};

/// The passkeys of the signed-in user. Made by [`SessionClient::passkeys`](crate::SessionClient::passkeys). Since Appwrite 2.5: before
/// that every method fails with `Unsupported`.
///
/// Every method fails with the errors of [`SessionClient::account`](crate::SessionClient::account), too. Work that was begun goes on if
/// its future is dropped.
#[derive(Clone)]
pub struct Passkeys {
    pub(super) session: Session,
}

impl Passkeys {
    /// The user's passkeys.
    pub async fn list(&self) -> Result<Vec<Passkey>> {
        self.session.perform(passkeys::list()).await
    }

    /// Begins to register a passkey. Give the challenge's [`options`](PasskeyChallenge::options) to the platform's screen, and what it
    /// answers to [`complete_registration`](Self::complete_registration).
    ///
    /// # Errors
    ///
    /// `ReauthenticationRequired` if the user has neither signed in nor answered a challenge in the last ten minutes. `InvalidInput` if the
    /// user has ten passkeys. `Forbidden` if the project has passkeys switched off.
    pub async fn begin_registration(&self, name: Option<&str>) -> Result<PasskeyChallenge> {
        let operation = passkeys::begin_registration(name);
        self.session.perform(operation).await
    }

    /// Completes the registration with `credential`, the JSON that the platform's screen answered.
    ///
    /// # Errors
    ///
    /// `InvalidToken` if the challenge was used or has expired, or if the answer does not fit it; begin anew. `AlreadyExists` if the
    /// authenticator has a passkey of this user. `Config` if `credential` is no JSON object, and nothing is sent.
    pub async fn complete_registration(
        &self,
        challenge: &PasskeyChallenge,
        credential: &str,
    ) -> Result<Passkey> {
        let (id, passkey) =
            (Id::parse("challenge", &challenge.id)?, Id::parse("passkey", &challenge.passkey_id)?);
        let credential = json::raw_object(credential).ok_or(crate::ConfigError::PasskeyAnswer)?;
        let operation = passkeys::complete_registration(&passkey, &id, credential);
        self.session.perform(operation).await
    }

    /// Renames a passkey.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if there is no such passkey or the name has more than 128 characters. `Config` if `id` cannot be an id.
    pub async fn rename(&self, id: &str, name: &str) -> Result<Passkey> {
        self.session.perform(passkeys::rename(&Id::parse("passkey", id)?, name)).await
    }

    /// Deletes a passkey. The platform may go on showing it until the user deletes it there, too.
    ///
    /// # Errors
    ///
    /// `ReauthenticationRequired` as [`begin_registration`](Self::begin_registration); otherwise as [`rename`](Self::rename).
    pub async fn delete(&self, id: &str) -> Result<()> {
        let operation = passkeys::delete(&Id::parse("passkey", id)?);
        self.session.perform(operation).await
    }
}
