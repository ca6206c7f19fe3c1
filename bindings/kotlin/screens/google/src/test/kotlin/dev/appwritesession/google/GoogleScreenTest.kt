package dev.appwritesession.google

import android.app.Activity
import android.os.Bundle
import androidx.credentials.CredentialOption
import androidx.credentials.CustomCredential
import androidx.credentials.GetCredentialResponse
import androidx.credentials.PasswordCredential
import androidx.credentials.exceptions.ClearCredentialUnknownException
import androidx.credentials.exceptions.GetCredentialCancellationException
import androidx.credentials.exceptions.GetCredentialCustomException
import androidx.credentials.exceptions.GetCredentialProviderConfigurationException
import androidx.credentials.exceptions.NoCredentialException
import com.google.android.libraries.identity.googleid.GetGoogleIdOption
import com.google.android.libraries.identity.googleid.GetSignInWithGoogleOption
import com.google.android.libraries.identity.googleid.GoogleIdTokenCredential
import dev.appwritesession.ForScreenModules
import dev.appwritesession.MemoryStore
import dev.appwritesession.ScreenFault
import dev.appwritesession.SessionClient
import dev.appwritesession.SessionException
import dev.appwritesession.SessionState
import dev.appwritesession.SignInOutcome
import dev.appwritesession.support.FakeCredentialManager
import dev.appwritesession.support.Mock
import dev.appwritesession.support.string
import dev.appwritesession.support.withMock
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner

/** Google's screen with the real requests, answers and failures of Credential Manager. */
@OptIn(ForScreenModules::class)
@RunWith(RobolectricTestRunner::class)
internal class GoogleScreenTest {
    private val google = FakeCredentialManager()
    private val activity = Robolectric.buildActivity(Activity::class.java).setup()

    private fun withSession(test: suspend CoroutineScope.(Mock, SessionClient) -> Unit) =
        withMock("2.7") { mock ->
            val session = SessionClient(mock.endpoint, mock.project) { store = MemoryStore() }
            test(mock, session)
            session.close()
        }

    private fun screen(button: Boolean = false, client: String = "web-client") = GoogleScreen(activity.get(), client, button, google)

    /** What the dialog and the sheet answer, with a token that the mock has made for this nonce. */
    private fun Mock.answer(option: CredentialOption, email: String = "eve@example.com"): GetCredentialResponse {
        val (nonce, type) =
            when (option) {
                is GetGoogleIdOption -> option.nonce to GoogleIdTokenCredential.TYPE_GOOGLE_ID_TOKEN_CREDENTIAL
                is GetSignInWithGoogleOption -> option.nonce to GoogleIdTokenCredential.TYPE_GOOGLE_ID_TOKEN_SIWG_CREDENTIAL
                else -> error("nobody asks for $option")
            }
        val token = control("POST", "/id-tokens/google", """{"email":"$email","claims":{"nonce":"$nonce"}}""").string("idToken")
        val made = GoogleIdTokenCredential(email, token, "Eve", null, null, null, null)
        return GetCredentialResponse(CustomCredential(type, made.data))
    }

    private suspend fun fault(show: suspend () -> Unit): ScreenFault =
        try {
            show()
            error("it has not failed")
        } catch (failed: SessionException.ScreenFailed) {
            failed.fault
        }

    @Test
    fun `the sheet signs in, with a token for a nonce of this sign-in alone`() =
        withSession { mock, session ->
            google.get = { mock.answer(it.credentialOptions.single()) }
            val outcome = session.signInWithIdToken(screen()) as SignInOutcome.SignedIn
            assertEquals("eve@example.com", (outcome.state as SessionState.SignedIn).user?.email)
            session.signInWithIdToken(screen())
            val options = google.got.map { it.credentialOptions.single() as GetGoogleIdOption }
            assertEquals(listOf("web-client", "web-client"), options.map { it.serverClientId })
            assertEquals(2, options.map { it.nonce }.toSet().size)
            options.forEach { assertTrue(it.nonce, Regex("[0-9a-f]{64}").matches(it.nonce.orEmpty())) }
            options.forEach { assertTrue("the accounts of the app first", it.filterByAuthorizedAccounts) }
        }

    @Test
    fun `the sheet offers all accounts if none has used the app`() =
        withSession { mock, session ->
            google.get = {
                val option = it.credentialOptions.single() as GetGoogleIdOption
                if (option.filterByAuthorizedAccounts) throw NoCredentialException() else mock.answer(option)
            }
            assertTrue(session.signInWithIdToken(screen()) is SignInOutcome.SignedIn)
            assertEquals(2, google.got.size)
            google.get = { throw NoCredentialException("During begin sign in, failure: 16: [28433] Cannot find a matching credential.") }
            assertEquals(ScreenFault.NothingToOffer, fault { session.signInWithIdToken(screen()) })
            assertEquals("each is asked once", 4, google.got.size)
        }

    @Test
    fun `the button shows the dialog, whose credential has another type`() =
        withSession { mock, session ->
            google.get = { mock.answer(it.credentialOptions.single()) }
            assertTrue(session.signInWithIdToken(screen(button = true)) is SignInOutcome.SignedIn)
            assertEquals(
                "web-client",
                (
                    google.got
                        .single()
                        .credentialOptions
                        .single() as GetSignInWithGoogleOption
                ).serverClientId,
            )
        }

