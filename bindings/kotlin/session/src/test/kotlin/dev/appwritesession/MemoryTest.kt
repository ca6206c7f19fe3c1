package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.withMock
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.lang.ref.WeakReference
import java.util.concurrent.atomic.AtomicInteger

/** Clients and observers that are gone take no memory and no threads, whether or not somebody closed them. */
@Suppress("ExplicitGarbageCollectionCall") // It is about what is collected.
internal class MemoryTest {
    private fun client() =
        SessionClient("https://appwrite.example.com/v1", "demo") {
            store = MemoryStore()
            gateway("https://api.example.com")
        }

    /** Collects until [done], ten seconds at most: the JVM says nobody when it has collected. */
    private fun collected(done: () -> Boolean): Boolean {
        val deadline = System.nanoTime() + 10_000_000_000
        while (!done()) {
            if (System.nanoTime() > deadline) return false
            System.gc()
            Thread.sleep(20)
        }
        return true
    }

    /** What this process takes in memory, in KB. The heap is of a fixed size. */
    private fun resident(): Long {
        val lines = File("/proc/self/status").readLines()
        return lines.first { it.startsWith("VmRSS") }.filter(Char::isDigit).toLong()
    }

    private fun threads() = File("/proc/self/task").list().orEmpty().size

    private fun live(references: List<WeakReference<SessionClient>>) = references.count { it.get() != null }

    @Test
    fun `clients that nobody closed are collected`() {
        make(200, close = false)
        val (memory, threads) = resident() to threads()
        var most = 0
        repeat(ROUNDS) {
            val references = make(CLIENTS / ROUNDS, close = false)
            most = maxOf(most, threads())
            assertTrue(collected { live(references) <= 1 }, "${live(references)} clients are still there")
        }
        println("memory: $CLIENTS clients, not closed: ${resident() - memory} KB more, $most threads at most, ${threads()} at last")
        assertTrue(resident() - memory < LIMIT_KB, "${resident() - memory} KB more")
        assertTrue(most <= threads + 64, "$most threads")
    }

    @Test
    fun `clients that were closed are collected`() {
        make(200, close = true)
        val (memory, threads) = resident() to threads()
        repeat(ROUNDS) {
            val references = make(CLIENTS / ROUNDS, close = true)
            assertTrue(collected { live(references) <= 1 }, "${live(references)} clients are still there")
        }
        println("memory: $CLIENTS clients, closed: ${resident() - memory} KB more, ${threads()} threads at last")
        assertTrue(resident() - memory < LIMIT_KB, "${resident() - memory} KB more")
        assertTrue(threads() <= threads + 64, "${threads()} threads")
    }

    private fun make(count: Int, close: Boolean): List<WeakReference<SessionClient>> =
        runBlocking {
            List(count) {
                val session = client()
                session.state.value
                if (close) session.close()
                WeakReference(session)
            }
        }

    @Test
    fun `observers that went away take nothing`() {
        runBlocking {
            val session = client()
            session.restored()
            observe(session, 500)
            System.gc()
            val memory = resident()
            repeat(ROUNDS) { observe(session, OBSERVERS / ROUNDS) }
            collected { true }
            println("memory: $OBSERVERS observers: ${resident() - memory} KB more")
            assertTrue(resident() - memory < LIMIT_KB, "${resident() - memory} KB more")
            session.close()
        }
    }

    private suspend fun observe(session: SessionClient, count: Int) {
        repeat(count) { session.changes.first() }
    }

    @Test
    fun `a client whose state is collected lives, and one that is waited for, too`() =
        withMock { mock ->
            mock.ada()
            val seen = AtomicInteger()
            val collecting =
                launch(Dispatchers.Default, CoroutineStart.UNDISPATCHED) {
                    states(mock).collect { if (it is SessionState.SignedOut) seen.incrementAndGet() }
                }
            repeat(5) {
                System.gc()
                Thread.sleep(20)
            }
            assertTrue(collected { seen.get() == 1 }, "the state was told")
            collecting.cancel()
            assertEquals(200, signedInAndForgotten(mock))
        }

    @Test
    fun `an answer takes little more than twice its size`() =
        withMock { mock ->
            mock.ada()
            val arguments = listOf(mock.endpoint, mock.project, mock.gateway, "ada@example.com", Mock.PASSWORD, "${100 shl 20}")
            val process =
                ProcessBuilder(
                    listOf(
                        File(System.getProperty("java.home"), "bin/java").path,
                        "-Djna.library.path=${System.getProperty("jna.library.path")}",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.appwritesession.measure.LargeAnswerKt",
                    ) + arguments,
                ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
            val times =
                process.inputStream
                    .bufferedReader()
                    .readText()
                    .trim()
            println("memory: an answer of 100 MB takes $times times its size")
            assertTrue(times.toDouble() < 2.4, times)
        }

    private fun states(mock: Mock) = SessionClient(mock.endpoint, mock.project) { store = MemoryStore() }.state

    private suspend fun signedInAndForgotten(mock: Mock): Int {
        val session =
            SessionClient(mock.endpoint, mock.project) {
                store = MemoryStore()
                gateway(mock.gateway)
            }
        session.signInWithEmail("ada@example.com", Mock.PASSWORD)
        val request = session.request("GET", "/gateway/whoami")
        System.gc()
        return request.send().status
    }

    private companion object {
        /** Ten times as many with `-Dmemory=10`, which takes minutes. Before they were collected each took 122 KB. */
        val TIMES = Integer.getInteger("memory", 1)
        val CLIENTS = 1_000 * TIMES
        val OBSERVERS = 10_000 * TIMES
        const val ROUNDS = 10
        val LIMIT_KB = 30_000 + 10_000 * TIMES
    }
}
