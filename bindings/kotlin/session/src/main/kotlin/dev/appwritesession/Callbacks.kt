package dev.appwritesession

/**
 * Notices a callback of the app that calls back into a client, which would wait for itself.
 *
 * It notices it on the thread of the callback, where blocking functions and `runBlocking` make their calls.
 */
internal object Callbacks {
    private val running = ThreadLocal<Kind?>()

    /** What the core asks the app to do. */
    enum class Kind(val text: String) {
        Store("a SecureStore calls back into a SessionClient, which waits for the store: a store must not use the client"),
        Trust("a check of a server's certificates calls back into a SessionClient, which waits for the check"),
        Presence("UserPresence.confirm calls a function that waits for user presence: confirm must only show the dialog"),
    }

    /** Runs [call] as a callback of that kind. */
    inline fun <T> run(kind: Kind, call: () -> T): T {
        val outer = running.get()
        running.set(kind)
        return try {
            call()
        } finally {
            running.set(outer)
        }
    }

    /** Refuses a call that waits for the core, from where the core waits. */
    fun refuse(needsPresence: Boolean) {
        val kind = running.get() ?: return
        if (kind == Kind.Presence && !needsPresence) return
        throw configError(kind.text)
    }
}
