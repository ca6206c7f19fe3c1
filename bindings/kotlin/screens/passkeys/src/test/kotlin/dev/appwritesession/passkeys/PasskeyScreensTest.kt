package dev.appwritesession.passkeys

import android.app.Activity
import androidx.credentials.CreatePublicKeyCredentialRequest
import androidx.credentials.CreatePublicKeyCredentialResponse
import androidx.credentials.GetCredentialResponse
import androidx.credentials.GetPublicKeyCredentialOption
import androidx.credentials.PasswordCredential
import androidx.credentials.PublicKeyCredential
import androidx.credentials.exceptions.CreateCredentialCancellationException
import androidx.credentials.exceptions.CreateCredentialUnsupportedException
import androidx.credentials.exceptions.GetCredentialCancellationException
import androidx.credentials.exceptions.NoCredentialException
import androidx.credentials.exceptions.domerrors.InvalidStateError
import androidx.credentials.exceptions.domerrors.NotAllowedError
import androidx.credentials.exceptions.domerrors.SecurityError
import androidx.credentials.exceptions.publickeycredential.CreatePublicKeyCredentialDomException
import androidx.credentials.exceptions.publickeycredential.GetPublicKeyCredentialDomException
import dev.appwritesession.ForScreenModules
import dev.appwritesession.MemoryStore
import dev.appwritesession.RegistrationOutcome
import dev.appwritesession.ScreenFault
import dev.appwritesession.SessionClient
import dev.appwritesession.SessionException
import dev.appwritesession.SessionState
import dev.appwritesession.SignInOutcome
import dev.appwritesession.support.FakeCredentialManager
import dev.appwritesession.support.Mock
import dev.appwritesession.support.withMock
import kotlinx.coroutines.CoroutineScope
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner

/** The passkey screens with the real requests, answers and failures of Credential Manager, and a software authenticator behind them. */
@OptIn(ForScreenModules::class)
@RunWith(RobolectricTestRunner::class)
internal class PasskeyScreensTest {
    private val phone = FakeCredentialManager()
    private val activity = Robolectric.buildActivity(Activity::class.java).setup()

    private fun withAda(test: suspend CoroutineScope.(Mock, SessionClient) -> Unit) =
        withMock("2.7") { mock ->
            mock.ada()
            val session = SessionClient(mock.endpoint, mock.project) { store = MemoryStore() }
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            test(mock, session)
            session.close()
        }

    private fun Mock.answers() {
        phone.create = {
            val options = (it as CreatePublicKeyCredentialRequest).requestJson
            CreatePublicKeyCredentialResponse(control("POST", "/authenticators/phone/create", """{"publicKey":$options}""").toString())
        }
        phone.get = {
            val options = (it.credentialOptions.single() as GetPublicKeyCredentialOption).requestJson
            GetCredentialResponse(
                PublicKeyCredential(control("POST", "/authenticators/phone/get", """{"publicKey":$options}""").toString()),
            )
        }
    }

    private fun getting() = PasskeyGetScreen(activity.get(), phone)

    private fun creating() = PasskeyCreateScreen(activity.get(), phone)

    private suspend fun fault(show: suspend () -> Unit): ScreenFault =
        try {
            show()
            error("it has not failed")
        } catch (failed: SessionException.ScreenFailed) {
            failed.fault
        }

    @Test
    fun `a passkey that is registered by the screen signs in by the screen`() =
        withAda { mock, session ->
            mock.answers()
            val made = session.passkeys.register("Ada's phone", creating()) as RegistrationOutcome.Registered
            assertEquals("Ada's phone", made.passkey.name)
            session.signOut()
            val outcome = session.signInWithPasskey(getting()) as SignInOutcome.SignedIn
            assertEquals("Ada", (outcome.state as SessionState.SignedIn).user?.name)
        }

    @Test
    fun `a user who closes a screen, or declines inside it, has cancelled, and the session stays as it was`() =
        withAda { mock, session ->
            for (declines in listOf(CreateCredentialCancellationException(), CreatePublicKeyCredentialDomException(NotAllowedError()))) {
                phone.create = { throw declines }
                assertEquals(RegistrationOutcome.Cancelled, session.passkeys.register(screen = creating()))
            }
            assertEquals(emptyList<Any>(), session.passkeys.list())
            for (declines in listOf(
                GetCredentialCancellationException(),
                GetPublicKeyCredentialDomException(NotAllowedError(), "[50162]"),
            )) {
                phone.get = { throw declines }
                assertEquals(SignInOutcome.Cancelled, session.signInWithPasskey(getting()))
            }
            assertTrue(session.state.value is SessionState.SignedIn)
            assertEquals("no challenge was answered", emptyList<String>(), mock.wire().filter { it.startsWith("PUT") })
        }

    @Test
    fun `an authenticator that has a passkey of the account says so`() =
        withAda { mock, session ->
            mock.answers()
            session.passkeys.register("first", creating())
            phone.create = { throw CreatePublicKeyCredentialDomException(InvalidStateError(), "one of the excluded credentials exists") }
            val refused = runCatching { session.passkeys.register("second", creating()) }.exceptionOrNull()
            assertEquals("already_exists", (refused as? SessionException.AlreadyExists)?.code)
            assertEquals(listOf("first"), session.passkeys.list().map { it.name })
        }

    @Test
    fun `what the screens cannot do is a fault`() =
        withAda { _, session ->
            phone.get = { throw NoCredentialException() }
            assertEquals(ScreenFault.NothingToOffer, fault { session.signInWithPasskey(getting()) })
            phone.get = { throw GetPublicKeyCredentialDomException(SecurityError(), "RP ID cannot be validated.") }
            assertEquals(ScreenFault.NotSetUp, fault { session.signInWithPasskey(getting()) })
            phone.get = { GetCredentialResponse(PasswordCredential("ada", "secret")) }
            assertEquals(ScreenFault.NotSupported, fault { session.signInWithPasskey(getting()) })
            phone.create = { throw CreateCredentialUnsupportedException() }
            assertEquals(ScreenFault.NotSupported, fault { session.passkeys.register(screen = creating()) })
            assertEquals(ScreenFault.NotSetUp, fault { getting().show("no JSON") })
            assertEquals(ScreenFault.NotSetUp, fault { creating().show("no JSON") })
            activity.get().finish()
            assertEquals(ScreenFault.Interrupted, fault { session.signInWithPasskey(getting()) })
            assertEquals(ScreenFault.Interrupted, fault { session.passkeys.register(screen = creating()) })
            assertTrue(session.state.value is SessionState.SignedIn)
        }

    @Test
    fun `a bridge gives the options and gets the credential`() =
        withAda { mock, session ->
            mock.answers()
            val registration = session.passkeys.beginRegistration("by name")
            val made = PasskeyCreateForBridges { phone }.show(activity.get(), registration.options)
            assertEquals("by name", session.passkeys.completeRegistration(registration, checkNotNull(made)).name)
            val challenge = session.beginPasskey()
            val used = PasskeyGetForBridges { phone }.show(activity.get(), challenge.options)
            assertTrue(session.completePasskey(challenge, checkNotNull(used)) is SessionState.SignedIn)
            phone.get = { throw GetCredentialCancellationException() }
            assertNull(PasskeyGetForBridges { phone }.show(activity.get(), challenge.options))
        }
}
