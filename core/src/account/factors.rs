//! The signed-in user's second factors.

use crate::{
    Error, Secret,
    appwrite::operations::factors,
    error::Result,
    model::{Account, Factor, TotpEnrollment},
    session::Session,
};

/// The second factors of the signed-in user. Made by [`SessionClient::factors`](crate::SessionClient::factors).
///
/// A challenge of a factor is created and answered by the client itself
/// ([`create_mfa_challenge`](crate::SessionClient::create_mfa_challenge)), to complete a sign-in or, while signed in, before what
/// Appwrite wants a fresh challenge for ([`Error::ChallengeRequired`]).
///
/// Every method fails with the errors of [`SessionClient::account`](crate::SessionClient::account), too. Work that was begun goes on if
/// its future is dropped.
#[derive(Clone)]
pub struct Factors {
    pub(super) session: Session,
}

impl Factors {
    /// The factors that the user can answer a challenge of, in the order in which an app should offer them. Also while a factor is missing.
    pub async fn available(&self) -> Result<Vec<Factor>> {
        self.session.factors().await
    }

    /// Switches on or off that a sign-in needs a second factor. Without any factor Appwrite asks for none. This session goes on.
    pub async fn require(&self, required: bool) -> Result<Account> {
        let held = self.session.admitted().await?;
        match self.session.perform_as(&held, factors::require(required)).await {
            // 1.5.11 does it and answers so, if the user has an authenticator and a verified e-mail address (contract §13.7).
            Err(Error::InvalidInput(refusal)) if refusal.kind() == "document_invalid_structure" => {
                let account = self.session.account_of(held).await?;
                if account.mfa_enabled == required { Ok(account) } else { Err(Error::InvalidInput(refusal)) }
            }
            outcome => outcome,
        }
    }

    /// Begins to enroll an authenticator app. It counts once [`verify_totp`](Self::verify_totp) has seen a code of it; beginning again
    /// before that makes a new secret.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if the user has a verified authenticator.
    pub async fn enroll_totp(&self) -> Result<TotpEnrollment> {
        self.session.perform(factors::enroll_totp()).await
    }

    /// Completes the enrollment of an authenticator app with a code that it shows.
    ///
    /// # Errors
    ///
    /// `InvalidToken` if the code is wrong or of another half minute; try again with the next one. `InvalidInput` if no enrollment was begun.
    pub async fn verify_totp(&self, code: &str) -> Result<Account> {
        self.session.perform(factors::verify_totp(&Secret::from(code))).await
    }

    /// Removes the authenticator app. Appwrite 1.5 wants a code of it or a recovery code; newer versions want a fresh challenge instead, and
    /// do not look at `code`.
    ///
    /// # Errors
    ///
    /// `ChallengeRequired`: answer a challenge first. `InvalidInput` if there is no authenticator, or on 1.5 if there is no code;
    /// `InvalidToken` if the code is wrong.
    pub async fn remove_totp(&self, code: Option<&str>) -> Result<()> {
        self.session.perform(factors::remove_totp(code.map(Secret::from).as_ref())).await
    }

    /// Makes six recovery codes, each of which replaces a second factor once. Show them once, to be written down.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if the user has some; [`replace_recovery_codes`](Self::replace_recovery_codes) makes new ones.
    pub async fn create_recovery_codes(&self) -> Result<Vec<Secret>> {
        self.session.perform(factors::create_recovery_codes()).await
    }

    /// Makes six new recovery codes. The old ones are of no use any more.
    ///
    /// # Errors
    ///
    /// `ChallengeRequired`: answer a challenge first. `InvalidInput` if the user has none.
    pub async fn replace_recovery_codes(&self) -> Result<Vec<Secret>> {
        self.session.perform(factors::replace_recovery_codes()).await
    }

    /// The recovery codes that are left.
    ///
    /// # Errors
    ///
    /// As [`replace_recovery_codes`](Self::replace_recovery_codes).
    pub async fn recovery_codes(&self) -> Result<Vec<Secret>> {
        self.session.perform(factors::recovery_codes()).await
    }
}
