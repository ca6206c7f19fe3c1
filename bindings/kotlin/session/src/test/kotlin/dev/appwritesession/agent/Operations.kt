// The operations, each with the one function of the API that it is.

package dev.appwritesession.agent

import dev.appwritesession.PasskeyChallenge
import dev.appwritesession.SessionClient
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray

private typealias Operation = suspend SessionClient.(Given) -> JsonElement

private val signIns: Map<String, Operation> =
    mapOf(
        "generateNonce" to { _ -> shown(generateNonce()) },
        "signInWithIdToken" to { of -> told(signInWithIdToken(of.idToken())) },
        "beginPasskey" to { _ -> shown(beginPasskey()) },
        "completePasskey" to { of -> told(completePasskey(PasskeyChallenge(of.text(0)), of.text(1))) },
        "beginOAuth2" to { of -> shown(beginOAuth2(of.text(0), of.texts(1), of.optional(2))) },
        "completeOAuth2" to { of -> shown(completeOAuth2(of.text(0))) },
        "cancelOAuth2" to { _ -> nothing(cancelOAuth2()) },
        "startEmailCode" to { of -> shown(startEmailCode(of.text(0), of.flag(1))) },
        "startPhoneCode" to { of -> shown(startPhoneCode(of.text(0))) },
        "completeCode" to { of -> told(completeCode(of.sent(), of.text(1))) },
        "startMagicUrl" to { of -> shown(startMagicUrl(of.text(0), of.text(1), of.flag(2))) },
        "completeMagicUrl" to { of -> told(completeMagicUrl(of.sent(), of.text(1), of.text(2))) },
    )

private val profile: Map<String, Operation> =
    mapOf(
        "profile.updateName" to { of -> shown(profile.updateName(of.text(0))) },
        "profile.updateEmail" to { of -> shown(profile.updateEmail(of.text(0), of.text(1))) },
        "profile.updatePhone" to { of -> shown(profile.updatePhone(of.text(0), of.text(1))) },
        "profile.updatePassword" to { of -> shown(profile.updatePassword(of.text(0), of.optional(1))) },
        "profile.preferences" to { _ -> profile.preferences() },
        "profile.replacePreferences" to { of -> profile.replacePreferences(of.members(0)) },
        "profile.mergePreferences" to { of -> profile.mergePreferences(of.members(0)) },
        "profile.block" to { _ -> nothing(profile.block()) },
        "profile.delete" to { _ -> nothing(profile.delete()) },
    )

private val factorsAndPasskeys: Map<String, Operation> =
    mapOf(
        "factors.available" to { _ -> shown(factors.available().map { it.code }) },
        "factors.require" to { of -> shown(factors.require(of.flag(0))) },
        "factors.enrollTotp" to { _ -> shown(factors.enrollTotp()) },
        "factors.verifyTotp" to { of -> shown(factors.verifyTotp(of.text(0))) },
        "factors.removeTotp" to { of -> nothing(factors.removeTotp(of.optional(0))) },
        "factors.createRecoveryCodes" to { _ -> shown(factors.createRecoveryCodes()) },
        "factors.replaceRecoveryCodes" to { _ -> shown(factors.replaceRecoveryCodes()) },
        "factors.recoveryCodes" to { _ -> shown(factors.recoveryCodes()) },
        "passkeys.list" to { _ -> JsonArray(passkeys.list().map(::shown)) },
        "passkeys.beginRegistration" to { of -> shown(passkeys.beginRegistration(of.optional(0))) },
        "passkeys.completeRegistration" to { of ->
            shown(passkeys.completeRegistration(PasskeyChallenge(of.text(0), of.text(1)), of.text(2)))
        },
        "passkeys.rename" to { of -> shown(passkeys.rename(of.text(0), of.text(1))) },
        "passkeys.delete" to { of -> nothing(passkeys.delete(of.text(0))) },
    )

private val attached: Map<String, Operation> =
    mapOf(
        "identities.list" to { _ -> JsonArray(identities.list().map(::shown)) },
        "identities.link" to { of -> told(identities.link(of.idToken())) },
        "identities.unlink" to { of -> nothing(identities.unlink(of.text(0))) },
        "pushTargets.create" to { of -> shown(pushTargets.create(of.text(0), of.optional(1))) },
        "pushTargets.update" to { of -> shown(pushTargets.update(of.text(0), of.text(1))) },
        "pushTargets.delete" to { of -> nothing(pushTargets.delete(of.text(0))) },
    )

private val proofs: Map<String, Operation> =
    mapOf(
        "verification.startEmailByCode" to { of -> shown(verification.startEmailByCode(of.flag(0))) },
        "verification.completeEmailByCode" to { of -> nothing(verification.completeEmailByCode(of.sent(), of.text(1))) },
        "verification.startEmailByLink" to { of -> shown(verification.startEmailByLink(of.text(0))) },
        "verification.completeEmailByLink" to { of -> nothing(verification.completeEmailByLink(of.text(0), of.text(1))) },
        "verification.startPhone" to { _ -> shown(verification.startPhone()) },
        "verification.completePhone" to { of -> nothing(verification.completePhone(of.sent(), of.text(1))) },
        "recovery.startByCode" to { of -> shown(recovery.startByCode(of.text(0), of.flag(1))) },
        "recovery.completeByCode" to { of -> nothing(recovery.completeByCode(of.sent(), of.text(1), of.text(2))) },
        "recovery.startByLink" to { of -> shown(recovery.startByLink(of.text(0), of.text(1))) },
        "recovery.completeByLink" to { of -> nothing(recovery.completeByLink(of.text(0), of.text(1), of.text(2))) },
    )

private val inside: Map<String, Operation> =
    mapOf(
        "diagnose" to { _ -> shown(diagnose()) },
        "metrics" to { _ -> JsonObject(metrics().mapValues { (_, value) -> JsonPrimitive(value) }) },
    )

/** What the API can do, by the names of the core. */
internal val operations: Map<String, Operation> = signIns + profile + factorsAndPasskeys + attached + proofs + inside

internal suspend fun operation(client: SessionClient, command: JsonObject): JsonElement {
    val name = command.text("name")
    return (operations[name] ?: throw UnknownCommand(name))(client, Given(command["args"]?.jsonArray.orEmpty()))
}

internal fun operationNames(): JsonElement = JsonArray(operations.keys.sorted().map(::JsonPrimitive))

@Suppress("UNUSED_PARAMETER") // It has been evaluated.
private fun nothing(done: Unit): JsonElement = JsonNull
