package dev.appwritesession

import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json

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

    /** The body as text; bytes that are not UTF-8 become replacement characters. */
    public fun text(): String = bytes.decodeToString()

    /**
     * The body, read as JSON with kotlinx.serialization, which the app brings along. Unknown fields are skipped; the status is not
     * looked at.
     *
     * @throws SessionException.InvalidResponse if the body is not JSON of this shape.
     */
    public inline fun <reified T> decode(): T =
        try {
            lenient.decodeFromString(text())
        } catch (_: SerializationException) {
            throw notOfThisShape()
        }

    /** The status and the size: the rest can hold secrets of the app. */
    override fun toString(): String = "GatewayResponse(status=$status, bytes=${bytes.size})"

    @PublishedApi
    internal fun notOfThisShape(): SessionException =
        SessionException.InvalidResponse(
            SessionException.Details("invalid_response", "the answer is not of the expected form"),
        )

    @PublishedApi
    internal val lenient: Json get() = LENIENT

    private companion object {
        // Touched by decode() only, so that the library is needed by those alone who call it.
        val LENIENT: Json by lazy { Json { ignoreUnknownKeys = true } }
    }
}
