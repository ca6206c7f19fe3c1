// The screens of the platform that a sign-in shows, as functions, and what comes of them.

package dev.appwritesession

/**
 * Shows a provider's own sign-in screen, for [WaysIn.signInWithIdToken] and [Identities.link]. On Android the optional module
 * `appwrite-session-google` has one.
 */
public fun interface IdTokenScreen {
    /**
     * Shows the screen until the user has answered it. If the calling coroutine is cancelled, it closes the screen.
     *
     * @param hashedNonce the nonce for the provider ([Nonce.sha256]).
     * @return what the provider gave, without a nonce; null if the user closed the screen.
     * @throws SessionException.ScreenFailed if the screen could not do its work.
     */
    public suspend fun show(hashedNonce: String): IdToken?
}

/**
 * Shows the platform's passkey screen, for [WaysIn.signInWithPasskey] and [Passkeys.register]. On Android the optional module
 * `appwrite-session-passkeys` has one for each.
 */
public fun interface PasskeyScreen {
    /**
     * Shows the screen until the user has answered it. If the calling coroutine is cancelled, it closes the screen.
     *
     * @param options the WebAuthn options as JSON ([PasskeyChallenge.options]).
     * @return the WebAuthn credential as JSON; null if the user closed the screen.
     * @throws SessionException.ScreenFailed if the screen could not do its work.
     */
    public suspend fun show(options: String): String?
}

/** Opens the browser, for [WaysIn.signInWithOAuth2]. On Android the optional module `appwrite-session-browser` has one. */
public fun interface BrowserScreen {
    /**
     * Opens the browser and waits until it has returned to the app.
     *
     * @return the URL that it returned with; null if the user came back without one.
     * @throws SessionException.ScreenFailed if no browser could be opened.
     */
    public suspend fun show(start: OAuth2Start): String?
}

/** What came of the registration of a passkey with the platform's screen. */
public sealed class RegistrationOutcome {
    /**
     * The account has the passkey.
     *
     * @property passkey the new passkey.
     */
    public data class Registered(val passkey: Passkey) : RegistrationOutcome()

    /** The user closed the screen. Nothing has changed. */
    public data object Cancelled : RegistrationOutcome()
}
