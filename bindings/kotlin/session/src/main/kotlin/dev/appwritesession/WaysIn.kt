package dev.appwritesession

/**
 * The ways to sign in beside those by password and by the app's server. They are functions of [SessionClient], which is the only
 * subclass.
 *
 * Each that signs in does it as [SessionClient.signInWithEmail] does, and fails with its errors, too: the result is
 * [SessionState.SignedIn] or [SessionState.MfaRequired], the credential is in the secure store before it returns, and a session that
 * was held before is revoked. It runs to its end even when its coroutine is cancelled.
 *
 * They need kotlinx-serialization-json, which is a dependency of the app; without it they fail with [SessionException.Config].
 */
@Suppress("TooManyFunctions") // Each way takes two.
public sealed class WaysIn : LookInside() {
    /** A new nonce for an ID token, from the system's source of randomness. */
    public suspend fun generateNonce(): Nonce = signIns.perform("generateNonce").nonce()

    /**
     * Signs in with an ID token that Google's or Apple's own screen gave the app. Never with the credential of the session that is held:
     * an account that is signed in is linked by [Identities.link]. Since Appwrite 2.1.
     *
     * @throws SessionException.Config if the token cannot be one, and nothing is sent.
     * @throws SessionException.InvalidToken if Appwrite refuses the token: wrong audience, wrong nonce, expired. Let the screen give a
     *   new one.
     * @throws SessionException.Forbidden if the project does not take the provider's ID tokens.
     * @throws SessionException.InvalidInput if the provider has not verified the user's e-mail address.
     * @throws SessionException.Unsupported on an older server.
     */
    public suspend fun signInWithIdToken(token: IdToken): SessionState = signIns.perform("signInWithIdToken", token).state()

    /**
     * Signs in with a provider's own screen: makes a nonce, gives the screen its hash, and Appwrite the nonce with the token. Otherwise as
     * [signInWithIdToken] with a token.
     *
     * @throws SessionException.ScreenFailed if the screen could not do its work. Nothing was sent.
     */
    public suspend fun signInWithIdToken(screen: IdTokenScreen): SignInOutcome {
        val token = ask(screen) ?: return SignInOutcome.Cancelled
        return SignInOutcome.SignedIn(signInWithIdToken(token))
    }

    /** What the user answered to [screen], bound to a nonce of its own; null if the user closed it. */
    internal suspend fun ask(screen: IdTokenScreen): IdToken? {
        val nonce = generateNonce()
        return screen.show(nonce.sha256)?.copy(nonce = nonce.raw)
    }

    /**
     * Begins to sign in with a passkey: asks Appwrite for a challenge. Give its [PasskeyChallenge.options] to the platform's screen, and
     * what that answers to [completePasskey]. Nobody needs to be named: the screen offers the passkeys that it has. Since Appwrite 2.5.
     *
     * @throws SessionException.Forbidden if the project has passkeys switched off.
     * @throws SessionException.Unsupported on an older server.
     */
    public suspend fun beginPasskey(): PasskeyChallenge = signIns.perform("beginPasskey").passkeyChallenge()

    /**
     * Signs in with [credential], the JSON that the platform's screen answered to [challenge]. A passkey counts as two factors.
     *
     * @throws SessionException.InvalidToken if the challenge was used or has expired, or if the answer does not fit it. The challenge is
     *   used up then: begin anew.
     * @throws SessionException.Config if [credential] is no JSON object, and nothing is sent.
     */
    public suspend fun completePasskey(challenge: PasskeyChallenge, credential: String): SessionState =
        signIns.perform("completePasskey", challenge.id, credential).state()

    /**
     * Signs in with a passkey and the platform's screen: [beginPasskey], [screen], [completePasskey]. If the user closes the screen, the
     * challenge is not used, and expires at Appwrite.
     *
     * @throws SessionException.ScreenFailed if the screen could not do its work. The session is kept.
     */
    public suspend fun signInWithPasskey(screen: PasskeyScreen): SignInOutcome {
        val challenge = beginPasskey()
        val credential = screen.show(challenge.options) ?: return SignInOutcome.Cancelled
        return SignInOutcome.SignedIn(completePasskey(challenge, credential))
    }

    /**
     * Begins to sign in with a provider in the browser. Open the URL, and give the URL that the browser returns to the app to
     * [completeOAuth2], within an hour. The sign-in is stored, so the app may be ended meanwhile. A new one takes the place of the one
     * before. Makes no request.
     *
     * It is numbered now: if a sign-out or another sign-in is called later, that one wins.
     *
     * @param provider the provider's name as Appwrite spells it, such as `github`.
     * @param scopes what the app wants to be allowed at the provider, beyond what Appwrite asks for itself.
     * @param callback where the browser returns to, in place of `appwrite-callback-<project>://oauth2`: an https URL that Android opens in
     *   the app (an app link), which no other app can claim, or a URL with a scheme of the app's own. Its host or its scheme must be one
     *   of the project's platforms. Appwrite 1.5 takes https only.
     * @throws SessionException.Config if the provider's name or the callback cannot be one.
     */
    @JvmOverloads
    public suspend fun beginOAuth2(provider: String, scopes: List<String> = emptyList(), callback: String? = null): OAuth2Start =
        signIns.perform("beginOAuth2", provider, scopes, callback).oauth2Start()

