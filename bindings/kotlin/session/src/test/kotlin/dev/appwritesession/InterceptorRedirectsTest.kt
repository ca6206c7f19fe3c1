package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.RawGateway
import dev.appwritesession.support.Received
import dev.appwritesession.support.withMock
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import okhttp3.Response
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

/** What goes along when a gateway redirects a call of OkHttp: no more than with the session's own calls. */
internal class InterceptorRedirectsTest {
    private suspend fun send(session: SessionClient, request: Request): Response =
        withContext(Dispatchers.IO) {
            OkHttpClient
                .Builder()
                .authorizeWith(session)
                .build()
                .newCall(request)
                .execute()
        }

    private fun request(url: String, method: String = "GET"): Request =
        Request
            .Builder()
            .url(url)
            .method(method, if (method == "GET") null else "{}".toRequestBody())
            .header("X-Api-Key", "canary")
            .header("Accept-Language", "de")
            .build()

    private suspend fun signedIn(mock: Mock, vararg gateways: RawGateway): SessionClient {
        mock.ada()
        val session =
            SessionClient(mock.endpoint, mock.project) {
                store = MemoryStore()
                gateways.forEach { gateway(it.url) }
            }
        session.signInWithEmail("ada@example.com", Mock.PASSWORD)
        return session
    }

    private fun redirect(status: Int, to: String): (Received) -> String = { "HTTP/1.1 $status Elsewhere\r\nLocation: $to" }

    private val ok: (Received) -> String = { "HTTP/1.1 200 OK" }

    @Test
    fun `another origin gets neither the app's headers nor a body`() =
        withMock { mock ->
            RawGateway(ok).use { foreign ->
                for (status in listOf(302, 307)) {
                    RawGateway(redirect(status, "${foreign.url}/away")).use { gateway ->
                        val session = signedIn(mock, gateway)
                        send(session, request("${gateway.url}/orders")).use { assertEquals(200, it.code) }
                        assertEquals("canary", gateway.received.single().header("X-Api-Key"))
                        val away = foreign.received.poll()
                        assertNull(away.header("X-Api-Key"))
                        assertNull(away.credential)
                        assertEquals("de", away.header("Accept-Language"))
                        session.close()
                        mock.control("POST", "/reset")
                    }
                }
                RawGateway(redirect(307, "${foreign.url}/away")).use { gateway ->
                    val session = signedIn(mock, gateway)
                    val failed = runCatching { send(session, request("${gateway.url}/orders", "POST")) }.exceptionOrNull()
                    val cause = assertInstanceOf(SessionIOException::class.java, failed).cause
                    assertInstanceOf(SessionException.InvalidRedirect::class.java, cause)
                    assertEquals(0, foreign.received.size)
                    session.close()
                }
            }
        }

    @Test
    fun `a call that was led away carries nothing again`() =
        withMock { mock ->
            lateinit var back: String
            RawGateway { request -> redirect(302, back)(request) }.use { foreign ->
                RawGateway { request -> (if (request.path == "/orders") redirect(302, foreign.url) else ok)(request) }.use { gateway ->
                    back = "${gateway.url}/chosen"
                    val session = signedIn(mock, gateway)
                    send(session, request("${gateway.url}/orders")).use { assertEquals(200, it.code) }
                    val (first, second) = gateway.received.toList()
                    assertNotNull(first.credential)
                    assertNull(second.credential)
                    assertNull(second.header("X-Api-Key"))
                    session.close()
                }
            }
        }

    @Test
    fun `another gateway gets the body and the credential but none of the app's headers`() =
        withMock { mock ->
            RawGateway { request -> (if (request.path == "/moved") redirect(307, "/final") else ok)(request) }.use { other ->
                RawGateway(redirect(307, "${other.url}/moved")).use { gateway ->
                    val session = signedIn(mock, gateway, other)
                    send(session, request("${gateway.url}/orders", "POST")).use { assertEquals(200, it.code) }
                    assertEquals(2, other.received.size)
                    other.received.forEach { hop ->
                        assertEquals("POST", hop.method)
                        assertEquals("2", hop.header("Content-Length"))
                        assertNotNull(hop.credential)
                        assertNull(hop.header("X-Api-Key"))
                    }
                    session.close()
                }
            }
        }

    @Test
    fun `a redirect with a user name is not followed`() =
        withMock { mock ->
            lateinit var own: String
            RawGateway { request -> redirect(302, own.replace("://", "://ada:pw@"))(request) }.use { gateway ->
                own = "${gateway.url}/orders"
                val session = signedIn(mock, gateway)
                val failed = runCatching { send(session, request(own)) }.exceptionOrNull()
                val cause = assertInstanceOf(SessionIOException::class.java, failed).cause
                assertInstanceOf(SessionException.InvalidRedirect::class.java, cause)
                assertEquals(1, gateway.received.size)
                session.close()
            }
        }
}
