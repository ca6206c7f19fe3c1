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
 * The clients that JavaScript left behind when it was reloaded. They live on, so that a session that is in memory only survives,
 * and nothing is restored twice.
 */
internal class LeftBehind {
    private class Left(val config: ClientConfig, val session: SessionClient)

    private val all = mutableListOf<Left>()
    private val last = AtomicInteger()
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** A number for a client, never used before in this process. */
    fun number(): Int = last.incrementAndGet()

    /** Leaves a client behind. */
    @Synchronized
    fun put(config: ClientConfig, session: SessionClient) {
        all += Left(config, session)
    }

    /**
     * The client of that configuration, no longer left behind; of several the one that was first. Without one, those of the same
     * place are closed. What they still do is waited for, but not long: JavaScript waits as well.
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
        /** Those of this process. */
        val ofProcess = LeftBehind()

        private val LONGEST = 1.seconds
    }
}
