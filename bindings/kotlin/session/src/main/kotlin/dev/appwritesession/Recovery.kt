package dev.appwritesession

/**
 * Recovers an account whose password was forgotten: [SessionClient.recovery]. Nobody needs to be signed in, nobody is signed in
 * afterwards, and no credential is sent. Depending on the project's settings, Appwrite ends the user's sessions, this device's included.
 *
 * The functions need kotlinx-serialization-json, as [WaysIn] says.
 */
public class Recovery internal constructor(private val operations: Operations) {
    /**
     * Sends the user a code. [phrase] asks for a security phrase in the message. Since Appwrite 2.3.
     *
     * @throws SessionException.Unsupported on an older server: use [startByLink].
     * @throws SessionException.InvalidInput if nobody has this address, where Appwrite says so.
     */
    @JvmOverloads
    public suspend fun startByCode(email: String, phrase: Boolean = false): SentCode =
        operations.perform("recovery.startByCode", email, phrase).sentCode()

    /**
     * Sets the new password with the code that the user got.
     *
     * @throws SessionException.InvalidToken if the code is wrong, used or expired.
     * @throws SessionException.InvalidInput if the project's rules refuse the password.
     * @throws SessionException.Config if the user's id cannot be one, and nothing is sent.
     */
    public suspend fun completeByCode(sent: SentCode, code: String, password: String): Unit =
        operations.perform("recovery.completeByCode", sent.userId, code, password).nothing()

    /**
     * Sends the user a link to [callback], a URL of the app's own (an app link), or one that opens the app. Its host or its scheme must be
     * one of the project's platforms.
     *
     * @throws SessionException.InvalidInput if nobody has this address or the callback is not allowed.
     */
    public suspend fun startByLink(email: String, callback: String): SentCode =
        operations.perform("recovery.startByLink", email, callback).sentCode()

    /**
     * Sets the new password with [url], the link that the user opened. Otherwise as [completeByCode].
     *
     * @throws SessionException.CallbackRejected if [url] is not a link to [callback] with what Appwrite adds.
     */
    public suspend fun completeByLink(callback: String, url: String, password: String): Unit =
        operations.perform("recovery.completeByLink", callback, url, password).nothing()
}
