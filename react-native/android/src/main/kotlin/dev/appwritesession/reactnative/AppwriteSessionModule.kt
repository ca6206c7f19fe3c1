package dev.appwritesession.reactnative

import com.facebook.react.bridge.Promise
import com.facebook.react.bridge.ReactApplicationContext
import com.facebook.react.bridge.ReadableMap
import com.facebook.react.bridge.WritableMap
import dev.appwritesession.Change
import dev.appwritesession.MfaChallenge
import dev.appwritesession.PlatformScreens
import dev.appwritesession.SessionClient
import dev.appwritesession.Transfer
import dev.appwritesession.Verdict
import dev.appwritesession.ffi.allowsRepetition
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import java.util.concurrent.ConcurrentHashMap

/**
 * The turbo-module. There is one for each JavaScript runtime. Every function calls a [SessionClient], as `NativeAppwriteSession.ts`
 * specifies.
 *
 * Work that takes time runs on other threads than the main thread and JavaScript's thread.
 */
@Suppress("TooManyFunctions") // The specification has that many.
class AppwriteSessionModule internal constructor(context: ReactApplicationContext, private val host: Host) : NativeAppwriteSessionSpec(context) {
    private val currentActivity = context::getCurrentActivity
    private val clients = Clients(host)
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val calls = ConcurrentHashMap<Pair<Int, Int>, Job>()

    @Volatile
    private var gone = false

    /** The module of an app. */
    constructor(context: ReactApplicationContext) : this(context, AndroidHost(context))

    override fun createClient(config: ReadableMap): WritableMap =
        runCatching { clients.open(config.toConfig()) }
            .onSuccess(::follow)
            .fold({ opening(it.number) }, { opening(0, it.toFailure()) })

    override fun change(client: Double): WritableMap {
        val number = client.toInt()
        return clients.known(number)?.change()?.toMap(number) ?: changeOfUnknown(number)
    }

    override fun close(client: Double, promise: Promise) {
        complete(promise) {
            clients.close(client.toInt())
            null
        }
    }

    override fun createAccounts(config: ReadableMap): WritableMap =
        runCatching { clients.openAccounts(config.toConfig()) }
            .onSuccess { scope.launch { it.accounts.statesJson.collect { json -> emitAccounts(it.number, json) } } }
            .fold({ opening(it.number) }, { opening(0, it.toFailure()) })

    override fun accountsState(accounts: Double): String =
        clients
            .knownAccounts(accounts.toInt())
            ?.accounts
            ?.stateJson()
            .orEmpty()

    override fun callAccounts(
        accounts: Double,
        operation: String,
        argumentsJson: String,
        promise: Promise,
    ) {
        complete(promise) { clients.accountsInUse(accounts.toInt()).accounts.performOperation(operation, argumentsJson) }
    }

    override fun openAccount(accounts: Double, id: String, promise: Promise) {
        complete(promise) { clients.openAccount(accounts.toInt(), id, ::follow).number.toDouble() }
    }

    override fun closeAccounts(accounts: Double, promise: Promise) {
        complete(promise) {
            clients.closeAccounts(accounts.toInt())
            null
        }
    }

    override fun restored(client: Double, promise: Promise): Unit = run(client, promise) { restored() }

    override fun resume(client: Double, promise: Promise): Unit = run(client, promise) { resume() }

    override fun pause(client: Double) {
        clients
            .known(client.toInt())
            ?.takeIf { it.isOpen }
            ?.session
            ?.pause()
    }

    override fun signUpWithEmail(
        client: Double,
        email: String,
        password: String,
        name: String?,
        promise: Promise,
    ): Unit = resolve(client, promise) { signUpWithEmail(email, password, name).toMap() }

    override fun signInWithEmail(
        client: Double,
        email: String,
        password: String,
        promise: Promise,
    ): Unit = run(client, promise) { signInWithEmail(email, password) }

    override fun signInAnonymously(client: Double, promise: Promise): Unit = run(client, promise) { signInAnonymously() }

    override fun signInWithToken(
        client: Double,
        userId: String,
        secret: String,
        promise: Promise,
    ): Unit = run(client, promise) { signInWithToken(userId, secret) }

    override fun createMfaChallenge(client: Double, factor: String, promise: Promise): Unit =
        resolve(client, promise) { createMfaChallenge(factorOf(factor)).toMap() }

    override fun completeMfaChallenge(
        client: Double,
        challengeId: String,
        code: String,
        promise: Promise,
    ): Unit = run(client, promise) { completeMfaChallenge(MfaChallenge(challengeId), code) }

    override fun importSession(client: Double, legacy: String, promise: Promise): Unit =
        resolve(client, promise) { importSession(legacy).code }

    override fun signOut(client: Double, promise: Promise): Unit = run(client, promise) { signOut() }

