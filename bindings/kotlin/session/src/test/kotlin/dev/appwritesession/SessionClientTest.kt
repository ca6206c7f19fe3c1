package dev.appwritesession

import dev.appwritesession.ffi.errorCodes
import dev.appwritesession.ffi.factorNames
import dev.appwritesession.ffi.failureCauses
import dev.appwritesession.ffi.screenFaults
import dev.appwritesession.ffi.signedOutReasons
import dev.appwritesession.ffi.stateNames
import dev.appwritesession.ffi.verdictNames
import dev.appwritesession.support.Mock
import dev.appwritesession.support.StoreConformance
import dev.appwritesession.support.withMock
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.File

internal class SessionClientTest {
    private fun client(mock: Mock, kept: SecureStore = MemoryStore()) =
        SessionClient(mock.endpoint, mock.project) {
            store = kept
            gateway(mock.gateway)
        }

    @Test
    fun `every error code of the core has a class of its own and a line in the README`() {
        val details = { code: String ->
            dev.appwritesession.ffi.CoreException
                .Failed(code, "", false, null, null, false, null, null, null, "x", null)
        }
        // What the core is about to say.
        val codes = (errorCodes() + listOf("unsupported")).distinct()
        val classes = codes.map { details(it).toApi() }
        assertEquals(codes, classes.map { it.code })
        assertEquals(classes.size, classes.map { it::class }.toSet().size)
        assertEquals(SessionException::class.sealedSubclassCount(), classes.size)
        val readme = File("../../../README.md").readText()
        errorCodes().forEach { assertTrue(readme.contains("| `$it` |"), it) }
        assertEquals("of_tomorrow", details("of_tomorrow").toApi().code, "a newer core's code is kept")
    }

    @Test
    fun `states, reasons and factors have the core's names, and lines in the README`() {
        val states =
            listOf(
                SessionState.Restoring,
                SessionState.StorageLocked,
                SessionState.SignedOut(SignedOutReason.NoSession),
                SessionState.MfaRequired(emptyList()),
                SessionState.SignedIn(null, false),
            )
        assertEquals(stateNames(), states.map { it.kind })
        assertEquals(SessionState::class.java.declaredClasses.count(SessionState::class.java::isAssignableFrom), states.size)
        assertEquals(signedOutReasons(), SignedOutReason.entries.map { it.code })
        assertEquals(factorNames(), Factor.entries.map { it.code })
        assertEquals(verdictNames(), Verdict.entries.map { it.code })
        assertEquals(failureCauses() + "other", FailureCause.entries.map { it.code })
        assertEquals(screenFaults(), ScreenFault.entries.map { it.code })
        val readme = File("../../../README.md").readText()
        (stateNames() + signedOutReasons()).forEach { assertTrue(readme.contains("| `$it` |"), it) }
    }

    @Test
    fun `a verdict says whether a request may be sent once more`() {
        assertTrue(Verdict.TryAgain.allowsRepetition("GET"))
        assertTrue(Verdict.TryAgain.allowsRepetition("POST", "session_invalid"))
        assertEquals(false, Verdict.TryAgain.allowsRepetition("POST"))
        assertEquals(false, Verdict.SessionLives.allowsRepetition("GET", "session_invalid"))
    }

    private fun kotlin.reflect.KClass<SessionException>.sealedSubclassCount() =
        java.declaredClasses.count { SessionException::class.java.isAssignableFrom(it) }

    @Test
    fun `states and changes are told in order and end with the client`() =
        withMock { mock ->
            mock.ada()
            val session = client(mock)
            session.restored()
            assertEquals(SessionState.SignedOut(SignedOutReason.NoSession), session.state.value)
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            val state = session.state.value
            assertTrue(state is SessionState.SignedIn && state.verified && state.user?.name == "Ada", "$state")
            val change = session.changes.first()
            assertEquals(state, change.state)
            assertEquals(change, session.change)
            assertEquals(Persistence.MemoryOnly, change.persistence)
            session.signOut()
            assertEquals(SessionState.SignedOut(SignedOutReason.SignedOut), session.state.value)
            session.close()
            assertEquals(listOf(session.change), session.changes.toList())
            assertEquals(SessionState.SignedOut(SignedOutReason.SignedOut), session.change.state)
            assertTrue(session.change.number > change.number)
            assertThrows<SessionException.Closed> { session.signInAnonymously() }
        }

    @Test
    fun `no text shows a secret`() =
        withMock { mock ->
            mock.ada()
            val kept = MemoryStore()
            val session = client(mock, kept)
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            val authorization = session.authorize("/gateway/open")
            val credential =
                authorization
                    .headers()
                    .single()
                    .second
                    .substringAfter('=')
            assertTrue(credential.length > 100)
            val request = session.request("POST", "/gateway/open").header("X-Key", "canary").body("canary".toByteArray())
            val refused = assertThrows<SessionException> { session.signInWithEmail("ada@example.com", "canary canary") }
            val texts = listOf(session, authorization, request, request.send(), refused, session.state.value, session.account(), kept)
            for (text in texts.map { "$it" } + refused.stackTraceToString()) {
                assertFalse(text.contains(credential.take(40)) || text.contains("canary"), text)
            }
        }

    @Test
    fun `a store in memory does what every store must do`() {
        val store = MemoryStore()
        StoreConformance { store }.check()
    }

    @Test
    fun `the suite for stores finds one that keeps what was cleared, and one that lasts less than it says`() {
        val hoarding =
            object : SecureStore by MemoryStore() {
                override fun clear(key: String) = Unit
            }
        assertThrows<IllegalStateException> { StoreConformance { hoarding }.check() }
        val forgetful = {
            object : SecureStore by MemoryStore() {
                override val persistence = Persistence.Durable
            }
        }
        assertThrows<IllegalStateException> { StoreConformance { forgetful() }.check() }
    }

    @Test
    fun `what a store throws goes nowhere`() =
        withMock { mock ->
            mock.ada()
            val throwing =
                object : SecureStore {
                    override val persistence get() = error("canary")

                    override fun load(key: String) = error("canary")

                    override fun save(key: String, record: String) = error("canary $record")

                    override fun clear(key: String) = error("canary")

                    override fun quarantine(key: String, aside: String) = error("canary")
                }
            val session = client(mock, throwing)
            assertEquals(SessionState.SignedOut(SignedOutReason.StorageUnavailable), session.restored())
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            assertEquals(Persistence.MemoryOnly, session.persistence)
            val refused = assertThrows<SessionException.StorageUnavailable> { session.signOut() }
            assertFalse(refused.stackTraceToString().contains("canary"))
        }

    @Test
    fun `a hundred clients leave no thread behind`() =
        withMock { mock ->
            val before = nativeThreads()
            repeat(100) {
                val session = client(mock)
                session.restored()
                session.close()
            }
            // The last threads end a moment after the last client; there is nothing to wait for but their end.
            val deadline = System.nanoTime() + 10_000_000_000
            while (nativeThreads() > before && System.nanoTime() < deadline) Thread.onSpinWait()
            // Clients of other tests can have ended meanwhile.
            assertTrue(nativeThreads() <= before)
        }

    /** The core's threads of this process, as the system knows them. */
    private fun nativeThreads(): Int =
        File("/proc/self/task").listFiles().orEmpty().count { task ->
            runCatching { File(task, "comm").readText().startsWith("appwrite-sessio") }.getOrDefault(false)
        }
}
