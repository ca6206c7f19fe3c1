package dev.appwritesession

/**
 * The second factors of the signed-in user: [SessionClient.factors].
 *
 * A challenge of a factor is created and answered by the client itself ([SessionClient.createMfaChallenge]), to complete a sign-in or,
 * while signed in, before what Appwrite wants a fresh challenge for ([SessionException.ChallengeRequired]).
 *
 * Every function fails with the errors of [SessionClient.account], too, and runs to its end even when its coroutine is cancelled. They
 * need kotlinx-serialization-json, as [WaysIn] says.
 */
public class Factors internal constructor(private val operations: Operations) {
    /**
     * The factors that the user can answer a challenge of, in the order in which an app should offer them, without those that this version
     * does not know. Also while a factor is missing.
     */
    public suspend fun available(): List<Factor> = operations.perform("factors.available").factors()

    /** Switches on or off that a sign-in needs a second factor. Without any factor Appwrite asks for none. This session goes on. */
    public suspend fun require(required: Boolean): Account = operations.perform("factors.require", required).account()

    /**
     * Begins to enroll an authenticator app. It counts once [verifyTotp] has seen a code of it; beginning again before that makes a new
     * secret.
     *
     * @throws SessionException.AlreadyExists if the user has a verified authenticator.
     */
    public suspend fun enrollTotp(): TotpEnrollment = operations.perform("factors.enrollTotp").totpEnrollment()

    /**
     * Completes the enrollment of an authenticator app with a code that it shows.
     *
     * @throws SessionException.InvalidToken if the code is wrong or of another half minute; try again with the next one.
     * @throws SessionException.InvalidInput if no enrollment was begun.
     */
    public suspend fun verifyTotp(code: String): Account = operations.perform("factors.verifyTotp", code).account()

    /**
     * Removes the authenticator app. Appwrite 1.5 wants a code of it or a recovery code; newer versions want a fresh challenge instead,
     * and do not look at [code].
     *
     * @throws SessionException.ChallengeRequired answer a challenge first.
     * @throws SessionException.InvalidInput if there is no authenticator, or on 1.5 if there is no code.
     * @throws SessionException.InvalidToken if the code is wrong.
     */
    @JvmOverloads
    public suspend fun removeTotp(code: String? = null): Unit = operations.perform("factors.removeTotp", code).nothing()

    /**
     * Makes six recovery codes, each of which replaces a second factor once. Show them once, to be written down.
     *
     * @throws SessionException.AlreadyExists if the user has some; [replaceRecoveryCodes] makes new ones.
     */
    public suspend fun createRecoveryCodes(): List<String> = operations.perform("factors.createRecoveryCodes").texts()

    /**
     * Makes six new recovery codes. The old ones are of no use any more.
     *
     * @throws SessionException.ChallengeRequired answer a challenge first.
     * @throws SessionException.InvalidInput if the user has none.
     */
    public suspend fun replaceRecoveryCodes(): List<String> = operations.perform("factors.replaceRecoveryCodes").texts()

    /** The recovery codes that are left. Otherwise as [replaceRecoveryCodes]. */
    public suspend fun recoveryCodes(): List<String> = operations.perform("factors.recoveryCodes").texts()
}

/**
 * What an authenticator app needs to show the user's codes.
 *
 * @property secret the secret in Base32, to be typed in.
 * @property uri the same as an `otpauth:` URI, to be shown as a QR code or opened on the same device.
 */
public data class TotpEnrollment(val secret: String, val uri: String) {
    /** Nothing of it: both are secret. */
    override fun toString(): String = "TotpEnrollment"
}
