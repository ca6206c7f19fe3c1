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
 * @property status the HTTP status, if Appwrite answered.
 * @property appwriteType Appwrite's own error `type`, if it refused in its own words.
 */
public sealed class SessionException private constructor(details: Details) : Exception(details.text) {
    public val code: String = details.code
    public val isRetryable: Boolean = details.retryable
    public val retryAfter: Duration? = details.retryAfter
    public val status: Int? = details.status
    public val appwriteType: String? = details.appwriteType

    /** The configuration or an argument cannot work. Fix the code; the message says what to write instead. */
    public class Config internal constructor(details: Details) : SessionException(details)

    /** Appwrite refused the e-mail, password or token. Let the user try again. */
    public class InvalidCredentials internal constructor(details: Details) : SessionException(details)

    /** A one-time code or token is wrong, used up or expired. Ask for a new one. */
    public class InvalidToken internal constructor(details: Details) : SessionException(details)

    /** Appwrite refused the request as it stands, such as a malformed e-mail. */
    public class InvalidInput internal constructor(details: Details) : SessionException(details)

    /** There is such a user already. Offer to sign in. */
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

    /** Appwrite, or something in front of it, does not work. Try again later; nothing was decided. */
    public class AppwriteUnavailable internal constructor(details: Details) : SessionException(details)

    /** The secure store is locked. It is tried again by itself, and at [SessionClient.resume]. */
    public class StorageLocked internal constructor(details: Details) : SessionException(details)

    /** The secure store does not take the record. What was asked for is done in memory, and saved as soon as that works. */
    public class StorageUnavailable internal constructor(details: Details) : SessionException(details)

    /**
     * The user has not proven to be there, or there was nobody to ask: the app is in the background. Nothing was sent. Offer to
     * unlock, and make the call again.
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

    /** The answer's body is not what was asked for. */
    public class InvalidResponse internal constructor(details: Details) : SessionException(details)

    /** A sign-out or another sign-in overtook this sign-in; its session is being revoked. */
    public class Superseded internal constructor(details: Details) : SessionException(details)

    /** The client was closed. */
    public class Closed internal constructor(details: Details) : SessionException(details)

    /** A bug of this library ended the work; please report it. Also what a [code] becomes that this version does not know. */
    public class Internal internal constructor(details: Details) : SessionException(details)

    /** What an error says, without its class. */
    internal class Details(
        val code: String,
        val text: String,
        val retryable: Boolean = false,
        val retryAfter: Duration? = null,
        val status: Int? = null,
        val appwriteType: String? = null,
    )
}
