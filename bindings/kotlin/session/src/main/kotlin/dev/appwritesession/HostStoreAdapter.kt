package dev.appwritesession

import dev.appwritesession.ffi.HostStore
import dev.appwritesession.ffi.HostStoreException
import dev.appwritesession.ffi.Persistence as FfiPersistence

/** An app's [SecureStore] as the core calls it. */
internal class HostStoreAdapter(private val store: SecureStore) : HostStore {
    /** Set once the store has called back into the client, which can never work. */
    @Volatile
    private var misuse: SessionException.Config? = null

    /** Tells the app what is wrong, in place of a store that seems to be unavailable. */
    fun refuseMisuse() {
        misuse?.let { throw it }
    }

    override fun load(key: String): String? =
        guarded {
            val record = store.load(key)
            // The core writes Unicode only: what is not has been damaged.
            if (record != null && !record.isUnicode()) throw StoreException.Corrupt()
            record
        }

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
            Callbacks.run(Callbacks.Kind.Store, call)
        } catch (failed: StoreException.Locked) {
            throw HostStoreException.Locked()
        } catch (failed: StoreException.Corrupt) {
            throw HostStoreException.Corrupt()
        } catch (failed: SessionException.Config) {
            if (failed.message == Callbacks.Kind.Store.text) misuse = failed
            throw HostStoreException.Unavailable()
        } catch (failed: Throwable) {
            throw HostStoreException.Unavailable()
        }
}

/** Whether every surrogate has its partner. */
internal fun String.isUnicode(): Boolean = Charsets.UTF_8.newEncoder().canEncode(this)
