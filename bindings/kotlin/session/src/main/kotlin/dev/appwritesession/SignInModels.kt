// What the ways to sign in take and return.

package dev.appwritesession

/**
 * A provider whose ID tokens Appwrite takes.
 *
 * @property code the stable name, the same in every language.
 */
public enum class IdTokenProvider(public val code: String) {
    /** Sign in with Apple. */
    Apple("apple"),

    /** Sign in with Google. */
    Google("google"),
}

/**
 * What a provider's own sign-in screen gave the app, for [SessionClient.signInWithIdToken] and [Identities.link].
 *
 * @property provider whose token it is.
 * @property token the ID token: a JWT.
 * @property nonce the raw nonce ([Nonce.raw]), if the screen was given one; Apple's always needs one. The screen itself gets
 *   [Nonce.sha256].
 * @property accessToken the provider's access token, if the app's servers need it: Appwrite keeps it with the session and the identity.
 * @property name the user's name, which Apple gives once, at the first sign-in, beside the token. Appwrite keeps it if the user has none.
 */
public data class IdToken
    @JvmOverloads
    constructor(
        val provider: IdTokenProvider,
        val token: String,
        val nonce: String? = null,
        val accessToken: String? = null,
        val name: String? = null,
    ) {
        /** The provider: the rest is secret or the user's. */
        override fun toString(): String = "IdToken(provider=$provider)"
    }

/**
 * A number that is used once: it binds an ID token to the sign-in that asked for it, so that a stolen token is of no use elsewhere.
 *
 * @property raw the nonce itself, for [IdToken.nonce]. A secret.
 * @property sha256 its SHA-256 as 64 hexadecimal digits, for the provider's screen. No secret.
 */
public data class Nonce(val raw: String, val sha256: String) {
    /** The hash alone. */
    override fun toString(): String = "Nonce(sha256=$sha256)"
}

/**
 * A code or a link that Appwrite sent to the user by e-mail or phone, and that waits to be entered or opened. It holds no secret.
 *
 * @property userId whose it is; an app that was restarted in between makes a [SentCode] of it again. A user who did not exist before has
 *   this id from now on.
 * @property phrase the security phrase that is also in the message, if one was asked for. Show it, so that the user sees that the message
 *   belongs to this sign-in.
 * @property expiresAtMillis when it can no longer be used, in milliseconds since 1970.
 */
public data class SentCode
    @JvmOverloads
    constructor(
        val userId: String,
        val phrase: String? = null,
        val expiresAtMillis: Long? = null,
    )

/**
 * A sign-in in the browser that was begun.
 *
 * @property url what to open: in a Custom Tab or the system's browser, not in a web view of the app, which providers refuse. It binds the
 *   sign-in to this device, so do not log it.
 * @property callbackScheme the scheme of the URL that the browser returns to.
 */
public data class OAuth2Start(val url: String, val callbackScheme: String) {
    /** Without the URL. */
    override fun toString(): String = "OAuth2Start(callbackScheme=$callbackScheme)"
}

/** What came of a sign-in with a screen of the platform or in the browser. */
public sealed class SignInOutcome {
    /**
     * The user is signed in, or a second factor is missing.
     *
     * @property state which of the two.
     */
    public data class SignedIn(val state: SessionState) : SignInOutcome()

    /** The user closed the screen, or refused at the provider. Nothing has changed, and there is nothing to report to the user. */
    public data object Cancelled : SignInOutcome()
}

/**
 * A challenge for the platform's passkey screen. It works once, for five minutes, and is used up by a failure, too.
 *
 * @property id the challenge's id; an app that was restarted in between makes a challenge of it and [passkeyId] again.
 * @property passkeyId the id of the passkey that is being registered; empty for a sign-in.
 * @property options the WebAuthn options as JSON, for Android's Credential Manager.
 * @property expiresAtMillis when it can no longer be answered, in milliseconds since 1970.
 */
public data class PasskeyChallenge
    @JvmOverloads
    constructor(
        val id: String,
        val passkeyId: String = "",
        val options: String = "",
        val expiresAtMillis: Long? = null,
    )
