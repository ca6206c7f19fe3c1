package dev.appwritesession

import android.content.Context

/**
 * Makes this process's Android known to every [SessionClient]: where sessions rest, and which servers are trusted.
 *
 * It happens by itself when the app starts, through a content provider of the library. Call [initialize] only where that is turned
 * off, and in processes other than the app's main one, for which Android starts no providers.
 */
public object AppwriteSession {
    /**
     * Takes the application of [context]. Reads nothing, and can be called from any thread, before the first unlock as well. A second
     * call does nothing.
     */
    @JvmStatic
    @Synchronized
    public fun initialize(context: Context) {
        if (Platform.current == null) {
            // In a content provider the application is still being made; its base is all that is needed.
            val application = context.applicationContext ?: context
            Platform.current = Platform(KeystoreStore(application), AndroidServerTrust())
        }
    }
}
