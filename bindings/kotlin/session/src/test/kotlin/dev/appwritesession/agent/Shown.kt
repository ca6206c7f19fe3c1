// How results of operations are told: in the core's own form, with what is missing as null.

package dev.appwritesession.agent

import dev.appwritesession.Account
import dev.appwritesession.AccountsState
import dev.appwritesession.Diagnosis
import dev.appwritesession.Identity
import dev.appwritesession.Nonce
import dev.appwritesession.OAuth2Start
import dev.appwritesession.Passkey
import dev.appwritesession.PasskeyChallenge
import dev.appwritesession.PushTarget
import dev.appwritesession.SentCode
import dev.appwritesession.SignInOutcome
import dev.appwritesession.StoredAccount
import dev.appwritesession.TotpEnrollment
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

internal fun shown(texts: List<String>): JsonArray = JsonArray(texts.map(::JsonPrimitive))

internal fun shown(diagnosis: Diagnosis): JsonObject =
    buildJsonObject {
        put("problems", shown(diagnosis.problems.map { "${it.area}/${it.code}" }))
        put("areas", shown(diagnosis.findings.map { it.area }.distinct()))
    }

internal fun shown(nonce: Nonce): JsonObject =
    buildJsonObject {
        put("raw", nonce.raw)
        put("sha256", nonce.sha256)
    }

internal fun shown(sent: SentCode): JsonObject =
    buildJsonObject {
        put("userId", sent.userId)
        put("phrase", sent.phrase)
        put("expiresAtMs", sent.expiresAtMillis)
    }

internal fun shown(start: OAuth2Start): JsonObject =
    buildJsonObject {
        put("url", start.url)
        put("callbackScheme", start.callbackScheme)
    }

internal fun shown(outcome: SignInOutcome): JsonObject =
    buildJsonObject {
        when (outcome) {
            is SignInOutcome.SignedIn -> {
                put("kind", "signed_in")
                put("state", told(outcome.state))
            }

            SignInOutcome.Cancelled -> {
                put("kind", "cancelled")
            }
        }
    }

internal fun shown(account: Account): JsonObject =
    JsonObject(
        told(account) +
            buildJsonObject {
                put("phone", account.phone)
                put("phoneVerified", account.phoneVerified)
                put("labels", shown(account.labels))
                put("registeredAtMs", account.registeredAtMillis)
            },
    )

internal fun shown(enrollment: TotpEnrollment): JsonObject =
    buildJsonObject {
        put("secret", enrollment.secret)
        put("uri", enrollment.uri)
    }

internal fun shown(challenge: PasskeyChallenge): JsonObject =
    buildJsonObject {
        put("id", challenge.id)
        put("passkeyId", challenge.passkeyId)
        put("options", challenge.options)
        put("expiresAtMs", challenge.expiresAtMillis)
    }

internal fun shown(passkey: Passkey): JsonObject =
    buildJsonObject {
        put("id", passkey.id)
        put("name", passkey.name)
        put("createdAtMs", passkey.createdAtMillis)
        put("lastUsedAtMs", passkey.lastUsedAtMillis)
    }

internal fun shown(identity: Identity): JsonObject =
    buildJsonObject {
        put("id", identity.id)
        put("provider", identity.provider)
        put("providerUserId", identity.providerUserId)
        put("email", identity.email)
        put("createdAtMs", identity.createdAtMillis)
    }

internal fun shown(target: PushTarget): JsonObject =
    buildJsonObject {
        put("id", target.id)
        put("identifier", target.identifier)
        put("providerId", target.providerId)
        put("expired", target.expired)
    }

internal fun shown(account: StoredAccount): JsonObject =
    buildJsonObject {
        put("id", account.id)
        put("user", told(account.user))
        put("isCurrent", account.isCurrent)
    }

internal fun shown(state: AccountsState): JsonObject =
    buildJsonObject {
        put("number", state.number)
        put("accounts", JsonArray(state.accounts.map(::shown)))
        put("current", state.current)
    }
