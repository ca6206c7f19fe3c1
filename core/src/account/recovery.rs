//! A new password for a user who has forgotten the old one.

use crate::{
    Secret,
    appwrite::{Id, operations::recovery},
    error::Result,
    link,
    model::SentCode,
    session::Session,
};

/// Recovers an account whose password was forgotten. Made by [`SessionClient::recovery`](crate::SessionClient::recovery). Nobody needs to be
/// signed in, nobody is signed in afterwards, and no credential is sent. Depending on the project's settings, Appwrite ends the user's
/// sessions, this device's included.
#[derive(Clone)]
pub struct Recovery {
    pub(super) session: Session,
}

impl Recovery {
    /// Sends the user a code. `phrase` asks for a security phrase in the message. Since Appwrite 2.3.
    ///
    /// # Errors
    ///
    /// `Unsupported` on an older server: use [`start_by_link`](Self::start_by_link). `InvalidInput` if nobody has this address, where
    /// Appwrite says so; `RateLimited`, and the network's errors.
    pub async fn start_by_code(&self, email: &str, phrase: bool) -> Result<SentCode> {
        self.session.perform(recovery::start_by_code(email, phrase)).await
    }

    /// Sets the new password with the code that the user got.
    ///
    /// # Errors
    ///
    /// `InvalidToken` if the code is wrong, used or expired; `InvalidInput` if the project's rules refuse the password. `Config` if the
    /// user's id cannot be one, and nothing is sent.
    pub async fn complete_by_code(&self, sent: &SentCode, code: &str, password: &str) -> Result<()> {
        let (user, code) = (Id::parse("user", &sent.user_id)?, Secret::from(code));
        self.session.perform(recovery::complete_by_code(&user, &code, &Secret::from(password))).await
    }

    /// Sends the user a link to `callback`, a URL of the app's own (an app link or universal link), or one that opens the app. Its host or
    /// its scheme must be one of the project's platforms.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if nobody has this address or the callback is not allowed.
    pub async fn start_by_link(&self, email: &str, callback: &str) -> Result<SentCode> {
        self.session.perform(recovery::start_by_link(email, callback)).await
    }

    /// Sets the new password with the link that the user opened.
    ///
    /// # Errors
    ///
    /// `CallbackRejected` if `url` is not a link to `callback` with what Appwrite adds. Otherwise as
    /// [`complete_by_code`](Self::complete_by_code).
    pub async fn complete_by_link(&self, callback: &str, url: &str, password: &str) -> Result<()> {
        let (user, secret) = link::read(callback, url)?;
        self.session.perform(recovery::complete_by_link(&user, &secret, &Secret::from(password))).await
    }
}
