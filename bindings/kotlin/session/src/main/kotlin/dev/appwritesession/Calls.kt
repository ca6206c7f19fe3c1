package dev.appwritesession

import okhttp3.Call
import okhttp3.HttpUrl.Companion.toHttpUrlOrNull
import okhttp3.Request
import java.io.InterruptedIOException
import java.util.Collections
import java.util.WeakHashMap

/** What is remembered about calls of OkHttp, for as long as they are there. */
internal class Calls {
    private val states = Collections.synchronizedMap(WeakHashMap<Call, CallState>())

    fun of(call: Call): CallState = states.getOrPut(call) { CallState() }
}

/** What is remembered about one call: all hops and repetitions of it. */
internal class CallState {
    private var user: String? = null

    /** What the last authorized hop's refusal means; none if it was not refused. */
    @Volatile
    var verdict: Verdict? = null

    /** Says whose call it is, unless that is known. */
    @Synchronized
    fun belongsTo(user: String?) {
        if (this.user == null) this.user = user
    }

    /**
     * Makes sure that [authorization] is of the call's user.
     *
     * @throws SessionIOException otherwise.
     */
    @Synchronized
    fun check(authorization: Authorization) {
        belongsTo(authorization.userId)
        if (user == authorization.userId) return
        val text = "another user has signed in since this call was made"
        throw SessionIOException(SessionException.Superseded(SessionException.Details("superseded", text)))
    }
}

/** Whether the request is one to a gateway, by what the app configured. */
internal fun SessionClient.isGateway(request: Request): Boolean =
    gateways.mapNotNull { it.toHttpUrlOrNull() }.any {
        it.scheme == request.url.scheme && it.host == request.url.host && it.port == request.url.port
    }

/**
 * The authorization for a hop of [call], or none for a URL that is not a gateway's.
 *
 * @throws SessionIOException if the session does not allow it.
 * @throws InterruptedIOException if the call or its thread is cancelled meanwhile.
 */
internal fun SessionClient.authorizeHop(call: Call, request: Request): Authorization? =
    try {
        interruptible { authorizeBlocking(request.url.toString(), call::isCanceled) }
    } catch (_: SessionException.OriginNotAllowed) {
        null
    } catch (refused: SessionException.Config) {
        // A URL that could not be a gateway's, such as one of plain HTTP.
        if (isGateway(request)) throw SessionIOException(refused) else null
    } catch (refused: SessionException.Closed) {
        // A closed client refuses every URL, also those that are none of the session's business.
        if (isGateway(request)) throw SessionIOException(refused) else null
    } catch (refused: SessionException) {
        throw SessionIOException(refused)
    }

/** What a 401 to a hop of [call] means. Failures decide nothing: the gateway's answer is the answer. */
internal fun SessionClient.reportHop(call: Call, authorization: Authorization): Verdict =
    try {
        interruptible { reportUnauthorizedBlocking(authorization, call::isCanceled) }
    } catch (_: SessionException) {
        Verdict.Undecided
    }

private inline fun <T> interruptible(wait: () -> T): T =
    try {
        wait()
    } catch (_: Cancelled) {
        throw InterruptedIOException("Canceled")
    } catch (_: InterruptedException) {
        // As OkHttp's own waits do it.
        Thread.currentThread().interrupt()
        throw InterruptedIOException("interrupted")
    }
