// How results and errors are told.

package dev.appwritesession.agent

import dev.appwritesession.Account
import dev.appwritesession.GatewayResponse
import dev.appwritesession.Session
import dev.appwritesession.SessionException
import dev.appwritesession.SessionState
import dev.appwritesession.User
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonArray
import kotlinx.serialization.json.buildJsonObject

internal fun told(state: SessionState): JsonObject =
    buildJsonObject {
        put("kind", JsonPrimitive(state.kind))
        when (state) {
            SessionState.Restoring, SessionState.StorageLocked -> {}

            is SessionState.SignedOut -> {
                put("reason", JsonPrimitive(state.reason.code))
            }

            is SessionState.MfaRequired -> {
                put("factors", buildJsonArray { state.factors.forEach { add(JsonPrimitive(it.code)) } })
            }

            is SessionState.SignedIn -> {
                put("user", state.user?.let(::told) ?: JsonNull)
                put("verified", JsonPrimitive(state.verified))
            }
        }
    }

internal fun told(user: User): JsonObject =
    buildJsonObject {
        put("id", JsonPrimitive(user.id))
        put("name", JsonPrimitive(user.name))
        put("email", JsonPrimitive(user.email))
    }

internal fun told(account: Account): JsonObject =
    JsonObject(
        told(account.user) +
            buildJsonObject {
                put("emailVerified", JsonPrimitive(account.emailVerified))
                put("mfaEnabled", JsonPrimitive(account.mfaEnabled))
                put("preferences", Json.parseToJsonElement(account.preferencesJson))
            },
    )

internal fun told(session: Session): JsonObject =
    buildJsonObject {
        put("id", JsonPrimitive(session.id))
        put("userId", JsonPrimitive(session.userId))
        put("provider", JsonPrimitive(session.provider))
        put("current", JsonPrimitive(session.current))
    }

internal fun told(response: GatewayResponse): JsonObject =
    JsonObject(
        told(response.status, response.text()) +
            buildJsonObject {
                put("url", JsonPrimitive(response.url))
                put("redirected", JsonPrimitive(response.redirected))
            },
    )

internal fun told(status: Int, body: String): JsonObject =
    buildJsonObject {
        put("status", JsonPrimitive(status))
        put("body", parsed(body))
    }

private fun parsed(body: String): JsonElement =
    try {
        Json.parseToJsonElement(body)
    } catch (_: SerializationException) {
        JsonPrimitive(body)
    }

internal fun told(error: SessionException): JsonObject =
    buildJsonObject {
        put("code", JsonPrimitive(error.code))
        put("retryable", JsonPrimitive(error.isRetryable))
        put("retryAfterMs", JsonPrimitive(error.retryAfter?.inWholeMilliseconds))
        put("status", JsonPrimitive(error.status))
        put("type", JsonPrimitive(error.appwriteType))
        put("reason", JsonPrimitive((error as? SessionException.SignedOut)?.reason?.code))
        put("origin", JsonPrimitive((error as? SessionException.OriginNotAllowed)?.origin))
        put("detail", JsonPrimitive(error.detail))
    }
