package dev.appwritesession

import dev.appwritesession.ffi.GatewayBodyReader
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.util.concurrent.atomic.AtomicBoolean

/**
 * An answer of a gateway whose body comes chunk by chunk. It holds a connection until its [chunks] have been collected, or until it is
 * closed. All of it can be used from any thread.
 */
public class GatewayStream internal constructor(private val reader: GatewayBodyReader, private val settled: () -> Unit) : AutoCloseable {
    private val head = reader.head()
    private val isTaken = AtomicBoolean()

    /** The URL that answered: the one that was called, or what its redirects led to. */
    public val url: String get() = head.url

    /** Whether a redirect was followed. */
    public val redirected: Boolean get() = head.redirected

    /** The HTTP status. */
    public val status: Int get() = head.status.toInt()

    /** The headers, in order. */
    public val headers: List<Pair<String, String>> = head.headers.map { it.name to it.value }

    /** How many bytes the body should have, if the gateway says so. */
    public val length: Long? get() = reader.length()?.toLong()

    /** The first header of that name, without case. */
    public fun header(name: String): String? = headers.firstOrNull { it.first.equals(name, ignoreCase = true) }?.second

    /**
     * The body, to be collected once. Nothing is read before it is collected, and no chunk before the one before it was taken. The end of
     * the collection closes the stream: also when the collector is cancelled, takes no more or fails.
     *
     * The flow fails with a [SessionException] if the rest did not come, or if the user for whom the call was made is not signed in any
     * more ([SessionException.SignedOut], [SessionException.MfaRequired], [SessionException.Superseded]). What came before is true.
     *
     * It fails with an [IllegalStateException] if it is collected a second time.
     */
    public fun chunks(): Flow<ByteArray> =
        flow {
            check(isTaken.compareAndSet(false, true)) { "the body of an answer can be collected once" }
            try {
                while (true) emit(crossing { reader.next() } ?: break)
            } finally {
                close()
                settled()
            }
        }

    /**
     * This stream, if its status is 2xx. Otherwise the stream is closed.
     *
     * @throws SessionException.UnexpectedStatus otherwise, as by [GatewayResponse.requireSuccess].
     */
    public suspend fun requireSuccess(): GatewayStream {
        if (status in GatewayResponse.SUCCESS) return this
        var body = ByteArray(0)
        chunks().collect { body += it }
        GatewayResponse(url, redirected, status, headers, body).requireSuccess()
        return this
    }

    /** Closes the connection. A collection of [chunks] that is under way ends. Never waits; a second call does nothing. */
    override fun close(): Unit = reader.end()

    /** The status: the rest can hold secrets of the app. */
    override fun toString(): String = "GatewayStream(status=$status)"
}
