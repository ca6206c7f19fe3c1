package dev.appwritesession

/**
 * Performs the core's operations by their names, for the functions of this API that are one operation each.
 *
 * Arguments and results are JSON. What reads and writes it is [OperationJson]; this class must be loadable in an app without
 * kotlinx.serialization.
 *
 * @param needsPresence whether the operations wait for the user's presence where the app requires it.
 */
internal class Operations(private val session: SessionClient, private val needsPresence: Boolean) {
    /**
     * Performs [operation]. An argument is a text, a Boolean, a list of texts, an object of JSON or null.
     *
     * @throws SessionException.Config if the app does not have kotlinx.serialization, and nothing is done.
     */
    suspend fun perform(operation: String, vararg arguments: Any?): OperationResult =
        OperationJson.read(session.perform(operation, list(arguments), needsPresence))

    /** Performs an operation on what a provider's screen gave the app. */
    suspend fun perform(operation: String, token: IdToken): OperationResult =
        perform(operation, token.provider.code, token.token, token.nonce, token.accessToken, token.name)

    companion object {
        /**
         * [arguments] as a JSON list.
         *
         * @throws SessionException.Config if the app does not have kotlinx.serialization.
         */
        fun list(arguments: Array<out Any?>): String =
            try {
                OperationJson.write(arguments)
            } catch (_: NoClassDefFoundError) {
                throw configError("this function needs org.jetbrains.kotlinx:kotlinx-serialization-json; add it to the app's dependencies")
            }
    }
}
