package dev.appwritesession

/**
 * The devices that take the signed-in user's push messages: [SessionClient.pushTargets]. A target belongs to the session, and ends with
 * it.
 *
 * Every function fails with the errors of [SessionClient.account], too, and runs to its end even when its coroutine is cancelled. They
 * need kotlinx-serialization-json, as [WaysIn] says.
 */
public class PushTargets internal constructor(private val operations: Operations) {
    /**
     * Lets push messages come to this device.
     *
     * @param identifier the device's token of FCM or APNs.
     * @param providerId the messaging provider, where the project has several.
     * @throws SessionException.AlreadyExists if there is a target with this token, on Appwrite before 2.0.
     * @throws SessionException.Config if [providerId] cannot be an id.
     */
    @JvmOverloads
    public suspend fun create(identifier: String, providerId: String? = null): PushTarget =
        operations.perform("pushTargets.create", identifier, providerId).pushTarget()

    /**
     * Replaces the device's token, when FCM or APNs gave the app a new one.
     *
     * @throws SessionException.InvalidInput if there is no such target.
     * @throws SessionException.Config if [id] cannot be an id.
     */
    public suspend fun update(id: String, identifier: String): PushTarget =
        operations.perform("pushTargets.update", id, identifier).pushTarget()

    /** Stops push messages to a device. Otherwise as [update]. */
    public suspend fun delete(id: String): Unit = operations.perform("pushTargets.delete", id).nothing()
}

/**
 * A device that Appwrite sends the user's push messages to.
 *
 * @property id the target's id.
 * @property identifier the device's token of FCM or APNs.
 * @property providerId the id of the messaging provider; null for the project's only one.
 * @property expired whether the provider has refused the token, so that a newer one is needed.
 */
public data class PushTarget
    @JvmOverloads
    constructor(
        val id: String,
        val identifier: String,
        val providerId: String? = null,
        val expired: Boolean = false,
    )
