// What crosses the FFI, as the types of this API, and back.

@file:Suppress("TooManyFunctions") // One for each type.

package dev.appwritesession

import dev.appwritesession.ffi.CoreAccount
import dev.appwritesession.ffi.CoreChange
import dev.appwritesession.ffi.CoreException
import dev.appwritesession.ffi.CoreMfaChallenge
import dev.appwritesession.ffi.CoreSession
import dev.appwritesession.ffi.CoreState
import dev.appwritesession.ffi.CoreUser
import kotlin.time.Duration.Companion.milliseconds
import dev.appwritesession.ffi.Carrier as FfiCarrier
import dev.appwritesession.ffi.Factor as FfiFactor
import dev.appwritesession.ffi.Persistence as FfiPersistence
import dev.appwritesession.ffi.SignedOutReason as FfiReason

internal fun CoreState.toApi(): SessionState =
    when (this) {
        is CoreState.Restoring -> SessionState.Restoring
        is CoreState.StorageLocked -> SessionState.StorageLocked
        is CoreState.SignedOut -> SessionState.SignedOut(reason.toApi())
        is CoreState.MfaRequired -> SessionState.MfaRequired(factors.map { it.toApi() })
        is CoreState.SignedIn -> SessionState.SignedIn(user?.toApi(), verified)
    }

internal fun CoreChange.toApi(): Change = Change(number.toLong(), state.toApi(), persistence.toApi())

internal fun FfiReason.toApi(): SignedOutReason =
    when (this) {
        FfiReason.NO_SESSION -> SignedOutReason.NoSession
        FfiReason.SIGNED_OUT -> SignedOutReason.SignedOut
        FfiReason.SESSION_ENDED -> SignedOutReason.SessionEnded
        FfiReason.STORAGE_LOST -> SignedOutReason.StorageLost
        FfiReason.STORAGE_UNAVAILABLE -> SignedOutReason.StorageUnavailable
    }

internal fun FfiFactor.toApi(): Factor =
    when (this) {
        FfiFactor.TOTP -> Factor.Totp
        FfiFactor.EMAIL -> Factor.Email
        FfiFactor.PHONE -> Factor.Phone
        FfiFactor.CUSTOM -> Factor.Custom
        FfiFactor.RECOVERY_CODE -> Factor.RecoveryCode
    }

internal fun Factor.toFfi(): FfiFactor =
    when (this) {
        Factor.Totp -> FfiFactor.TOTP
        Factor.Email -> FfiFactor.EMAIL
        Factor.Phone -> FfiFactor.PHONE
        Factor.Custom -> FfiFactor.CUSTOM
        Factor.RecoveryCode -> FfiFactor.RECOVERY_CODE
    }

internal fun FfiPersistence.toApi(): Persistence =
    when (this) {
        FfiPersistence.DURABLE -> Persistence.Durable
        FfiPersistence.MEMORY_ONLY -> Persistence.MemoryOnly
    }

internal fun Persistence.toFfi(): FfiPersistence =
    when (this) {
        Persistence.Durable -> FfiPersistence.DURABLE
        Persistence.MemoryOnly -> FfiPersistence.MEMORY_ONLY
    }

internal fun Carrier.toFfi(): FfiCarrier =
    when (this) {
        Carrier.Cookie -> FfiCarrier.COOKIE
        Carrier.FallbackCookies -> FfiCarrier.FALLBACK_COOKIES
        Carrier.SessionHeader -> FfiCarrier.SESSION_HEADER
        Carrier.AccessToken -> FfiCarrier.ACCESS_TOKEN
        Carrier.AppwriteJwt -> FfiCarrier.APPWRITE_JWT
        Carrier.AppwriteJwtHeader -> FfiCarrier.APPWRITE_JWT_HEADER
    }

internal fun CoreUser.toApi(): User = User(id, name, email)

internal fun CoreAccount.toApi(): Account =
    Account(
        user = user.toApi(),
        phone = phone,
        emailVerified = emailVerified,
        phoneVerified = phoneVerified,
        mfaEnabled = mfaEnabled,
        labels = labels,
        preferencesJson = preferencesJson,
        registeredAtMillis = registeredAtMs,
    )

internal fun CoreSession.toApi(): Session =
    Session(
        id = id,
        userId = userId,
        provider = provider,
        current = current,
        factors = factors,
        createdAtMillis = createdAtMs,
        expiresAtMillis = expiresAtMs,
        ip = ip,
        os = os,
        client = client,
        device = device,
        country = country,
    )

internal fun CoreMfaChallenge.toApi(): MfaChallenge = MfaChallenge(id, expiresAtMs)

@Suppress("CyclomaticComplexMethod") // One line for each code.
internal fun CoreException.Failed.toApi(): SessionException {
    val details =
        SessionException.Details(
            code,
            text,
            retryable,
            retryAfterMs?.toLong()?.milliseconds,
            status?.toInt(),
            appwriteType,
            failureCause?.let(FailureCause::of),
            mayHaveArrived,
            detail,
        )
    return when (code) {
        "config" -> SessionException.Config(details)
        "invalid_credentials" -> SessionException.InvalidCredentials(details)
        "invalid_token" -> SessionException.InvalidToken(details)
        "invalid_input" -> SessionException.InvalidInput(details)
        "already_exists" -> SessionException.AlreadyExists(details)
        "signed_out" -> SessionException.SignedOut(details, reason?.toApi() ?: SignedOutReason.NoSession)
        "mfa_required" -> SessionException.MfaRequired(details)
        "user_blocked" -> SessionException.UserBlocked(details)
        "forbidden" -> SessionException.Forbidden(details)
        "rate_limited" -> SessionException.RateLimited(details)
        "network" -> SessionException.Network(details)
        "timeout" -> SessionException.Timeout(details)
        "untrusted" -> SessionException.Untrusted(details)
        "proxy" -> SessionException.Proxy(details)
        "appwrite_unavailable" -> SessionException.AppwriteUnavailable(details)
        "storage_locked" -> SessionException.StorageLocked(details)
        "storage_unavailable" -> SessionException.StorageUnavailable(details)
        "presence_required" -> SessionException.PresenceRequired(details)
        "origin_not_allowed" -> SessionException.OriginNotAllowed(details, origin.orEmpty())
        "invalid_redirect" -> SessionException.InvalidRedirect(details)
        "invalid_response" -> SessionException.InvalidResponse(details)
        "response_too_large" -> SessionException.ResponseTooLarge(details)
        "unexpected_status" -> SessionException.UnexpectedStatus(details)
        "reauthentication_required" -> SessionException.ReauthenticationRequired(details)
        "challenge_required" -> SessionException.ChallengeRequired(details)
        "callback_rejected" -> SessionException.CallbackRejected(details)
        "screen_failed" -> SessionException.ScreenFailed(ScreenFault.of(detail))
        "file_failed" -> SessionException.FileFailed(details)
        "unsupported" -> SessionException.Unsupported(details)
        "superseded" -> SessionException.Superseded(details)
        "closed" -> SessionException.Closed(details)
        else -> SessionException.Internal(details)
    }
}
