package dev.appwritesession.reactnative

/**
 * The clients of one JavaScript runtime. When JavaScript is reloaded, they are retained, and the next runtime uses them again.
 *
 * All functions can be called from any thread.
 */
internal class Clients(private val host: Host, private val retained: RetainedClients = RetainedClients.ofProcess) {
    /** All clients, also closed ones. Of a closed client only the last change is kept. */
    private val known = HashMap<Int, Client>()
    private var gone = false

    /**
     * Builds a client, or uses a retained one with an equal configuration again. A client that is in use is never shared.
     *
     * @throws Refused if this JavaScript runtime has ended.
     */
    @Synchronized
    fun open(config: ClientConfig): Client {
        if (gone) throw Refused(Failure.CLOSED)
        val session = retained.take(config) ?: config.build(host)
        val client = Client(retained.number(), config, session)
        known[client.number] = client
        return client
    }

    /** The client with that number, also if it is closed; null if there never was one. */
    @Synchronized
    fun known(number: Int): Client? = known[number]

    /**
     * The client with that number.
     *
     * @throws Refused if it is closed, or there never was one.
     */
    @Synchronized
    fun inUse(number: Int): Client = known[number]?.takeIf { it.isOpen } ?: throw Refused(Failure.CLOSED)

    /** Closes a client. Closing it again does nothing. */
    suspend fun close(number: Int) {
        // From now on it is not retained.
        val client = synchronized(this) { known[number]?.also { it.isOpen = false } }
        client?.close()
    }

    /** Retains every client that is in use. No client can be opened after that. */
    @Synchronized
    fun retainAll() {
        gone = true
        for (client in known.values.filter { it.isOpen }) {
            client.isOpen = false
            retained.put(client.config, client.session)
        }
    }
}
