package dev.appwritesession

import java.util.concurrent.ConcurrentHashMap

/**
 * A place that keeps one secret record per key.
 *
 * All methods block, on threads that are there for it, one at a time per key. They must not call back into the client.
 * An implementation throws [StoreException] and nothing else; anything else counts as [StoreException.Unavailable], and its
 * text goes nowhere.
 */
public interface SecureStore {
    /** How long records of this store last. Asked once, when the client is built. */
    public val persistence: Persistence

    /** The record under [key], or null if there is certainly none; a store that only cannot look throws. */
    @Throws(StoreException::class)
    public fun load(key: String): String?

    /** Puts [record] under [key], in place of what was there, as durably as the store can. */
    @Throws(StoreException::class)
    public fun save(key: String, record: String)

    /** Removes what is under [key]. Nothing there is success. */
    @Throws(StoreException::class)
    public fun clear(key: String)

    /** Moves what is under [key] to [aside] where it can, so that [key] is free again. Used for records that cannot be read. */
    @Throws(StoreException::class)
    public fun quarantine(key: String, aside: String)
}

/** Why a store could not do what it was asked. The app's next step differs: wait, sign in again, or go on in memory. */
public sealed class StoreException(message: String) : Exception(message) {
    /** The platform keeps the record but does not give it out now, as on a locked phone. */
    public class Locked : StoreException("the secure store is locked")

    /** There is a record, and the platform cannot read or decrypt it. */
    public class Corrupt : StoreException("the stored record cannot be read")

    /** The store itself cannot be reached or used. */
    public class Unavailable : StoreException("the secure store is unavailable")
}

/** Keeps records until the process ends: for tests, and for apps that want no session to outlive them. */
public class MemoryStore : SecureStore {
    private val records = ConcurrentHashMap<String, String>()

    override val persistence: Persistence = Persistence.MemoryOnly

    override fun load(key: String): String? = records[key]

    override fun save(key: String, record: String) {
        records[key] = record
    }

    override fun clear(key: String) {
        records.remove(key)
    }

    override fun quarantine(key: String, aside: String) {
        records.remove(key)?.let { records[aside] = it }
    }
}
