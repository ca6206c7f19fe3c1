package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.withMock
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine

/** The app's code runs on threads that it may block, and under no lock. */
internal class DispatchersTest {
    private fun client(mock: Mock) =
        SessionClient(mock.endpoint, mock.project) {
            store = MemoryStore()
            gateway(mock.gateway)
        }

    private suspend fun signedIn(mock: Mock) = client(mock).apply { signInWithEmail("ada@example.com", Mock.PASSWORD) }

    private suspend fun blocks(session: SessionClient) {
        assertFalse(Thread.currentThread().name.startsWith("appwrite-session"), Thread.currentThread().name)
        runBlocking { assertEquals(200, session.get("/gateway/whoami").status) }
        session.authorizeBlocking("/gateway/open")
    }

    @Test
    fun `an unconfined coroutine may block after each call`() =
        withMock { mock ->
            mock.ada()
            val session = client(mock)
            withContext(Dispatchers.Unconfined) {
                session.restored()
                session.signInWithEmail("ada@example.com", Mock.PASSWORD)
                blocks(session)
                session.get("/gateway/whoami")
                blocks(session)
                runCatching { session.signInWithEmail("ada@example.com", "wrong password") }
                blocks(session)
                session.changes.first()
                blocks(session)
                session.state.first { it is SessionState.SignedIn }
                blocks(session)
            }
            session.close()
        }

    @Test
    fun `a coroutine without a dispatcher may block after each call`() =
        withMock { mock ->
            mock.ada()
            val outcome = CompletableFuture<Result<Unit>>()
            val main: suspend () -> Unit = {
                val session = signedIn(mock)
                blocks(session)
                session.close()
            }
            main.startCoroutine(Continuation(EmptyCoroutineContext, outcome::complete))
            outcome.get(20, TimeUnit.SECONDS).getOrThrow()
        }

    @Test
    fun `unconfined coroutines of two clients do not wait for each other`() =
        withMock { mock ->
            mock.ada()
            val (first, second) = client(mock) to signedIn(mock)
            val release = CountDownLatch(1)
            coroutineScope {
                launch(Dispatchers.Unconfined) {
                    first.signInWithEmail("ada@example.com", Mock.PASSWORD)
                    release.await()
                }
                val other = async(Dispatchers.IO) { second.get("/gateway/whoami").status }
                assertEquals(200, other.await())
                release.countDown()
            }
        }

    @Test
    fun `blocking functions work on every thread of a pool at once`() =
        withMock { mock ->
            mock.ada()
            val session = signedIn(mock)
            coroutineScope {
                repeat(100) {
                    launch(Dispatchers.Default) {
                        session.authorizeBlocking("/gateway/open")
                        runBlocking { session.restored() }
                    }
                }
            }
            session.close()
        }

    @Test
    fun `a collector of the state may wait for another thread that calls the client`() =
        withMock { mock ->
            mock.ada()
            val session = client(mock)
            session.restored()
            val worker = Executors.newSingleThreadExecutor().asCoroutineDispatcher()
            val seen = CompletableFuture<Boolean>()
            val collecting =
                CoroutineScope(Dispatchers.Unconfined).launch(start = CoroutineStart.UNDISPATCHED) {
                    session.state.first { it is SessionState.SignedIn }
                    // As a collector on the main thread that waits for a worker, which shows a change, too.
                    val other = CompletableFuture.supplyAsync { runBlocking(worker) { session.resume() } }
                    seen.complete(runCatching { other.get(10, TimeUnit.SECONDS) }.isSuccess)
                }
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            assertTrue(seen.get(15, TimeUnit.SECONDS))
            collecting.join()
            worker.close()
            session.close()
        }

    @Test
    fun `a call shows its change before it returns, whatever a collector does`() =
        withMock { mock ->
            mock.ada()
            val session = client(mock)
            session.restored()
            val release = CountDownLatch(1)
            val collecting =
                CoroutineScope(Dispatchers.Unconfined).launch {
                    session.state.collect { if (it is SessionState.SignedIn) release.await(10, TimeUnit.SECONDS) }
                }
            // In the thread that shows the sign-in, the collector waits.
            val signIn =
                coroutineScope { CoroutineScope(Dispatchers.IO).async { session.signInWithEmail("ada@example.com", Mock.PASSWORD) } }
            session.changes.first { it.state is SessionState.SignedIn }
            withContext(Dispatchers.IO) { session.signOut() }
            assertEquals(SessionState.SignedOut(SignedOutReason.SignedOut), session.state.value)
            release.countDown()
            // The later sign-out has taken its place, perhaps before it returned.
            runCatching { signIn.await() }
            assertEquals(SessionState.SignedOut(SignedOutReason.SignedOut), session.state.value)
            collecting.cancel()
            session.close()
        }

    @Test
    fun `pause after resume comes after it`() =
        withMock { mock ->
            mock.ada()
            var asked = 0
            val session =
                SessionClient(mock.endpoint, mock.project) {
                    store = MemoryStore()
                    gateway(mock.gateway)
                    requirePresence(PresencePolicy.Always) {
                        asked++
                        true
                    }
                }
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            repeat(50) {
                coroutineScope {
                    launch(start = CoroutineStart.UNDISPATCHED) { session.resume() }
                    session.pause()
                }
                org.junit.jupiter.api
                    .assertThrows<SessionException.PresenceRequired> { session.get("/gateway/open") }
            }
            assertEquals(0, asked)
            session.close()
        }
}
