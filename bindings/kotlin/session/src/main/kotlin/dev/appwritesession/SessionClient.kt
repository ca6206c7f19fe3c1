package dev.appwritesession

import dev.appwritesession.ffi.ChangeStream
import dev.appwritesession.ffi.CoreClient
import dev.appwritesession.ffi.RedirectTarget
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.lang.ref.WeakReference

/**
 * One login to Appwrite, kept in the secure store and carried to the app's own gateways.
 *
 * All functions can be called from any thread and coroutine at any time. Those that change the session run to their end even when
 * their coroutine is cancelled: a sign-in whose screen went away ends stored or revoked, never in between.
 *
 * Building makes no request: what is stored is read in the background, see [state] and [restored].
 *
 * With every dispatcher, also [Dispatchers.Unconfined] and none, a coroutine goes on after a call on a thread that it may block.
 * A client that is neither closed nor used any more is collected like any other object, and then gives its memory and threads back.
 * Class loaders of one JVM share nothing: each has a copy of the native library.
 *
 * ```kotlin
 * val session = SessionClient("https://fra.cloud.appwrite.io/v1", "my-project") {
 *     gateway("https://api.example.com")
 * }
 * ```
 *
 * @property accountSlot what keeps this client's session apart from others of the same project: the id of its account, where the app has
 *   several ([Accounts]).
 */
