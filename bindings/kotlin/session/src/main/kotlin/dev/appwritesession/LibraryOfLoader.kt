package dev.appwritesession

import com.sun.jna.NativeLibrary
import dev.appwritesession.ffi.UniffiLib
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption

/**
 * Gives every class loader of the process a native library of its own.
 *
 * The library keeps the addresses of the callbacks to Kotlin in one place. If two class loaders shared a library, as plugins and hot
 * reloading do, the second would get the callbacks of the first: one app's credential would be saved in the other's store.
 */
internal object LibraryOfLoader {
    private const val NAME = "appwrite_session"

    /** Which class loader uses the library itself, for all class loaders to see. */
    private const val OWNER = "dev.appwritesession.library.owner"

    /** Where UniFFI's generated code looks for another library. */
    private const val OVERRIDE = "uniffi.component.$NAME.libraryOverride"

    private val loaded: Unit by lazy {
        // The one object that all class loaders share.
        synchronized(OWNER.intern()) { loadOnce() }
    }

    /**
     * Loads the library, the first time.
     *
     * @throws SessionException.Config if another class loader has it and it cannot be copied.
     */
    fun load(): Unit = loaded

    private fun loadOnce() {
        if (System.getProperty(OWNER) == null) {
            UniffiLib.ensureInitialized()
            System.setProperty(OWNER, System.identityHashCode(LibraryOfLoader::class.java.classLoader).toString())
            return
        }
        val copy = copy()
        val override = System.getProperty(OVERRIDE)
        System.setProperty(OVERRIDE, copy.toString())
        try {
            UniffiLib.ensureInitialized()
        } finally {
            if (override == null) System.clearProperty(OVERRIDE) else System.setProperty(OVERRIDE, override)
            // A library that is loaded needs its file no more, but on Windows it cannot be removed before the process ends.
            copy.toFile().run { if (!delete()) deleteOnExit() }
        }
    }

    private fun copy(): Path {
        val library = NativeLibrary.getInstance(System.getProperty(OVERRIDE) ?: NAME).file
        try {
            if (library == null || !library.isFile) throw IOException()
            val copy = Files.createTempFile("appwrite-session-", "-" + library.name)
            return Files.copy(library.toPath(), copy, StandardCopyOption.REPLACE_EXISTING)
        } catch (_: IOException) {
            throw configError(
                "another class loader of this process uses appwrite-session, and its native library cannot be copied for this one; " +
                    "load the classes of appwrite-session with one class loader that both share",
            )
        }
    }
}
