package dev.appwritesession.reactnative

import dev.appwritesession.Authorization
import dev.appwritesession.Change
import dev.appwritesession.SessionClient

/**
 * A client of one JavaScript runtime: its number, and its authorizations.
 *
 * @property config what it was built from; null for a client of accounts, which are retained in its place.
 */
internal class Client(val number: Int, val config: ClientConfig?, session: SessionClient) {
    private var held: SessionClient? = session
    private var last: Change = session.change

    /** Whether it is in use. [Clients] sets this. */
    var isOpen = true

    /**
     * Its session.
     *
     * @throws Refused if it is closed.
     */
    val session: SessionClient
        @Synchronized get() = held ?: throw Refused(Failure.CLOSED)

    private var authorized = 0
    private val authorizations =
        object : LinkedHashMap<Int, Authorization>() {
            override fun removeEldestEntry(eldest: MutableMap.MutableEntry<Int, Authorization>): Boolean = size > KEPT
        }

    /** The last change, also of a closed client. Does not wait. */
    @Synchronized
    fun change(): Change = held?.change ?: last

    /** Closes it. Only the last change is kept. */
    suspend fun close() {
        val session = synchronized(this) { held } ?: return
        session.close()
        synchronized(this) {
            last = session.change
            held = null
            authorizations.clear()
        }
    }

    /** Keeps an authorization, and returns its number. The last 256 are kept. */
    @Synchronized
    fun keep(authorization: Authorization): Int {
        authorized += 1
        authorizations[authorized] = authorization
        return authorized
    }

    /** The authorization with that number, if it is still kept. */
    @Synchronized
    fun authorization(number: Int): Authorization? = authorizations[number]

    private companion object {
        const val KEPT = 256
    }
}
