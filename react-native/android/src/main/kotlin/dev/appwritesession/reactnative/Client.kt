package dev.appwritesession.reactnative

import dev.appwritesession.Authorization
import dev.appwritesession.Change
import dev.appwritesession.SessionClient

/** A client as one JavaScript knows it: by its number, with the requests that it authorized. */
internal class Client(val number: Int, val config: ClientConfig, session: SessionClient) {
    private var held: SessionClient? = session
    private var last: Change = session.change

    /** Whether it is in use; [Clients] says. */
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

    /** The last change, also of a client that is closed. Waits for nothing. */
    @Synchronized
    fun change(): Change = held?.change ?: last

    /** Ends it, and keeps of it the last change only. */
    suspend fun close() {
        val session = synchronized(this) { held } ?: return
        session.close()
        synchronized(this) {
            last = session.change
            held = null
            authorizations.clear()
        }
    }

    /** Keeps an authorization, the last 256 of them; the number by which it is found. */
    @Synchronized
    fun keep(authorization: Authorization): Int {
        authorized += 1
        authorizations[authorized] = authorization
        return authorized
    }

    /** The authorization of that number, if it is still kept. */
    @Synchronized
    fun authorization(number: Int): Authorization? = authorizations[number]

    private companion object {
        const val KEPT = 256
    }
}
