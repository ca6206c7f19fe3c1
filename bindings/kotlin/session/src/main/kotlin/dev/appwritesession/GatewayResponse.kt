package dev.appwritesession

import kotlinx.serialization.json.Json
import kotlin.time.Duration.Companion.seconds

/**
 * The whole answer of a gateway, whatever its status.
 *
 * @property url the URL that answered: the one that was called, or what its redirects led to.
 * @property redirected whether a redirect was followed.
 * @property status the HTTP status.
 * @property headers the headers, in order.
 * @property bytes the body.
 */
public class GatewayResponse internal constructor(
    public val url: String,
    public val redirected: Boolean,
    public val status: Int,
    public val headers: List<Pair<String, String>>,
    public val bytes: ByteArray,
) {
    /** The first header of that name, without case. */
    public fun header(name: String): String? = headers.firstOrNull { it.first.equals(name, ignoreCase = true) }?.second

    /** Whether the status is 2xx. */
    public val isSuccess: Boolean get() = status in SUCCESS

    /** The body as text; bytes that are not UTF-8 become replacement characters. */
    public fun text(): String = bytes.decodeToString()

    /**
     * This answer, if its status is 2xx.
     *
     * @throws SessionException.UnexpectedStatus otherwise, with the status and the gateway's problem document, which is read with
     *   kotlinx.serialization if the app has it.
     */
    public fun requireSuccess(): GatewayResponse {
        if (!isSuccess) throw unexpectedStatus()
        return this
    }

    /**
     * The body of a successful answer, read as JSON by [json]. The app needs kotlinx.serialization for it. By default unknown fields
     * are skipped.
     *
     * @throws SessionException.UnexpectedStatus if the status is not 2xx, as by [requireSuccess].
     * @throws SessionException.InvalidResponse if the body is not JSON of this shape.
     */
    public inline fun <reified T> decode(json: Json = lenient): T {
        requireSuccess()
        return try {
            json.decodeFromString(text().withoutMark())
        } catch (_: IllegalArgumentException) {
            // Of which SerializationException is one.
            throw notOfThisShape()
        }
    }

    /** The status and the size: the rest can hold secrets of the app. */
    override fun toString(): String = "GatewayResponse(status=$status, bytes=${bytes.size})"

    @PublishedApi
    internal fun notOfThisShape(): SessionException =
        SessionException.InvalidResponse(
            SessionException.Details("invalid_response", "the answer is not of the expected form", mayHaveArrived = true),
        )

    private fun unexpectedStatus(): SessionException {
        val problem =
            try {
                Problem.of(this)
            } catch (_: NoClassDefFoundError) {
                // The app has no kotlinx.serialization.
                null
            }
        val wait = header("Retry-After")?.toLongOrNull()?.takeIf { it in 0..LONGEST_WAIT_SECONDS }?.seconds
        val details =
            SessionException.Details(
                "unexpected_status",
                "the gateway answered with the status $status",
                retryable = status in PASSING,
                retryAfter = wait,
                status = status,
                mayHaveArrived = true,
            )
        return SessionException.UnexpectedStatus(details, problem)
    }

    internal companion object {
        val SUCCESS = 200..299

        /** What passes by itself: too many requests, and a gateway or a service that does not work. */
        private val PASSING = setOf(429, 502, 503, 504)
        private const val LONGEST_WAIT_SECONDS = 30L * 24 * 60 * 60
    }
}

/** Skips unknown fields. Touched by [GatewayResponse.decode] only, so that only apps that call it need the library. */
@PublishedApi
internal val lenient: Json by lazy { Json { ignoreUnknownKeys = true } }
