package dev.appwritesession

import dev.appwritesession.ffi.CoreClient
import dev.appwritesession.ffi.GatewayBody
import dev.appwritesession.ffi.GatewayCall
import dev.appwritesession.ffi.GatewayReply
import dev.appwritesession.ffi.GatewayRequestOptions
import dev.appwritesession.ffi.Header
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.serialization.encodeToString
import kotlinx.serialization.json.Json
import java.io.File
import kotlin.time.Duration

/** A call of a gateway, to be sent with [send], [stream], [events] or [downloadTo], which check it. */
@Suppress("TooManyFunctions") // What a request can have.
public class GatewayRequest internal constructor(
    private val core: CoreClient,
    private val method: String,
    private val target: String,
    private val settled: () -> Unit,
) {
    private val headers = mutableListOf<Header>()
    private var body: GatewayBody = GatewayBody.Bytes(ByteArray(0))
    private var observer: ((Transfer) -> Unit)? = null
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
    public fun body(bytes: ByteArray): GatewayRequest = apply { body = GatewayBody.Bytes(bytes) }

    /** Sets the body to a file. Its content type is the file's, unless a header sets one. */
    public fun file(file: UploadFile): GatewayRequest = apply { body = GatewayBody.File(file.toFfi()) }

    /** Sets the body to a form. */
    public fun multipart(form: Multipart): GatewayRequest = apply { body = GatewayBody.Form(form.fields.toList()) }

    /**
     * Calls [observer] as the body of the request, and the file of [downloadTo], come along. It runs in the context of the coroutine that
     * sends, and its last call is made before that goes on. If it is slow, only the last news of each body is told. What it throws aborts
     * the request if that is still under way, and is thrown by the function that sends.
     */
    public fun onProgress(observer: (Transfer) -> Unit): GatewayRequest = apply { this.observer = observer }

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
    public suspend fun send(): GatewayResponse = perform { it.send() }.toApi()

    /**
     * Sends the request, and returns when the head of the answer is there. Whoever does not collect its chunks closes it. Without
     * [timeout] the time is limited for the head, and then by the idle timeout alone. Otherwise as [send].
     */
    public suspend fun stream(): GatewayStream = GatewayStream(perform { it.open() }, settled)

    /**
     * Asks for server-sent events, and returns when they begin. Otherwise as [stream].
     *
     * @throws SessionException.UnexpectedStatus if the gateway answers with another status than one of success.
     * @throws SessionException.InvalidResponse if the answer is of another content type than `text/event-stream`.
     */
    public suspend fun events(): GatewayEvents = GatewayEvents(perform { it.events() }, settled)

    /**
     * Sends the request, and writes the body of a success (2xx) to [file], which appears, or is replaced, when it is whole. The body of
     * any other answer is in what is returned. If the connection breaks, the download goes on where the gateway allows it. A download that
     * fails or is cancelled leaves nothing. Otherwise as [stream].
     *
     * @throws SessionException.FileFailed if the file cannot be written.
     */
    public suspend fun downloadTo(file: File): GatewayResponse = perform { it.download(file.path) }.toApi()

    /** Does [work] with a call for this request. */
    private suspend fun <T : Any> perform(work: suspend (GatewayCall) -> T?): T {
        Callbacks.refuse(needsPresence = true)
        if (!isUnicode) throw notUnicode()
        val observer = observer
        return translated { core.request(options()) }.use { call ->
            try {
                // Nothing comes back only from a call that was cancelled, and this one is cancelled by its coroutine alone.
                val result = if (observer == null) crossing { work(call) } else observed(call, observer) { crossing { work(call) } }
                result ?: throw closed()
            } finally {
                // A 401 can have changed the state.
                settled()
            }
        }
    }

    private suspend fun <T> observed(call: GatewayCall, observer: (Transfer) -> Unit, work: suspend () -> T): T =
        coroutineScope {
            val watching = launch { while (true) observer((crossing { call.progress() } ?: break).toApi()) }
            val result = work()
            watching.join()
            result
        }

    private fun options() =
        GatewayRequestOptions(
            method = method,
            target = target,
            headers = headers.toList(),
            body = body,
            timeoutMs = timeout?.toMillis(),
            repeatable = idempotent,
            responseLimit = responseLimit,
            observed = observer != null,
        )

    /** The method alone: the rest can hold secrets of the app. */
    override fun toString(): String = "GatewayRequest(method=$method)"

    private fun closed() = SessionException.Closed(SessionException.Details("closed", "the call was cancelled"))
}

private fun GatewayReply.toApi() = GatewayResponse(url, redirected, status.toInt(), headers.map { it.name to it.value }, body)
