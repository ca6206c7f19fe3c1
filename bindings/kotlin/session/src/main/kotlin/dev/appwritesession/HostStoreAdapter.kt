package dev.appwritesession

import dev.appwritesession.ffi.HostStore
import dev.appwritesession.ffi.HostStoreException
import dev.appwritesession.ffi.Persistence as FfiPersistence

/** An app's [SecureStore] as the core calls it. */
internal class HostStoreAdapter(private val store: SecureStore) : HostStore {
    override fun load(key: String): String? = guarded { store.load(key) }

    override fun save(key: String, record: String): Unit = guarded { store.save(key, record) }

    override fun clear(key: String): Unit = guarded { store.clear(key) }

    override fun quarantine(key: String, aside: String): Unit = guarded { store.quarantine(key, aside) }

    override fun persistence(): FfiPersistence = guarded { store.persistence.toFfi() }

    /**
     * Lets nothing that the host throws across but the three exceptions that the core knows: its text could hold the record. An
     * [Error] counts as well, or JNA would print it, and the core would read an answer that was never given.
     */
    @Suppress("TooGenericExceptionCaught", "SwallowedException")
    private inline fun <T> guarded(call: () -> T): T =
        try {
            call()
        } catch (failed: Throwable) {
            throw when (failed) {
                is StoreException.Locked -> HostStoreException.Locked()
                is StoreException.Corrupt -> HostStoreException.Corrupt()
                else -> HostStoreException.Unavailable()
            }
        }
}
