//! Proves that an e-mail address or a phone number is the signed-in user's.

use crate::{
    Secret,
    appwrite::{Id, operations::verification},
    error::Result,
    link,
    model::SentCode,
    session::Session,
};

/// Verifies the e-mail address and the phone number of the signed-in user. Made by
/// [`SessionClient::verification`](crate::SessionClient::verification).
///
/// Every method that starts a verification fails with the errors of [`SessionClient::account`](crate::SessionClient::account), too.
/// Completing the verification of an address needs nobody to be signed in: the link may be opened on another device.
#[derive(Clone)]
pub struct Verification {
    pub(super) session: Session,
}

impl Verification {
    /// Sends a code to the user's e-mail address. `phrase` asks for a security phrase in the message. Since Appwrite 2.4.
    ///
    /// # Errors
    ///
    /// `Unsupported` on an older server: use [`start_email_by_link`](Self::start_email_by_link). `AlreadyExists` if the address is verified.
    pub async fn start_email_by_code(&self, phrase: bool) -> Result<SentCode> {
        self.session.perform(verification::start_email_by_code(phrase)).await
    }

    /// Completes the verification with the code that the user got.
    ///
    /// # Errors
    ///
    /// `InvalidToken` if the code is wrong, used or expired. `Config` if the user's id cannot be one, and nothing is sent.
    pub async fn complete_email_by_code(&self, sent: &SentCode, code: &str) -> Result<()> {
        let user = Id::parse("user", &sent.user_id)?;
        self.session.perform(verification::complete_email_by_code(&user, &Secret::from(code))).await
    }

    /// Sends a link to `callback` to the user's e-mail address: a URL of the app's own (an app link or universal link), or one that opens
    /// the app. Its host or its scheme must be one of the project's platforms.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the callback is not allowed. `AlreadyExists` if the address is verified.
    pub async fn start_email_by_link(&self, callback: &str) -> Result<SentCode> {
        self.session.perform(verification::start_email_by_link(callback)).await
    }

    /// Completes the verification with the link that the user opened.
    ///
    /// # Errors
    ///
    /// `CallbackRejected` if `url` is not a link to `callback` with what Appwrite adds; `InvalidToken` if it was used or has expired.
    pub async fn complete_email_by_link(&self, callback: &str, url: &str) -> Result<()> {
        let (user, secret) = link::read(callback, url)?;
        self.session.perform(verification::complete_email_by_link(&user, &secret)).await
    }

    /// Sends a code to the user's phone number.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the user has no phone number; `Unsupported` if the project has no SMS provider.
    pub async fn start_phone(&self) -> Result<SentCode> {
        self.session.perform(verification::start_phone()).await
    }

    /// Completes the verification with the code that the user got. The user must be signed in for this, which Appwrite 1.5 wants.
    ///
    /// # Errors
    ///
    /// As [`complete_email_by_code`](Self::complete_email_by_code).
    pub async fn complete_phone(&self, sent: &SentCode, code: &str) -> Result<()> {
        let user = Id::parse("user", &sent.user_id)?;
        self.session.perform(verification::complete_phone(&user, &Secret::from(code))).await
    }
}
