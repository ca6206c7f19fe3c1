package dev.appwritesession

import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.EditText
import android.widget.TextView
import dev.appwritesession.sample.MainActivity
import dev.appwritesession.sample.SampleApplication
import dev.appwritesession.support.Mock
import dev.appwritesession.support.StandInKeystore
import dev.appwritesession.support.withMock
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** The sample app, as its user sees it. */
@RunWith(RobolectricTestRunner::class)
@Config(application = SampleTest.App::class)
internal class SampleTest {
    /** The sample against a mock. */
    class App : SampleApplication() {
        lateinit var mock: Mock
        override val page = "/gateway/whoami"
        override val session by lazy { SessionClient(mock.endpoint, mock.project) { gateway(mock.gateway) } }
    }

    @get:Rule
    val keystore = StandInKeystore()

    private val activity = Robolectric.buildActivity(MainActivity::class.java)

    private inline fun <reified T : View> all(): List<T> = below(activity.get().window.decorView).filterIsInstance<T>().toList()

    private fun below(view: View): Sequence<View> =
        sequenceOf(view) +
            (
                (view as? ViewGroup)?.let { group -> (0 until group.childCount).asSequence().flatMap { below(group.getChildAt(it)) } }
                    ?: emptySequence()
            )

    private fun click(name: String) = all<Button>().single { it.text == name }.performClick()

    /** Lets the main thread do its work until [text] is on the screen. */
    private fun await(text: String) {
        val deadline = System.nanoTime() + 20_000_000_000
        while (all<TextView>().none { it.text.contains(text) }) {
            assertTrue("$text is not shown: ${all<TextView>().map { it.text }}", System.nanoTime() < deadline)
            shadowOf(Looper.getMainLooper()).idle()
        }
    }

    @After
    fun endApp() {
        Platform.current = null
    }

    @Test
    fun `sign in, see, sign out`() =
        withMock { mock ->
            val id = mock.ada()
            val app = RuntimeEnvironment.getApplication() as App
            app.mock = mock
            AppwriteSession.initialize(app)
            activity.setup()
            await("Nobody is signed in (no_session).")
            all<EditText>().forEach { it.setText(if (it.hint == "E-mail") "ada@example.com" else "wrong password") }
            click("Sign in")
            await("E-mail or password is wrong.")
            all<EditText>().single { it.hint == "Password" }.setText(Mock.PASSWORD)
            click("Sign in")
            await("Welcome, Ada.")
            click("Show")
            await(id)
            click("Sign out")
            await("Nobody is signed in (signed_out).")
            activity.destroy()
            runBlocking { app.session.close() }
        }
}
