//! Codes and links that Appwrite sent to the user, and what enrolling an authenticator app needs.

use std::time::SystemTime;

use crate::Secret;

/// A code or a link that Appwrite sent to the user by e-mail or phone, and that waits to be entered or opened.
///
/// It holds no secret. An app that may be ended meanwhile keeps [`user_id`](Self::user_id), and makes it anew with
/// [`SentCode::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentCode {
    /// Whose it is. A user who did not exist before has this id from now on.
    pub user_id: String,
    /// The security phrase that is also in the message, if one was asked for. Show it, so that the user sees that the message belongs to
    /// this sign-in.
    pub phrase: Option<String>,
    /// When it can no longer be used.
    pub expires_at: Option<SystemTime>,
}

/// What an authenticator app needs to show the user's codes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TotpEnrollment {
    /// The secret in Base32, to be typed in.
    pub secret: Secret,
    /// The same as an `otpauth:` URI, to be shown as a QR code or opened on the same device.
    pub uri: Secret,
}

impl SentCode {
    /// The code that was sent to the user of that id, for an app that was restarted meanwhile.
    pub fn new(user_id: impl Into<String>) -> Self {
        Self { user_id: user_id.into(), phrase: None, expires_at: None }
    }

    setters! {
        /// The code with this security phrase.
        with_phrase: phrase = phrase: impl Into<String>, Some(phrase.into());
        /// The code that can be used until this time.
        with_expires_at: expires_at = time: SystemTime, Some(time);
    }
}

impl TotpEnrollment {
    /// An enrollment with this secret and this URI.
    pub fn new(secret: impl Into<Secret>, uri: impl Into<Secret>) -> Self {
        Self { secret: secret.into(), uri: uri.into() }
    }
}
