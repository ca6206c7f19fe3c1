//! The main type of the crate: one client, one session.

use std::{future::Future, sync::Arc, time::SystemTime};

use http::Method;

use crate::{
    Secret,
    appwrite::{Id, SignIn},
    builder::SessionClientBuilder,
    error::Result,
    gateway::{Authorization, GatewayRequest, Gateways, RedirectTarget, Verdict},
    model::{Account, Factor, MfaChallenge, Session as Listed},
    session::{Change, Changes, Import, Session, SessionState},
    store::Persistence,
};

/// One login to Appwrite, kept in the secure store and carried to the app's own gateways.
///
/// Clones are handles of the same session. All methods can be called from any task at any time. A method that changes the session
/// runs in a task of its own once its future was polled, so it is completed even if that future is dropped.
///
/// Sign-ins and sign-outs take effect in the order in which they were called, not in the order in which Appwrite answers: a later
/// call is never undone by an earlier one.
#[derive(Clone)]
pub struct SessionClient(Arc<Inner>);

struct Inner {
    session: Session,
    gateways: Gateways,
}

impl std::fmt::Debug for SessionClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionClient").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl SessionClient {
    /// Begins to build a client for one project, such as `("https://fra.cloud.appwrite.io/v1", "my-project")`.
    pub fn builder(endpoint: &str, project: &str) -> SessionClientBuilder {
        SessionClientBuilder::new(endpoint, project)
    }

    pub(crate) fn new(session: Session, gateways: Gateways) -> Self {
        Self(Arc::new(Inner { session, gateways }))
    }

    fn session(&self) -> &Session {
        &self.0.session
    }

    // ---- state ----

    /// The current state. Never waits.
    pub fn state(&self) -> SessionState {
        self.change().state
    }

    /// Whether the session outlives this process. Never waits.
    pub fn persistence(&self) -> Persistence {
        self.change().persistence
    }

    /// The last change: state, persistence and number, read together. Never waits.
    pub fn change(&self) -> Change {
        self.session().change()
    }

    /// When the session of this device expires unless it is extended, if that is known. For display only: the client does not end a
    /// session at this time, only Appwrite does. Never waits.
    pub fn session_expires_at(&self) -> Option<SystemTime> {
        self.session().expires_at()
    }

    /// Waits until nothing is under way: no call of the store, no probe, no revocation. For tests.
    #[cfg(feature = "testing")]
    pub async fn idle(&self) {
        self.session().idle().await;
    }

    /// Waits until the secure store has been read, and returns the state then. Never waits for the network, and for the store no longer
    /// than [`Timeouts::store`](crate::Timeouts::store). If the client is closed meanwhile, returns the state that it has.
    pub async fn restored(&self) -> SessionState {
        self.session().restored().await.change.state.clone()
    }

    /// A stream of changes: the current state first, then every change in order. Each call returns a new stream. The stream ends
    /// when the client is closed.
    pub fn changes(&self) -> Changes {
        self.session().changes()
    }

    /// Retries pending work now: reads a locked store again, saves an unsaved session, and starts the revocations that Appwrite has not
    /// received yet. It also reads what another process of the app has stored meanwhile, and ends [`pause`](Self::pause).
    ///
    /// Call it when the device is unlocked and when the app comes to the foreground. The client also retries by itself, first after
    /// a second, later every five minutes.
    ///
    /// Returns the state after the store has answered. Appwrite is not waited for: revocations go on in the background.
    pub async fn resume(&self) -> SessionState {
        self.session().resume().await
    }

    /// Tells the client that the app goes to the background. Until [`resume`](Self::resume) the user is not asked for biometrics or the
    /// device passcode, and calls that need it fail with `PresenceRequired`. Has no effect without
    /// [`require_presence`](SessionClientBuilder::require_presence).
    pub fn pause(&self) {
        self.session().pause();
    }

    // ---- sign up, sign in, sign out ----

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
    /// store refuses it, the session is held in memory, [`Change::persistence`] says so, and saving is retried.
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

    // ---- the account and its sessions ----

    /// Asks Appwrite for the account of the user. The answer also updates the state: it confirms the session or ends it.
    ///
    /// # Errors
    ///
    /// `SignedOut` if Appwrite does not know the session any more (the state changes accordingly), `MfaRequired`, `UserBlocked`,
    /// `PresenceRequired`, `Superseded` if the session was replaced or signed out meanwhile, and the network's errors, which
    /// change nothing.
    pub async fn account(&self) -> Result<Account> {
        self.session().account().await
    }

    /// Every session of the user.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account).
    pub async fn sessions(&self) -> Result<Vec<Listed>> {
        self.session().sessions().await
    }

    /// The session of this device, as Appwrite sees it.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account).
    pub async fn current_session(&self) -> Result<Listed> {
        self.session().current_session().await
    }

    /// Extends this device's session by its full duration, from now on. The credential stays the same.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account); `Unsupported` if Appwrite cannot extend a session that was created in this way; and
    /// `RateLimited`: Appwrite allows ten an hour for each network address, and counts extensions and sign-outs together.
    pub async fn extend_session(&self) -> Result<Listed> {
        self.session().extend_session().await
    }

    /// Revokes the session with this id. If it is this device's own, this is a [`sign_out`](Self::sign_out). A session that does not exist
    /// any more counts as revoked.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account); `Config` if the id is not valid, and nothing is sent.
    pub fn revoke_session(&self, id: &str) -> impl Future<Output = Result<()>> + Send + use<> {
        self.session().revoke_session(id)
    }

    // ---- the app's own gateways ----

    /// A call of a gateway. `target` is a path of the default gateway (`/orders`) or a URL of an allowed one.
    pub fn request(&self, method: Method, target: &str) -> GatewayRequest {
        GatewayRequest::new(self.0.gateways.clone(), method, target)
    }

    /// A GET; see [`request`](Self::request).
    pub fn get(&self, target: &str) -> GatewayRequest {
        self.request(Method::GET, target)
    }

    /// A POST; see [`request`](Self::request).
    pub fn post(&self, target: &str) -> GatewayRequest {
        self.request(Method::POST, target)
    }

    /// A PUT; see [`request`](Self::request).
    pub fn put(&self, target: &str) -> GatewayRequest {
        self.request(Method::PUT, target)
    }

    /// A PATCH; see [`request`](Self::request).
    pub fn patch(&self, target: &str) -> GatewayRequest {
        self.request(Method::PATCH, target)
    }

    /// A DELETE; see [`request`](Self::request).
    pub fn delete(&self, target: &str) -> GatewayRequest {
        self.request(Method::DELETE, target)
    }

    /// The headers for a request that the app sends with another HTTP client. The same origin rule applies. Makes no request.
    ///
    /// # Errors
    ///
    /// `OriginNotAllowed`, `Config`, `SignedOut`, `MfaRequired`, `StorageLocked`, `PresenceRequired`.
    pub async fn authorize(&self, target: &str) -> Result<Authorization> {
        self.0.gateways.authorize(target).await
    }

    /// Whether `target` is a path of the default gateway or a URL of an allowed one, so that a call of it would carry the credential.
    /// Never waits, and is true of a closed client as well.
    pub fn is_gateway(&self, target: &str) -> bool {
        self.0.gateways.is_gateway(target)
    }

    /// Where a redirect leads that a gateway answered with to a request which the app sent by itself, and so what may go along. Never
    /// waits, and works on a closed client as well.
    ///
    /// `from` and `to` are absolute URLs; `method` and `has_body` are of the request that would follow the redirect.
    ///
    /// # Errors
    ///
    /// `InvalidRedirect` if it must not be followed: from https to http, to a URL with a user name or password, or with a body or a
    /// method other than GET and HEAD to an origin that is no gateway.
    pub fn check_redirect(
        &self,
        from: &str,
        to: &str,
        method: &Method,
        has_body: bool,
    ) -> Result<RedirectTarget> {
        self.0.gateways.check_redirect(from, to, method, has_body)
    }

    /// Reports that a gateway answered 401 to a request that carried `authorization`, and says what to do about it. Appwrite is asked
    /// once for all calls, and not at all where the answer is known already. Takes no longer than `Timeouts::total`.
    ///
    /// If the future is dropped, a question under way continues for the other callers.
    pub async fn report_unauthorized(&self, authorization: &Authorization) -> Verdict {
        self.0.gateways.report_unauthorized(authorization).await
    }

    /// Closes the client. Every call that waits for the secure store to be read, or for a presence dialog, fails with `Closed`, and so
    /// does every later call. Work that Appwrite may have received continues to its end, which [`Timeouts`](crate::Timeouts) limit;
    /// what the store does not have yet is saved. Then the streams of changes end.
    ///
    /// The session stays stored. Closing twice is allowed; every call returns when the client is closed.
    pub async fn close(&self) {
        self.session().close().await;
    }
}
