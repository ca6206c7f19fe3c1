//! The ways in and out: signing up, signing in, the second factor, signing out, and taking a session over.

use std::future::Future;

use super::SessionClient;
use crate::{
    Secret,
    appwrite::{Id, SignIn, operations::codes},
    callback::Callback,
    error::{CallbackFault, Error, Result},
    id_token::IdToken,
    link,
    model::{Account, Factor, MfaChallenge, PasskeyChallenge, SentCode},
    oauth2::{OAuth2, OAuth2Outcome, OAuth2Start},
    session::{Import, SessionState},
};

impl SessionClient {
    /// Creates a user. Does not sign in.
    ///
    /// # Errors
    ///
    /// `AlreadyExists`; `InvalidInput` for a malformed e-mail or a password of other than 8 to 256 characters.
    pub async fn sign_up_with_email(
        &self,
        email: &str,
        password: &str,
        name: Option<&str>,
    ) -> Result<Account> {
        self.session().sign_up(email, password, name).await
    }

    /// Signs in with e-mail and password.
    ///
    /// Returns the resulting state: `SignedIn`, or `MfaRequired` with the factors to choose from. The session that was held before is
    /// replaced and revoked. The credential is in the secure store before this returns and before any observer is told. If the
    /// store refuses it, the session is held in memory, [`Change::persistence`](crate::Change::persistence) says so, and saving is retried.
    ///
    /// If the future is dropped after it was polled, the sign-in continues and takes effect.
    ///
    /// # Errors
    ///
    /// `InvalidCredentials`, `UserBlocked`, `RateLimited`, `StorageLocked` (nothing was sent), `Superseded` if a sign-out or
    /// another sign-in was called after this one (the new session is revoked), and the network's errors.
    pub fn sign_in_with_email(
        &self,
        email: &str,
        password: &str,
    ) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        self.session().sign_in(SignIn::Email { email: email.to_owned(), password: Secret::from(password) })
    }

    /// Signs in as a new anonymous user. Otherwise as [`sign_in_with_email`](Self::sign_in_with_email).
    ///
    /// # Errors
    ///
    /// As above; `Forbidden` if the project does not allow anonymous users.
    pub fn sign_in_anonymously(&self) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        self.session().sign_in(SignIn::Anonymous)
    }

    /// Signs in with a token that the app's server made (`POST /users/:id/tokens`). Otherwise as
    /// [`sign_in_with_email`](Self::sign_in_with_email).
    ///
    /// # Errors
    ///
    /// As above; `Config` if the user's id cannot be one, and nothing is sent; `InvalidToken` if the token is wrong, used up or expired.
    pub fn sign_in_with_token(
        &self,
        user_id: &str,
        secret: &str,
    ) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        let sign_in =
            Id::parse("user", user_id).map(|user_id| SignIn::Token { user_id, secret: Secret::from(secret) });
        let attempt = sign_in.map(|sign_in| self.session().sign_in(sign_in));
        async move { attempt?.await }
    }

    /// Signs in with an ID token that Google's or Apple's own screen gave the app. Never with the credential of the session that is held: an
    /// account that is signed in is linked by [`identities().link`](crate::account::Identities::link). Otherwise as
    /// [`sign_in_with_email`](Self::sign_in_with_email). Since Appwrite 2.1.
    ///
    /// # Errors
    ///
    /// As above; `Config` if the token cannot be one, and nothing is sent. `InvalidToken` if Appwrite refuses the token: wrong audience,
    /// wrong nonce, expired; let the screen give a new one. `Forbidden` if the project does not take the provider's ID tokens. `InvalidInput`
    /// if the provider has not verified the user's e-mail address. `Unsupported` on an older server.
    pub fn sign_in_with_id_token(
        &self,
        token: &IdToken,
    ) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        let attempt = token.sign_in().map(|sign_in| self.session().sign_in(sign_in));
        async move { attempt?.await }
    }

    /// Begins to sign in with a passkey: asks Appwrite for a challenge. Give its [`options`](PasskeyChallenge::options) to the
    /// platform's screen, and what that answers to [`complete_passkey`](Self::complete_passkey). Nobody needs to be named: the screen offers
    /// the passkeys that it has. Since Appwrite 2.5.
    ///
    /// # Errors
    ///
    /// `Forbidden` if the project has passkeys switched off, `Unsupported` on an older server, `RateLimited`, and the network's errors.
    pub async fn begin_passkey(&self) -> Result<PasskeyChallenge> {
        self.session().begin_passkey().await
    }

    /// Signs in with `credential`, the JSON that the platform's screen answered to `challenge`. Otherwise as
    /// [`sign_in_with_email`](Self::sign_in_with_email). A passkey counts as two factors.
    ///
    /// # Errors
    ///
    /// As above; `InvalidToken` if the challenge was used or has expired, or if the answer does not fit it. The challenge is used up then:
    /// begin anew. `Config` if `credential` is no JSON object, and nothing is sent.
    pub fn complete_passkey(
        &self,
        challenge: &PasskeyChallenge,
        credential: &str,
    ) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        self.session().complete_passkey(challenge, credential)
    }

    /// Begins to sign in with a provider in the browser. Open the URL, and give the URL that the browser returns to the app to
    /// [`complete_oauth2`](Self::complete_oauth2), within an hour. The sign-in is stored, so the app may be ended meanwhile. A new one takes
    /// the place of the one before.
    ///
    /// It is numbered now: if a sign-out or another sign-in is called later, that one wins. Makes no request.
    ///
    /// # Errors
    ///
    /// `Config` if the provider's name or the callback cannot be one. `Superseded` if a sign-out, or this again, was called later and has taken
    /// effect.
    pub fn begin_oauth2(&self, oauth2: OAuth2) -> impl Future<Output = Result<OAuth2Start>> + Send + use<> {
        self.session().begin_oauth2(oauth2)
    }

    /// Completes the sign-in in the browser with the URL that opened the app. Give every URL here that may be the callback: one that is
    /// not changes nothing. Otherwise as [`sign_in_with_email`](Self::sign_in_with_email).
    ///
    /// # Errors
    ///
    /// As above; `CallbackRejected` says why the URL does not complete the sign-in. `InvalidToken` if Appwrite's token has expired, which is
    /// after a minute since 1.9. What went wrong at Appwrite or the provider, in the app's terms: `AlreadyExists`, `UserBlocked`,
    /// `Forbidden`, `AppwriteUnavailable`. If nothing was sent because there is no network, the same URL can be tried again.
    pub fn complete_oauth2(&self, url: &str) -> impl Future<Output = Result<OAuth2Outcome>> + Send + use<> {
        self.session().complete_oauth2(url)
    }

    /// Forgets the sign-in in the browser that was begun, because the user has closed the browser. A callback that comes later is refused.
    /// Without effect on a client that is closed or [read only](crate::SessionClientBuilder::read_only).
    pub async fn cancel_oauth2(&self) {
        self.session().cancel_oauth2().await;
    }

    /// Sends the user a code of six digits by e-mail, to sign in with [`complete_code`](Self::complete_code). A user who does not exist is
    /// created. `phrase` asks for a security phrase, which is shown by the app and in the message.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a malformed address, `Forbidden` if the project does not allow it, `Unsupported` if it has no mail server,
    /// `RateLimited`, and the network's errors.
    pub async fn start_email_code(&self, email: &str, phrase: bool) -> Result<SentCode> {
        self.session().perform(codes::send_to_email(email, phrase)).await
    }

    /// Sends the user a code of six digits to a phone number of the form `+14155552671`. Otherwise as
    /// [`start_email_code`](Self::start_email_code).
    ///
    /// # Errors
    ///
    /// As above.
    pub async fn start_phone_code(&self, phone: &str) -> Result<SentCode> {
        self.session().perform(codes::send_to_phone(phone)).await
    }

    /// Signs in with the code that the user got. Otherwise as [`sign_in_with_email`](Self::sign_in_with_email).
    ///
    /// # Errors
    ///
    /// As above; `InvalidToken` if the code is wrong, used or expired; another try is possible. `Config` if the user's id cannot be one.
    pub fn complete_code(
        &self,
        sent: &SentCode,
        code: &str,
    ) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        self.sign_in_with_token(&sent.user_id, code)
    }

    /// Sends the user a link to `callback` by e-mail, which signs in when it opens the app
    /// ([`complete_magic_url`](Self::complete_magic_url)). The callback is an https URL that the platform opens in the app (an app link or
    /// universal link), or a URL with a scheme of the app's own. Its host or its scheme must be one of the project's platforms; Appwrite 1.5
    /// takes https only. Otherwise as [`start_email_code`](Self::start_email_code).
    ///
    /// # Errors
    ///
    /// As above; `Config` if the callback cannot be one, `InvalidInput` if Appwrite does not allow it.
    pub async fn start_magic_url(&self, email: &str, callback: &str, phrase: bool) -> Result<SentCode> {
        let callback = Callback::parse(callback)?;
        self.session().perform(codes::send_link(email, callback.as_str(), phrase)).await
    }

    /// Signs in with the link that the user opened. `sent` and `callback` are those of [`start_magic_url`](Self::start_magic_url): a link
    /// that was sent to anybody else is refused, so that nobody can sign the user in to an account of theirs.
    ///
    /// # Errors
    ///
    /// As [`complete_code`](Self::complete_code); `CallbackRejected` if `url` is not a link to `callback` for this user.
    pub fn complete_magic_url(
        &self,
        sent: &SentCode,
        callback: &str,
        url: &str,
    ) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        let attempt = link::read(callback, url).and_then(|(user_id, secret)| {
            if user_id.as_str() == sent.user_id {
                Ok(self.session().sign_in(SignIn::Token { user_id, secret }))
            } else {
                Err(Error::CallbackRejected(CallbackFault::Unexpected))
            }
        });
        async move { attempt?.await }
    }

    /// Asks for a challenge of a second factor. Meant for the state `MfaRequired`.
    ///
    /// # Errors
    ///
    /// `SignedOut` if there is no session; `InvalidInput` or `Forbidden` if the user does not have this factor.
    pub async fn create_mfa_challenge(&self, factor: Factor) -> Result<MfaChallenge> {
        self.session().create_challenge(factor).await
    }

    /// Answers a challenge with the user's code, and completes the sign-in.
    ///
    /// # Errors
    ///
    /// `InvalidToken` if the code is wrong, used up or expired; the session stays in `MfaRequired`. `Config` if the challenge's id cannot
    /// be one; nothing is sent.
    pub async fn complete_mfa_challenge(&self, challenge: &MfaChallenge, code: &str) -> Result<SessionState> {
        self.session().answer_challenge(challenge.clone(), Secret::from(code)).await
    }

    /// Signs out on this device, with or without a network. From now on no call carries the credential, whatever the store does; when this
    /// returns without an error, the store does not have it either. Appwrite revokes the session in the background; if it
    /// cannot be reached, that is stored and retried, also after a restart.
    ///
    /// # Errors
    ///
    /// `StorageLocked` or `StorageUnavailable`: the user is signed out in this process, but the store still has the session. If the app
    /// is restarted before the store works again, the session is restored, unless Appwrite has revoked it by then. A store that
    /// does not answer is waited for no longer than [`Timeouts::store`](crate::Timeouts::store).
    pub fn sign_out(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        self.session().sign_out()
    }

    /// Signs the user out everywhere: Appwrite deletes every session of the user, then this device signs out. Needs the network.
    ///
    /// A sign-in that was called later keeps its session. One that was called before, and is answered meanwhile, does not.
    ///
    /// # Errors
    ///
    /// `SignedOut`, `MfaRequired`, `PresenceRequired`, `StorageLocked` and the network's errors: nothing has changed on this device.
    /// `StorageUnavailable` as for [`sign_out`](Self::sign_out), also if the store is locked by then: Appwrite has deleted the sessions.
    pub fn sign_out_everywhere(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        self.session().sign_out_everywhere()
    }

    /// Takes over the session that one of Appwrite's own SDKs stored on the device, so that users stay signed in when an app adopts
    /// this library. Makes no request: whether the session is still valid is found out at its first use.
    ///
    /// `legacy` is the text that the SDK stored, unchanged, and of this endpoint's host only: Android's preference (`myCookie`),
    /// Apple's `UserDefaults` array as JSON or as lines, Flutter's cookie file, the cookie header that React Native gets from the
    /// platform's cookie jar, or the web's `cookieFallback`. Sessions of other projects are ignored.
    ///
    /// If [`Import::may_erase`], erase the text where the SDK stored it: it holds the credential unencrypted.
    ///
    /// # Errors
    ///
    /// `StorageLocked` and `StorageUnavailable`: nothing was taken over. Try again later, and erase nothing.
    pub fn import_session(&self, legacy: &str) -> impl Future<Output = Result<Import>> + Send + use<> {
        self.session().import(legacy)
    }
}
