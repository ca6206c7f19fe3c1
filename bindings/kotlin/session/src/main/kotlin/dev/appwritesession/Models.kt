package dev.appwritesession

/**
 * Who is signed in: the part of the account that is kept with the session, for the first screen after a cold start.
 *
 * @property id the user's id.
 * @property name the name; empty if none was given.
 * @property email the e-mail address; null for an anonymous user.
 */
public data class User(val id: String, val name: String, val email: String?)

/**
 * The account of the signed-in user.
 *
 * @property user who it is.
 * @property phone the phone number, if there is one.
 * @property emailVerified whether the e-mail address is verified.
 * @property phoneVerified whether the phone number is verified.
 * @property mfaEnabled whether a second factor is asked for at sign-in.
 * @property labels labels that the app's servers gave the user.
 * @property preferencesJson the user's preferences, as a JSON object.
 * @property registeredAtMillis when the user signed up, in milliseconds since 1970.
 */
public data class Account(
    val user: User,
    val phone: String?,
    val emailVerified: Boolean,
    val phoneVerified: Boolean,
    val mfaEnabled: Boolean,
    val labels: List<String>,
    val preferencesJson: String,
    val registeredAtMillis: Long?,
)

/**
 * One session of the signed-in user, on this device or another.
 *
 * @property id the session's id: a name, not a credential.
 * @property userId the id of its user.
 * @property provider how it was created: `email`, `anonymous`, `token`, an OAuth2 provider's name.
 * @property current whether it is the session of this device.
 * @property factors the factors that its user has proven.
 * @property createdAtMillis when it was created, in milliseconds since 1970.
 * @property expiresAtMillis when it ends unless it is extended. Appwrite is the judge, not the device's clock.
 * @property ip the address that it was created from.
 * @property os the operating system's name, as Appwrite reads the user agent; empty if unknown.
 * @property client the client's name, likewise.
 * @property device the device's name, likewise.
 * @property country the country, as Appwrite reads the address; empty if unknown.
 */
public data class Session(
    val id: String,
    val userId: String,
    val provider: String,
    val current: Boolean,
    val factors: List<String>,
    val createdAtMillis: Long?,
    val expiresAtMillis: Long?,
    val ip: String,
    val os: String,
    val client: String,
    val device: String,
    val country: String,
)

/**
 * A challenge that waits for its code.
 *
 * @property id the challenge's id; an app that was restarted in between makes a challenge of it again.
 * @property expiresAtMillis when it can no longer be answered, in milliseconds since 1970.
 */
public data class MfaChallenge
    @JvmOverloads
    constructor(val id: String, val expiresAtMillis: Long? = null)

/** How the credential travels to a gateway. Exactly one is sent. */
public enum class Carrier {
    /** `Cookie: a_session_<project>=…`, what Appwrite itself sets. */
    Cookie,

    /** `X-Fallback-Cookies: {"a_session_<project>":"…"}`, for a gateway behind something that drops or rewrites cookies. */
    FallbackCookies,

    /** `X-Appwrite-Session: …`, the plainest to pass on. */
    SessionHeader,

    /**
     * `Authorization: Bearer …` with an access token that the gateway issues (`POST /_gateway/token`) and that microservices verify
     * without asking anybody. The credential itself goes to the gateway only to get a token, some five minutes apart. Tokens are in
     * memory only, and are renewed unseen. If none can be had, the call fails; nothing else is sent in its place.
     */
    AccessToken,

    /**
     * `Authorization: Bearer …` with a JWT that Appwrite makes for the session and that lives for 15 minutes, for a gateway that asks
     * Appwrite about it. Otherwise as [AccessToken].
     */
    AppwriteJwt,

    /** `X-Appwrite-JWT: …`; otherwise as [AppwriteJwt]. */
    AppwriteJwtHeader,
}
