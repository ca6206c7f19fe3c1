@file:Suppress("DEPRECATION") // A context without an app around it; React Native has no other.

package dev.appwritesession.reactnative

import android.app.Application
import android.content.Intent
import android.hardware.biometrics.BiometricManager.Authenticators
import android.hardware.biometrics.BiometricPrompt
import android.net.Uri
import android.os.CancellationSignal
import com.facebook.react.bridge.BridgeReactContext
import com.facebook.react.bridge.Callback
import com.facebook.react.bridge.JavaOnlyArray
import com.facebook.react.bridge.JavaOnlyMap
import com.facebook.react.bridge.PromiseImpl
import com.facebook.react.bridge.ReadableMap
import com.facebook.react.bridge.connect
import dev.appwritesession.browser.BrowserActivity
import dev.appwritesession.browser.CallbackActivity
import dev.appwritesession.support.StandInKeystore
import dev.appwritesession.support.withMock
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.FixMethodOrder
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.junit.runners.MethodSorters
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.annotation.RealObject
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.TimeUnit

/**
 * The module as an app has it, on Android 15's own classes.
 *
 * The store is in the folder of the test that needs it first, for the whole process. That is the test of the store.
 */
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
@RunWith(RobolectricTestRunner::class)
@Config(shadows = [AnsweringUser::class])
class OnAndroidTest {
    @get:Rule
    internal val keystore = StandInKeystore()

    private val app: Application = RuntimeEnvironment.getApplication()
    private val texts = PresenceTexts("Unlock", "to see your orders", "Cancel")

    @Test
    fun `the dialog asks for a biometric or the device's code, in the app's words`() {
        AnsweringUser.answer = { it.onAuthenticationSucceeded(null) }
        assertTrue(BiometricPresence(app, texts).confirm())
        val shown = checkNotNull(AnsweringUser.shown)
        assertEquals("Unlock", shown.title)
        assertEquals("to see your orders", shown.subtitle)
        assertEquals(Authenticators.BIOMETRIC_WEAK or Authenticators.DEVICE_CREDENTIAL, shown.allowedAuthenticators)
        BiometricPresence(app, texts.copy(subtitle = null)).confirm()
        assertNull(AnsweringUser.shown?.subtitle)
    }

    @Test
    fun `a user who closes the dialog has confirmed nothing`() {
        AnsweringUser.answer = { it.onAuthenticationError(BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED, "cancelled") }
        assertFalse(BiometricPresence(app, texts).confirm())
    }

    @Test
    fun `Android's own store keeps an app's session, and the next JavaScript restores it from there`() =
        withMock { mock ->
            mock.ada()
            val config = config(mock.endpoint, mock.project, mock.gateway)
            val before = module()
            val client = before.createClient(config).getDouble("client")
            settled { before.signInWithEmail(client, "ada@example.com", "correct horse battery", it) }
            settled { before.close(client, it) }
            before.invalidate()
            assertEquals(1, File(app.noBackupFilesDir, "appwrite-session").listFiles().orEmpty().size)
            assertEquals(
                1,
                app.noBackupFilesDir
                    .listFiles()
                    .orEmpty()
                    .count { it.name.startsWith("appwrite-session-installed-") },
            )

            val after = module()
            val next = after.createClient(config).getDouble("client")
            settled { after.restored(next, it) }
            assertEquals("signed_in", after.change(next).getString("kind"))
            assertEquals("durable", after.change(next).getString("persistence"))
            settled { after.close(next, it) }
        }

    // Of the optional modules this test has the browser's alone.
    @Test
    fun `a screen is reached by its name, and one whose module the app does not contain is not linked`() {
        val module = module()
        assertEquals("screen_failed not_linked", refused { module.showScreen("google", "{}", it) })
        assertEquals("screen_failed not_supported", refused { module.showScreen("apple", "{}", it) })
        val input = """{"url":"https://a.example","callbackScheme":"my-app"}"""
        assertEquals("no screen is in front", "screen_failed interrupted", refused { module.showScreen("browser", input, it) })
    }

    @Test
    fun `a callback that opened the app is told once`() {
        val module = module()
        assertNull(settled { module.takeCallback(it) })
        val callback = Intent(Intent.ACTION_VIEW, Uri.parse("my-app://oauth2?a=b"))
        val opened = Robolectric.buildActivity(CallbackActivity::class.java, callback).create()
        Robolectric.buildActivity(BrowserActivity::class.java, shadowOf(opened.get()).nextStartedActivity).setup()
        assertEquals("my-app://oauth2?a=b", settled { module.takeCallback(it) })
        assertNull(settled { module.takeCallback(it) })
    }

    private fun module() = AppwriteSessionModule(BridgeReactContext(app)).also { connect(it) { _, _ -> } }

    private fun config(endpoint: String, project: String, gateway: String): ReadableMap =
        JavaOnlyMap.of(
            "endpoint",
            endpoint,
            "project",
            project,
            "gateways",
            JavaOnlyArray.of(JavaOnlyMap.of("url", gateway, "carrier", "cookie")),
            "persistence",
            "durable",
            "readOnly",
            false,
            "forgetAfterReinstall",
            true,
            "rootCertificates",
            JavaOnlyArray(),
        )

    private fun settled(call: (PromiseImpl) -> Unit): Any? {
        val outcome = CompletableFuture<Any?>()
        call(
            PromiseImpl(
                Callback { outcome.complete(it.firstOrNull()) },
                Callback { outcome.completeExceptionally(AssertionError(it.firstOrNull().toString())) },
            ),
        )
        return outcome.get(30, TimeUnit.SECONDS)
    }

    /** The code of the rejection, and its detail. */
    private fun refused(call: (PromiseImpl) -> Unit): String {
        val outcome = CompletableFuture<String>()
        call(
            PromiseImpl(
                Callback { outcome.completeExceptionally(AssertionError("it was resolved")) },
                Callback {
                    val error = it.first() as ReadableMap
                    outcome.complete("${error.getString("code")} ${error.getMap("userInfo")?.getString("detail")}")
                },
            ),
        )
        return outcome.get(30, TimeUnit.SECONDS)
    }
}

/** The user in front of Android's dialog, which is real up to the moment in which it would be shown. */
@Implements(BiometricPrompt::class)
class AnsweringUser {
    @RealObject
    private lateinit var dialog: BiometricPrompt

    /** Answers at once. */
    @Implementation
    @Suppress("UnusedParameter")
    fun authenticate(cancel: CancellationSignal, executor: Executor, callback: BiometricPrompt.AuthenticationCallback) {
        shown = dialog
        executor.execute { answer(callback) }
    }

    companion object {
        /** What the user does. */
        var answer: (BiometricPrompt.AuthenticationCallback) -> Unit = {}

        /** The dialog that was there last. */
        var shown: BiometricPrompt? = null
    }
}
