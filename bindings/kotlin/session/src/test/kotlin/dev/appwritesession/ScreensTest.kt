package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.string
import dev.appwritesession.support.withMock
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.security.MessageDigest

/** The flows around a screen, with screens that do what a user does. */
internal class ScreensTest {
    private fun withSession(test: suspend CoroutineScope.(Mock, SessionClient) -> Unit) =
        withMock("2.7") { mock ->
            mock.ada()
            val session = SessionClient(mock.endpoint, mock.project) { store = MemoryStore() }
            test(mock, session)
            session.close()
        }

    private fun SignInOutcome.user(): String? = ((this as SignInOutcome.SignedIn).state as? SessionState.SignedIn)?.user?.name

    private fun Mock.google(nonce: String) =
        control("POST", "/id-tokens/google", """{"email":"eve@example.com","name":"Eve","claims":{"nonce":"$nonce"}}""").string("idToken")

    private fun Mock.browse(url: String) = control("POST", "/browse", """{"url":"$url"}""").string("url")

    @Test
    fun `the provider gets the nonce's hash and Appwrite the nonce, a new one each time`() =
        withSession { mock, session ->
            val hashes = mutableListOf<String>()
            val screen =
                IdTokenScreen { hash ->
                    hashes += hash
                    IdToken(IdTokenProvider.Google, mock.google(hash))
                }
            assertEquals("Eve", session.signInWithIdToken(screen).user())
            assertEquals("Eve", session.signInWithIdToken(screen).user())
            val sent = mock.sent("/v1/account/sessions/id-token").map { it.string("nonce") }
            assertEquals(hashes, sent.map(::sha256))
            assertEquals(2, hashes.toSet().size)
        }

    @Test
    fun `a screen that is closed is an outcome, nothing is sent, and the session is kept`() =
        withSession { mock, session ->
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            mock.control("DELETE", "/journal")
            assertEquals(SignInOutcome.Cancelled, session.signInWithIdToken { null })
            assertEquals(SignInOutcome.Cancelled, session.identities.link { null })
            assertEquals(SignInOutcome.Cancelled, session.signInWithOAuth2("mock") { null })
            assertEquals(emptyList<String>(), mock.wire())
            assertEquals(SignInOutcome.Cancelled, session.signInWithPasskey { null })
            assertEquals(RegistrationOutcome.Cancelled, session.passkeys.register("phone") { null })
            assertEquals(2, mock.wire().size, "the challenges alone")
            assertTrue(session.state.value is SessionState.SignedIn)
        }

    @Test
    fun `linking with a screen keeps the user`() =
        withSession { mock, session ->
            val before = (session.signInAnonymously() as SessionState.SignedIn).user?.id
            val linked = session.identities.link { IdToken(IdTokenProvider.Google, mock.google(it)) } as SignInOutcome.SignedIn
            assertEquals(before, (linked.state as SessionState.SignedIn).user?.id)
        }

    @Test
    fun `what one user asked for is not done for another who has signed in while the screen was open`() =
        withSession { mock, session ->
            session.signInAnonymously()
            mock.control("DELETE", "/journal")
            assertThrows<SessionException.Superseded> {
                runBlocking {
                    session.identities.link {
                        session.signInWithEmail("ada@example.com", Mock.PASSWORD)
                        IdToken(IdTokenProvider.Google, mock.google(it))
                    }
                }
            }
            assertThrows<SessionException.Superseded> {
                runBlocking {
                    session.passkeys.register("phone") {
                        session.signInAnonymously()
                        mock.control("POST", "/authenticators/phone/create", """{"publicKey":$it}""").toString()
                    }
                }
            }
            assertEquals(emptyList<String>(), mock.wire().filter { "/account/sessions/id-token" in it })
        }

    @Test
    fun `a user who signs out while the screen is open links nothing`() =
        withSession { mock, session ->
            session.signInAnonymously()
            assertThrows<SessionException.SignedOut> {
                runBlocking {
                    session.identities.link {
                        session.signOut()
                        IdToken(IdTokenProvider.Google, mock.google(it))
                    }
                }
            }
        }

    @Test
    fun `a passkey is registered and signs in, each with the challenge of its own`() =
        withSession { mock, session ->
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            val made =
                session.passkeys.register(
                    "phone",
                ) { mock.control("POST", "/authenticators/phone/create", """{"publicKey":$it}""").toString() }
            assertEquals("phone", (made as RegistrationOutcome.Registered).passkey.name)
            session.signOut()
            val used = session.signInWithPasskey { mock.control("POST", "/authenticators/phone/get", """{"publicKey":$it}""").toString() }
            assertEquals("Ada", used.user())
        }

    @Test
    fun `the browser's answer signs in, and one that comes after the user has closed it does not`() =
        withSession { mock, session ->
            assertTrue(session.signInWithOAuth2("mock") { mock.browse(it.url) } is SignInOutcome.SignedIn)
            session.signOut()
            var late = ""
            assertEquals(
                SignInOutcome.Cancelled,
                session.signInWithOAuth2("mock") {
                    late = mock.browse(it.url)
                    null
                },
            )
            assertThrows<SessionException.CallbackRejected> { runBlocking { session.completeOAuth2(late) } }
        }

    @Test
    fun `a browser that cannot be opened leaves no sign-in begun`() =
        withSession { mock, session ->
            var late = ""
            val failed =
                assertThrows<SessionException.ScreenFailed> {
                    runBlocking {
                        session.signInWithOAuth2("mock") {
                            late = mock.browse(it.url)
                            throw SessionException.ScreenFailed(ScreenFault.NotSupported)
                        }
                    }
                }
            assertEquals(ScreenFault.NotSupported, failed.fault)
            assertThrows<SessionException.CallbackRejected> { runBlocking { session.completeOAuth2(late) } }
        }

    @Test
    fun `a coroutine that is cancelled while the browser is open leaves the sign-in begun`() =
        withSession { mock, session ->
            val opened = CompletableDeferred<String>()
            val signIn =
                launch {
                    session.signInWithOAuth2("mock") {
                        opened.complete(it.url)
                        awaitCancellation()
                    }
                }
            val answer = mock.browse(opened.await())
            signIn.cancelAndJoin()
            assertTrue(session.completeOAuth2(answer) is SignInOutcome.SignedIn)
        }

    @Test
    fun `what a screen answers wrongly is Appwrite's error, and a failure of the screen goes through`() =
        withSession { mock, session ->
            assertThrows<SessionException.InvalidToken> {
                runBlocking { session.signInWithIdToken { IdToken(IdTokenProvider.Google, mock.google("of another sign-in")) } }
            }
            val failed =
                assertThrows<SessionException.ScreenFailed> {
                    runBlocking { session.signInWithPasskey { throw SessionException.ScreenFailed(ScreenFault.Interrupted) } }
                }
            assertTrue(failed.isRetryable)
            assertNull((session.state.value as? SessionState.SignedIn)?.user)
        }

    private fun sha256(nonce: String) =
        MessageDigest.getInstance("SHA-256").digest(nonce.toByteArray()).joinToString("") { "%02x".format(it) }
}
