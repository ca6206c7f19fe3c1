// The device's store: in memory, durable by its own word, and as broken as it is told to be.

package dev.appwritesession.agent

import dev.appwritesession.MemoryStore
import dev.appwritesession.Persistence
import dev.appwritesession.SecureStore
import dev.appwritesession.StoreException

internal class Device : SecureStore {
    private val records = MemoryStore()

    @Volatile
    var fault: String? = null

    override val persistence: Persistence = Persistence.Durable

    override fun load(key: String): String? = checked().load(key)

    override fun save(key: String, record: String) = checked().save(key, record)

    override fun clear(key: String) = checked().clear(key)

    override fun quarantine(key: String, aside: String) {
        // What cannot be read can be set aside.
        records.quarantine(key, aside)
        fault = null
    }

    private fun checked(): MemoryStore =
        when (fault) {
            null -> records
            "locked" -> throw StoreException.Locked()
            "corrupt" -> throw StoreException.Corrupt()
            "unavailable" -> throw StoreException.Unavailable()
            else -> error("the store was told to throw")
        }
}
