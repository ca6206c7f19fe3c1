package dev.appwritesession.reactnative

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
 * no session is restored twice.
 */
internal class RetainedClients {
    private class Retained(val config: ClientConfig, val session: SessionClient)

    private val all = mutableListOf<Retained>()
    private val last = AtomicInteger()
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** A new number for a client. No number is used twice in a process. */
    fun number(): Int = last.incrementAndGet()

    /** Retains a client. */
    @Synchronized
    fun put(config: ClientConfig, session: SessionClient) {
        all += Retained(config, session)
    }

    /**
     * Returns the client with that configuration, which is not retained any more. If there are several, it is the oldest. If there is
     * none, the clients of the same place are closed. Their work is waited for, for a short time only, because JavaScript waits too.
     */
    @Synchronized
    fun take(config: ClientConfig): SessionClient? {
        all.firstOrNull { it.config == config }?.let {
            all -= it
            return it.session
        }
        val outdated = all.filter { it.config.place.name == config.place.name }
        all -= outdated.toSet()
        val closing = outdated.map { scope.async { it.session.close() } }
        if (closing.isNotEmpty()) runBlocking { withTimeoutOrNull(LONGEST) { closing.joinAll() } }
        return null
    }

    companion object {
        /** The retained clients of this process. */
        val ofProcess = RetainedClients()

        private val LONGEST = 1.seconds
    }
}
