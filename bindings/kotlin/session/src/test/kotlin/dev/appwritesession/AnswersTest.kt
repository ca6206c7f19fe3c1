package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.withMock
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import kotlin.time.Duration.Companion.seconds

internal class AnswersTest {
    private fun answer(status: Int, body: String, vararg headers: Pair<String, String>) =
        GatewayResponse("https://api.example.com/", false, status, headers.toList(), body.encodeToByteArray())

    @Test
    fun `an answer is decoded or refused by its shape`() =
        withMock { mock ->
            val id = mock.ada()
            val session =
                SessionClient(mock.endpoint, mock.project) {
                    store = MemoryStore()
                    gateway(mock.gateway)
                }
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            val who = session.get("/gateway/whoami").decode<JsonObject>()
            assertEquals("\"$id\"", who["userId"].toString())
            assertThrows<SessionException.InvalidResponse> { session.get("/gateway/bytes/9").decode<JsonObject>() }
            val failed =
                assertThrows<SessionException.UnexpectedStatus> { session.get("/gateway/problem/session_invalid").decode<JsonObject>() }
            assertEquals(401, failed.status)
            assertEquals("session_invalid", failed.problem?.type)
            session.close()
        }

    @Test
    fun `an error of a gateway is an error with its status and its problem, and no success`() {
        val problem = """{"type":"about:blank","title":"canary","status":503,"detail":"canary","instance":7}"""
        val answer = answer(503, problem, "content-type" to "Application/Problem+JSON; charset=utf-8", "Retry-After" to "7")
        assertFalse(answer.isSuccess)
        val failed = assertThrows<SessionException.UnexpectedStatus> { answer.decode<Map<String, JsonElement>>() }
        assertEquals("unexpected_status", failed.code)
        assertTrue(failed.isRetryable && failed.mayHaveArrived)
        assertEquals(7.seconds, failed.retryAfter)
        assertEquals(listOf("about:blank", "canary", "canary", null), failed.problem?.run { listOf(type, title, detail, instance) })
        assertFalse("$failed ${failed.problem} $answer".contains("canary"))
        for (other in listOf("[]", "{", "")) {
            val plain =
                assertThrows<SessionException.UnexpectedStatus> {
                    answer(404, other, "Content-Type" to "application/problem+json").requireSuccess()
                }
            assertEquals(null, plain.problem)
            assertFalse(plain.isRetryable)
        }
    }

    @Test
    fun `a success is decoded as the app wants it`() {
        val answer = answer(201, "\uFEFF{\"a\":1,}")
        assertTrue(answer.isSuccess)
        assertEquals(answer, answer.requireSuccess())
        assertThrows<SessionException.InvalidResponse> { answer.decode<Map<String, Int>>() }
        @OptIn(kotlinx.serialization.ExperimentalSerializationApi::class)
        assertEquals(mapOf("a" to 1), answer.decode<Map<String, Int>>(Json { allowTrailingComma = true }))
    }

    @Test
    fun `a failure says its cause and whether the request may have arrived`() =
        withMock { mock ->
            mock.ada()
            val nobody = java.net.ServerSocket(0).use { it.localPort }
            val session =
                SessionClient(mock.endpoint, mock.project) {
                    store = MemoryStore()
                    gateway(mock.gateway)
                    gateway("http://127.0.0.1:$nobody")
                    attempts = 1
                }
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            val refused = assertThrows<SessionException.Network> { session.post("http://127.0.0.1:$nobody/") }
            assertEquals(listOf(FailureCause.Refused, false, true), refused.run { listOf(failureCause, mayHaveArrived, isRetryable) })
            mock.control("POST", "/faults", """{"path":"/gateway/open","fault":{"kind":"reset_after"}}""")
            val reset = assertThrows<SessionException.Network> { session.post("/gateway/open") }
            assertEquals(listOf(FailureCause.Reset, true, false), reset.run { listOf(failureCause, mayHaveArrived, isRetryable) })
            val large = assertThrows<SessionException.ResponseTooLarge> { session.get("/gateway/bytes/100") { responseLimit(99) } }
            assertEquals(listOf(FailureCause.TooLarge, true), large.run { listOf(failureCause, mayHaveArrived) })
            session.close()
        }

    @Test
    fun `a header can be set and repeated`() =
        withMock { mock ->
            mock.ada()
            val seen = mutableListOf<String?>()
            dev.appwritesession.support
                .RawGateway {
                    seen += it.all("X-Tag")
                    "HTTP/1.1 200 OK"
                }.use { gateway ->
                    val session =
                        SessionClient(mock.endpoint, mock.project) {
                            store = MemoryStore()
                            gateway(gateway.url)
                        }
                    session.signInWithEmail("ada@example.com", Mock.PASSWORD)
                    session.get("/") { header("X-Tag", "a").header("x-tag", "b").addHeader("X-Tag", "c") }
                    assertEquals(listOf("b", "c"), seen)
                    session.close()
                }
        }
}
