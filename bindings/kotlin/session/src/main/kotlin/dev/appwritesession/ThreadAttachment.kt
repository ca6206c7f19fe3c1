package dev.appwritesession

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import dev.appwritesession.ffi.uniffiCallbackInterfaceHostStore
import dev.appwritesession.ffi.uniffiCallbackInterfaceHostTrust
import dev.appwritesession.ffi.uniffiRustFutureContinuationCallbackImpl

/**
 * Keeps the core's threads attached to the JVM for their life.
 *
 * By default JNA attaches a native thread for each callback and detaches it afterwards, which costs several times what the callback
 * does. Attached once, as daemons, they are detached by JNA when they end, with the last client.
 */
internal object ThreadAttachment {
    private val callbacks =
        listOf(
            uniffiRustFutureContinuationCallbackImpl,
            uniffiCallbackInterfaceHostStore.load,
            uniffiCallbackInterfaceHostStore.save,
            uniffiCallbackInterfaceHostStore.clear,
            uniffiCallbackInterfaceHostStore.quarantine,
            uniffiCallbackInterfaceHostStore.persistence,
            uniffiCallbackInterfaceHostTrust.trusts,
        )

    private val kept: Unit by lazy { set(detach = false) }

    /** Once for the process. */
    fun keep(): Unit = kept

    /** [detach] is JNA's own way; only the measurement goes back to it. */
    fun set(detach: Boolean) {
        val initializer = CallbackThreadInitializer(true, detach, "appwrite-session")
        callbacks.forEach { Native.setCallbackThreadInitializer(it, initializer) }
    }
}
