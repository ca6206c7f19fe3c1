package dev.appwritesession

import dev.appwritesession.ffi.RedirectTarget
import dev.appwritesession.ffi.keptHeaders
import okhttp3.Call
import okhttp3.HttpUrl
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

    /** Where the last hop was sent, if it carried the credential. */
    private var carriedTo: HttpUrl? = null

    /** The names of the headers that may still go along; none if all may. */
    private var kept: Set<String>? = null

    /** Whether a gateway has redirected to an origin that is none: from then on whoever answers chooses what the call asks for. */
    @get:Synchronized
    var hasLeft = false
        private set

    /** What the last authorized hop's refusal means; none if it was not refused. */
    @Volatile
    var verdict: Verdict? = null

    /** Says whose call it is, unless that is known. */
    @Synchronized
    fun belongsTo(user: String?) {
        if (this.user == null) this.user = user
    }

    /**
     * The next hop of the call, with what may go along: OkHttp takes everything.
     *
     * @throws SessionIOException if a gateway's redirect must not be followed.
     */
    @Synchronized
    fun follow(session: SessionClient, request: Request): Request {
        val from = carriedTo
        carriedTo = null
        if (from != null) {
            val hasBody = request.body != null
            val target =
                try {
                    session.checkRedirect(from.toString(), request.url.toString(), request.method, hasBody)
                } catch (refused: SessionException) {
                    throw SessionIOException(refused)
                }
            keptHeaders(target)?.let { names -> kept = names.toSet().intersect(kept ?: names.toSet()) }
            hasLeft = target == RedirectTarget.ELSEWHERE
        }
        val names = kept ?: return request
        val others = request.headers.names().filter { it.lowercase() !in names && it.lowercase() !in OF_CONNECTION }
        return request.newBuilder().apply { others.forEach(::removeHeader) }.build()
    }

    /** A hop was sent to [url] with the credential. */
    @Synchronized
    fun carried(url: HttpUrl) {
        carriedTo = url
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
        if (isGateway(request.url.toString())) throw SessionIOException(refused) else null
    } catch (refused: SessionException.Closed) {
        // A closed client refuses every URL, also those that are none of the session's business.
        if (isGateway(request.url.toString())) throw SessionIOException(refused) else null
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

/** What OkHttp sets for the connection by itself. */
private val OF_CONNECTION = setOf("host", "connection", "accept-encoding")

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