    override fun signOutEverywhere(client: Double, promise: Promise): Unit = run(client, promise) { signOutEverywhere() }

    override fun account(client: Double, promise: Promise): Unit = resolve(client, promise) { account().toMap() }

    override fun sessions(client: Double, promise: Promise): Unit = resolve(client, promise) { sessions().toArray { it.toMap() } }

    override fun currentSession(client: Double, promise: Promise): Unit = resolve(client, promise) { currentSession().toMap() }

    override fun extendSession(client: Double, promise: Promise): Unit = resolve(client, promise) { extendSession().toMap() }

    override fun revokeSession(client: Double, id: String, promise: Promise): Unit = run(client, promise) { revokeSession(id) }

    override fun call(
        client: Double,
        operation: String,
        argumentsJson: String,
        promise: Promise,
    ): Unit = resolve(client, promise) { performOperation(operation, argumentsJson) }

    override fun showScreen(screen: String, input: String, promise: Promise) {
        val activity = currentActivity()
        complete(promise) { PlatformScreens.show(screen, activity, input) }
    }

    override fun takeCallback(promise: Promise) {
        complete(promise) { PlatformScreens.takeCallback() }
    }

    override fun send(
        client: Double,
        call: Double,
        request: ReadableMap,
        promise: Promise,
    ) {
        val asked = Request(request)
        val key = client.toInt() to call.toInt()
        val observe = { transfer: Transfer -> emitTransfer(transfer.toMap(client.toInt(), call.toInt())) }
        val job = complete(promise) { asked.of(clients.inUse(client.toInt()).session, host, observe).send().toMap() }
        calls[key] = job
        job.invokeOnCompletion { calls.remove(key, job) }
    }

    override fun cancel(client: Double, call: Double) {
        calls[client.toInt() to call.toInt()]?.cancel()
    }

    override fun authorize(client: Double, target: String, promise: Promise) {
        complete(promise) {
            val known = clients.inUse(client.toInt())
            val authorization = known.session.authorize(target)
            authorization.toMap(known.keep(authorization))
        }
    }

    override fun reportUnauthorized(client: Double, authorization: Double, promise: Promise) {
        complete(promise) {
            val known = clients.inUse(client.toInt())
            val verdict = known.authorization(authorization.toInt())?.let { known.session.reportUnauthorized(it) }
            // It is not known any more which credential the request was sent with.
            (verdict ?: Verdict.Undecided).code
        }
    }

    override fun allowsRepetition(verdict: String, method: String, problemType: String?): Boolean =
        verdictOf(verdict)?.let { allowsRepetition(it, method, problemType) } ?: false

    /** The JavaScript runtime has ended: nothing is sent to it any more, and its clients are retained for the next one. */
    override fun invalidate() {
        stopEmitting()
        scope.cancel()
        clients.retainAll()
        super.invalidate()
    }

    @Synchronized
    private fun stopEmitting() {
        gone = true
    }

    /** Tells JavaScript every change of a client. */
    private fun follow(client: Client) {
        scope.launch { client.session.changes.collect { emit(client.number, it) } }
    }

    @Synchronized
    private fun emitAccounts(accounts: Int, stateJson: String) {
        if (!gone) emitOnAccountsState(accountsState(accounts, stateJson))
    }

    @Synchronized
    private fun emitTransfer(transfer: WritableMap) {
        if (!gone) emitOnTransfer(transfer)
    }

    @Synchronized
    private fun emit(client: Int, change: Change) {
        if (!gone) emitOnChange(change.toMap(client))
    }

    /** Runs [work] of that client, and resolves [promise] without a value. */
    private fun run(client: Double, promise: Promise, work: suspend SessionClient.() -> Unit): Unit =
        resolve(client, promise) {
            work()
            null
        }

    /** Runs [work] of that client, and resolves [promise] with its result. */
    private fun resolve(client: Double, promise: Promise, work: suspend SessionClient.() -> Any?) {
        complete(promise) { clients.inUse(client.toInt()).session.work() }
    }

    /**
     * Runs [work], and resolves or rejects [promise] with its result. If the work is cancelled, even before it begins, the promise is
     * rejected with the code `cancelled`.
     */
    private fun complete(promise: Promise, work: suspend () -> Any?): Job {
        var outcome = Result.failure<Any?>(Refused(Failure.CANCELLED))
        val job = scope.launch { outcome = runCatching { work() } }
        job.invokeOnCompletion {
            if (!gone) outcome.fold(promise::resolve) { promise.reject(it.toFailure()) }
        }
        return job
    }

    private fun Promise.reject(failure: Failure) = reject(failure.code, failure.message, failure.toMap())

    internal companion object {
        const val NAME = NativeAppwriteSessionSpec.NAME
    }
}
