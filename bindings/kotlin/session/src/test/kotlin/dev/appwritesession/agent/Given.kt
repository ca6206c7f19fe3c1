package dev.appwritesession.agent

import dev.appwritesession.IdToken
import dev.appwritesession.IdTokenProvider
import dev.appwritesession.SentCode
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** The arguments of an operation, in its order. Those that are left out or null are missing. */
internal class Given(private val list: List<JsonElement>) {
    private fun at(place: Int): JsonElement? = list.getOrNull(place)?.takeIf { it !is JsonNull }

    fun optional(place: Int): String? = at(place)?.jsonPrimitive?.contentOrNull

    fun text(place: Int): String = optional(place).orEmpty()

    fun flag(place: Int): Boolean = at(place)?.jsonPrimitive?.boolean ?: false

    fun texts(place: Int): List<String> = at(place)?.jsonArray.orEmpty().map { it.jsonPrimitive.content }

    fun members(place: Int): JsonObject = at(place)?.jsonObject ?: JsonObject(emptyMap())

    fun sent() = SentCode(text(0))

    fun idToken(): IdToken {
        val provider = IdTokenProvider.entries.first { it.code == text(0) }
        return IdToken(provider, text(1), optional(2), optional(3), optional(4))
    }
}
