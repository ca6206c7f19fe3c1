package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.string
import dev.appwritesession.support.withMock
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

internal class WaysInReadmeTest {
    // README
    private suspend fun signInWithGoogle(session: SessionClient, screen: suspend (hashedNonce: String) -> String?): SignInOutcome =
        session.signInWithIdToken { hashedNonce -> screen(hashedNonce)?.let { IdToken(IdTokenProvider.Google, it) } }
    // README

    // README
    private suspend fun signInWithCode(session: SessionClient, email: String, ask: suspend (phrase: String?) -> String): SessionState {
        val sent = session.startEmailCode(email, phrase = true)
        return session.completeCode(sent, ask(sent.phrase))
    }
    // README

    // README
    private suspend fun sendLink(session: SessionClient, email: String, keep: (userId: String) -> Unit) {
        keep(session.startMagicUrl(email, "https://app.example.com/signed-in").userId)
    }

    private suspend fun linkOpened(session: SessionClient, kept: String, url: String): SessionState =
        session.completeMagicUrl(SentCode(kept), "https://app.example.com/signed-in", url)
    // README

    // README
    private suspend fun signInInBrowser(session: SessionClient, provider: String, open: (url: String) -> Unit) {
        open(session.beginOAuth2(provider).url)
    }

    private suspend fun appOpened(session: SessionClient, url: String): Boolean =
        try {
            session.completeOAuth2(url) is SignInOutcome.SignedIn
        } catch (_: SessionException.CallbackRejected) {
            false
        }
    // README

    // README
    private suspend fun addPasskey(session: SessionClient, screen: suspend (options: String) -> String?): RegistrationOutcome =
        session.passkeys.register("this phone") { screen(it) }

    private suspend fun signInWithPasskey(session: SessionClient, screen: suspend (options: String) -> String?): SignInOutcome =
        session.signInWithPasskey { screen(it) }
    // README

    // README
    private suspend fun care(session: SessionClient): Account {
        session.profile.mergePreferences(mapOf("theme" to JsonPrimitive("dark")))
        return session.profile.updateName("Ada Lovelace")
    }
    // README

    private fun client(mock: Mock) = SessionClient(mock.endpoint, mock.project) { store = MemoryStore() }

    /** What the platform's passkey screen answers. */
    private fun Mock.authenticator(what: String, options: String): String =
        control("POST", "/authenticators/phone/$what", """{"publicKey":$options}""").toString()

    private fun SignInOutcome.state(): SessionState = (this as SignInOutcome.SignedIn).state

    private fun assertSignedIn(name: String, state: SessionState) = assertEquals(name, (state as? SessionState.SignedIn)?.user?.name)

    @Test
    fun `Google's screen, a code and a passkey sign in as the README says`() =
        withMock("2.7") { mock ->
            mock.ada()
            val session = client(mock)
            val google =
                signInWithGoogle(session) { nonce ->
                    assertEquals(64, nonce.length)
                    // The screen puts what it is given into the token.
                    val token = """{"email":"eve@example.com","claims":{"nonce":"$nonce"}}"""
                    mock.control("POST", "/id-tokens/google", token).string("idToken")
                }
            assertEquals("eve@example.com", (google.state() as? SessionState.SignedIn)?.user?.email)
            val byCode =
                signInWithCode(session, "ada@example.com") { phrase ->
                    assertTrue(!phrase.isNullOrEmpty())
                    mock.messages().last().string("secret")
                }
            assertSignedIn("Ada", byCode)
            val made = addPasskey(session) { mock.authenticator("create", it) } as RegistrationOutcome.Registered
            assertEquals("this phone", made.passkey.name)
            session.signOut()
            assertSignedIn("Ada", signInWithPasskey(session) { mock.authenticator("get", it) }.state())
            assertEquals("Ada Lovelace", care(session).user.name)
            assertEquals("""{"theme":"dark"}""", session.profile.preferences().toString())
            session.close()
        }

    @Test
    fun `a link and a provider in the browser sign in as the README says`() =
        withMock { mock ->
            mock.ada()
            mock.control("PATCH", "/project", """{"webHosts":["localhost","app.example.com"]}""")
            val session = client(mock)
            var kept = ""
            sendLink(session, "ada@example.com") { kept = it }
            val sent = mock.messages().single()
            assertSignedIn("Ada", linkOpened(session, kept, sent.string("link")))
            var opened = ""
            signInInBrowser(session, "mock") { opened = it }
            val callback = mock.control("POST", "/browse", """{"url":"$opened"}""").string("url")
            assertFalse(appOpened(session, "https://app.example.com/elsewhere"))
            assertTrue(callback.startsWith("appwrite-callback-${mock.project}:") && appOpened(session, callback), "the callback")
            session.close()
        }

    @Test
    fun `the README has this code`() {
        val shown =
            File("../README.md")
                .readText()
                .substringBefore("## Several accounts")
                .split("```kotlin\n")
                .drop(2)
                .map { it.substringBefore("```").trim() }
                // What is Android's is compiled by the tests of the optional modules.
                .filter { "activity: Activity" !in it }
        val source = File("src/test/kotlin/dev/appwritesession/WaysInReadmeTest.kt").readText().split("    // README\n")
        val here =
            source.filterIndexed { place, _ -> place % 2 == 1 }.map { part ->
                part
                    .lines()
                    .joinToString("\n") { it.removePrefix("    ") }
                    .replace("private ", "")
                    .trim()
            }
        assertEquals(here, shown)
        assertEquals(6, here.size)
    }
}
