package dev.appwritesession

/**
 * What this process's platform gives to clients that name nothing of their own. The core knows desktops by itself; Android is known
 * only once it is initialised.
 */
internal class Platform(
    /** Where sessions rest. */
    val store: SecureStore,
    /** Which servers are trusted. */
    val trust: ServerTrust,
) {
    companion object {
        /** None on desktops, and on Android before it is initialised. */
        @Volatile
        var current: Platform? = null
    }
}

/** Says whether a server's certificates are trusted. */
internal fun interface ServerTrust {
    /** Whether [chain], in DER and the server's own certificate first, is trusted for the server at [host]. What it throws refuses. */
    fun trusts(chain: List<ByteArray>, host: String): Boolean
}
