package dev.appwritesession

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/**
 * The signed-in user's own data: [SessionClient.profile].
 *
 * Every function fails with the errors of [SessionClient.account], too, and runs to its end even when its coroutine is cancelled. They
 * need kotlinx-serialization-json, as [WaysIn] says.
 */
public class Profile internal constructor(private val operations: Operations) {
    /**
     * Changes the name. The state shows the new one when this returns.
     *
     * @throws SessionException.InvalidInput for a name of more than 128 characters.
     */
    public suspend fun updateName(name: String): Account = operations.perform("profile.updateName", name).account()

    /**
     * Changes the e-mail address, which is not verified afterwards. An anonymous user becomes a user with this address and this password;
     * for everybody else the password is the one that they have. The session stays as it is.
     *
     * @throws SessionException.AlreadyExists if another user has the address.
     * @throws SessionException.InvalidCredentials for a wrong password.
     * @throws SessionException.InvalidInput for a malformed address.
     */
    public suspend fun updateEmail(email: String, password: String): Account =
        operations.perform("profile.updateEmail", email, password).account()

    /** Changes the phone number, in the form `+14155552671`. It is not verified afterwards. Otherwise as [updateEmail]. */
    public suspend fun updatePhone(phone: String, password: String): Account =
        operations.perform("profile.updatePhone", phone, password).account()

    /**
     * Changes the password. [old] is needed if the user has one. This session goes on; depending on the project's settings Appwrite ends
     * the user's other sessions.
     *
     * @throws SessionException.InvalidCredentials for a wrong old password.
     * @throws SessionException.InvalidInput for a new one that the project's rules refuse.
     */
    @JvmOverloads
    public suspend fun updatePassword(new: String, old: String? = null): Account =
        operations.perform("profile.updatePassword", new, old).account()

    /** The user's preferences. */
    public suspend fun preferences(): JsonObject = operations.perform("profile.preferences").jsonObject()

    /**
     * Replaces all preferences, and returns them.
     *
     * @throws SessionException.InvalidInput for more than 64 KB.
     */
    public suspend fun replacePreferences(preferences: Map<String, JsonElement>): JsonObject =
        operations.perform("profile.replacePreferences", JsonObject(preferences)).jsonObject()

    /**
     * Changes the given preferences and keeps the others; a member that is `JsonNull` is removed. Returns all of them. Appwrite only
     * replaces, so this reads first: if another device writes between the two requests, what it wrote is lost. Otherwise as
     * [replacePreferences].
     */
    public suspend fun mergePreferences(changes: Map<String, JsonElement>): JsonObject =
        operations.perform("profile.mergePreferences", JsonObject(changes)).jsonObject()

    /**
     * Blocks the own account, so that nobody can sign in to it until one of the project's servers lifts the block, and signs out on this
     * device. Appwrite keeps the other devices' sessions, and lets nobody use them until then. If Appwrite does not do it, nothing has
     * changed on this device.
     *
     * @throws SessionException.StorageUnavailable as for [SessionClient.signOut].
     */
    public suspend fun block(): Unit = operations.perform("profile.block").nothing()

    /**
     * Deletes the own account with everything that Appwrite has of it, and signs out on this device. Cannot be undone. Otherwise as
     * [block].
     */
    public suspend fun delete(): Unit = operations.perform("profile.delete").nothing()
}
