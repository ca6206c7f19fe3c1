package dev.appwritesession

/**
 * The passkeys of the signed-in user: [SessionClient.passkeys]. Since Appwrite 2.5: before that every function fails with
 * [SessionException.Unsupported].
 *
 * Every function fails with the errors of [SessionClient.account], too, and runs to its end even when its coroutine is cancelled. They
 * need kotlinx-serialization-json, as [WaysIn] says.
 */
public class Passkeys internal constructor(private val session: SessionClient, private val operations: Operations) {
    /** The user's passkeys. */
    public suspend fun list(): List<Passkey> = operations.perform("passkeys.list").passkeys()

    /**
     * Begins to register a passkey. Give the challenge's [PasskeyChallenge.options] to the platform's screen, and what it answers to
     * [completeRegistration].
     *
     * @throws SessionException.ReauthenticationRequired if the user has neither signed in nor answered a challenge in the last ten minutes.
     * @throws SessionException.InvalidInput if the user has ten passkeys.
     * @throws SessionException.Forbidden if the project has passkeys switched off.
     */
    @JvmOverloads
    public suspend fun beginRegistration(name: String? = null): PasskeyChallenge =
        operations.perform("passkeys.beginRegistration", name).passkeyChallenge()

    /**
     * Completes the registration with [credential], the JSON that the platform's screen answered.
     *
     * @throws SessionException.InvalidToken if the challenge was used or has expired, or if the answer does not fit it; begin anew.
     * @throws SessionException.AlreadyExists if the authenticator has a passkey of this user.
     * @throws SessionException.Config if [credential] is no JSON object, and nothing is sent.
     */
    public suspend fun completeRegistration(challenge: PasskeyChallenge, credential: String): Passkey =
        operations.perform("passkeys.completeRegistration", challenge.id, challenge.passkeyId, credential).passkey()

    /**
     * Registers a passkey with the platform's screen: [beginRegistration], [screen], [completeRegistration], and fails with the errors of
     * these. If the user closes the screen, the challenge is not used, and expires at Appwrite.
     *
     * @param name the passkey's name; empty if none is given.
     * @throws SessionException.ScreenFailed if the screen could not do its work.
     * @throws SessionException.Superseded if somebody else has signed in while the screen was open.
     */
    public suspend fun register(name: String? = null, screen: PasskeyScreen): RegistrationOutcome {
        val (challenge, credential) =
            session.ofSameUser {
                val challenge = beginRegistration(name)
                screen.show(challenge.options)?.let { challenge to it }
            } ?: return RegistrationOutcome.Cancelled
        return RegistrationOutcome.Registered(completeRegistration(challenge, credential))
    }

    /**
     * Renames a passkey.
     *
     * @throws SessionException.InvalidInput if there is no such passkey or the name has more than 128 characters.
     * @throws SessionException.Config if [id] cannot be an id.
     */
    public suspend fun rename(id: String, name: String): Passkey = operations.perform("passkeys.rename", id, name).passkey()

    /**
     * Deletes a passkey. The platform may go on showing it until the user deletes it there, too. Otherwise as [rename].
     *
     * @throws SessionException.ReauthenticationRequired as for [beginRegistration].
     */
    public suspend fun delete(id: String): Unit = operations.perform("passkeys.delete", id).nothing()
}

/**
 * A passkey of the signed-in user. The key itself is on the user's devices; Appwrite knows its public half.
 *
 * @property id the passkey's id.
 * @property name the name that the user or the app gave it; empty if none was given.
 * @property createdAtMillis when it was registered, in milliseconds since 1970.
 * @property lastUsedAtMillis when it was last used to sign in, likewise; null if it never was.
 */
public data class Passkey
    @JvmOverloads
    constructor(
        val id: String,
        val name: String,
        val createdAtMillis: Long? = null,
        val lastUsedAtMillis: Long? = null,
    )