@Suppress("TooManyFunctions") // One client, one session: its functions are the product.
public class SessionClient
    internal constructor(
        private val core: CoreClient,
        private val store: HostStoreAdapter?,
        public val accountSlot: String,
    ) : WaysIn() {
        /**
         * Builds a client.
         *
         * @param endpoint where Appwrite is; it ends in `/v1`.
         * @param project the project's id.
         * @throws SessionException.Config whose message says what to correct.
         */
        @JvmOverloads
        public constructor(
            endpoint: String,
            project: String,
            configure: SessionOptions.() -> Unit = {},
        ) : this(Built.of(endpoint, project, configure))

        private constructor(built: Built) : this(
            translated { CoreClient(built.options, built.store, built.trust, built.presence) },
            built.store,
            built.options.accountSlot ?: "default",
        )

        private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

        override val signIns: Operations get() = Operations(this, needsPresence = false)
        private val ofUser get() = Operations(this, needsPresence = true)

        /** The last change: state, persistence and number, taken together. Never waits; after [close] it is the last one. */
        public val change: Change get() = core.change().toApi()

        private val shown = Shown(change)

        /** The current state at once, then every new one. Safe to read and collect on the main thread. */
        public val state: StateFlow<SessionState> = StatesOf(this, shown)

        /** How safe the session is now: whether the next process will find it. */
        public val persistence: Persistence get() = change.persistence

        /**
         * Every change in order and numbered, the current state first. Unlike [state] it skips none. Each collector has a stream of
         * its own, which ends when the client is closed.
         */
        public val changes: Flow<Change> =
            flow {
                core.changes().use { stream ->
                    while (true) emit((crossing { stream.next() } ?: break).toApi())
                }
            }

        init {
            scope.show(core.changes(), WeakReference(shown))
        }

        /** The state once the secure store has been read. Waits for the store only, never for the network. */
        public suspend fun restored(): SessionState = call { core.restored() }.toApi()

        /**
         * Retries pending work now: reads a locked store again, saves an unsaved session, sends queued revocations. Call it when the
         * device is unlocked or the app comes to the foreground; the client also retries by itself. It takes effect before it waits:
         * a [pause] that is called after it comes after it.
         */
        public suspend fun resume(): SessionState = call { core.resume() }.toApi()

        /**
         * Says that the app goes to the background, until [resume]: meanwhile the user is not asked for biometrics or the device
         * passcode, and calls that would need it fail. Without [SessionOptions.requirePresence] it does nothing.
         */
        public fun pause(): Unit = core.pause()

        /**
         * Creates a user. Does not sign in.
         *
         * @throws SessionException.AlreadyExists
         * @throws SessionException.InvalidInput for a malformed e-mail or a password of other than 8 to 256 characters.
         */
        public suspend fun signUpWithEmail(email: String, password: String, name: String? = null): Account =
            call { core.signUpWithEmail(email, password, name) }.toApi()

        /**
         * Signs in with e-mail and password. Returns [SessionState.SignedIn], or [SessionState.MfaRequired] with the factors to
         * choose from. Before this returns the credential is in the secure store; a session that was held before is revoked.
         *
         * @throws SessionException.InvalidCredentials
         * @throws SessionException.StorageLocked before anything was sent.
         * @throws SessionException.Superseded if a sign-out or another sign-in came in between.
         */
        public suspend fun signInWithEmail(email: String, password: String): SessionState =
            call { core.signInWithEmail(email, password) }.toApi()

        /** Signs in as a new anonymous user. Otherwise as [signInWithEmail]. */
        public suspend fun signInAnonymously(): SessionState = call { core.signInAnonymously() }.toApi()

        /**
         * Signs in with a token that the app's server made. Otherwise as [signInWithEmail].
         *
         * @throws SessionException.InvalidToken if the token is wrong, used up or expired.
         */
        public suspend fun signInWithToken(userId: String, secret: String): SessionState =
            call { core.signInWithToken(userId, secret) }.toApi()

        /** Asks for a challenge of a second factor. Meant for the state [SessionState.MfaRequired]. */
        public suspend fun createMfaChallenge(factor: Factor): MfaChallenge =
            call(needsPresence = true) { core.createMfaChallenge(factor.toFfi()) }.toApi()

        /**
         * Answers a challenge with the user's code, and completes the sign-in.
         *
         * @throws SessionException.InvalidToken if the code is wrong; the session stays in [SessionState.MfaRequired].
         */
        public suspend fun completeMfaChallenge(challenge: MfaChallenge, code: String): SessionState =
            call(needsPresence = true) { core.completeMfaChallenge(challenge.id, code) }.toApi()

        /**
         * Signs out on this device: the session is gone from here when this returns, with or without a network. Appwrite is told in
         * the background; if it cannot be reached, that is stored and done later, also after a restart.
         */
        public suspend fun signOut(): Unit = call { core.signOut() }

        /** Signs the user out on all devices. Needs the network; on an error nothing has changed here. */
        public suspend fun signOutEverywhere(): Unit = call(needsPresence = true) { core.signOutEverywhere() }

        /**
         * Takes over the session that one of Appwrite's own SDKs stored on the device, so that users stay signed in when an app
         * adopts this library. Makes no request: whether the session is still valid shows at its first use.
         *
         * If [Import.mayErase], erase what was passed where it came from: it is the credential in the open.
         *
         * @param stored what that SDK stored, unchanged, and for this endpoint's host only. On Android: the values of the preferences
         *   `myCookie`; in React Native: the header that `CookieManager.getCookie` gives.
         * @throws SessionException.StorageLocked and nothing was taken over. Try again later, and erase nothing.
         * @throws SessionException.StorageUnavailable likewise.
         */
        public suspend fun importSession(stored: String): Import = call { core.importSession(stored) }.toApi()

        /**
         * Who is signed in, asked of Appwrite; the answer is a verdict on the session as well.
         *
         * @throws SessionException.SignedOut if Appwrite says that the session is no more; the state follows.
         */
        public suspend fun account(): Account = call(needsPresence = true) { core.account() }.toApi()

        /** Every session of the user. */
        public suspend fun sessions(): List<Session> = call(needsPresence = true) { core.sessions() }.map { it.toApi() }

        /** The session of this device, as Appwrite sees it. */
        public suspend fun currentSession(): Session = call(needsPresence = true) { core.currentSession() }.toApi()

        /**
         * Starts the life of this device's session anew. Appwrite allows ten an hour for each network address, and counts extensions and
         * sign-outs together.
         */
        public suspend fun extendSession(): Session = call(needsPresence = true) { core.extendSession() }.toApi()

        /** Revokes the session of that id; this device's own is signed out as by [signOut]. */
        public suspend fun revokeSession(id: String): Unit = call(needsPresence = true) { core.revokeSession(id) }

        /** Name, e-mail address, phone number, password and preferences of the signed-in user, and the end of the account. */
        public val profile: Profile get() = Profile(ofUser)

        /** The signed-in user's second factors. */
        public val factors: Factors get() = Factors(ofUser)

        /** The signed-in user's passkeys. */
        public val passkeys: Passkeys get() = Passkeys(this, ofUser)

        /** The accounts at other providers that the signed-in user can sign in with. */
        public val identities: Identities get() = Identities(this, ofUser)

        /** The devices that take the signed-in user's push messages. */
        public val pushTargets: PushTargets get() = PushTargets(ofUser)

        /** Verifies the e-mail address and the phone number of the signed-in user. */
        public val verification: Verification get() = Verification(ofUser)

        /** A new password for a user who has forgotten the old one. */
        public val recovery: Recovery get() = Recovery(signIns)

        /** Performs an operation of the core by its name. */
        internal suspend fun perform(operation: String, arguments: String, needsPresence: Boolean): String =
            call(needsPresence) { core.call(operation, arguments) }

        /** A call of a gateway. [target] is a path of the default gateway (`/orders`) or a URL of an allowed one. */
        public fun request(method: String, target: String): GatewayRequest = GatewayRequest(core, method, target, ::showCurrent)

        /**
         * Sends a GET and reads the whole answer; [configure] adds headers and a timeout. As [request] and [GatewayRequest.send].
         *
         * ```kotlin
         * val orders = session.get("/orders") { header("Accept-Language", "de") }.decode<List<Order>>()
         * ```
         */
        public suspend fun get(target: String, configure: GatewayRequest.() -> Unit = {}): GatewayResponse = send("GET", target, configure)

        /** Sends a POST; [configure] adds the body. It is retried only if [GatewayRequest.idempotent] says so. Otherwise as [get]. */
        public suspend fun post(target: String, configure: GatewayRequest.() -> Unit = {}): GatewayResponse =
            send("POST", target, configure)

        /** Sends a PUT; [configure] adds the body. Otherwise as [get]. */
        public suspend fun put(target: String, configure: GatewayRequest.() -> Unit = {}): GatewayResponse = send("PUT", target, configure)

        /** Sends a PATCH; [configure] adds the body. It is retried only if [GatewayRequest.idempotent] says so. Otherwise as [get]. */
        public suspend fun patch(target: String, configure: GatewayRequest.() -> Unit = {}): GatewayResponse =
            send("PATCH", target, configure)

        /** Sends a DELETE. Otherwise as [get]. */
        public suspend fun delete(target: String, configure: GatewayRequest.() -> Unit = {}): GatewayResponse =
            send("DELETE", target, configure)

        private suspend fun send(method: String, target: String, configure: GatewayRequest.() -> Unit): GatewayResponse =
            request(method, target).apply(configure).send()

        /**
         * Whether [url] is of an allowed gateway, by the same origin rule as for calls. Never waits, and works on a closed client.
         */
        public fun isGateway(url: String): Boolean = core.isGateway(url)

        /**
         * Where a redirect leads that a gateway at [from] answered with, and so what may go along.
         *
         * @throws SessionException.InvalidRedirect if it must not be followed.
         */
        internal fun checkRedirect(
            from: String,
            to: String,
            method: String,
            hasBody: Boolean,
        ): RedirectTarget = translated { core.checkRedirect(from, to, method, hasBody) }

        /** The headers for a request that the app sends by itself, under the same origin rule. No request is made. */
        public suspend fun authorize(target: String): Authorization = Authorization(call(needsPresence = true) { core.authorize(target) })

        /**
         * As [authorize], for a thread that may block: it waits while the secure store is being read and the user is asked.
         *
         * @throws InterruptedException if the thread is interrupted meanwhile.
         */
        @Throws(InterruptedException::class)
        public fun authorizeBlocking(target: String): Authorization = authorizeBlocking(target, isCancelled = null)

        internal fun authorizeBlocking(target: String, isCancelled: (() -> Boolean)?): Authorization {
            Callbacks.refuse(needsPresence = true)
            return Authorization(blocking(isCancelled) { translated { core.authorize(target) } })
        }

        /**
         * Reports that a gateway answered 401 to a request that carried [authorization], and says what to do about it. Appwrite is
         * asked once for all calls, and not at all where the answer is known already. The [state] follows.
         */
        public suspend fun reportUnauthorized(authorization: Authorization): Verdict =
            call(needsPresence = true) { core.reportUnauthorized(authorization.ffi) }.toApi()

        /**
         * As [reportUnauthorized], for a thread that may block.
         *
         * @throws InterruptedException if the thread is interrupted meanwhile. The question to Appwrite goes on for other calls.
         */
        @Throws(InterruptedException::class)
        public fun reportUnauthorizedBlocking(authorization: Authorization): Verdict =
            reportUnauthorizedBlocking(authorization, isCancelled = null)

        internal fun reportUnauthorizedBlocking(authorization: Authorization, isCancelled: (() -> Boolean)?): Verdict {
            Callbacks.refuse(needsPresence = true)
            try {
                return blocking(isCancelled) { translated { core.reportUnauthorized(authorization.ffi) } }.toApi()
            } finally {
                showCurrent()
            }
        }

        /**
         * Performs an operation by its name. For bridges to other languages, which are compiled together with this package:
         * [argumentsJson] is a list, and the result is JSON, which may hold secrets.
         *
         * @throws SessionException.Config if there is no such operation or the arguments are not its own.
         */
        internal suspend fun performOperation(name: String, argumentsJson: String): String =
            perform(name, argumentsJson, needsPresence = isOfTheAccount(name))

        /**
         * Says that the device's network has changed, as from Wi-Fi to mobile data: requests from now on use new connections. Never waits.
         */
        public fun networkChanged(): Unit = core.networkChanged()

        /**
         * Ends the client: waits for work under way, which the timeouts bound, ends the streams, and gives its threads back. The
         * session stays stored. Functions that need the client fail with [SessionException.Closed] from then on. It goes through to
         * the end even when its coroutine is cancelled; a second call does nothing.
         */
        public suspend fun close() {
            withContext(NonCancellable) { call { core.shutDown() } }
            scope.cancel()
        }

        /** The kind of the state, and nothing of the user or the credential. */
        override fun toString(): String = "SessionClient(state=${state.value.kind})"

        /** Runs [work] in the core, and shows what it changed before the caller goes on. */
        private suspend inline fun <T> call(needsPresence: Boolean = false, work: () -> T): T {
            Callbacks.refuse(needsPresence)
            store?.refuseMisuse()
            try {
                val result = crossing(work)
                store?.refuseMisuse()
                return result
            } finally {
                showCurrent()
            }
        }

        private fun showCurrent() = shown.show(change)
    }

/** Whether the user has to be present for an operation: for those of the account, which have a noun. Recovery is for nobody. */
private fun isOfTheAccount(operation: String): Boolean = '.' in operation && !operation.startsWith("recovery.")

/** Shows every change of [stream], until it ends with its client. It must not hold the client, which would never be collected. */
private fun CoroutineScope.show(stream: ChangeStream, shown: WeakReference<Shown>) {
    launch {
        stream.use {
            while (true) {
                val change = stream.next() ?: break
                shown.get()?.show(change.toApi())
            }
        }
    }
}
