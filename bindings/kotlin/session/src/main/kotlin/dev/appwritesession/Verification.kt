package dev.appwritesession

/**
 * Proves that an e-mail address or a phone number is the signed-in user's: [SessionClient.verification].
 *
 * Every function that starts a verification fails with the errors of [SessionClient.account], too. Completing the verification of an
 * address needs nobody to be signed in: the link may be opened on another device. The functions need kotlinx-serialization-json, as
 * [WaysIn] says.
 */
public class Verification internal constructor(private val operations: Operations) {
    /**
     * Sends a code to the user's e-mail address. [phrase] asks for a security phrase in the message. Since Appwrite 2.4.
     *
     * @throws SessionException.Unsupported on an older server: use [startEmailByLink].
     * @throws SessionException.AlreadyExists if the address is verified.
     */
    @JvmOverloads
    public suspend fun startEmailByCode(phrase: Boolean = false): SentCode =
        operations.perform("verification.startEmailByCode", phrase).sentCode()

    /**
     * Completes the verification with the code that the user got.
     *
     * @throws SessionException.InvalidToken if the code is wrong, used or expired.
     * @throws SessionException.Config if the user's id cannot be one, and nothing is sent.
     */
    public suspend fun completeEmailByCode(sent: SentCode, code: String): Unit =
        operations.perform("verification.completeEmailByCode", sent.userId, code).nothing()

    /**
     * Sends a link to [callback] to the user's e-mail address: a URL of the app's own (an app link), or one that opens the app. Its host or
     * its scheme must be one of the project's platforms.
     *
     * @throws SessionException.InvalidInput if the callback is not allowed.
     * @throws SessionException.AlreadyExists if the address is verified.
     */
    public suspend fun startEmailByLink(callback: String): SentCode =
        operations.perform("verification.startEmailByLink", callback).sentCode()

    /**
     * Completes the verification with [url], the link that the user opened.
     *
     * @throws SessionException.CallbackRejected if [url] is not a link to [callback] with what Appwrite adds.
     * @throws SessionException.InvalidToken if it was used or has expired.
     */
    public suspend fun completeEmailByLink(callback: String, url: String): Unit =
        operations.perform("verification.completeEmailByLink", callback, url).nothing()

    /**
     * Sends a code to the user's phone number.
     *
     * @throws SessionException.InvalidInput if the user has no phone number.
     * @throws SessionException.Unsupported if the project has no SMS provider.
     */
    public suspend fun startPhone(): SentCode = operations.perform("verification.startPhone").sentCode()

    /**
     * Completes the verification with the code that the user got. The user must be signed in for this, which Appwrite 1.5 wants.
     * Otherwise as [completeEmailByCode].
     */
    public suspend fun completePhone(sent: SentCode, code: String): Unit =
        operations.perform("verification.completePhone", sent.userId, code).nothing()
}
