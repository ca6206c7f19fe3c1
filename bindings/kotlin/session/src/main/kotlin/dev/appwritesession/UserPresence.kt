package dev.appwritesession

import dev.appwritesession.ffi.HostPresence
import kotlin.time.Duration
import dev.appwritesession.ffi.PresencePolicy as FfiPresencePolicy

/**
 * Asks the user for biometrics or the device passcode. On Android that is a `BiometricPrompt`.
 *
 * See [SessionOptions.requirePresence].
 */
public fun interface UserPresence {
    /**
     * Shows the platform's dialog and waits for its end: `true` if the user has just confirmed. Called on a thread that may block, one
     * at a time; calls that need the answer meanwhile share it. What it throws counts as `false`. It must not call functions of the
     * client that need user presence themselves: they fail with [SessionException.Config] there.
     */
    public fun confirm(): Boolean
}

/** How long a confirmation of the user's presence is valid. A sign-in confirms it, too. */
public sealed class PresencePolicy {
    /** Until the process ends: asked once after each start of the app. */
    public data object Default : PresencePolicy()

    /** For the calls that wait for it: asked for each use. */
    public data object Always : PresencePolicy()

    /**
     * For so long.
     *
     * @property timeout how long.
     */
    public data class Session(public val timeout: Duration) : PresencePolicy()

    /**
     * Until the app has been in the background for longer than that. Needs [SessionClient.pause] and [SessionClient.resume] to be
     * called when the app leaves and comes back.
     *
     * @property timeout how long the app may be away.
     */
    public data class Lifecycle(public val timeout: Duration) : PresencePolicy()

    internal fun toFfi(): FfiPresencePolicy =
        when (this) {
            Default -> FfiPresencePolicy.Default
            Always -> FfiPresencePolicy.Always
            is Session -> FfiPresencePolicy.Session(timeout.toMillis())
            is Lifecycle -> FfiPresencePolicy.Lifecycle(timeout.toMillis())
        }
}

/** The app's [UserPresence] as the core calls it: whatever goes wrong has confirmed nothing, and its text stays here. */
internal class HostPresenceAdapter(private val user: UserPresence) : HostPresence {
    @Suppress("TooGenericExceptionCaught", "SwallowedException")
    override fun confirm(): Boolean =
        try {
            Callbacks.run(Callbacks.Kind.Presence) { user.confirm() }
        } catch (failed: Throwable) {
            false
        }
}