    @Test
    fun `one sheet is shown at a time, and one of an activity that is gone hinders nobody`() =
        withSession { mock, session ->
            google.staysOpen = true
            val first = launch(start = CoroutineStart.UNDISPATCHED) { runCatching { session.signInWithIdToken(screen()) } }
            google.shown.await()
            assertEquals(ScreenFault.Interrupted, fault { session.signInWithIdToken(screen()) })
            assertEquals("the second tap shows nothing", 1, google.got.size)
            first.cancelAndJoin()
            google.staysOpen = false
            google.get = { mock.answer(it.credentialOptions.single()) }
            assertTrue(session.signInWithIdToken(screen()) is SignInOutcome.SignedIn)

            google.staysOpen = true
            google.shown = CompletableDeferred()
            val left = launch(start = CoroutineStart.UNDISPATCHED) { runCatching { session.signInWithIdToken(screen()) } }
            google.shown.await()
            activity.pause().stop().destroy()
            google.staysOpen = false
            val next = Robolectric.buildActivity(Activity::class.java).setup().get()
            assertTrue(session.signInWithIdToken(GoogleScreen(next, "web-client", false, google)) is SignInOutcome.SignedIn)
            left.cancelAndJoin()
        }

    @Test
    fun `a user who closes the screen has cancelled, and nothing was sent`() =
        withSession { mock, session ->
            google.get = { throw GetCredentialCancellationException("activity is cancelled by the user.") }
            assertEquals(SignInOutcome.Cancelled, session.signInWithIdToken(screen()))
            assertEquals("nobody is asked twice", 1, google.got.size)
            assertEquals(emptyList<String>(), mock.wire())
        }

    @Test
    fun `linking keeps the user, and closing its screen keeps the session`() =
        withSession { mock, session ->
            val before = (session.signInAnonymously() as SessionState.SignedIn).user
            google.get = { throw GetCredentialCancellationException() }
            assertEquals(SignInOutcome.Cancelled, session.identities.link(screen()))
            google.get = { mock.answer(it.credentialOptions.single()) }
            val linked = session.identities.link(screen()) as SignInOutcome.SignedIn
            assertEquals(before?.id, (linked.state as SessionState.SignedIn).user?.id)
            assertEquals(listOf("google"), session.identities.list().map { it.provider })
        }

    @Test
    fun `what the screen cannot do is a fault, and sends nothing`() =
        withSession { mock, session ->
            assertEquals(ScreenFault.NotSetUp, fault { session.signInWithIdToken(screen(client = " ")) })
            assertEquals("Google refuses to be asked for no client", 0, google.got.size)
            google.get = { throw GetCredentialCustomException("com.google.x", "[28444] Developer console is not set up correctly.") }
            assertEquals(ScreenFault.NotSetUp, fault { session.signInWithIdToken(screen()) })
            google.get = { throw GetCredentialProviderConfigurationException("no provider dependencies found") }
            assertEquals(ScreenFault.NotSupported, fault { session.signInWithIdToken(screen()) })
            google.get = { GetCredentialResponse(PasswordCredential("ada", "secret")) }
            assertEquals(ScreenFault.NotSupported, fault { session.signInWithIdToken(screen()) })
            google.get = { GetCredentialResponse(CustomCredential(GoogleIdTokenCredential.TYPE_GOOGLE_ID_TOKEN_CREDENTIAL, Bundle())) }
            assertEquals(ScreenFault.NotSupported, fault { session.signInWithIdToken(screen()) })
            val asked = google.got.size
            activity.get().finish()
            assertEquals(ScreenFault.Interrupted, fault { session.signInWithIdToken(screen()) })
            assertEquals("no screen above one that is gone", asked, google.got.size)
            assertEquals(emptyList<String>(), mock.wire())
        }

    @Test
    fun `cancelling the coroutine closes the screen`() =
        withSession { mock, session ->
            google.staysOpen = true
            val signIn = launch(start = CoroutineStart.UNDISPATCHED) { session.signInWithIdToken(screen()) }
            google.shown.await()
            assertFalse(google.got.isEmpty())
            signIn.cancelAndJoin()
            assertEquals(1, google.closed.size)
            assertEquals(emptyList<String>(), mock.wire())
        }

    @Test
    fun `a bridge gets the token by the screen's name, for the nonce that it gives`() =
        withMock("2.7") { mock ->
            google.get = { mock.answer(it.credentialOptions.single()) }
            val given = """{"serverClientId":"web-client","nonce":"${"5e".repeat(32)}","button":true}"""
            val token = JSONObject(checkNotNull(GoogleForBridges { google }.show(activity.get(), given)))
            assertEquals(listOf("token"), token.keys().asSequence().toList())
            assertEquals(
                "5e".repeat(32),
                (
                    google.got
                        .single()
                        .credentialOptions
                        .single() as GetSignInWithGoogleOption
                ).nonce,
            )
            google.get = { throw GetCredentialCancellationException() }
            assertEquals(null, GoogleForBridges { google }.show(activity.get(), given))
        }

    @Test
    fun `the account is forgotten where the device can, and it never fails`() =
        withMock {
            clearGoogleSelection(google)
            assertEquals(1, google.cleared)
            google.clearFails = ClearCredentialUnknownException()
            clearGoogleSelection(google)
            assertEquals(2, google.cleared)
        }
}
