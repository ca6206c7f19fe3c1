package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.RawGateway
import dev.appwritesession.support.string
import dev.appwritesession.support.withMock
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import okhttp3.Cache
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** What one user asked for is never sent as another, nor answered with what another got. */
internal class InterceptorUsersTest {
    private fun client(mock: Mock, url: String = mock.gateway) =
        SessionClient(mock.endpoint, mock.project) {
            store = MemoryStore()
            gateway(url)
        }

    private fun bob(mock: Mock): String =
        mock.control("POST", "/users", """{"email":"bob@example.com","password":"${Mock.PASSWORD}","name":"Bob"}""").string("userId")

    private suspend fun SessionClient.ada() = apply { signInWithEmail("ada@example.com", Mock.PASSWORD) }

    private fun http(session: SessionClient) = OkHttpClient.Builder().authorizeWith(session).build()

    private fun request(method: String, url: String): Request =
        Request
            .Builder()
            .url(url)
            .method(method, if (method == "POST") "{}".toRequestBody() else null)
            .build()

    /** Makes a call, and between its [first] hop's being received and its answer does [meanwhile]. */
    private suspend fun during(
        mock: Mock,
        session: SessionClient,
        request: Request,
        first: String,
        meanwhile: suspend () -> Unit,
    ): Result<Int> =
        coroutineScope {
            mock.control("DELETE", "/journal")
            val fault = mock.control("POST", "/faults", """{"path":"$first","fault":{"kind":"hold_answer"}}""").string("id")
            val call = async(Dispatchers.IO) { runCatching { http(session).newCall(request).execute().use { it.code } } }
            mock.control("GET", "/faults/$fault?hits=1")
            meanwhile()
            mock.control("POST", "/faults/$fault/release")
            call.await()
        }

    private fun Mock.gatewayWire() = wire().filter { " gateway " in it }

    @Test
    fun `a refused request is not sent again as another user`() =
        withMock { mock ->
            val ada = mock.ada()
            bob(mock)
            val session = client(mock).ada()
            val code =
                during(mock, session, request("GET", "${mock.gateway}/gateway/whoami"), "/gateway/whoami") {
                    mock.control("DELETE", "/users/$ada/sessions")
                    session.signInWithEmail("bob@example.com", Mock.PASSWORD)
                }
            // The gateway asked Appwrite before its answer was held.
            assertEquals(200, code.getOrThrow())
            val denied =
                during(mock, session, request("POST", "${mock.gateway}/gateway/deny"), "/gateway/deny") {
                    session.signInWithEmail("ada@example.com", Mock.PASSWORD)
                }
            assertEquals(401, denied.getOrThrow())
            assertEquals(listOf("POST gateway /gateway/deny cookie 401"), mock.gatewayWire())
            session.close()
        }

    @Test
    fun `a hop after a redirect is not sent as another user`() =
        withMock { mock ->
            mock.ada()
            bob(mock)
            val session = client(mock).ada()
            val target = "${mock.gateway}/gateway/redirect?to=${mock.gateway}/gateway/whoami"
            val failed =
                during(mock, session, request("GET", target), "/gateway/redirect") {
                    session.signInWithEmail("bob@example.com", Mock.PASSWORD)
                }.exceptionOrNull()
            assertInstanceOf(SessionException.Superseded::class.java, assertInstanceOf(SessionIOException::class.java, failed).cause)
            assertEquals(listOf("GET gateway /gateway/redirect cookie 302"), mock.gatewayWire())
            session.close()
        }

    @Test
    fun `after a redirect only the refused hop is sent again`() =
        withMock { mock ->
            mock.ada()
            val session = client(mock).ada()
            val target = "${mock.gateway}/gateway/redirect?status=303&to=${mock.gateway}/gateway/deny"
            val code =
                during(mock, session, request("POST", target), "/gateway/deny") {
                    session.signInWithEmail("ada@example.com", Mock.PASSWORD)
                }
            assertEquals(401, code.getOrThrow())
            assertEquals(
                listOf(
                    "POST gateway /gateway/redirect cookie 303",
                    "GET gateway /gateway/deny cookie 401",
                    "GET gateway /gateway/deny cookie 401",
                ),
                mock.gatewayWire(),
            )
            session.close()
        }

    @Test
    fun `a refused POST of the same user is not sent again`() =
        withMock { mock ->
            mock.ada()
            val session = client(mock).ada()
            during(mock, session, request("POST", "${mock.gateway}/gateway/deny"), "/gateway/deny") {
                session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            }
            assertEquals(listOf("POST gateway /gateway/deny cookie 401"), mock.gatewayWire())
            session.close()
        }

    @Test
    fun `a POST that the gateway's service did not see is sent again`() =
        withMock { mock ->
            mock.ada()
            val unseen = "HTTP/1.1 401 Unauthorized\r\nX-Problem-Type: session_invalid"
            lateinit var session: SessionClient
            RawGateway { request ->
                if (request.method == "POST" && request.path == "/first") {
                    kotlinx.coroutines.runBlocking { session.ada() }
                }
                unseen
            }.use { gateway ->
                session = client(mock, gateway.url).ada()
                http(session).newCall(request("POST", "${gateway.url}/first")).execute().use { assertEquals(401, it.code) }
                val (first, second) = gateway.received.toList()
                assertNotEquals(first.credential, second.credential)
                assertEquals(2, gateway.received.size)
                session.close()
            }
        }

    @Test
    fun `the cache gives one user's answer to nobody else`(
        @TempDir folder: File,
    ) = withMock { mock ->
        mock.ada()
        bob(mock)
        RawGateway { "HTTP/1.1 200 OK\r\nCache-Control: max-age=600" }.use { gateway ->
            val session = client(mock, gateway.url).ada()
            Cache(folder, 1 shl 20).use { cache ->
                val http =
                    OkHttpClient
                        .Builder()
                        .cache(cache)
                        .authorizeWith(session)
                        .build()
                val call = { http.newCall(request("GET", "${gateway.url}/mine")).execute().use { it.body.string() } }
                call()
                session.signInWithEmail("bob@example.com", Mock.PASSWORD)
                call()
                assertEquals(2, gateway.received.size, "Bob's request was sent")
                session.signOut()
                assertThrows<SessionIOException> { call() }
                // Not even an answer that came into the cache without the session.
                OkHttpClient
                    .Builder()
                    .cache(cache)
                    .build()
                    .newCall(request("GET", "${gateway.url}/public"))
                    .execute()
                    .close()
                session.ada()
                http.newCall(request("GET", "${gateway.url}/public")).execute().use { it.body.string() }
                assertNotEquals(null, gateway.received.last().credential)
            }
            session.close()
        }
    }
}
