package dev.appwritesession.reactnative

import dev.appwritesession.Accounts
import dev.appwritesession.SessionClient
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.seconds

/**
 * The clients that were in use when JavaScript was reloaded. They stay open, so that a session that is only in memory survives, and
 * no session is restored twice. Likewise the accounts, each with its clients.
 */
internal class RetainedClients {
    private val clients = Retained<SessionClient> { it.close() }
    private val allAccounts = Retained<Accounts> { it.close() }
    private val last = AtomicInteger()

    /** A new number for a client, or for accounts. No number is used twice in a process. */
    fun number(): Int = last.incrementAndGet()

    /** Retains a client. */
    fun put(config: ClientConfig, session: SessionClient): Unit = clients.put(config, session)

    /** Retains accounts. */
    fun put(config: ClientConfig, accounts: Accounts): Unit = allAccounts.put(config, accounts)

    /** The client with that configuration, see [Retained.take]. */
    fun take(config: ClientConfig): SessionClient? = clients.take(config)

    /** The accounts with that configuration, see [Retained.take]. */
    fun takeAccounts(config: ClientConfig): Accounts? = allAccounts.take(config)

    companion object {
        /** The retained clients of this process. */
        val ofProcess = RetainedClients()
    }
}

/** What is retained of one kind. */
private class Retained<T>(private val close: suspend (T) -> Unit) {
    private class One<T>(val config: ClientConfig, val value: T)

    private val all = mutableListOf<One<T>>()
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    @Synchronized
    fun put(config: ClientConfig, value: T) {
        all += One(config, value)
    }

    /**
     * Returns the one with that configuration, which is not retained any more. If there are several, it is the oldest. If there is
     * none, those of the same place are closed. Their work is waited for, for a short time only, because JavaScript waits too.
     */
    @Synchronized
    fun take(config: ClientConfig): T? {
        all.firstOrNull { it.config == config }?.let {
            all -= it
            return it.value
        }
        val outdated = all.filter { it.config.place.name == config.place.name }
        all -= outdated.toSet()
        val closing = outdated.map { scope.async { close(it.value) } }
        if (closing.isNotEmpty()) runBlocking { withTimeoutOrNull(LONGEST) { closing.joinAll() } }
        return null
    }

    private companion object {
        val LONGEST = 1.seconds
    }
}
