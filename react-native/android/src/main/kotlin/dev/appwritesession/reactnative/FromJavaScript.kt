// Converts values from JavaScript. Unknown names are refused, with a message that says what to write instead.

@file:Suppress("TooManyFunctions") // One for each type.

package dev.appwritesession.reactnative

import com.facebook.react.bridge.ReadableArray
import com.facebook.react.bridge.ReadableMap
import dev.appwritesession.Carrier
import dev.appwritesession.Factor
import dev.appwritesession.GatewayRequest
import dev.appwritesession.Persistence
import dev.appwritesession.SessionClient
import dev.appwritesession.Transfer
import dev.appwritesession.ffi.Verdict
import dev.appwritesession.toApi
import kotlin.time.Duration.Companion.milliseconds

private val CARRIERS =
    mapOf(
        "cookie" to Carrier.Cookie,
        "fallback_cookies" to Carrier.FallbackCookies,
        "session_header" to Carrier.SessionHeader,
        "access_token" to Carrier.AccessToken,
        "appwrite_jwt" to Carrier.AppwriteJwt,
        "appwrite_jwt_header" to Carrier.AppwriteJwtHeader,
    )
private val PERSISTENCES = Persistence.entries.associateBy { it.code }
private val POLICIES = ClientConfig.Policy.entries.associateBy { it.code }
private val FACTORS = Factor.entries.associateBy { it.code }
private val VERDICTS = Verdict.entries.associateBy { it.toApi().code }

/** Converts a `NativeConfig`. The Keychain access group exists on iOS only. */
internal fun ReadableMap.toConfig(): ClientConfig =
    ClientConfig(
        place = ClientConfig.Place(text("endpoint"), text("project"), optionalText("accountSlot")),
        gateways = maps("gateways").map { it.text("url") to CARRIERS.of(it.text("carrier"), "carrier") },
        persistence = PERSISTENCES.of(text("persistence"), "persistence"),
        readOnly = getBoolean("readOnly"),
        forgetAfterReinstall = getBoolean("forgetAfterReinstall"),
        presence = optional("presence")?.let { getMap(it) }?.toPresence(),
        connectTimeoutMs = optionalNumber("connectTimeoutMs"),
        idleTimeoutMs = optionalNumber("idleTimeoutMs"),
        totalTimeoutMs = optionalNumber("totalTimeoutMs"),
        attempts = optionalNumber("attempts")?.toInt(),
        responseLimit = optionalNumber("responseLimit"),
        rootCertificates = getArray("rootCertificates")?.let { all -> List(all.size()) { all.getString(it).orEmpty() } }.orEmpty(),
    )

private fun ReadableMap.toPresence(): ClientConfig.Presence {
    val texts = PresenceTexts(text("title"), optionalText("subtitle"), text("cancel"))
    // Android shows no dialog without them, so that the user could never confirm.
    if (texts.title.isEmpty() || texts.cancel.isEmpty()) {
        throw misconfigured("presence needs a title and a label for the cancel button, which the dialog shows")
    }
    return ClientConfig.Presence(POLICIES.of(text("policy"), "presence.policy"), getDouble("timeoutMs").toLong(), texts)
}

/** The verdict with that name, or null if there is none. */
internal fun verdictOf(name: String): Verdict? = VERDICTS[name]

/** The factor with that name. */
internal fun factorOf(name: String): Factor = FACTORS.of(name, "factor")

/** A `NativeRequest`. It is read immediately, because React Native's map is valid only during the call. */
internal class Request(map: ReadableMap) {
    private val method = map.text("method")
    private val target = map.text("target")
    private val headers = map.maps("headers").map { it.text("name") to it.text("value") }
    private val upload = Upload(map)
    private val timeoutMs = map.optionalNumber("timeoutMs")
    private val idempotent = map.getBoolean("idempotent")
    private val responseLimit = map.optionalNumber("responseLimit")
    private val observed = map.getBoolean("observed")

    /** The call of [session] that this describes. [observe] gets its transfers if it is observed. */
    fun of(session: SessionClient, host: Host, observe: (Transfer) -> Unit): GatewayRequest {
        val call = session.request(method, target)
        headers.forEach { (name, value) -> call.addHeader(name, value) }
        upload.of(call, host)
        timeoutMs?.let { call.timeout(it.milliseconds) }
        if (idempotent) call.idempotent()
        responseLimit?.let { call.responseLimit(it.coerceAtLeast(1)) }
        if (observed) call.onProgress(observe)
        return call
    }
}

private fun <T> Map<String, T>.of(name: String, what: String): T =
    this[name] ?: throw misconfigured("$what must be one of: ${keys.joinToString(", ")}")

internal fun ReadableMap.text(name: String): String = getString(name).orEmpty()

/** The name, if the map has a value with that name. */
private fun ReadableMap.optional(name: String): String? = name.takeIf { hasKey(it) && !isNull(it) }

internal fun ReadableMap.optionalText(name: String): String? = optional(name)?.let { getString(it) }

private fun ReadableMap.optionalNumber(name: String): Long? = optional(name)?.let { getDouble(it).toLong() }

internal fun ReadableMap.optionalMap(name: String): ReadableMap? = optional(name)?.let { getMap(it) }

internal fun ReadableMap.optionalMaps(name: String): List<ReadableMap>? = optional(name)?.let(::maps)

private fun ReadableMap.maps(name: String): List<ReadableMap> = getArray(name)?.let(ReadableArray::maps).orEmpty()

private fun ReadableArray.maps(): List<ReadableMap> = List(size()) { getMap(it) }.filterNotNull()
