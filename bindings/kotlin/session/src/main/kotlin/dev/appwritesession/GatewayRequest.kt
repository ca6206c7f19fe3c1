package dev.appwritesession

import dev.appwritesession.ffi.CoreClient
import dev.appwritesession.ffi.GatewayRequestOptions
import dev.appwritesession.ffi.Header
import kotlinx.serialization.encodeToString
import kotlinx.serialization.json.Json
import kotlin.time.Duration

/** A call of a gateway, to be sent with [send], which checks it. */
@Suppress("TooManyFunctions") // What a request can have.
public class GatewayRequest internal constructor(
    private val core: CoreClient,
    private val method: String,
    private val target: String,
    private val settled: () -> Unit,
) {
    private val headers = mutableListOf<Header>()
    private var body = ByteArray(0)
    private var timeout: Duration? = null
    private var idempotent = false
    private var responseLimit: ULong? = null
    private var isUnicode = true

    /** Sets a header, in place of those of the same name. The credential's own headers cannot be set. */
    public fun header(name: String, value: String): GatewayRequest =
        apply {
            headers.removeAll { it.name.equals(name, ignoreCase = true) }
            headers += Header(name, value)
        }

    /** Adds a header beside those of the same name. The credential's own headers cannot be set. */
    public fun addHeader(name: String, value: String): GatewayRequest = apply { headers += Header(name, value) }

    /** Sets the body. */
    public fun body(bytes: ByteArray): GatewayRequest = apply { body = bytes }

    /** Sets the body to [text], which is JSON, and the content type with it. */
    public fun json(text: String): GatewayRequest {
        // What is wrong is said by `send`.
        isUnicode = isUnicode && text.isUnicode()
        return body(text.encodeToByteArray()).header("Content-Type", "application/json")
    }

    /** Sets the body to [value], written as JSON by [json]. The app needs kotlinx.serialization for it. */
    public inline fun <reified T> encode(value: T, json: Json = Json): GatewayRequest = json(json.encodeToString(value))

    /** The time for the whole request, in place of the client's. A retry starts anew. */
    public fun timeout(timeout: Duration): GatewayRequest = apply { this.timeout = timeout }

    /** Says that the request is idempotent, so that it may be sent again: sending it twice has the effect of sending it once. */
    public fun idempotent(): GatewayRequest = apply { idempotent = true }

    /**
     * How many bytes the body of the answer may have, in place of the client's limit. It is held in memory.
     *
     * @throws IllegalArgumentException if [bytes] is not positive.
     */
    public fun responseLimit(bytes: Long): GatewayRequest =
        apply {
            require(bytes > 0) { "the limit must be positive" }
            responseLimit = bytes.toULong()
        }

    /**
     * Sends the request with the credential, and reads the whole answer. Every HTTP status is an answer, not an error.
     *
     * A 401 is arbitrated first: Appwrite is asked, once for all calls, whether the session lives. If it does, the gateway's 401
     * is returned as it is. Cancelling the coroutine aborts the request; the session is not touched by that.
     *
     * @throws SessionException.OriginNotAllowed before anything was sent; so do [SessionException.Config],
     *   [SessionException.SignedOut], [SessionException.MfaRequired] and [SessionException.StorageLocked].
     * @throws SessionException for the network's errors; see [SessionException.failureCause].
     */
    public suspend fun send(): GatewayResponse {
        Callbacks.refuse(needsPresence = true)
        if (!isUnicode) throw notUnicode()
        val options = GatewayRequestOptions(method, target, headers.toList(), body, timeout?.toMillis(), idempotent, responseLimit)
        val call = translated { core.request(options) }
        return call.use {
            // Nothing comes back only from a call that was cancelled, and this one is cancelled by its coroutine alone.
            val reply =
                try {
                    crossing { call.send() } ?: throw closed()
                } finally {
                    // A 401 can have changed the state.
                    settled()
                }
            val headers = reply.headers.map { it.name to it.value }
            GatewayResponse(reply.url, reply.redirected, reply.status.toInt(), headers, reply.body)
        }
    }

    /** The method alone: the rest can hold secrets of the app. */
    override fun toString(): String = "GatewayRequest(method=$method)"

    private fun closed() = SessionException.Closed(SessionException.Details("closed", "the call was cancelled"))
}
