//! Signing in with a provider in the browser: what the app asks for, and what comes of it.

use crate::{
    Secret,
    callback::Callback,
    config::{ConfigError, ProjectId},
    session::SessionState,
};

/// Which provider, which scopes, and where the browser returns to, for
/// [`begin_oauth2`](crate::SessionClient::begin_oauth2).
#[derive(Clone, Debug)]
pub struct OAuth2 {
    provider: String,
    scopes: Vec<String>,
    callback: Option<String>,
}

impl OAuth2 {
    /// A sign-in with the provider of that name as Appwrite spells it, such as `github` or `google`.
    pub fn new(provider: impl Into<String>) -> Self {
        Self { provider: provider.into(), scopes: Vec::new(), callback: None }
    }

    /// What the app wants to be allowed at the provider, beyond what Appwrite asks for itself.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Where the browser returns to, in place of `appwrite-callback-<project>://oauth2`: an https URL that the platform opens in the app (an
    /// app link or universal link), which no other app can claim, or a URL with a scheme of the app's own. Its host or its scheme must be
    /// one of the project's platforms. Appwrite 1.5 takes https only.
    #[must_use]
    pub fn callback(mut self, url: impl Into<String>) -> Self {
        self.callback = Some(url.into());
        self
    }

    pub(crate) fn parse(self, project: &ProjectId) -> Result<Asked, ConfigError> {
        let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
        if !(1..=64).contains(&self.provider.len()) || !self.provider.bytes().all(plain) {
            return Err(ConfigError::Provider);
        }
        let own = || format!("appwrite-callback-{}://oauth2", project.as_str());
        let callback = Callback::parse(&self.callback.unwrap_or_else(own))?;
        Ok(Asked { provider: self.provider, scopes: self.scopes, callback })
    }
}

/// What was asked for, checked.
pub(crate) struct Asked {
    pub(crate) provider: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) callback: Callback,
}

/// A sign-in in the browser that was begun.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OAuth2Start {
    /// What to open: in Android's Custom Tabs, Apple's `ASWebAuthenticationSession`, or the system's browser. Not in a web view of the app,
    /// which providers refuse. It binds the sign-in to this device, so do not log it.
    pub url: Secret,
    /// The scheme of the URL that the browser returns to, which `ASWebAuthenticationSession` wants to know.
    pub callback_scheme: String,
}

/// What came of a sign-in in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OAuth2Outcome {
    /// The user is signed in, or a second factor is missing.
    SignedIn(SessionState),
    /// The user did not go through with it. Nothing has changed.
    Cancelled,
}
