//! ID tokens of Google's and Apple's own sign-in screens, and the nonce that binds one to this sign-in.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::{Secret, appwrite::SignIn, config::ConfigError, error::Result, random::unguessable};

/// The longest ID token that Appwrite takes (contract §2x.2.1).
const LONGEST: usize = 8192;

/// A provider whose ID tokens Appwrite takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdTokenProvider {
    /// Sign in with Apple.
    Apple,
    /// Sign in with Google.
    Google,
}

impl IdTokenProvider {
    /// The stable name, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apple => "apple",
            Self::Google => "google",
        }
    }
}

/// What the platform's sign-in screen gave the app, for
/// [`sign_in_with_id_token`](crate::SessionClient::sign_in_with_id_token).
#[derive(Clone, Debug)]
pub struct IdToken {
    provider: IdTokenProvider,
    token: Secret,
    nonce: Option<Secret>,
    access_token: Option<Secret>,
    name: Option<String>,
}

impl IdToken {
    /// An ID token of that provider: a JWT.
    pub fn new(provider: IdTokenProvider, token: impl Into<Secret>) -> Self {
        Self { provider, token: token.into(), nonce: None, access_token: None, name: None }
    }

    /// The raw nonce, if the screen was given one: Apple's always needs one. The screen itself gets
    /// [`Nonce::sha256`].
    #[must_use]
    pub fn nonce(mut self, raw: impl Into<Secret>) -> Self {
        self.nonce = Some(raw.into());
        self
    }

    /// The provider's access token, if the app's servers need it: Appwrite keeps it with the session and the identity.
    #[must_use]
    pub fn access_token(mut self, token: impl Into<Secret>) -> Self {
        self.access_token = Some(token.into());
        self
    }

    /// The user's name, which Apple gives once, at the first sign-in, beside the token. Appwrite keeps it if the user has none.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The sign-in, once what can be checked here was checked.
    pub(crate) fn sign_in(&self) -> Result<SignIn, ConfigError> {
        // Exposed to be measured.
        let length = self.token.expose().len();
        if length == 0 || length > LONGEST {
            return Err(ConfigError::IdToken);
        }
        Ok(SignIn::IdToken {
            provider: self.provider.as_str(),
            token: self.token.clone(),
            nonce: self.nonce.clone(),
            access_token: self.access_token.clone(),
            name: self.name.clone(),
        })
    }
}

/// A number that is used once: it binds an ID token to the sign-in that asked for it, so that a stolen token is of no use elsewhere.
#[derive(Clone, Debug)]
pub struct Nonce(Secret);

impl Nonce {
    /// A new one, from the system's source of randomness.
    ///
    /// # Errors
    ///
    /// `Internal` if the system has none.
    pub fn generate() -> Result<Self> {
        unguessable().map(Self)
    }

    /// The raw nonce, for [`IdToken::nonce`].
    pub fn raw(&self) -> &Secret {
        &self.0
    }

    /// The SHA-256 of the raw nonce as 64 hexadecimal digits, for the provider's screen. It is no secret.
    pub fn sha256(&self) -> String {
        // Exposed to be hashed.
        let hash = Sha256::digest(self.0.expose().as_bytes());
        hash.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_new_each_time_and_its_hash_is_sha256() {
        let (one, other) = (Nonce::generate().expect("a nonce"), Nonce::generate().expect("a nonce"));
        assert!(!one.raw().matches(other.raw()));
        assert_eq!(one.raw().expose().len(), 43);
        let known = Nonce(Secret::from("abc"));
        assert_eq!(known.sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_token_that_cannot_be_one_is_refused_here() {
        for token in [String::new(), "t".repeat(LONGEST + 1)] {
            let refused = IdToken::new(IdTokenProvider::Google, token).sign_in();
            assert!(matches!(refused, Err(ConfigError::IdToken)));
        }
        assert!(IdToken::new(IdTokenProvider::Apple, "t".repeat(LONGEST)).sign_in().is_ok());
    }
}
