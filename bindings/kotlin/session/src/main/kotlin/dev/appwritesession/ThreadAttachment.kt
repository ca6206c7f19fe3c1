package dev.appwritesession

import com.sun.jna.Callback
import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import dev.appwritesession.ffi.uniffiCallbackInterfaceHostFile
import dev.appwritesession.ffi.uniffiCallbackInterfaceHostPresence
import dev.appwritesession.ffi.uniffiCallbackInterfaceHostStore
import dev.appwritesession.ffi.uniffiCallbackInterfaceHostTrust
import dev.appwritesession.ffi.uniffiRustFutureContinuationCallbackImpl

/**
 * Keeps the core's threads attached to the JVM for their life, as daemons.
 *
 * By default JNA attaches a native thread for each callback and detaches it afterwards, which costs several times what the callback
 * does; and the JVM would not end while a callback runs, such as one that shows a dialog. Attached once, threads are detached by JNA
 * when they end, with the last client.
 */
internal object ThreadAttachment {
    /** Everything that the core calls on a thread of its own. The first one to be called on a thread attaches it. */
    private val callbacks: List<Callback> =
        listOf(
            uniffiRustFutureContinuationCallbackImpl,
            uniffiCallbackInterfaceHostStore.load,
            uniffiCallbackInterfaceHostStore.save,
            uniffiCallbackInterfaceHostStore.clear,
            uniffiCallbackInterfaceHostStore.quarantine,
            uniffiCallbackInterfaceHostStore.persistence,
            uniffiCallbackInterfaceHostStore.uniffiFree,
            uniffiCallbackInterfaceHostStore.uniffiClone,
            uniffiCallbackInterfaceHostTrust.trusts,
            uniffiCallbackInterfaceHostTrust.uniffiFree,
            uniffiCallbackInterfaceHostTrust.uniffiClone,
            uniffiCallbackInterfaceHostPresence.confirm,
            uniffiCallbackInterfaceHostPresence.uniffiFree,
            uniffiCallbackInterfaceHostPresence.uniffiClone,
            uniffiCallbackInterfaceHostFile.open,
            uniffiCallbackInterfaceHostFile.uniffiFree,
            uniffiCallbackInterfaceHostFile.uniffiClone,
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
