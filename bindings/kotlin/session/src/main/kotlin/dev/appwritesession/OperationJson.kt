// The JSON of operations: their arguments, and their results as the types of this API. All that knows its form is here.

@file:Suppress("TooManyFunctions") // One for each type.

package dev.appwritesession

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long

/** Writes the arguments of operations, and reads their results. */
internal object OperationJson {
    /** [arguments] as a JSON list. */
    fun write(arguments: Array<out Any?>): String = JsonArray(arguments.map(::element)).toString()

    fun read(result: String): OperationResult = OperationResult(Json.parseToJsonElement(result))

    private fun element(argument: Any?): JsonElement =
        when (argument) {
            null -> JsonNull
            is String -> JsonPrimitive(argument)
            is Boolean -> JsonPrimitive(argument)
            is JsonElement -> argument
            is List<*> -> JsonArray(argument.map(::element))
            else -> throw IllegalArgumentException("no argument of an operation is a ${argument.javaClass.name}")
        }
}

/** The result of an operation, to be read as what that operation returns. */
internal class OperationResult(private val json: JsonElement) {
    fun nothing() = Unit

    fun jsonObject(): JsonObject = json.jsonObject

    fun text(): String = json.jsonPrimitive.content

    fun member(name: String): OperationResult = OperationResult(json.jsonObject.getValue(name))

    fun storedAccounts(): List<StoredAccount> = json.jsonArray.map { storedAccount(it.jsonObject) }

    fun accountsState(): AccountsState =
        json.jsonObject.run { AccountsState(number("number") ?: 0, member("accounts").storedAccounts(), optional("current")) }

    fun texts(): List<String> = json.jsonArray.map { it.jsonPrimitive.content }

    fun state(): SessionState = state(json.jsonObject)

    fun account(): Account = account(json.jsonObject)

    fun factors(): List<Factor> = factors(json.jsonArray)

    fun nonce(): Nonce = json.jsonObject.run { Nonce(text("raw"), text("sha256")) }

    fun sentCode(): SentCode = json.jsonObject.run { SentCode(text("userId"), optional("phrase"), millis("expiresAtMs")) }

    fun oauth2Start(): OAuth2Start = json.jsonObject.run { OAuth2Start(text("url"), text("callbackScheme")) }

    fun signInOutcome(): SignInOutcome =
        when (json.jsonObject.text("kind")) {
            "signed_in" -> SignInOutcome.SignedIn(state(json.jsonObject.getValue("state").jsonObject))
            else -> SignInOutcome.Cancelled
        }

    fun totpEnrollment(): TotpEnrollment = json.jsonObject.run { TotpEnrollment(text("secret"), text("uri")) }

    fun passkeyChallenge(): PasskeyChallenge =
        json.jsonObject.run { PasskeyChallenge(text("id"), text("passkeyId"), text("options"), millis("expiresAtMs")) }

    fun passkey(): Passkey = passkey(json.jsonObject)

    fun passkeys(): List<Passkey> = json.jsonArray.map { passkey(it.jsonObject) }

    fun identities(): List<Identity> = json.jsonArray.map { identity(it.jsonObject) }

    fun pushTarget(): PushTarget =
        json.jsonObject.run { PushTarget(text("id"), text("identifier"), optional("providerId"), flag("expired")) }

    fun diagnosis(): Diagnosis =
        json.jsonObject.run { Diagnosis(getValue("findings").jsonArray.map { finding(it.jsonObject) }, text("text")) }

    fun numbers(): Map<String, Long> = json.jsonObject.mapValues { (_, value) -> value.jsonPrimitive.long }
}

private fun state(of: JsonObject): SessionState =
    when (of.text("kind")) {
        "restoring" -> {
            SessionState.Restoring
        }

        "storage_locked" -> {
            SessionState.StorageLocked
        }

        "mfa_required" -> {
            SessionState.MfaRequired(factors(of.getValue("factors").jsonArray))
        }

        "signed_in" -> {
            SessionState.SignedIn((of["user"] as? JsonObject)?.let(::user), of.flag("verified"))
        }

        else -> {
            val reason = of.text("reason")
            SessionState.SignedOut(SignedOutReason.entries.first { it.code == reason })
        }
    }

private fun finding(of: JsonObject): Diagnosis.Finding {
    val level = of.text("level")
    return Diagnosis.Finding(
        area = of.text("area"),
        level = Diagnosis.Level.entries.first { it.code == level },
        code = of.text("code"),
        text = of.text("text"),
        advice = of.optional("advice"),
    )
}

private fun factors(of: JsonArray): List<Factor> =
    of.mapNotNull { name -> Factor.entries.firstOrNull { it.code == name.jsonPrimitive.content } }

private fun user(of: JsonObject): User = User(of.text("id"), of.text("name"), of.optional("email"))

private fun account(of: JsonObject): Account =
    Account(
        user = user(of),
        phone = of.optional("phone"),
        emailVerified = of.flag("emailVerified"),
        phoneVerified = of.flag("phoneVerified"),
        mfaEnabled = of.flag("mfaEnabled"),
        labels = of.getValue("labels").jsonArray.map { it.jsonPrimitive.content },
        preferencesJson = of.getValue("preferences").toString(),
        registeredAtMillis = of.millis("registeredAtMs"),
    )

private fun storedAccount(of: JsonObject): StoredAccount =
    StoredAccount(of.text("id"), user(of.getValue("user").jsonObject), of.flag("isCurrent"))

private fun passkey(of: JsonObject): Passkey = Passkey(of.text("id"), of.text("name"), of.millis("createdAtMs"), of.millis("lastUsedAtMs"))

private fun identity(of: JsonObject): Identity =
    Identity(of.text("id"), of.text("provider"), of.text("providerUserId"), of.optional("email"), of.millis("createdAtMs"))

private fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

private fun JsonObject.optional(name: String): String? = (this[name] as? JsonPrimitive)?.takeIf { it.isString }?.content

private fun JsonObject.flag(name: String): Boolean = getValue(name).jsonPrimitive.boolean

private fun JsonObject.number(name: String): Long? = (this[name] as? JsonPrimitive)?.takeIf { it !is JsonNull }?.long

private fun JsonObject.millis(name: String): Long? = number(name)
