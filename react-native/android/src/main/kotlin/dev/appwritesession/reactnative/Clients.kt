package dev.appwritesession.reactnative

/**
 * The clients that one JavaScript has built. When it is reloaded they are left behind, for the next JavaScript to take over.
 *
 * All functions can be called from any thread.
 */
internal class Clients(private val host: Host, private val leftBehind: LeftBehind = LeftBehind.ofProcess) {
    /** Every client that there was. Of a closed one only the last change is kept. */
    private val known = HashMap<Int, Client>()
    private var gone = false

    /**
     * Builds a client, or takes over the one of an equal configuration that was left behind. One that is in use is never shared.
     *
     * @throws Refused once this JavaScript is gone.
     */
    @Synchronized
    fun open(config: ClientConfig): Client {
        if (gone) throw Refused(Failure.CLOSED)
        val session = leftBehind.take(config) ?: config.build(host)
        val client = Client(leftBehind.number(), config, session)
        known[client.number] = client
        return client
    }

    /** The client of that number, be it closed, or null if there never was one. */
    @Synchronized
    fun known(number: Int): Client? = known[number]

    /**
     * The client of that number.
     *
     * @throws Refused if it is closed, or there never was one.
     */
    @Synchronized
    fun inUse(number: Int): Client = known[number]?.takeIf { it.isOpen } ?: throw Refused(Failure.CLOSED)

    /** Closes a client; one that is closed stays so. */
    suspend fun close(number: Int) {
        // From now on it is nobody's to take over.
        val client = synchronized(this) { known[number]?.also { it.isOpen = false } }
        client?.close()
    }

    /** Leaves every client that is in use behind, and opens no more. */
    @Synchronized
    fun leave() {
        gone = true
        for (client in known.values.filter { it.isOpen }) {
            client.isOpen = false
            leftBehind.put(client.config, client.session)
        }
    }
}
