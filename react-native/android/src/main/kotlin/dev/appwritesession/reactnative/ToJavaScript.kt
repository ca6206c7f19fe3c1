// Converts values for JavaScript, to the types in `NativeAppwriteSession.ts`. Unknown values are left out.

@file:Suppress("TooManyFunctions") // One for each type.

package dev.appwritesession.reactnative

import android.util.Base64
import com.facebook.react.bridge.Arguments
import com.facebook.react.bridge.ReadableArray
import com.facebook.react.bridge.ReadableMap
import com.facebook.react.bridge.WritableMap
import dev.appwritesession.Account
import dev.appwritesession.Authorization
import dev.appwritesession.Change
import dev.appwritesession.GatewayResponse
import dev.appwritesession.MfaChallenge
import dev.appwritesession.Persistence
import dev.appwritesession.Session
import dev.appwritesession.SessionState
import dev.appwritesession.SignedOutReason
import dev.appwritesession.Transfer
import java.nio.charset.CharacterCodingException

/** A `NativeOpening`: the number of the client, or the failure. */
internal fun opening(client: Int, failure: Failure? = null): WritableMap =
    map {
        putInt("client", client)
        failure?.let { putMap("error", it.toMap()) }
    }

/** A `NativeAccountsState`. */
internal fun accountsState(accounts: Int, stateJson: String): WritableMap =
    map {
        putInt("accounts", accounts)
        putString("stateJson", stateJson)
    }

/** A `NativeTransfer` of that call. */
internal fun Transfer.toMap(client: Int, call: Int): WritableMap =
    map {
        putInt("client", client)
        putInt("call", call)
        putString("direction", if (direction == Transfer.Direction.Up) "up" else "down")
        putDouble("bytes", bytes.toDouble())
        putOptional("total", total)
    }

/** A `NativeError`. */
internal fun Failure.toMap(): WritableMap =
    map {
        putString("code", code)
        putString("message", message)
        putBoolean("retryable", retryable)
        putOptional("retryAfterMs", retryAfterMs)
        putOptional("failureCause", failureCause)
        putBoolean("mayHaveArrived", mayHaveArrived)
        status?.let { putInt("status", it) }
        putOptional("type", type)
        putOptional("reason", reason)
        putOptional("origin", origin)
        putOptional("detail", detail)
    }

/** The `NativeChange` for a number that no client has. */
internal fun changeOfUnknown(client: Int): WritableMap =
    Change(0, SessionState.SignedOut(SignedOutReason.NoSession), Persistence.MemoryOnly).toMap(client)

/** A `NativeChange` of the client with that number. */
internal fun Change.toMap(client: Int): WritableMap =
    map {
        val signedIn = state as? SessionState.SignedIn
        val factors = (state as? SessionState.MfaRequired)?.factors.orEmpty()
        putInt("client", client)
        putDouble("number", number.toDouble())
        putString("kind", state.kind)
        putOptional("reason", (state as? SessionState.SignedOut)?.reason?.code)
        putArray("factors", texts(factors.map { it.code }))
        putOptional("userId", signedIn?.user?.id)
        putOptional("userName", signedIn?.user?.name)
        putOptional("userEmail", signedIn?.user?.email)
        putBoolean("verified", signedIn?.verified ?: false)
        putString("persistence", persistence.code)
    }

/** A `NativeAccount`. */
internal fun Account.toMap(): WritableMap =
    map {
        putString("userId", user.id)
        putString("userName", user.name)
        putOptional("userEmail", user.email)
        putOptional("phone", phone)
        putBoolean("emailVerified", emailVerified)
        putBoolean("phoneVerified", phoneVerified)
        putBoolean("mfaEnabled", mfaEnabled)
        putArray("labels", texts(labels))
        putString("preferencesJson", preferencesJson)
        putOptional("registeredAtMs", registeredAtMillis)
    }

/** A `NativeSession`. */
internal fun Session.toMap(): WritableMap =
    map {
        putString("id", id)
        putString("userId", userId)
        putString("provider", provider)
        putBoolean("current", current)
        putArray("factors", texts(factors))
        putOptional("createdAtMs", createdAtMillis)
        putOptional("expiresAtMs", expiresAtMillis)
        putString("ip", ip)
        putString("os", os)
        putString("clientName", client)
        putString("device", device)
        putString("country", country)
    }

/** A `NativeMfaChallenge`. */
internal fun MfaChallenge.toMap(): WritableMap =
    map {
        putString("id", id)
        putOptional("expiresAtMs", expiresAtMillis)
    }

/** A `NativeResponse`. */
internal fun GatewayResponse.toMap(): WritableMap =
    map {
        val text = bytes.asText()
        putString("url", url)
        putBoolean("redirected", redirected)
        putInt("status", status)
        putArray("headers", headersOf(headers))
        putString("body", text ?: Base64.encodeToString(bytes, Base64.NO_WRAP))
        putBoolean("bodyIsBase64", text == null)
    }

/** A `NativeAuthorization` with that number. */
internal fun Authorization.toMap(number: Int): WritableMap =
    map {
        putInt("authorization", number)
        putString("userId", userId)
        putArray("headers", headersOf(headers()))
    }

/** An array of the objects that [convert] makes. */
internal fun <T> List<T>.toArray(convert: (T) -> ReadableMap): ReadableArray =
    Arguments.createArray().also { forEach { each -> it.pushMap(convert(each)) } }

private fun headersOf(headers: List<Pair<String, String>>): ReadableArray =
    headers.toArray { (name, value) ->
        map {
            putString("name", name)
            putString("value", value)
        }
    }

private fun texts(all: List<String>): ReadableArray = Arguments.createArray().also { all.forEach(it::pushString) }

private inline fun map(fill: WritableMap.() -> Unit): WritableMap = Arguments.createMap().apply(fill)

private fun WritableMap.putOptional(name: String, value: String?) {
    value?.let { putString(name, it) }
}

private fun WritableMap.putOptional(name: String, value: Long?) {
    value?.let { putDouble(name, it.toDouble()) }
}

/** The bytes as text, if they are valid UTF-8. */
private fun ByteArray.asText(): String? =
    try {
        decodeToString(throwOnInvalidSequence = true)
    } catch (_: CharacterCodingException) {
        null
    }
