package dev.appwritesession

import dev.appwritesession.ffi.Verdict as FfiVerdict
import dev.appwritesession.ffi.allowsRepetition as coreAllowsRepetition

/**
 * What a gateway's 401 to an authorized request means; see [SessionClient.reportUnauthorized].
 *
 * @property code the stable name, the same in every language.
 */
public enum class Verdict(public val code: String) {
    /** The same user has another credential by now. Authorize the request again, and send it once more if it is idempotent. */
    TryAgain("try_again"),

    /** Appwrite accepts the credential: the 401 is the gateway's own decision. Sending the request again does not help. */
    SessionLives("session_lives"),

    /** The session needs a second factor. */
    MfaRequired("mfa_required"),

    /** Nobody is signed in any more. */
    SignedOut("signed_out"),

    /** Another user is signed in by now. The request was not that user's: do not send it again. */
    OtherUser("other_user"),

    /** Appwrite could not be asked, or its answer decides nothing. The session is kept. */
    Undecided("undecided"),
    ;

    /**
     * Whether a request with this [method], which was refused with 401, may be sent once more with a new [Authorization] of the same user.
     *
     * It may if this is [TryAgain], and if the method is idempotent or the gateway says that its service did not see the request:
     * [problemType] is the header `X-Problem-Type` of the answer.
     */
    public fun allowsRepetition(method: String, problemType: String? = null): Boolean = coreAllowsRepetition(toFfi(), method, problemType)
}

internal fun Verdict.toFfi(): FfiVerdict =
    when (this) {
        Verdict.TryAgain -> FfiVerdict.TRY_AGAIN
        Verdict.SessionLives -> FfiVerdict.SESSION_LIVES
        Verdict.MfaRequired -> FfiVerdict.MFA_REQUIRED
        Verdict.SignedOut -> FfiVerdict.SIGNED_OUT
        Verdict.OtherUser -> FfiVerdict.OTHER_USER
        Verdict.Undecided -> FfiVerdict.UNDECIDED
    }

internal fun FfiVerdict.toApi(): Verdict =
    when (this) {
        FfiVerdict.TRY_AGAIN -> Verdict.TryAgain
        FfiVerdict.SESSION_LIVES -> Verdict.SessionLives
        FfiVerdict.MFA_REQUIRED -> Verdict.MfaRequired
        FfiVerdict.SIGNED_OUT -> Verdict.SignedOut
        FfiVerdict.OTHER_USER -> Verdict.OtherUser
        FfiVerdict.UNDECIDED -> Verdict.Undecided
    }
