package dev.appwritesession

import kotlin.time.Duration

/**
 * Why a call failed. Each subclass is one thing for the app to do.
 *
 * No message holds anything of a server's answer, a request or the platform.
 *
 * @property code stable across versions and the same in every language.
 * @property isRetryable whether the same call can work later without anybody changing anything.
 * @property retryAfter how long to wait before the next try, if somebody said so.
 * @property status the HTTP status, if Appwrite answered, or with [UnexpectedStatus] a gateway.
 * @property appwriteType Appwrite's own error `type`, if it refused in its own words.
 * @property detail the stable name of what more is known: with [Unsupported] the first version of Appwrite that supports it, with
 *   [ReauthenticationRequired] `add_passkey`, `delete_passkey` or `other`, with [CallbackRejected] `malformed`, `foreign`, `unexpected`,
 *   `replayed` or `expired`, with [ScreenFailed] the name of the [ScreenFault], with [FileFailed] `not_found`, `not_permitted`,
 *   `not_a_file`, `no_space`, `changed` or `other`.
 * @property failureCause what failed in the network, in TLS or in HTTP, if that is why there is no answer.
 * @property mayHaveArrived whether the request may have reached the server, so that its work may have been done. `false` says that it
 *   certainly was not.
 */
public sealed class SessionException private constructor(details: Details) : Exception(details.text) {
    public val code: String = details.code
    public val isRetryable: Boolean = details.retryable
    public val retryAfter: Duration? = details.retryAfter
    public val status: Int? = details.status
    public val appwriteType: String? = details.appwriteType
    public val failureCause: FailureCause? = details.failureCause
    public val mayHaveArrived: Boolean = details.mayHaveArrived
    public val detail: String? = details.detail

    /** The configuration or an argument cannot work. Fix the code: the message says how. */
    public class Config internal constructor(details: Details) : SessionException(details)

    /** Appwrite refused the e-mail or password. Let the user try again. */
    public class InvalidCredentials internal constructor(details: Details) : SessionException(details)

    /** A one-time code or token is wrong, used up or expired. Ask for a new one. */
    public class InvalidToken internal constructor(details: Details) : SessionException(details)

    /** Appwrite refused the request as it stands, such as a malformed e-mail. */
    public class InvalidInput internal constructor(details: Details) : SessionException(details)

    /** It exists already: a user, to whom the app offers to sign in, or a passkey, a verification or recovery codes. */
    public class AlreadyExists internal constructor(details: Details) : SessionException(details)

    /**
     * Nobody is signed in. Show the sign-in screen.
     *
     * @property reason why.
     */
    public class SignedOut internal constructor(details: Details, public val reason: SignedOutReason) : SessionException(details)

    /** The sign-in needs a second factor. Ask for it; the session is kept. */
    public class MfaRequired internal constructor(details: Details) : SessionException(details)

    /** The user is blocked. The session is kept: the block can be lifted. */
    public class UserBlocked internal constructor(details: Details) : SessionException(details)

    /** Appwrite forbids this whatever the user does: an unregistered app, a switched-off sign-in method. */
    public class Forbidden internal constructor(details: Details) : SessionException(details)

    /** Too many requests. Try again after [retryAfter], where it is known. */
    public class RateLimited internal constructor(details: Details) : SessionException(details)

    /** The network failed. Try again when it is back. */
    public class Network internal constructor(details: Details) : SessionException(details)

    /** No answer in time. */
    public class Timeout internal constructor(details: Details) : SessionException(details)

    /**
     * The server's TLS certificate is not trusted, or the handshake failed otherwise; see [failureCause]. Nothing was sent. A later
     * call fails likewise until somebody mends the server, its certificate, or the device's clock.
     */
    public class Untrusted internal constructor(details: Details) : SessionException(details)

    /**
     * The proxy between the app and the server asks for credentials, or refuses the connection. Nothing was sent. The device is not
     * offline: correct the proxy, or ask whoever runs it.
     */
    public class Proxy internal constructor(details: Details) : SessionException(details)

