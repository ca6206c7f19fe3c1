//! The face of the crate: one client, one session.

use std::sync::Arc;

use http::Method;

use crate::{
    Secret,
    appwrite::SignIn,
    builder::SessionClientBuilder,
    error::Result,
    gateway::{Authorization, GatewayRequest, Gateways, Verdict},
    model::{Account, Factor, MfaChallenge, Session},
    session::{Change, Changes, Import, Manager, SessionState},
    store::Persistence,
};

/// One login to Appwrite, kept in the secure store and carried to the app's own gateways.
///
/// Clones are handles of the same session. All methods can be called from any task at any time; those that change the session run
/// to their end in a task of their own even when the returned future is dropped.
#[derive(Clone)]
pub struct SessionClient(Arc<Inner>);

struct Inner {
    manager: Manager,
    gateways: Gateways,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.manager.abandon();
    }
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

    pub(crate) fn new(manager: Manager, gateways: Gateways) -> Self {
        Self(Arc::new(Inner { manager, gateways }))
    }

    fn manager(&self) -> &Manager {
        &self.0.manager
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
        self.manager().change()
    }

    /// Where the user stands once the secure store has been read. Waits for the store only, never for the network.
    pub async fn restored(&self) -> SessionState {
        self.manager().restored().await.change.state.clone()
    }

    /// A stream of changes: the current state first, then every change in order. Each call makes a stream of its own.
    pub fn changes(&self) -> Changes {
        self.manager().changes()
    }

    /// Tries at once what waits for better times: reading a locked store, saving what it refused, revoking sessions that ended
    /// while Appwrite could not be reached. Call it when the device is unlocked or the app comes to the foreground; the client
    /// also tries by itself, from every second to every five minutes. What another process of the app wrote is noticed, too.
    /// Returns the state afterwards.
    pub async fn resume(&self) -> SessionState {
        self.manager().come_back();
        self.manager().resume().await
    }

    /// Says that the app goes to the background, until [`resume`](Self::resume): meanwhile the user is not asked to prove to be
    /// there, and calls that would need it fail. Without [`require_presence`](SessionClientBuilder::require_presence) it does
    /// nothing.
    pub fn pause(&self) {
        self.manager().pause();
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
        self.manager().sign_up(email, password, name).await
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
    pub async fn sign_in_with_email(&self, email: &str, password: &str) -> Result<SessionState> {
        let sign_in = SignIn::Email { email: email.to_owned(), password: Secret::from(password) };
        self.manager().sign_in(sign_in).await
    }

    /// Signs in as a new anonymous user. Otherwise as [`sign_in_with_email`](Self::sign_in_with_email).
    ///
    /// # Errors
    ///
    /// As above; `Forbidden` if the project does not allow anonymous users.
    pub async fn sign_in_anonymously(&self) -> Result<SessionState> {
        self.manager().sign_in(SignIn::Anonymous).await
    }

    /// Signs in with a token that the app's server made (`POST /users/:id/tokens`). Otherwise as
    /// [`sign_in_with_email`](Self::sign_in_with_email).
    ///
    /// # Errors
    ///
    /// As above; `InvalidToken` if the token is wrong, used up or expired.
    pub async fn sign_in_with_token(&self, user_id: &str, secret: &str) -> Result<SessionState> {
        let sign_in = SignIn::Token { user_id: user_id.to_owned(), secret: Secret::from(secret) };
        self.manager().sign_in(sign_in).await
    }

    /// Asks for a challenge of a second factor. Meant for the state `MfaRequired`.
    ///
    /// # Errors
    ///
    /// `SignedOut` if there is no session; `InvalidInput` or `Forbidden` if the user does not have this factor.
    pub async fn create_mfa_challenge(&self, factor: Factor) -> Result<MfaChallenge> {
        self.manager().create_challenge(factor).await
    }

    /// Answers a challenge with the user's code, and completes the sign-in.
    ///
    /// # Errors
    ///
    /// `InvalidToken` if the code is wrong, used up or expired; the session stays in `MfaRequired`.
    pub async fn complete_mfa_challenge(&self, challenge: &MfaChallenge, code: &str) -> Result<SessionState> {
        self.manager().answer_challenge(challenge.clone(), code.to_owned()).await
    }

    /// Signs out on this device: the session is gone from here when this returns, with or without a network. Appwrite is told in
    /// the background; if it cannot be reached, that is stored and done later, also after a restart.
    ///
    /// # Errors
    ///
    /// `StorageLocked` or `StorageUnavailable`: signed out in this process, but the store still has the session, and a restart
    /// before it answers again would restore it, unless Appwrite has been told by then.
    pub async fn sign_out(&self) -> Result<()> {
        self.manager().sign_out().await
    }

    /// Signs the user out everywhere: Appwrite deletes every session, then this device forgets its own. Needs the network; on an
    /// error nothing has changed here.
    ///
    /// # Errors
    ///
    /// `SignedOut`, `MfaRequired`, and the network's errors.
    pub async fn sign_out_everywhere(&self) -> Result<()> {
        self.manager().sign_out_everywhere().await
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
    pub async fn import_session(&self, left: &str) -> Result<Import> {
        self.manager().import_left_behind(left).await
    }

    // ---- the account and its sessions ----

    /// Who is signed in, asked of Appwrite; the answer is a verdict on the session as well.
    ///
    /// # Errors
    ///
    /// `SignedOut` if Appwrite says that the session is no more (the state follows), `MfaRequired`, `UserBlocked`, and the
    /// network's errors, which change nothing.
    pub async fn account(&self) -> Result<Account> {
        self.manager().account().await
    }

    /// Every session of the user.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account).
    pub async fn sessions(&self) -> Result<Vec<Session>> {
        self.manager().sessions().await
    }

    /// The session of this device, as Appwrite sees it.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account).
    pub async fn current_session(&self) -> Result<Session> {
        self.manager().current_session().await
    }

    /// Starts the life of this device's session anew. The credential stays the same.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account), and `RateLimited`: Appwrite allows ten an hour.
    pub async fn extend_session(&self) -> Result<Session> {
        self.manager().extend_session().await
    }

    /// Revokes the session of that id; this device's own is signed out as by [`sign_out`](Self::sign_out). A session that is gone
    /// already is success.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account).
    pub async fn revoke_session(&self, id: &str) -> Result<()> {
        self.manager().revoke_session(id).await
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
        self.manager().close().await;
    }
}
