// Web sockets of OkHttp to a gateway that closes them when their session ends.

package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.string
import dev.appwritesession.support.withMock
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

class WebSocketTest {
    /** What happens on a socket: its messages, then the code with which it was closed or the status with which it was refused. */
    private class Heard : WebSocketListener() {
        private val events = LinkedBlockingQueue<Any>()

        override fun onMessage(webSocket: WebSocket, text: String) {
            events += text
        }

        override fun onClosing(webSocket: WebSocket, code: Int, reason: String) {
            events += code
            webSocket.close(code, reason)
        }

        override fun onFailure(webSocket: WebSocket, t: Throwable, response: Response?) {
            events += response?.code ?: t
        }

        fun next(): Any = events.poll(10, TimeUnit.SECONDS) ?: error("nothing was heard")
    }

    private fun open(client: OkHttpClient, request: Request): Heard = Heard().also { client.newWebSocket(request, it) }

    private suspend fun signedIn(mock: Mock): Pair<SessionClient, String> {
        val ada = mock.ada()
        val session =
            SessionClient(mock.endpoint, mock.project) {
                store = MemoryStore()
                gateway(mock.gateway)
            }
        session.signInWithEmail("ada@example.com", Mock.PASSWORD)
        return session to ada
    }

    private val Mock.live get() = gateway.replace("http:", "ws:") + "/gateway/live"

    @Test
    fun `a socket of an authorized client is closed when its session ends, and opening it again says so`() =
        withMock { mock ->
            val (session, ada) = signedIn(mock)
            val client = OkHttpClient.Builder().authorizeWith(session).build()
            val request = Request.Builder().url(mock.live).build()
            val socket = open(client, request)
            val who = Json.parseToJsonElement(socket.next() as String).jsonObject
            assertEquals(listOf(ada, "1"), listOf(who.string("userId"), who.string("carriers")))
            mock.control("DELETE", "/users/$ada/sessions")
            assertEquals(4401, socket.next())
            assertInstanceOf(SessionState.SignedIn::class.java, session.change.state)
            assertEquals(401, open(client, request).next())
            assertEquals(SessionState.SignedOut(SignedOutReason.SessionEnded), session.change.state)
            session.close()
        }

    @Test
    fun `any other client opens a socket with the headers of authorize, and reports its end`() =
        withMock { mock ->
            val (session, ada) = signedIn(mock)
            val authorization = session.authorize(mock.live)
            val request = Request.Builder().url(mock.live)
            authorization.headers().forEach { (name, value) -> request.header(name, value) }
            val socket = open(OkHttpClient(), request.build())
            assertTrue(ada in socket.next() as String)
            mock.control("DELETE", "/users/$ada/sessions")
            assertEquals(4401, socket.next())
            assertEquals(Verdict.SignedOut, session.reportUnauthorized(authorization))
            assertEquals(SessionState.SignedOut(SignedOutReason.SessionEnded), session.change.state)
            session.close()
        }

    @Test
    fun `the URL of a socket of another origin is refused`() =
        withMock { mock ->
            val (session, _) = signedIn(mock)
            val origin = mock.foreign.replace("http:", "ws:")
            val refused = assertThrows<SessionException.OriginNotAllowed> { session.authorize("$origin/live") }
            assertEquals(origin, refused.origin)
            session.close()
        }
}
