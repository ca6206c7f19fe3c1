package dev.appwritesession

import dev.appwritesession.agent.operations
import dev.appwritesession.ffi.operationNames
import dev.appwritesession.support.Mock
import dev.appwritesession.support.withMock
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.File
import java.net.URLClassLoader
import java.util.function.Function

/** What an app without kotlinx.serialization is told. */
internal class WithoutSerialization : Function<List<String>, List<String>> {
    override fun apply(arguments: List<String>): List<String> {
        val (endpoint, project) = arguments
        val session = SessionClient(endpoint, project) { store = MemoryStore() }
        val told = { call: suspend () -> Unit ->
            try {
                runBlocking { call() }
                "done"
            } catch (refused: SessionException) {
                "${refused.code}: ${refused.message}"
            }
        }
        return listOf(
            told { session.generateNonce() },
            told { session.factors.available() },
            told { Accounts(endpoint, project) { store = MemoryStore() } },
            told { session.signInAnonymously() },
            told { bridge(Accounts.forBridges(endpoint, project) { store = MemoryStore() }) },
        )
    }

    /** What a bridge does, which knows JSON as a text. */
    private suspend fun bridge(accounts: Accounts) {
        val id = accounts.performOperation("add", "[]").trim('"')
        accounts.clientOf(id).signInAnonymously()
        check(id in accounts.performOperation("list", "[]"))
        check(id in checkNotNull(accounts.stateJson()))
        check(id in accounts.statesJson.first { id in it })
        accounts.close()
    }
}

internal class WaysInTest {
    private fun client(mock: Mock, configure: SessionOptions.() -> Unit = {}) =
        SessionClient(mock.endpoint, mock.project) {
            store = MemoryStore()
            configure()
        }

    @Test
    fun `every operation of the core is a function by its name, which the agent calls`() {
        assertEquals(operationNames().sorted(), operations.keys.sorted())
        for (name in operationNames()) {
            val type =
                when (val noun = name.substringBefore('.', "")) {
                    "" -> SessionClient::class.java
                    else -> SessionClient::class.java.getMethod("get${noun.replaceFirstChar(Char::uppercase)}").returnType
                }
            assertTrue(type.methods.any { it.name == name.substringAfter('.') }, name)
        }
    }

    @Test
    fun `no text of what signs in shows a secret`() {
        val token = IdToken(IdTokenProvider.Apple, "canary", "canary", "canary", "canary")
        val hiding = listOf(token, Nonce("canary", "5e"), OAuth2Start("https://canary", "my-app"), TotpEnrollment("canary", "canary"))
        hiding.forEach { assertFalse("$it".contains("canary"), "$it") }
        assertEquals("[IdToken(provider=Apple), Nonce(sha256=5e), OAuth2Start(callbackScheme=my-app), TotpEnrollment]", "$hiding")
    }

    @Test
    fun `arguments that cannot be are refused before anything is sent, and those that are odd arrive`() =
        withMock { mock ->
            mock.ada()
            val session = client(mock)
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            mock.control("DELETE", "/journal")
            assertThrows<SessionException.Config> { session.profile.updateName("cut \uD83D") }
            assertThrows<SessionException.Config> { session.beginOAuth2("mock", listOf("cut \uD83D")) }
            assertThrows<SessionException.Config> { session.signInWithIdToken(IdToken(IdTokenProvider.Google, "")) }
            assertThrows<SessionException.Config> { session.completePasskey(PasskeyChallenge("id"), "no JSON") }
            assertThrows<SessionException.Config> { session.completeCode(SentCode("../users"), "123456") }
            assertThrows<SessionException.Config> { session.startMagicUrl("ada@example.com", "no URL") }
            assertEquals(emptyList<String>(), mock.wire())
            val name = "\"\\\u0000\u2028\uD83D\uDE00</script>"
            assertEquals(
                name,
                session.profile
                    .updateName(name)
                    .user.name,
            )
            assertEquals(name, (session.state.value as? SessionState.SignedIn)?.user?.name)
            session.close()
            assertThrows<SessionException.Closed> { session.profile.preferences() }
        }

    @Test
    fun `results have what the core says, and leave out what this version does not know`() {
        val read = OperationJson::read
        val known = listOf(Factor.Totp, Factor.RecoveryCode)
        assertEquals(known, read("""["totp","iris","recovery_code"]""").factors())
        assertEquals(SessionState.MfaRequired(known), read("""{"kind":"mfa_required","factors":["totp","iris","recovery_code"]}""").state())
        assertEquals(SessionState.SignedIn(null, true), read("""{"kind":"signed_in","verified":true}""").state())
        for (reason in SignedOutReason.entries) {
            assertEquals(SessionState.SignedOut(reason), read("""{"kind":"signed_out","reason":"${reason.code}"}""").state())
        }
        assertEquals(SessionState.StorageLocked, read("""{"kind":"storage_locked"}""").state())
        assertEquals(SessionState.Restoring, read("""{"kind":"restoring"}""").state())
        val account =
            """{"id":"u","name":"Ada","phone":"+1","emailVerified":true,"phoneVerified":false,"mfaEnabled":true,"labels":["l"],""" +
                """"preferences":{"n":1e400},"registeredAtMs":7,"ofTomorrow":1}"""
        assertEquals(Account(User("u", "Ada", null), "+1", true, false, true, listOf("l"), """{"n":1e400}""", 7), read(account).account())
        assertEquals(SentCode("u", null, 7), read("""{"userId":"u","phrase":null,"expiresAtMs":7}""").sentCode())
        assertEquals(SignInOutcome.Cancelled, read("""{"kind":"cancelled"}""").signInOutcome())
    }

    @Test
    fun `what waits for the user's presence is refused while the user is asked for it, and what does not is not`() =
        withMock { mock ->
            mock.ada()
            lateinit var session: SessionClient
            var refused: SessionException? = null
            var nonce: Nonce? = null
            session =
                client(mock) {
                    requirePresence(PresencePolicy.Always) {
                        refused = runBlocking { runCatching { session.factors.available() } }.exceptionOrNull() as? SessionException
                        nonce = runBlocking { session.generateNonce() }
                        true
                    }
                }
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            session.startEmailCode("ada@example.com")
            session.recovery.startByLink("ada@example.com", "http://localhost/recovered")
            assertEquals(null, nonce, "nothing of this needs the user")
            session.profile.preferences()
            assertEquals("config", refused?.code)
            assertTrue(nonce != null)
            session.close()
        }

    @Test
    fun `an app without kotlinx-serialization is told that it needs it, and everything else works`() =
        withMock { mock ->
            val without =
                System.getProperty("java.class.path").split(File.pathSeparator).filter { "kotlinx-serialization" !in it }
            val loader = URLClassLoader(without.map { File(it).toURI().toURL() }.toTypedArray(), ClassLoader.getPlatformClassLoader())

            @Suppress("UNCHECKED_CAST")
            val app =
                loader
                    .loadClass(WithoutSerialization::class.java.name)
                    .getDeclaredConstructor()
                    .apply { isAccessible = true }
                    .newInstance() as Function<List<String>, List<String>>
            val told = app.apply(listOf(mock.endpoint, mock.project))
            assertEquals(listOf("done", "done"), told.takeLast(2))
            told.dropLast(2).forEach { assertTrue(it.startsWith("config: ") && "kotlinx-serialization-json" in it, it) }
        }
}