    /** Appwrite, or something in front of it, does not work. Try again later; nothing was decided. */
    public class AppwriteUnavailable internal constructor(details: Details) : SessionException(details)

    /** The secure store is locked. It is tried again by itself, and at [SessionClient.resume]. */
    public class StorageLocked internal constructor(details: Details) : SessionException(details)

    /** The secure store does not take the record. What was asked for is done in memory, and saved as soon as that works. */
    public class StorageUnavailable internal constructor(details: Details) : SessionException(details)

    /**
     * The user did not confirm with biometrics or the device passcode, or could not be asked, because the app is in the background.
     * Nothing was sent. Offer to unlock, and make the call again.
     */
    public class PresenceRequired internal constructor(details: Details) : SessionException(details)

    /**
     * The URL is of no allowed gateway, so the call did not leave.
     *
     * @property origin the origin that was refused.
     */
    public class OriginNotAllowed internal constructor(details: Details, public val origin: String) : SessionException(details)

    /** The gateway redirected in a way that cannot be followed. */
    public class InvalidRedirect internal constructor(details: Details) : SessionException(details)

    /** The answer is not HTTP, or its body is not what was asked for. */
    public class InvalidResponse internal constructor(details: Details) : SessionException(details)

    /** The answer's body is longer than the limit for it. Ask for less. */
    public class ResponseTooLarge internal constructor(details: Details) : SessionException(details)

    /**
     * The gateway answered with a [status] other than 2xx where a success was asked for: [GatewayResponse.decode] and
     * [GatewayResponse.requireSuccess].
     *
     * @property problem what the gateway says about it, if it answered with a problem document.
     */
    public class UnexpectedStatus internal constructor(details: Details, public val problem: Problem? = null) : SessionException(details)

    /** Appwrite wants a sign-in or a second factor of the last minutes for this. The session is kept. Let the user sign in again. */
    public class ReauthenticationRequired internal constructor(details: Details) : SessionException(details)

    /** Appwrite wants a challenge of a second factor, answered in the last half hour, for this. The session is kept. */
    public class ChallengeRequired internal constructor(details: Details) : SessionException(details)

    /** The URL is not the answer to the sign-in in the browser that was begun. Nothing has changed; [detail] says why. */
    public class CallbackRejected internal constructor(details: Details) : SessionException(details)

    /**
     * The platform's screen for the sign-in could not do its work. Nothing was sent, and the session is kept. A user who closes a screen is
     * an outcome of its own, and no exception.
     *
     * @property fault why.
     */
    public class ScreenFailed
        private constructor(details: Details, public val fault: ScreenFault) : SessionException(details) {
            public constructor(fault: ScreenFault) : this(
                Details(
                    "screen_failed",
                    "the platform's screen failed: ${fault.meaning}",
                    fault == ScreenFault.Interrupted,
                    detail = fault.code,
                ),
                fault,
            )
        }

    /** A file of the app could not be read or written. [detail] says why, and [mayHaveArrived] whether something was sent. */
    public class FileFailed internal constructor(details: Details) : SessionException(details)

    /** This Appwrite, or a session that was created in this way, does not support what was asked for. The session is kept. */
    public class Unsupported internal constructor(details: Details) : SessionException(details)

    /**
     * A sign-out or another sign-in overtook this call. The session of an overtaken sign-in is being revoked; a call of a gateway was
     * not sent as another user.
     */
    public class Superseded internal constructor(details: Details) : SessionException(details)

    /** The client was closed. */
    public class Closed internal constructor(details: Details) : SessionException(details)

    /** A bug of this library ended the work; please report it. Also what a [code] becomes that this version does not know. */
    public class Internal internal constructor(details: Details) : SessionException(details)

    /** What an error says, without its class. */
    @Suppress("LongParameterList") // Named by those who give more than two.
    internal class Details(
        val code: String,
        val text: String,
        val retryable: Boolean = false,
        val retryAfter: Duration? = null,
        val status: Int? = null,
        val appwriteType: String? = null,
        val failureCause: FailureCause? = null,
        val mayHaveArrived: Boolean = false,
        val detail: String? = null,
    )
}
