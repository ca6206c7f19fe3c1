package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.withMock
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** What an app's callbacks and its texts do wrong is a clear error. */
internal class CallbacksTest {
    private fun client(mock: Mock, kept: SecureStore) =
        SessionClient(mock.endpoint, mock.project) {
            store = kept
            gateway(mock.gateway)
        }

    @Test
    fun `a store that calls back into its client is refused, and so is the client`() =
        withMock { mock ->
            lateinit var session: SessionClient
            val built = java.util.concurrent.CountDownLatch(1)
            var refused: Throwable? = null
            val calling =
                object : SecureStore by MemoryStore() {
                    override fun load(key: String): String? {
                        built.await()
                        try {
                            runBlocking { session.restored() }
                        } catch (failed: SessionException.Config) {
                            refused = failed
                            throw failed
                        }
                        return null
                    }
                }
            session = client(mock, calling)
            built.countDown()
            val failed = assertThrows<SessionException.Config> { session.restored() }
            assertTrue(failed.message.orEmpty().contains("SecureStore"), failed.message)
            assertEquals(failed.message, refused?.message)
            assertThrows<SessionException.Config> { session.signInAnonymously() }
            session.state.first { it is SessionState.SignedOut }
        }

    @Test
    fun `a presence dialog that uses the session is refused, and one that signs out is not`() =
        withMock { mock ->
            mock.ada()
            lateinit var session: SessionClient
            var refused: Throwable? = null
            var signsOut = false
            session =
                SessionClient(mock.endpoint, mock.project) {
                    store = MemoryStore()
                    gateway(mock.gateway)
                    requirePresence(PresencePolicy.Always) {
                        if (signsOut) {
                            runBlocking { session.signOut() }
                            false
                        } else {
                            refused = runCatching { runBlocking { session.get("/gateway/open") } }.exceptionOrNull()
                            true
                        }
                    }
                }
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            assertEquals(200, session.get("/gateway/open").status)
            assertInstanceOf(SessionException.Config::class.java, refused)
            signsOut = true
            assertThrows<SessionException> { session.get("/gateway/open") }
            assertEquals(SessionState.SignedOut(SignedOutReason.SignedOut), session.state.value)
            session.close()
        }

    @Test
    fun `text that is cut inside a character is an error of the app's code`() =
        withMock { mock ->
            val cut = "caf\uD83D"
            val session = client(mock, MemoryStore())
            mock.ada()
            val calls: List<suspend () -> Unit> =
                listOf(
                    { client(mock, MemoryStore()).also { SessionClient(cut, mock.project) } },
                    { SessionClient(mock.endpoint, mock.project) { accountSlot = cut } },
                    { SessionClient(mock.endpoint, mock.project) { gateway(cut) } },
                    { session.signInWithEmail(cut, Mock.PASSWORD) },
                    { session.signUpWithEmail("bob@example.com", Mock.PASSWORD, cut) },
                    { session.signInWithToken("ada", cut) },
                    { session.completeMfaChallenge(MfaChallenge("x"), cut) },
                    { session.importSession(cut) },
                    { session.revokeSession(cut) },
                    { session.authorize("/$cut") },
                    { session.authorizeBlocking("/$cut") },
                    { session.get("/$cut") },
                    { session.get("/") { header("X-Name", cut) } },
                    { session.post("/") { json("\"$cut\"") } },
                    { session.post("/") { encode(cut) } },
                )
            for ((number, call) in calls.withIndex()) {
                val failed = runCatching { call() }.exceptionOrNull()
                assertInstanceOf(SessionException.Config::class.java, failed, "call $number")
                assertTrue(
                    failed?.message.orEmpty().contains("Unicode") &&
                        failed
                            ?.message
                            .orEmpty()
                            .contains(cut)
                            .not(),
                    "call $number",
                )
            }
            session.close()
        }

    @Test
    fun `a stored record that is no text is set aside, and the next sign-in is saved`() =
        withMock { mock ->
            mock.ada()
            val setAside = mutableListOf<String>()
            val kept = MemoryStore()
            val damaged =
                object : SecureStore by kept {
                    override val persistence = Persistence.Durable
                    private var damaged = true

                    override fun load(key: String) = if (damaged) "\uDC00{}" else kept.load(key)

                    override fun quarantine(key: String, aside: String) {
                        damaged = false
                        setAside += aside
                    }
                }
            val session = client(mock, damaged)
            assertEquals(SessionState.SignedOut(SignedOutReason.StorageLost), session.restored())
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            assertEquals(Persistence.Durable, session.persistence)
            assertEquals(1, setAside.size)
            session.close()
        }
}
