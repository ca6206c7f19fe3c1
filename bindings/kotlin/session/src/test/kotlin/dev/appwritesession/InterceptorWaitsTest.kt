package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.RawGateway
import dev.appwritesession.support.string
import dev.appwritesession.support.withMock
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.IOException
import java.io.InterruptedIOException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** Waits inside OkHttp's calls end with the call; web sockets carry the session. */
internal class InterceptorWaitsTest {
    private suspend fun signedIn(mock: Mock, url: String = mock.gateway): SessionClient {
        mock.ada()
        val session =
            SessionClient(mock.endpoint, mock.project) {
                store = MemoryStore()
                gateway(url)
            }
        session.signInWithEmail("ada@example.com", Mock.PASSWORD)
        mock.control("DELETE", "/journal")
        return session
    }

    private fun request(url: String) = Request.Builder().url(url).build()

    /** With an Appwrite that does not answer who it is. */
    private fun silentAppwrite(mock: Mock): String =
        mock.control("POST", "/faults", """{"path":"/v1/account","fault":{"kind":"hang"}}""").string("id")

    @Test
    fun `the timeout of a call ends its wait for Appwrite`() =
        withMock { mock ->
            val session = signedIn(mock)
            silentAppwrite(mock)
            val http =
                OkHttpClient
                    .Builder()
                    .callTimeout(500, TimeUnit.MILLISECONDS)
                    .authorizeWith(session)
                    .build()
            val started = System.nanoTime()
            assertThrows<InterruptedIOException> { http.newCall(request("${mock.gateway}/gateway/deny")).execute() }
            assertTrue(System.nanoTime() - started < 5_000_000_000)
        }

    @Test
    fun `cancelling a call ends its wait for Appwrite`() =
        withMock { mock ->
            val session = signedIn(mock)
            val fault = silentAppwrite(mock)
            val call =
                OkHttpClient
                    .Builder()
                    .authorizeWith(session)
                    .build()
                    .newCall(request("${mock.gateway}/gateway/deny"))
            val outcome = CompletableFuture<Throwable?>()
            thread { outcome.complete(runCatching { call.execute() }.exceptionOrNull()) }
            mock.control("GET", "/faults/$fault?hits=1")
            call.cancel()
            assertInstanceOf(IOException::class.java, outcome.get(5, TimeUnit.SECONDS))
        }

    @Test
    fun `interrupting a thread ends its wait for Appwrite`() =
        withMock { mock ->
            val session = signedIn(mock)
            val fault = silentAppwrite(mock)
            val http = OkHttpClient.Builder().authorizeWith(session).build()
            val outcome = CompletableFuture<Pair<Throwable?, Boolean>>()
            val caller =
                thread {
                    val failed = runCatching { http.newCall(request("${mock.gateway}/gateway/deny")).execute() }.exceptionOrNull()
                    outcome.complete(failed to Thread.interrupted())
                }
            mock.control("GET", "/faults/$fault?hits=1")
            caller.interrupt()
            val (failed, interrupted) = outcome.get(5, TimeUnit.SECONDS)
            assertInstanceOf(InterruptedIOException::class.java, failed)
            assertTrue(interrupted, "the thread knows that it was interrupted")
        }

    @Test
    fun `cancelling a call ends its wait for the user`() =
        withMock { mock ->
            mock.ada()
            val shown = CountDownLatch(1)
            val answered = CountDownLatch(1)
            val session =
                SessionClient(mock.endpoint, mock.project) {
                    store = MemoryStore()
                    gateway(mock.gateway)
                    requirePresence(PresencePolicy.Always) {
                        shown.countDown()
                        answered.await()
                        true
                    }
                }
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            val call =
                OkHttpClient
                    .Builder()
                    .authorizeWith(session)
                    .build()
                    .newCall(request("${mock.gateway}/gateway/open"))
            val outcome = CompletableFuture<Throwable?>()
            thread { outcome.complete(runCatching { call.execute() }.exceptionOrNull()) }
            shown.await()
            call.cancel()
            assertInstanceOf(IOException::class.java, outcome.get(5, TimeUnit.SECONDS))
            answered.countDown()
        }

    private class Opening : WebSocketListener() {
        val outcome = CompletableFuture<Any>()

        override fun onOpen(webSocket: WebSocket, response: Response) {
            outcome.complete(response)
        }

        override fun onFailure(webSocket: WebSocket, t: Throwable, response: Response?) {
            outcome.complete(t)
        }
    }

    private fun open(session: SessionClient, url: String): Any =
        Opening()
            .also {
                OkHttpClient
                    .Builder()
                    .authorizeWith(
                        session,
                    ).build()
                    .newWebSocket(request(url), it)
            }.outcome
            .get(10, TimeUnit.SECONDS)

    @Test
    fun `a web socket carries the session of the gateway's user, and shows it to nobody`() =
        withMock { mock ->
            RawGateway(RawGateway::upgraded).use { gateway ->
                val session = signedIn(mock, gateway.url)
                val answer = assertInstanceOf(Response::class.java, open(session, gateway.url.replace("http:", "ws:") + "/live"))
                assertNull(answer.request.header("Cookie"))
                assertTrue(
                    gateway.received
                        .single()
                        .credential
                        .orEmpty()
                        .isNotEmpty(),
                )
                session.signOut()
                val failed = assertInstanceOf(SessionIOException::class.java, open(session, gateway.url))
                assertInstanceOf(SessionException.SignedOut::class.java, failed.cause)
            }
        }

    @Test
    fun `a web socket to another origin carries nothing, and the gateway's goes to no other`() =
        withMock { mock ->
            RawGateway(RawGateway::upgraded).use { foreign ->
                RawGateway { "HTTP/1.1 302 Found\r\nLocation: ${foreign.url}/stolen" }.use { gateway ->
                    val session = signedIn(mock, gateway.url)
                    assertInstanceOf(Response::class.java, open(session, foreign.url + "/live"))
                    assertInstanceOf(IOException::class.java, open(session, gateway.url + "/live"))
                    assertEquals(listOf("/live"), foreign.received.map { it.path })
                    assertNull(foreign.received.single().header("Cookie"))
                }
            }
        }
}
