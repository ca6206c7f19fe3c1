//! Passkeys, and the challenges for the platform's screen that makes or uses one.

use std::time::SystemTime;

/// A passkey of the signed-in user. The key itself is on the user's devices; Appwrite knows its public half.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passkey {
    /// The passkey's id.
    pub id: String,
    /// The name that the user or the app gave it; empty if none was given.
    pub name: String,
    /// When it was registered.
    pub created_at: Option<SystemTime>,
    /// When it was last used to sign in; `None` if it never was.
    pub last_used_at: Option<SystemTime>,
}

/// A challenge for the platform's passkey screen. It works once, for five minutes, and is used up by a failure, too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasskeyChallenge {
    /// The challenge's id.
    pub id: String,
    /// The id of the passkey that is being registered; empty for a sign-in.
    pub passkey_id: String,
    /// The WebAuthn options as JSON, for Android's Credential Manager, Apple's `ASAuthorization` or a browser's `navigator.credentials`.
    pub options: String,
    /// When it can no longer be answered.
    pub expires_at: Option<SystemTime>,
}

impl Passkey {
    /// A passkey without a name that was never used.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), name: String::new(), created_at: None, last_used_at: None }
    }

    setters! {
        /// The passkey with this name.
        with_name: name = name: impl Into<String>, name.into();
        /// The passkey that was registered at this time.
        with_created_at: created_at = time: SystemTime, Some(time);
        /// The passkey that was last used at this time.
        with_last_used_at: last_used_at = time: SystemTime, Some(time);
    }
}

impl PasskeyChallenge {
    /// A challenge with these options, for a sign-in.
    pub fn new(id: impl Into<String>, options: impl Into<String>) -> Self {
        Self { id: id.into(), passkey_id: String::new(), options: options.into(), expires_at: None }
    }

    setters! {
        /// The challenge for the registration of this passkey.
        with_passkey_id: passkey_id = id: impl Into<String>, id.into();
        /// The challenge that can be answered until this time.
        with_expires_at: expires_at = time: SystemTime, Some(time);
    }
}
