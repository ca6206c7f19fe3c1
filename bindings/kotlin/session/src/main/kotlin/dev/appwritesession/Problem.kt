package dev.appwritesession

import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.intOrNull

/**
 * What a gateway says about an error: a problem document (RFC 9457), with its standard members.
 *
 * The texts are the gateway's. They are in no message and no `toString`.
 *
 * @property type a URI or a short name; `about:blank` if there is none. At most 256 characters.
 * @property title a short summary of the type, at most 256 characters.
 * @property status the status that the problem names, which should be that of the answer.
 * @property detail what happened this time, at most 1024 characters.
 * @property instance a URI of this occurrence, at most 256 characters.
 */
public class Problem internal constructor(
    public val type: String,
    public val title: String?,
    public val status: Int?,
    public val detail: String?,
    public val instance: String?,
) {
    /** The status alone. */
    override fun toString(): String = "Problem(status=$status)"

    internal companion object {
        private const val LONGEST_DOCUMENT = 64 shl 10
        private const val LONGEST_NAME = 256
        private const val LONGEST_DETAIL = 1024

        /** The problem that [response] holds, if its content type says so and it is a JSON object. */
        fun of(response: GatewayResponse): Problem? {
            val members = members(response) ?: return null
            val text = { name: String, longest: Int ->
                (members[name] as? JsonPrimitive)?.takeIf { it.isString }?.content?.take(longest)
            }
            return Problem(
                type = text("type", LONGEST_NAME) ?: "about:blank",
                title = text("title", LONGEST_NAME),
                status = (members["status"] as? JsonPrimitive)?.intOrNull,
                detail = text("detail", LONGEST_DETAIL),
                instance = text("instance", LONGEST_NAME),
            )
        }

        private fun members(response: GatewayResponse): JsonObject? {
            val type = response.header("Content-Type")?.substringBefore(';')?.trim()
            if (!type.equals("application/problem+json", ignoreCase = true) || response.bytes.size > LONGEST_DOCUMENT) return null
            return try {
                Json.parseToJsonElement(response.text().withoutMark()) as? JsonObject
            } catch (_: SerializationException) {
                null
            }
        }
    }
}

/** Without a byte order mark, which is no part of JSON. */
@PublishedApi
internal fun String.withoutMark(): String = removePrefix("\uFEFF")
