package dev.appwritesession

import dev.appwritesession.ffi.HostPresence
import kotlin.time.Duration
import dev.appwritesession.ffi.PresencePolicy as FfiPresencePolicy

/**
 * Asks the user to prove to be there: by face, finger or the device's code. On Android that is a `BiometricPrompt`.
 *
 * See [SessionOptions.requirePresence].
 */
public fun interface UserPresence {
    /**
     * Shows the platform's dialog and waits for its end: `true` if the user has just proven to be there. Called on a thread that may
     * block, one at a time; calls that need the answer meanwhile share it. What it throws counts as `false`.
     */
    public fun confirm(): Boolean
}

/** How long a proof that the user is there is good for. A sign-in is such a proof, too. */
public sealed class PresencePolicy {
    /** Until the process ends: asked once after each start of the app. */
    public object Default : PresencePolicy()

    /** For the calls that wait for it: asked for each use. */
    public object Always : PresencePolicy()

    /**
     * For so long.
     *
     * @property timeout how long.
     */
    public class Session(public val timeout: Duration) : PresencePolicy()

    /**
     * Until the app has been in the background for longer than that. Needs [SessionClient.pause] and [SessionClient.resume] to be
     * called when the app leaves and comes back.
     *
     * @property timeout how long the app may be away.
     */
    public class Lifecycle(public val timeout: Duration) : PresencePolicy()

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
            user.confirm()
        } catch (failed: Throwable) {
            false
        }
}
