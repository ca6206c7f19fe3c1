package dev.appwritesession

import android.content.Context
import android.os.UserManager
import dev.appwritesession.support.Mock
import dev.appwritesession.support.StandInKeystore
import dev.appwritesession.support.withMock
import kotlinx.coroutines.flow.first
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.w3c.dom.Element
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

/** A client as an Android app has it: nothing but the initialization, and the core behind it for real. */
@RunWith(RobolectricTestRunner::class)
internal class AndroidSessionTest {
    @get:Rule
    val keystore = StandInKeystore()

    private val context: Context = RuntimeEnvironment.getApplication()
    private val records get() = File(context.noBackupFilesDir, "appwrite-session").listFiles().orEmpty().toList()
    private val users get() = shadowOf(context.getSystemService(UserManager::class.java))

    @Before
    fun startApp() {
        Robolectric.setupContentProvider(InitializationProvider::class.java)
    }

    @After
    fun endApp() {
        Platform.current = null
    }

    private fun client(mock: Mock) = SessionClient(mock.endpoint, mock.project) { gateway(mock.gateway) }

    private suspend fun signedIn(mock: Mock): SessionState {
        mock.ada()
        val session = client(mock)
        return session.signInWithEmail("ada@example.com", Mock.PASSWORD).also { session.close() }
    }

    @Test
    fun `the provider initialises once, and a second call changes nothing`() {
        val platform = checkNotNull(Platform.current)
        AppwriteSession.initialize(context)
        assertSame(platform, Platform.current)
        assertTrue("nothing is read or written", records.isEmpty() && keystore.generated.isEmpty())
    }

    @Test
    fun `the manifest names the provider, and shows it to nobody`() {
        val manifest = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File("src/main/AndroidManifest.xml"))
        val provider = manifest.getElementsByTagName("provider").item(0) as Element
        assertEquals(InitializationProvider::class.java.name, provider.getAttribute("android:name"))
        assertEquals("false", provider.getAttribute("android:exported"))
        assertEquals("true", provider.getAttribute("android:directBootAware"))
        assertTrue(provider.getAttribute("android:authorities").startsWith("\${applicationId}."))
    }

    @Test
    fun `a restart is signed in, from a file that does not show the credential`() =
        withMock { mock ->
            val before = signedIn(mock) as SessionState.SignedIn
            val session = client(mock)
            val restored = session.restored() as SessionState.SignedIn
            assertEquals(before.user, restored.user)
            assertEquals(Persistence.Durable, session.persistence)
            val credential =
                session
                    .authorize("/gateway/open")
                    .headers()
                    .single()
                    .second
                    .substringAfter('=')
            records.forEach { assertFalse(it.readText(Charsets.ISO_8859_1).contains(credential.take(30))) }
            assertEquals(200, session.get("/gateway/whoami").status)
            session.signOut()
            session.close()
            assertTrue(records.isEmpty())
        }

    @Test
    fun `a record of another device is set aside, and the next sign-in is stored`() =
        withMock { mock ->
            signedIn(mock)
            keystore.replaceKeys()
            val session = client(mock)
            assertEquals(SessionState.SignedOut(SignedOutReason.StorageLost), session.restored())
            assertEquals("set aside, not deleted", 1, records.size)
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            session.close()
            assertEquals("the sign-in has removed what was set aside", 1, records.size)
            assertTrue(client(mock).restored() is SessionState.SignedIn)
        }

    @Test
    fun `before the first unlock nobody knows, and after it the session is there`() =
        withMock { mock ->
            signedIn(mock)
            users.setUserUnlocked(false)
            val session = client(mock)
            assertEquals(SessionState.StorageLocked, session.restored())
            users.setUserUnlocked(true)
            assertTrue(session.resume() is SessionState.SignedIn)
            session.close()
        }

    @Test
    fun `it finds out about the unlock by itself`() =
        withMock { mock ->
            signedIn(mock)
            users.setUserUnlocked(false)
            val session = client(mock)
            session.state.first { it == SessionState.StorageLocked }
            users.setUserUnlocked(true)
            session.state.first { it is SessionState.SignedIn }
            session.close()
        }

    @Test
    fun `without a keystore a sign-in works in memory and says so`() =
        withMock { mock ->
            keystore.fail { java.security.ProviderException("canary") }
            mock.ada()
            val session = client(mock)
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            assertEquals(Persistence.MemoryOnly, session.persistence)
            assertEquals(200, session.get("/gateway/whoami").status)
            keystore.fail(null)
            session.resume()
            assertEquals(Persistence.Durable, session.persistence)
            session.close()
            assertTrue(client(mock).restored() is SessionState.SignedIn)
        }
}
