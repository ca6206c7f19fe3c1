package dev.appwritesession

/**
 * The accounts at other providers that the signed-in user can sign in with: [SessionClient.identities].
 *
 * Every function fails with the errors of [SessionClient.account], too, and runs to its end even when its coroutine is cancelled. They
 * need kotlinx-serialization-json, as [WaysIn] says.
 */
public class Identities internal constructor(private val session: SessionClient, private val operations: Operations) {
    /** The user's identities. */
    public suspend fun list(): List<Identity> = operations.perform("identities.list").identities()

    /**
     * Links the Google or Apple account of [token] to the account that is signed in, which may be anonymous: it then is an account that
     * the user can come back to. The user stays the same. Since Appwrite 2.1.
     *
     * Appwrite replaces the session. The old one goes on until the new one has arrived; then it is swapped in one step, so no call fails
     * meanwhile. On an error the session stays as it was. If the answer was lost ([SessionException.mayHaveArrived]), Appwrite may have
     * replaced the session: if it has ended, the same user signs in again with the provider.
     *
     * @throws SessionException.AlreadyExists if the identity or its e-mail address is another user's. Otherwise as
     *   [SessionClient.signInWithIdToken].
     */
    public suspend fun link(token: IdToken): SessionState = operations.perform("identities.link", token).state()

    /**
     * Links an account with the provider's own screen: makes a nonce, gives the screen its hash, and Appwrite the nonce with the token.
     * Otherwise as [link] with a token.
     *
     * @throws SessionException.ScreenFailed if the screen could not do its work. Nothing was sent.
     * @throws SessionException.Superseded if somebody else has signed in while the screen was open. Nothing was sent.
     */
    public suspend fun link(screen: IdTokenScreen): SignInOutcome {
        val token = session.ofSameUser { session.ask(screen) } ?: return SignInOutcome.Cancelled
        return SignInOutcome.SignedIn(link(token))
    }

    /**
     * Unlinks an identity: the user cannot sign in with it any more. This session goes on.
     *
     * @throws SessionException.InvalidInput if there is no such identity.
     * @throws SessionException.Config if [id] cannot be an id.
     */
    public suspend fun unlink(id: String): Unit = operations.perform("identities.unlink", id).nothing()
}

/**
 * An account at another provider that the signed-in user can sign in with. Holds no token of that provider.
 *
 * @property id the identity's id at Appwrite.
 * @property provider the provider's name, such as `google` or `apple`.
 * @property providerUserId the user's id at the provider; empty if unknown.
 * @property email the e-mail address at the provider; null if there is none.
 * @property createdAtMillis when it was linked, in milliseconds since 1970.
 */
public data class Identity
    @JvmOverloads
    constructor(
        val id: String,
        val provider: String,
        val providerUserId: String = "",
        val email: String? = null,
        val createdAtMillis: Long? = null,
    )
