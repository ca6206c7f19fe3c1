package dev.appwritesession.reactnative

/**
 * The clients of one JavaScript runtime. When JavaScript is reloaded, they are retained, and the next runtime uses them again.
 *
 * All functions can be called from any thread.
 */
internal class Clients(private val host: Host, private val retained: RetainedClients = RetainedClients.ofProcess) {
    /** All clients, also closed ones. Of a closed client only the last change is kept. */
    private val known = HashMap<Int, Client>()
    private val accounts = HashMap<Int, OpenAccounts>()
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

    /**
     * Builds accounts, or uses retained ones with an equal configuration again, as [open] does.
     *
     * @throws Refused if this JavaScript runtime has ended.
     */
    @Synchronized
    fun openAccounts(config: ClientConfig): OpenAccounts {
        if (gone) throw Refused(Failure.CLOSED)
        val opened = OpenAccounts(retained.number(), config, retained.takeAccounts(config) ?: config.buildAccounts(host))
        accounts[opened.number] = opened
        return opened
    }

    /** The accounts with that number, also if they are closed; null if there never were any. */
    @Synchronized
    fun knownAccounts(number: Int): OpenAccounts? = accounts[number]

    /**
     * The accounts with that number.
     *
     * @throws Refused if they are closed, or there never were any.
     */
    @Synchronized
    fun accountsInUse(number: Int): OpenAccounts = accounts[number]?.takeIf { it.isOpen } ?: throw Refused(Failure.CLOSED)

    /**
     * The client of an account, which has one number. [isNew] gets it when it has got the number.
     *
     * @throws Refused if the accounts are closed.
     */
    suspend fun openAccount(number: Int, id: String, isNew: (Client) -> Unit): Client {
        val session = accountsInUse(number).accounts.clientOf(id)
        return synchronized(this) {
            accountsInUse(number).clients.getOrPut(id) {
                Client(retained.number(), null, session).also {
                    known[it.number] = it
                    isNew(it)
                }
            }
        }
    }

    /** Closes accounts, and their clients. Closing them again does nothing. */
    suspend fun closeAccounts(number: Int) {
        val (opened, clients) =
            synchronized(this) {
                val opened = accounts[number] ?: return
                opened.isOpen = false
                opened to
                    opened.clients.values
                        .onEach { it.isOpen = false }
                        .toList()
            }
        opened.accounts.close()
        clients.forEach { it.close() }
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
            client.config?.let { retained.put(it, client.session) }
        }
        for (opened in accounts.values.filter { it.isOpen }) {
            opened.isOpen = false
            retained.put(opened.config, opened.accounts)
        }
    }
}
