//! The main type of the crate: one client, one session. `sign_in.rs` has its ways in and out.

mod sign_in;

use std::{future::Future, sync::Arc, time::SystemTime};

use http::Method;

use crate::{
    Secret,
    account::{Factors, Identities, Passkeys, Profile, PushTargets, Recovery, Verification},
    appwrite::{Call, Failure},
    builder::SessionClientBuilder,
    by_name::Show,
    config::AccountSlot,
    diagnosis::{self, Diagnosis, Setup},
    error::Result,
    gateway::{Authorization, GatewayRequest, Gateways, RedirectTarget, Verdict},
    metrics::Metrics,
    model::{Account, Session as Listed},
    session::{Change, Changes, Session, SessionState},
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
    slot: AccountSlot,
    setup: Setup,
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

    pub(crate) fn new(session: Session, gateways: Gateways, slot: AccountSlot, setup: Setup) -> Self {
        Self(Arc::new(Inner { session, gateways, slot, setup }))
    }

    /// The account slot of this client: the id of its account, where the app has several
    /// ([`Accounts`](crate::Accounts)).
    pub fn account_slot(&self) -> &str {
        self.0.slot.as_str()
    }

    /// Performs one call, and shows what was answered.
    pub(crate) async fn reply(&self, call: Call, show: Show) -> Result<Secret> {
        let reply = self.session().reply(call).await?;
        Ok(show(reply.body()).ok_or(Failure::Unintelligible(None))?)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.session().is_closed()
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

    /// Signs out of the session that is held now, and of none that comes later; of whatever the store has, if it has not been read.
    pub(crate) fn sign_out_of_now(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        self.session().sign_out_of_now()
    }

    /// Waits until Appwrite has been told of every session that ended here, and the store knows it. `false` if the client is closed before.
    pub(crate) async fn told_of_all(&self) -> bool {
        self.session().told_of_all().await
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

    /// Tells the client that the device has another network now, or has one again. Never waits.
    ///
    /// No further request is sent over a connection that exists now, because it may be dead without anybody having heard of it. Calls that
    /// wait before their next attempt because the network failed make it now; those that wait because a server wants it do not. Queued
    /// revocations are sent, one that is under way is sent anew, and Appwrite is asked about a session that it has not confirmed since the app started. Calls under way go on.
    pub fn network_changed(&self) {
        self.session().tasks().drop_idle_connections();
        self.retry_now();
    }

    /// As [`network_changed`](Self::network_changed), for connections that were dropped already.
    pub(crate) fn retry_now(&self) {
        self.0.gateways.network_changed();
        self.session().network_changed();
    }

    /// Listens on Appwrite's realtime socket, so that a session that was ended elsewhere is known within a second, and not when the next
    /// call is refused. Ends when the client is closed; dropping the future ends it at once. Run it while the app is in the foreground.
    ///
    /// What Appwrite says there is a hint, and leads to the question that decides (`GET /account`): nobody is signed out by an event. Appwrite
    /// tells nothing of a session that expired or was evicted by a newer one (contract §2x.4.2). While nobody is signed in there is no
    /// connection. One that breaks is made again, after a second at first, and after five minutes at most;
    /// [`network_changed`](Self::network_changed) ends that wait. The connection keeps to the pins, the roots and the proxy of the client.
    #[cfg(feature = "realtime")]
    pub async fn listen(&self) {
        self.session().listen().await;
    }

    // ---- a look inside ----

    /// What this client has done since it was built, in numbers. Never waits, and works on a closed client as well.
    pub fn metrics(&self) -> Metrics {
        self.session().meter().read()
    }

    /// Finds out what is wrong: looks at the configuration, the secure store and the session, asks Appwrite and each gateway, and says of
    /// everything what it found and what to do about it. The result can be shown as text that holds no secret and no id of a user, for a
    /// bug report. Takes 20 seconds at most.
    ///
    /// The requests are those that the client makes anyway, and one more: `GET /health/version` of Appwrite, without a credential; if
    /// there is a session, a probe (`GET /account`); and `GET /_gateway/session` of each gateway, with the credential as every call of it
    /// has it. The user is not asked for biometrics or the device passcode: where they are required first, the credential is not used.
    ///
    /// It changes nothing of the session but what a probe changes: Appwrite's answer to it confirms the session or ends it.
    pub async fn diagnose(&self) -> Diagnosis {
        diagnosis::diagnose(self.session(), &self.0.gateways, &self.0.setup).await
    }

    // ---- the account and its sessions ----

    /// The user's own data: name, e-mail address, phone number, password, preferences; and the end of the account.
    pub fn profile(&self) -> Profile {
        Profile::of(self.session())
    }

    /// The user's second factors.
    pub fn factors(&self) -> Factors {
        Factors::of(self.session())
    }

    /// The user's passkeys. [`begin_passkey`](Self::begin_passkey) signs in with one.
    pub fn passkeys(&self) -> Passkeys {
        Passkeys::of(self.session())
    }

    /// The user's accounts at other providers: list, link and unlink.
    pub fn identities(&self) -> Identities {
        Identities::of(self.session())
    }

    /// The devices that take the user's push messages.
    pub fn push_targets(&self) -> PushTargets {
        PushTargets::of(self.session())
    }

    /// Verifies the user's e-mail address and phone number.
    pub fn verification(&self) -> Verification {
        Verification::of(self.session())
    }

    /// Sets a new password for a user who has forgotten the old one.
    pub fn recovery(&self) -> Recovery {
        Recovery::of(self.session())
    }

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
    /// `target` can also be the URL of a WebSocket: `wss:` for a gateway of `https:`, and `ws:` for one of `http:` on this device. Set the
    /// headers on the request that opens the socket, and do not follow redirects. If the opening is answered with 401, or the gateway
    /// closes the socket with the code 4401, call [`report_unauthorized`](Self::report_unauthorized): it says whether to open the socket
    /// again.
    ///
    /// # Errors
    ///
    /// `OriginNotAllowed`, `Config`, `SignedOut`, `MfaRequired`, `StorageLocked`, `PresenceRequired`.
    pub async fn authorize(&self, target: &str) -> Result<Authorization> {
        self.0.gateways.authorize(target).await
    }

    /// Whether `target` is a path of the default gateway or a URL of an allowed one, so that [`authorize`](Self::authorize) takes it.
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

    /// Reports that a gateway answered 401 to a request that carried `authorization`, or closed a WebSocket that was opened with it with
    /// the code 4401, and says what to do about it. Appwrite is asked
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
