//! The face of the crate: one client, one session.

use std::{future::Future, sync::Arc, time::SystemTime};

use http::Method;

use crate::{
    Secret,
    appwrite::{Id, SignIn},
    builder::SessionClientBuilder,
    error::Result,
    gateway::{Authorization, GatewayRequest, Gateways, Verdict},
    model::{Account, Factor, MfaChallenge, Session as Listed},
    session::{Change, Changes, Import, Session, SessionState},
    store::Persistence,
};

/// One login to Appwrite, kept in the secure store and carried to the app's own gateways.
///
/// Clones are handles of the same session. All methods can be called from any task at any time; those that change the session run
/// to their end in a task of their own even when the returned future is dropped.
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

    // ---- where the user stands ----

    /// Where the user stands now. Never waits.
    pub fn state(&self) -> SessionState {
        self.change().state
    }

    /// How safe the session is now: whether the next process will find it. Never waits.
    pub fn persistence(&self) -> Persistence {
        self.change().persistence
    }

    /// The last change: state, persistence and number, taken together. Never waits.
    pub fn change(&self) -> Change {
        self.session().change()
    }

    /// When the session of this device ends unless it is extended, if that is known. Appwrite is the judge: the client never ends a
    /// session by this time. Never waits.
    pub fn session_expires_at(&self) -> Option<SystemTime> {
        self.session().expires_at()
    }

    /// Waits until nothing is under way: no call of the store, no probe, no revocation. For tests.
    #[cfg(feature = "testing")]
    pub async fn idle(&self) {
        self.session().idle().await;
    }

    /// Where the user stands once the secure store has been read. Waits for the store only, never for the network.
    pub async fn restored(&self) -> SessionState {
        self.session().restored().await.change.state.clone()
    }

    /// A stream of changes: the current state first, then every change in order. Each call makes a stream of its own.
    pub fn changes(&self) -> Changes {
        self.session().changes()
    }

    /// Tries at once what waits for better times: reading a locked store, saving what it refused, revoking sessions that ended
    /// while Appwrite could not be reached. Call it when the device is unlocked or the app comes to the foreground; the client
    /// also tries by itself, from every second to every five minutes. What another process of the app wrote is noticed, too.
    /// Returns the state afterwards.
    pub async fn resume(&self) -> SessionState {
        self.session().resume().await
    }

    /// Says that the app goes to the background, until [`resume`](Self::resume): meanwhile the user is not asked to prove to be
    /// there, and calls that would need it fail. Without [`require_presence`](SessionClientBuilder::require_presence) it does
    /// nothing.
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
    /// Returns the state it ended in: `SignedIn`, or `MfaRequired` with the factors to choose from. A session that was held before
    /// is replaced and revoked. Before this returns, and before any observer hears of it, the credential is in the secure store.
    /// If the store refuses it, the session stands in memory, [`Change::persistence`] says so, and saving is tried again.
    ///
    /// When the future is dropped the sign-in goes on and takes effect.
    ///
    /// # Errors
    ///
    /// `InvalidCredentials`, `UserBlocked`, `RateLimited`, `StorageLocked` (nothing was sent), `Superseded` if a sign-out or
    /// another sign-in came in between (the new session is revoked), and the network's errors.
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
        self.session().answer_challenge(challenge.clone(), code.to_owned()).await
    }

    /// Signs out on this device: the session is gone from here when this returns, with or without a network. Appwrite is told in
    /// the background; if it cannot be reached, that is stored and done later, also after a restart.
    ///
    /// # Errors
    ///
    /// `StorageLocked` or `StorageUnavailable`: signed out in this process, but the store still has the session, and a restart
    /// before it answers again would restore it, unless Appwrite has been told by then.
    pub fn sign_out(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        self.session().sign_out()
    }

    /// Signs the user out everywhere: Appwrite deletes every session, then this device forgets its own. Needs the network; on an
    /// error nothing has changed here.
    ///
    /// # Errors
    ///
    /// `SignedOut`, `MfaRequired`, and the network's errors.
    pub fn sign_out_everywhere(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        self.session().sign_out_everywhere()
    }

    /// Takes over the session that one of Appwrite's own SDKs left on the device, so that whoever adopts this library signs nobody
    /// out. Makes no request: whether the session still lives is found out at its first use.
    ///
    /// `left` is what the app found where the SDK keeps it, as it is, and of this endpoint's host only: Android's preference
    /// (`myCookie`), Apple's `UserDefaults` array as JSON or its lines, Flutter's cookie file, the cookie header that the platform's
    /// jar gives to React Native, or the web's `cookieFallback`. What is no session of this project is not taken.
    ///
    /// If [`Import::may_erase`], erase it there: it is the credential in the open.
    ///
    /// # Errors
    ///
    /// `StorageLocked` and `StorageUnavailable`: nothing was taken over. Try again later, and erase nothing.
    pub fn import_session(&self, left: &str) -> impl Future<Output = Result<Import>> + Send + use<> {
        self.session().import(left)
    }

    // ---- the account and its sessions ----

    /// Who is signed in, asked of Appwrite; the answer is a verdict on the session as well.
    ///
    /// # Errors
    ///
    /// `SignedOut` if Appwrite says that the session is no more (the state follows), `MfaRequired`, `UserBlocked`, and the
    /// network's errors, which change nothing.
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

    /// Starts the life of this device's session anew. The credential stays the same.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account); `Unsupported` if Appwrite cannot extend a session that was created in this way; and
    /// `RateLimited`: Appwrite allows ten an hour for each network address, and counts extensions and sign-outs together.
    pub async fn extend_session(&self) -> Result<Listed> {
        self.session().extend_session().await
    }

    /// Revokes the session of that id; this device's own is signed out as by [`sign_out`](Self::sign_out). A session that is gone
    /// already is success.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account); `Config` if the id cannot be one, and nothing is sent.
    pub async fn revoke_session(&self, id: &str) -> Result<()> {
        self.session().revoke_session(id).await
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

    /// The headers for a request that the app sends by itself, under the same origin rule. No request is made.
    ///
    /// # Errors
    ///
    /// `OriginNotAllowed`, `Config`, `SignedOut`, `MfaRequired`, `StorageLocked`.
    pub async fn authorize(&self, target: &str) -> Result<Authorization> {
        self.0.gateways.authorize(target).await
    }

    /// Whether `target` is a path of the default gateway or a URL of an allowed one, so that a call of it would carry the credential.
    /// Never waits, and is true of a closed client as well.
    pub fn is_gateway(&self, target: &str) -> bool {
        self.0.gateways.is_gateway(target)
    }

    /// Reports that a gateway answered 401 to a request that carried `authorization`, and says what to do about it. Appwrite is asked
    /// once for all calls, and not at all where the answer is known already. Takes no longer than `Timeouts::total`.
    ///
    /// When the future is dropped, a question under way goes on for the other callers.
    pub async fn report_unauthorized(&self, authorization: &Authorization) -> Verdict {
        self.0.gateways.report_unauthorized(authorization).await
    }

    /// Ends the client: waits for work under way, which the timeouts bound, and ends the streams of changes. The session stays
    /// stored. Calls that change the session fail with `Closed` from then on.
    pub async fn close(&self) {
        self.session().close().await;
    }
}
