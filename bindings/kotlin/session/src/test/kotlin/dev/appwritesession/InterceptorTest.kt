package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.string
import dev.appwritesession.support.withMock
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withContext
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

internal class InterceptorTest {
    private suspend fun signedIn(mock: Mock, carrier: Carrier = Carrier.Cookie): SessionClient {
        mock.ada()
        val session =
            SessionClient(mock.endpoint, mock.project) {
                store = MemoryStore()
                gateway(mock.gateway, carrier)
            }
        session.signInWithEmail("ada@example.com", Mock.PASSWORD)
        mock.control("DELETE", "/journal")
        return session
    }

    private suspend fun get(http: OkHttpClient, url: String, vararg headers: Pair<String, String>): Response =
        withContext(Dispatchers.IO) {
            val request = Request.Builder().url(url).apply { headers.forEach { (name, value) -> header(name, value) } }
            http.newCall(request.build()).execute()
        }

    private fun client(session: SessionClient) = OkHttpClient.Builder().authorizeWith(session).build()

    @Test
    fun `a redirect to another origin goes there without the credential`() =
        withMock { mock ->
            for (carrier in Carrier.entries) {
                val session = signedIn(mock, carrier)
                val target = "${mock.gateway}/gateway/redirect?to=${mock.foreign}/gateway/open"
                get(client(session), target).use { assertEquals(200, it.code) }
                val name =
                    when (carrier) {
                        Carrier.Cookie -> "cookie"
                        Carrier.FallbackCookies -> "fallback"
                        Carrier.SessionHeader -> "session-header"
                        Carrier.AppwriteJwtHeader -> "jwt"
                        Carrier.AccessToken, Carrier.AppwriteJwt -> "bearer"
                    }
                // Before it, the token may be fetched.
                assertEquals(
                    listOf("GET gateway /gateway/redirect $name 302", "GET foreign /gateway/open none 200"),
                    mock.wire().takeLast(2),
                )
                session.close()
                mock.control("POST", "/reset")
            }
        }

    @Test
    fun `a redirect from another origin to the gateway gets the credential there only`() =
        withMock { mock ->
            val session = signedIn(mock)
            get(client(session), "${mock.foreign}/gateway/redirect?to=${mock.gateway}/gateway/whoami").use {
                assertEquals(200, it.code)
            }
            assertEquals("GET foreign /gateway/redirect none 302", mock.wire().first())
            assertEquals("GET gateway /gateway/whoami cookie 200", mock.wire()[1])
        }

    @Test
    fun `cookies of the app go along and carriers of the app do not`() =
        withMock { mock ->
            val session = signedIn(mock)
            val own = arrayOf("Cookie" to "theme=dark; a_session_demo=forged", "X-Appwrite-Session" to "forged")
            val body = get(client(session), "${mock.gateway}/gateway/whoami", *own).use { it.body.string() }
            assertTrue(body.contains(""""theme":"dark""""), body)
            assertTrue(body.contains(""""carriers":1"""), body)
            assertEquals("GET gateway /gateway/whoami cookie 200", mock.wire().first())
        }

    @Test
    fun `a 401 of the gateway is asked of Appwrite once and returned`() =
        withMock { mock ->
            val session = signedIn(mock)
            get(client(session), "${mock.gateway}/gateway/deny").use { assertEquals(401, it.code) }
            assertEquals(
                listOf("GET gateway /gateway/deny cookie 401", "GET appwrite /v1/account session-header 200"),
                mock.wire(),
            )
            assertInstanceOf(SessionState.SignedIn::class.java, session.state.value)
        }

    @Test
    fun `a request denied with an old credential is sent once more with the new one`() =
        withMock { mock ->
            val session = signedIn(mock)
            val user = (session.state.value as SessionState.SignedIn).user?.id
            mock.control("DELETE", "/users/$user/sessions")
            val held =
                mock.control("POST", "/faults", """{"path":"/gateway/whoami","fault":{"kind":"hold_answer"}}""").string("id")
            coroutineScope {
                val call = async(Dispatchers.IO) { get(client(session), "${mock.gateway}/gateway/whoami").use { it.code } }
                mock.control("GET", "/faults/$held?hits=1")
                session.signInWithEmail("ada@example.com", Mock.PASSWORD)
                mock.control("POST", "/faults/$held/release")
                assertEquals(200, call.await())
            }
            val calls = mock.wire().filter { it.startsWith("GET gateway") }
            assertEquals(listOf("GET gateway /gateway/whoami cookie 401", "GET gateway /gateway/whoami cookie 200"), calls)
        }

    @Test
    fun `an answer does not hold the credential`() =
        withMock { mock ->
            val session = signedIn(mock)
            get(client(session), "${mock.gateway}/gateway/whoami").use {
                assertEquals(200, it.code)
                assertEquals(null, it.request.header("Cookie"))
            }
        }

    @Test
    fun `nobody signed in is an IOException with the reason and no request`() =
        withMock { mock ->
            val session =
                SessionClient(mock.endpoint, mock.project) {
                    store = MemoryStore()
                    gateway(mock.gateway)
                }
            val failed = assertThrows<SessionIOException> { get(client(session), "${mock.gateway}/gateway/open") }
            assertEquals(SignedOutReason.NoSession, assertInstanceOf(SessionException.SignedOut::class.java, failed.cause).reason)
            assertEquals(emptyList<String>(), mock.wire())
        }

    @Test
    fun `as an application interceptor it refuses to work`() =
        withMock { mock ->
            val session = signedIn(mock)
            val http = OkHttpClient.Builder().addInterceptor(session.interceptor()).build()
            assertThrows<IllegalStateException> { get(http, "${mock.gateway}/gateway/open") }
            assertEquals(emptyList<String>(), mock.wire())
        }
}
