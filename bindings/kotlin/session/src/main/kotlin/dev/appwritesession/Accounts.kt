package dev.appwritesession

import dev.appwritesession.ffi.AccountsStream
import dev.appwritesession.ffi.CoreAccounts
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext

/**
 * Several accounts of one project on one device. Each has a session and a [SessionClient] of its own, so that no request of one is made
 * with the credential of another; all share the connections and the store.
 *
 * All functions can be called from any thread and coroutine at any time. Those that change something run to their end even when their
 * coroutine is cancelled. An app has one of these, for as long as its process lives.
 *
 * Building makes no request: the list of the accounts is in the store, which is read in the background, see [state].
 *
 * ```kotlin
 * val accounts = Accounts("https://fra.cloud.appwrite.io/v1", "my-project") {
 *     gateway("https://api.example.com")
 * }
 * ```
 */
@Suppress("TooManyFunctions") // One for each thing that can be done with an account.
public class Accounts
    private constructor(built: Built, private val shown: ShownAccounts?) {
        private val store = built.store
        private val core = translated { CoreAccounts(built.options, store, built.trust, built.presence) }
        private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
        private val clients = HashMap<String, SessionClient>()
        private val making = Mutex()

        /**
         * Makes the accounts of one project.
         *
         * @param endpoint where Appwrite is; it ends in `/v1`.
         * @param project the project's id.
         * @param configure what every client of these accounts is built from. [SessionOptions.accountSlot] has no meaning here.
         * @throws SessionException.Config whose message says what to correct; also if the app does not have kotlinx-serialization-json.
         */
        @JvmOverloads
        public constructor(endpoint: String, project: String, configure: SessionOptions.() -> Unit = {}) :
            this(Built.of(endpoint, project, configure), ShownAccounts())

        /**
         * The accounts, and which one the app uses; null until the store has been read. It changes through a call here, because somebody
         * has signed in with a client of an account, or because the name or the e-mail address of a user has changed. Of several changes
         * at once only the last is shown. It is at least as new as the result of a function here. Safe to read and collect on the main
         * thread.
         */
        public val state: StateFlow<AccountsState?> get() = checkNotNull(shown).state

        init {
            if (shown != null) {
                // What is shown is read with it.
                Operations.list(emptyArray())
                scope.show(core.changes(), shown)
            }
        }

        /**
         * The accounts that somebody has signed in to, in the order in which they were added. Makes no request. An account whose session
         * Appwrite has ended is still listed, so that the app can offer to sign in again.
         *
         * @throws SessionException.StorageLocked
         * @throws SessionException.StorageUnavailable
         */
        public suspend fun list(): List<StoredAccount> = perform("list").storedAccounts()

        /**
         * The client of the account that the app uses now; one that nobody is signed in to, if there is none. Otherwise as [list].
         *
         * The client of an account is the same object at every call. Do not close it by itself: close the accounts.
         */
        public suspend fun current(): SessionClient = client(perform("current"))

        /**
         * The client of an account, without switching to it. Otherwise as [current].
         *
         * @throws SessionException.Config if there is no such account.
         */
        public suspend fun client(id: String): SessionClient = client(perform("client", id))

        /**
         * A client for one more account. It is listed as soon as somebody has signed in with it, and is used by the app once it is switched
         * to. Otherwise as [current]: an account that could not be found again after a restart is not added.
         */
        public suspend fun add(): SessionClient = client(perform("add"))

        /**
         * Makes an account the one that the app uses, and returns its client. What other clients have under way goes on as it is.
         *
         * @throws SessionException.Config if there is no such account; otherwise as [list], and nothing was switched.
         */
        public suspend fun switchTo(id: String): SessionClient = client(perform("switchTo", id))

        /**
         * Completes a sign-in in the browser with the URL that opened the app, whichever account it was begun for: also for one that was
         * being added when the app was ended. Nothing is switched. See [SessionClient.completeOAuth2].
         *
         * @throws SessionException.CallbackRejected if no account waits for this URL.
         */
        public suspend fun completeOAuth2(url: String): AccountOutcome {
            val result = perform("completeOAuth2", url)
            return AccountOutcome(client(result.member("id")), result.member("outcome").signInOutcome())
        }

        /**
         * Signs out of one account, as [SessionClient.signOut] does, and lists it no more. If it was the one that the app uses, the one
         * that was added last takes its place.
         *
         * @throws SessionException.Config if there is no such account; otherwise as [SessionClient.signOut]. It is listed until the store
         *   has taken the sign-out.
         */
        public suspend fun signOut(id: String): Unit = perform("signOut", id).nothing()

        /**
         * Signs out of every account, one after another.
         *
         * @throws SessionException the first that one of them failed with; the other accounts are signed out all the same.
         */
        public suspend fun signOutOfAll(): Unit = perform("signOutOfAll").nothing()

        /**
         * Says for all clients that the device's network has changed, as [SessionClient.networkChanged] does for one. Never waits.
         */
        public fun networkChanged(): Unit = core.networkChanged()

        /**
         * Closes every client, as [SessionClient.close] does. What is stored stays. Functions fail with [SessionException.Closed] from then
         * on, and [state] does not change any more. It goes through to the end even when its coroutine is cancelled; a second call does
         * nothing.
         */
        public suspend fun close() {
            withContext(NonCancellable) {
                crossing { core.shutDown() }
                making.withLock { clients.values.forEach { it.close() } }
            }
            scope.cancel()
        }

        /** Nothing of the users. */
        override fun toString(): String = "Accounts"

        /**
         * Performs an operation by its name, as [SessionClient.performOperation] does. An account is its id; [clientOf] gives its client.
         */
        internal suspend fun performOperation(name: String, argumentsJson: String): String {
            Callbacks.refuse(needsPresence = false)
            store?.refuseMisuse()
            try {
                val result = crossing { core.call(name, argumentsJson) }
                store?.refuseMisuse()
                return result
            } finally {
                shown?.run { core.state()?.let(::show) }
            }
        }

        /** The [state] as the core's JSON, and then every new one, for bridges. Ends when the accounts are closed. */
        internal val statesJson: Flow<String> =
            flow {
                core.changes().use { stream -> while (true) emit(crossing { stream.next() } ?: break) }
            }

        /** The [state] as the core's JSON. */
        internal fun stateJson(): String? = core.state()

        /** The client of an account that an operation has named: the one object for it. */
        internal suspend fun clientOf(id: String): SessionClient =
            making.withLock { clients.getOrPut(id) { SessionClient(crossing { core.client(id) }, store, id) } }

        internal companion object {
            /**
             * Accounts for bridges to other languages, in an app without kotlinx-serialization: they carry JSON on, and nothing reads their
             * [state].
             */
            fun forBridges(endpoint: String, project: String, configure: SessionOptions.() -> Unit): Accounts =
                Accounts(Built.of(endpoint, project, configure), shown = null)
        }

        private suspend fun client(named: OperationResult): SessionClient = clientOf(named.text())

        private suspend fun perform(operation: String, vararg arguments: Any?): OperationResult =
            OperationJson.read(performOperation(operation, Operations.list(arguments)))
    }

/** The state of the accounts that was shown last. A newer one replaces it without a lock, as in [Shown]. */
private class ShownAccounts {
    private val last = MutableStateFlow<AccountsState?>(null)
    val state: StateFlow<AccountsState?> = last.asStateFlow()

    fun show(json: String) {
        val next = OperationJson.read(json).accountsState()
        while (true) {
            val shown = last.value
            if (next.number <= (shown?.number ?: 0) || last.compareAndSet(shown, next)) return
        }
    }
}

/** Shows every state of [stream], until it ends with its accounts, which it does not hold. */
private fun CoroutineScope.show(stream: AccountsStream, shown: ShownAccounts) {
    launch { stream.use { while (true) shown.show(stream.next() ?: break) } }
}
