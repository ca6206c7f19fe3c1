package dev.appwritesession.reactnative

import com.facebook.react.bridge.Promise
import com.facebook.react.bridge.ReactApplicationContext
import com.facebook.react.bridge.ReadableMap
import com.facebook.react.bridge.WritableMap
import dev.appwritesession.Change
import dev.appwritesession.MfaChallenge
import dev.appwritesession.SessionClient
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import java.util.concurrent.ConcurrentHashMap

/**
 * The turbo-module, one for each JavaScript that runs: every function hands its work to a [SessionClient], as
 * `NativeAppwriteSession.ts` says.
 *
 * What takes time runs on threads of its own, never on the main thread or JavaScript's.
 */
@Suppress("TooManyFunctions") // Those of the specification.
class AppwriteSessionModule internal constructor(context: ReactApplicationContext, host: Host) : NativeAppwriteSessionSpec(context) {
    private val clients = Clients(host)
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val calls = ConcurrentHashMap<Pair<Int, Int>, Job>()

    @Volatile
    private var gone = false

    /** The module of an app, on the device that it runs on. */
    constructor(context: ReactApplicationContext) : this(context, AndroidHost(context))

    override fun createClient(config: ReadableMap): WritableMap =
        runCatching { clients.open(config.toConfig()) }
            .onSuccess { scope.launch { it.session.changes.collect { change -> tell(it.number, change) } } }
            .fold({ opening(it.number) }, { opening(0, it.toFailure()) })

    override fun change(client: Double): WritableMap {
        val number = client.toInt()
        return clients.known(number)?.change()?.toMap(number) ?: changeOfNobody(number)
    }

    override fun close(client: Double, promise: Promise) {
        settle(promise) {
            clients.close(client.toInt())
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
    ): Unit = give(client, promise) { signUpWithEmail(email, password, name).toMap() }

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
        give(client, promise) { createMfaChallenge(factorOf(factor)).toMap() }

    override fun completeMfaChallenge(
        client: Double,
        challengeId: String,
        code: String,
        promise: Promise,
    ): Unit = run(client, promise) { completeMfaChallenge(MfaChallenge(challengeId), code) }

    override fun importSession(client: Double, left: String, promise: Promise): Unit = give(client, promise) { importSession(left).code }

    override fun signOut(client: Double, promise: Promise): Unit = run(client, promise) { signOut() }

    override fun signOutEverywhere(client: Double, promise: Promise): Unit = run(client, promise) { signOutEverywhere() }

    override fun account(client: Double, promise: Promise): Unit = give(client, promise) { account().toMap() }

    override fun sessions(client: Double, promise: Promise): Unit = give(client, promise) { sessions().toArray { it.toMap() } }

    override fun currentSession(client: Double, promise: Promise): Unit = give(client, promise) { currentSession().toMap() }

    override fun extendSession(client: Double, promise: Promise): Unit = give(client, promise) { extendSession().toMap() }

    override fun revokeSession(client: Double, id: String, promise: Promise): Unit = run(client, promise) { revokeSession(id) }

    override fun send(
        client: Double,
        call: Double,
        request: ReadableMap,
        promise: Promise,
    ) {
        val asked = Request(request)
        val key = client.toInt() to call.toInt()
        val job = settle(promise) { asked.of(clients.inUse(client.toInt()).session).send().toMap() }
        calls[key] = job
        job.invokeOnCompletion { calls.remove(key, job) }
    }

    override fun cancel(client: Double, call: Double) {
        calls[client.toInt() to call.toInt()]?.cancel()
    }

    override fun authorize(client: Double, target: String, promise: Promise) {
        settle(promise) {
            val known = clients.inUse(client.toInt())
            val authorization = known.session.authorize(target)
            authorization(known.keep(authorization), authorization.headers())
        }
    }

    override fun reportUnauthorized(client: Double, authorization: Double, promise: Promise) {
        settle(promise) {
            val known = clients.inUse(client.toInt())
            known.authorization(authorization.toInt())?.let { known.session.reportUnauthorized(it) }
            null
        }
    }

    /** JavaScript is gone: nothing reaches it any more, and its clients wait for the next. */
    override fun invalidate() {
        silence()
        scope.cancel()
        clients.leave()
        super.invalidate()
    }

    @Synchronized
    private fun silence() {
        gone = true
    }

    @Synchronized
    private fun tell(client: Int, change: Change) {
        if (!gone) emitOnChange(change.toMap(client))
    }

    /** Settles [promise] with nothing once that client has done [work]. */
    private fun run(client: Double, promise: Promise, work: suspend SessionClient.() -> Unit): Unit =
        give(client, promise) {
            work()
            null
        }

    /** Settles [promise] with what that client gives by [work]. */
    private fun give(client: Double, promise: Promise, work: suspend SessionClient.() -> Any?) {
        settle(promise) { clients.inUse(client.toInt()).session.work() }
    }

    /** Settles [promise] once: with what [work] gives or throws, or with its cancellation, also of what had not begun. */
    private fun settle(promise: Promise, work: suspend () -> Any?): Job {
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