    /**
     * Completes the sign-in in the browser with the URL that opened the app. Give every URL here that may be the callback: one that is
     * not changes nothing. If nothing was sent because there is no network, the same URL can be tried again.
     *
     * @throws SessionException.CallbackRejected if the URL does not complete the sign-in; [SessionException.detail] says why.
     * @throws SessionException.InvalidToken if Appwrite's token has expired, which is after a minute since 1.9.
     * @throws SessionException.AlreadyExists if the user has an account that this provider is not linked to.
     */
    public suspend fun completeOAuth2(url: String): SignInOutcome = signIns.perform("completeOAuth2", url).signInOutcome()

    /**
     * Forgets the sign-in in the browser that was begun, because the user has closed the browser. A callback that comes later is
     * refused.
     */
    public suspend fun cancelOAuth2(): Unit = signIns.perform("cancelOAuth2").nothing()

    /**
     * Signs in with a provider in the browser: [beginOAuth2], [screen], [completeOAuth2]. If the user comes back without an answer, or no
     * browser can be opened, the sign-in is forgotten as by [cancelOAuth2].
     *
     * If the coroutine is cancelled while the browser is open, the sign-in stays begun: the answer can come later, even to another process
     * of the app, which gives it to [completeOAuth2].
     *
     * @throws SessionException.ScreenFailed if no browser could be opened.
     */
    @JvmOverloads
    public suspend fun signInWithOAuth2(
        provider: String,
        scopes: List<String> = emptyList(),
        callback: String? = null,
        screen: BrowserScreen,
    ): SignInOutcome {
        val start = beginOAuth2(provider, scopes, callback)
        val url =
            try {
                screen.show(start)
            } catch (failed: SessionException.ScreenFailed) {
                cancelOAuth2()
                throw failed
            }
        if (url == null) {
            cancelOAuth2()
            return SignInOutcome.Cancelled
        }
        return completeOAuth2(url)
    }

    /**
     * Sends the user a code of six digits by e-mail, to sign in with [completeCode]. A user who does not exist is created.
     *
     * @param phrase whether to make a security phrase, which the app shows and the message has, too.
     * @throws SessionException.InvalidInput for a malformed address.
     * @throws SessionException.Forbidden if the project does not allow it.
     * @throws SessionException.Unsupported if it has no mail server.
     */
    @JvmOverloads
    public suspend fun startEmailCode(email: String, phrase: Boolean = false): SentCode =
        signIns.perform("startEmailCode", email, phrase).sentCode()

    /** Sends the user a code of six digits to a phone number of the form `+14155552671`. Otherwise as [startEmailCode]. */
    public suspend fun startPhoneCode(phone: String): SentCode = signIns.perform("startPhoneCode", phone).sentCode()

    /**
     * Signs in with the code that the user got.
     *
     * @throws SessionException.InvalidToken if the code is wrong, used or expired; another try is possible.
     * @throws SessionException.Config if the user's id cannot be one, and nothing is sent.
     */
    public suspend fun completeCode(sent: SentCode, code: String): SessionState = signIns.perform("completeCode", sent.userId, code).state()

    /**
     * Sends the user a link to [callback] by e-mail, which signs in when it opens the app ([completeMagicUrl]). Otherwise as
     * [startEmailCode].
     *
     * @param callback an https URL that Android opens in the app (an app link), or a URL with a scheme of the app's own. Its host or its
     *   scheme must be one of the project's platforms. Appwrite 1.5 takes https only.
     * @throws SessionException.Config if the callback cannot be one.
     * @throws SessionException.InvalidInput if Appwrite does not allow it.
     */
    @JvmOverloads
    public suspend fun startMagicUrl(email: String, callback: String, phrase: Boolean = false): SentCode =
        signIns.perform("startMagicUrl", email, callback, phrase).sentCode()

    /**
     * Signs in with [url], the link that the user opened. [sent] and [callback] are those of [startMagicUrl]: a link that was sent to
     * anybody else is refused, so that nobody can sign the user in to an account of theirs. Otherwise as [completeCode].
     *
     * @throws SessionException.CallbackRejected if [url] is not a link to [callback] for this user.
     */
    public suspend fun completeMagicUrl(sent: SentCode, callback: String, url: String): SessionState =
        signIns.perform("completeMagicUrl", sent.userId, callback, url).state()
}
