package dev.appwritesession.browser

import android.app.Activity
import android.content.ComponentName
import android.content.Intent
import android.content.IntentFilter
import android.content.pm.ActivityInfo
import android.content.pm.ApplicationInfo
import android.content.pm.ResolveInfo
import android.net.Uri
import android.os.Bundle
import androidx.browser.customtabs.CustomTabsIntent
import androidx.browser.customtabs.CustomTabsService
import dev.appwritesession.Accounts
import dev.appwritesession.ForScreenModules
import dev.appwritesession.MemoryStore
import dev.appwritesession.ScreenFault
import dev.appwritesession.SecureStore
import dev.appwritesession.SessionClient
import dev.appwritesession.SessionException
import dev.appwritesession.SessionState
import dev.appwritesession.SignInOutcome
import dev.appwritesession.StoreException
import dev.appwritesession.support.Mock
import dev.appwritesession.support.string
import dev.appwritesession.support.withMock
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.w3c.dom.Element
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

/** The app's own screen, which tells what is opened from it. */
internal class AppActivity : Activity() {
    val opens = Channel<Intent>(Channel.UNLIMITED)

    override fun startActivity(intent: Intent) {
        opens.trySend(intent)
    }
}

/** Sign-ins in the browser, with Android's own classes up to the browser, which the mock is. */
@OptIn(ForScreenModules::class)
@RunWith(RobolectricTestRunner::class)
internal class BrowserTest {
    private val app = RuntimeEnvironment.getApplication()
    private val packages = shadowOf(app.packageManager)
    private val main = Robolectric.buildActivity(AppActivity::class.java).setup()

    @Before
    fun beAlone() {
        CallbackDesk.ofProcess.take()
    }

    private fun withSession(test: suspend CoroutineScope.(Mock, SessionClient) -> Unit) =
        withMock { mock ->
            mock.ada()
            install(mock)
            val session = SessionClient(mock.endpoint, mock.project) { store = MemoryStore() }
            test(mock, session)
            session.close()
        }

    /** What the manifest says, with the placeholder's value. */
    private fun install(mock: Mock) {
        val component = ComponentName(app, CallbackActivity::class.java)
        packages.addActivityIfNotPresent(component)
        val filter = IntentFilter(Intent.ACTION_VIEW)
        filter.addCategory(Intent.CATEGORY_DEFAULT)
        filter.addCategory(Intent.CATEGORY_BROWSABLE)
        filter.addDataScheme("appwrite-callback-${mock.project}")
        packages.addIntentFilterForActivity(component, filter)
    }

    /** Another app: the user's browser, which has tabs. */
    private fun installBrowser(name: String) {
        val https = Intent(Intent.ACTION_VIEW, Uri.parse("http://"))
        val found =
            ResolveInfo().apply {
                activityInfo =
                    ActivityInfo().apply {
                        packageName = name
                        this.name = "$name.Browser"
                        applicationInfo = ApplicationInfo().apply { packageName = name }
                    }
            }
        @Suppress("DEPRECATION")
        packages.addResolveInfoForIntent(https, found)
        val tabs = ComponentName(name, "$name.Tabs")
        packages.addServiceIfNotPresent(tabs)
        packages.addIntentFilterForService(tabs, IntentFilter(CustomTabsService.ACTION_CUSTOM_TABS_CONNECTION))
    }

    /** What the system does when [AppActivity] opens the browser: the activity below the tab comes to the front. */
    private suspend fun opened(): ActivityController<BrowserActivity> {
        val intent = main.get().opens.receive()
        assertEquals(BrowserActivity::class.java.name, intent.component?.className)
        return Robolectric.buildActivity(BrowserActivity::class.java, intent).setup()
    }

    private val ActivityController<BrowserActivity>.tab: Intent? get() = shadowOf(get()).nextStartedActivity

    /** The user's way through the tab; the URL that opens the app. */
    private fun Mock.browse(tab: Intent, declines: Boolean = false): String =
        control("POST", "/browse", """{"url":"${tab.dataString}","declines":$declines}""").string("url")

    /** The browser opens [url] in the app; what is sent to [BrowserActivity] then. */
    private fun callback(url: String): Intent {
        val callback = Robolectric.buildActivity(CallbackActivity::class.java, Intent(Intent.ACTION_VIEW, Uri.parse(url))).create()
        assertTrue("it does not stay", callback.get().isFinishing)
        return shadowOf(callback.get()).nextStartedActivity
    }

    /** The tab is closed because the activity below it is opened. */
    private fun ActivityController<BrowserActivity>.answered(url: String) {
        val intent = callback(url)
        assertEquals(BrowserActivity::class.java.name, intent.component?.className)
        val closesTheTab = Intent.FLAG_ACTIVITY_CLEAR_TOP or Intent.FLAG_ACTIVITY_SINGLE_TOP
        assertEquals(closesTheTab, intent.flags and closesTheTab)
        pause().newIntent(intent).resume()
    }

    private fun CoroutineScope.signIn(session: SessionClient) =
        async(start = CoroutineStart.UNDISPATCHED) { runCatching { session.signInWithOAuth2(main.get(), "mock") } }

    /** What came of it. As a result, because a failure of a child would end the test. */
    private suspend fun Deferred<Result<SignInOutcome>>.outcome() = await().getOrThrow()

    private suspend fun fault(show: suspend () -> Unit): ScreenFault =
        try {
            show()
            error("it has not failed")
        } catch (failed: SessionException.ScreenFailed) {
            failed.fault
        }

    @Test
    fun `the tab's answer signs in, and the tab is not left above the app`() =
        withSession { mock, session ->
            val signIn = signIn(session)
            val browser = opened()
            val tab = checkNotNull(browser.tab)
            assertNull("the browser that the system finds, because none says that it has tabs", tab.`package`)
            assertTrue("a tab, where it has them", tab.hasExtra(CustomTabsIntent.EXTRA_SESSION))
            assertEquals("in the app's task", 0, tab.flags and Intent.FLAG_ACTIVITY_NEW_TASK)
            assertFalse(browser.get().isFinishing)
            browser.answered(mock.browse(tab))
            assertTrue(browser.get().isFinishing)
            assertNull("the app is below", browser.tab)
            assertTrue((signIn.outcome() as SignInOutcome.SignedIn).state is SessionState.SignedIn)
            assertNull(CallbackDesk.ofProcess.take())
        }

    @Test
    fun `a user who comes back without an answer has cancelled, and a late answer changes nothing`() =
        withSession { mock, session ->
            val signIn = signIn(session)
            val browser = opened()
            val late = mock.browse(checkNotNull(browser.tab))
            browser.pause().resume()
            assertTrue(browser.get().isFinishing)
            assertEquals(SignInOutcome.Cancelled, signIn.outcome())
            CallbackDesk.ofProcess.answered(late)
            assertNull(session.completePendingOAuth2())
            assertTrue(session.state.value is SessionState.SignedOut)
        }

    @Test
    fun `a user who declines at the provider has cancelled`() =
        withSession { mock, session ->
            val signIn = signIn(session)
            val browser = opened()
            browser.answered(mock.browse(checkNotNull(browser.tab), declines = true))
            assertEquals(SignInOutcome.Cancelled, signIn.outcome())
        }

    @Test
    fun `the app's icon, which closes what is above the app, cancels`() =
        withSession { _, session ->
            val signIn = signIn(session)
            val browser = opened()
            browser.get().finish()
            browser.pause().stop().destroy()
            assertEquals(SignInOutcome.Cancelled, signIn.outcome())
        }

    @Test
    fun `activities that are not kept lose nothing`() =
        withSession { mock, session ->
            val signIn = signIn(session)
            val first = opened()
            val tab = checkNotNull(first.tab)
            val kept = Bundle()
            first
                .pause()
                .stop()
                .saveInstanceState(kept)
                .destroy()
            // The system makes it anew, as it was, and then gives it the answer.
            val again = Robolectric.buildActivity(BrowserActivity::class.java, first.intent).create(kept).start()
            again.newIntent(callback(mock.browse(tab))).resume()
            assertNull("the tab is not opened again", again.tab)
            assertTrue(signIn.outcome() is SignInOutcome.SignedIn)
        }

    @Test
    fun `an activity that is made anew does not open the tab again when the user comes back`() =
        withSession { _, session ->
            val signIn = signIn(session)
            val first = opened()
            checkNotNull(first.tab)
            val kept = Bundle()
            first
                .pause()
                .stop()
                .saveInstanceState(kept)
                .destroy()
            val again =
                Robolectric
                    .buildActivity(BrowserActivity::class.java, first.intent)
                    .create(kept)
                    .start()
                    .resume()
            assertNull(again.tab)
            assertEquals(SignInOutcome.Cancelled, signIn.outcome())
        }

    @Test
    fun `an answer whose process has ended is kept for the next client, and the app comes to the front`() =
        withMock { mock ->
            mock.ada()
            install(mock)
            val store = MemoryStore()
            val before = SessionClient(mock.endpoint, mock.project) { this.store = store }
            val url = mock.browse(Intent().setData(Uri.parse(before.beginOAuth2("mock").url)))
            before.close()

            val browser = Robolectric.buildActivity(BrowserActivity::class.java, callback(url)).create()
            shadowOf(browser.get()).setIsTaskRoot(true)
            installLauncher()
            browser.start().resume()
            assertTrue(browser.get().isFinishing)
            assertEquals(AppActivity::class.java.name, browser.tab?.component?.className)

            val after = SessionClient(mock.endpoint, mock.project) { this.store = store }
            assertTrue((after.completePendingOAuth2() as SignInOutcome.SignedIn).state is SessionState.SignedIn)
            assertNull(after.completePendingOAuth2())
            after.close()
        }

    private fun installLauncher() {
        val launcher = ComponentName(app, AppActivity::class.java)
        packages.addActivityIfNotPresent(launcher)
        val filter = IntentFilter(Intent.ACTION_MAIN)
        filter.addCategory(Intent.CATEGORY_LAUNCHER)
        filter.addCategory(Intent.CATEGORY_DEFAULT)
        packages.addIntentFilterForActivity(launcher, filter)
    }

    @Test
    fun `an answer whose coroutine was cancelled is kept`() =
        withSession { mock, session ->
            val signIn = signIn(session)
            val browser = opened()
            val tab = checkNotNull(browser.tab)
            signIn.cancelAndJoin()
            browser.answered(mock.browse(tab))
            assertTrue(session.completePendingOAuth2() is SignInOutcome.SignedIn)
        }

    @Test
    fun `an answer that cannot be used yet is kept until it can`() =
        withMock { mock ->
            mock.ada()
            val records = MemoryStore()
            val before = SessionClient(mock.endpoint, mock.project) { store = records }
            val url = mock.browse(Intent().setData(Uri.parse(before.beginOAuth2("mock").url)))
            before.close()
            var locked = true
            val after =
                SessionClient(mock.endpoint, mock.project) {
                    store =
                        object : SecureStore by records {
                            override fun load(key: String): String? = if (locked) throw StoreException.Locked() else records.load(key)
                        }
                }
            CallbackDesk.ofProcess.answered(url)
            assertTrue(runCatching { after.completePendingOAuth2() }.exceptionOrNull() is SessionException.StorageLocked)
            locked = false
            assertTrue(after.completePendingOAuth2() is SignInOutcome.SignedIn)
            after.close()
        }

    @Test
    fun `an answer for an account that was being added is found among all accounts, and not lost to another`() =
        withMock { mock ->
            mock.ada()
            val records = MemoryStore()
            val before = Accounts(mock.endpoint, mock.project) { store = records }
            val adding = before.add()
            val url = mock.browse(Intent().setData(Uri.parse(adding.beginOAuth2("mock").url)))
            before.close()

            val after = Accounts(mock.endpoint, mock.project) { store = records }
            assertNull("there is no answer", after.completePendingOAuth2())
            CallbackDesk.ofProcess.answered(url)
            assertNull("it is not for this account", after.current().completePendingOAuth2())
            val completed = checkNotNull(after.completePendingOAuth2())
            assertEquals(adding.accountSlot, completed.client.accountSlot)
            assertTrue(completed.outcome is SignInOutcome.SignedIn)
            assertNull("it is used up", after.completePendingOAuth2())
            assertNull(CallbackDesk.ofProcess.take())
            after.close()
        }

    @Test
    fun `a coroutine that ends while the answer is being used does not lose it`() =
        runBlocking {
            val desk = CallbackDesk()
            desk.answered("my-app://answer")
            val using = CompletableDeferred<String>()
            val completing =
                launch {
                    desk.completeKept<Unit> {
                        using.complete(it)
                        awaitCancellation()
                    }
                }
            assertEquals("my-app://answer", using.await())
            completing.cancelAndJoin()
            assertEquals("my-app://answer", desk.take())
        }

    @Test
    fun `what another app sends ends the sign-in without signing anybody in`() =
        withSession { mock, session ->
            val signIn = signIn(session)
            val browser = opened()
            browser.answered("appwrite-callback-${mock.project}://oauth2?userId=eve&secret=eve")
            val refused = runCatching { signIn.outcome() }.exceptionOrNull()
            assertTrue("$refused", refused is SessionException.CallbackRejected)
            assertTrue(session.state.value is SessionState.SignedOut)
            // And if none waits, it is nothing.
            Robolectric
                .buildActivity(
                    BrowserActivity::class.java,
                    callback("appwrite-callback-${mock.project}://oauth2?userId=eve&secret=eve"),
                ).setup()
            assertNull(session.completePendingOAuth2())
            assertTrue(session.state.value is SessionState.SignedOut)
        }

    @Test
    fun `a second sign-in is refused while one is open, and changes nothing of it`() =
        withSession { mock, session ->
            val signIn = signIn(session)
            val browser = opened()
            assertEquals(ScreenFault.Interrupted, fault { session.signInWithOAuth2(main.get(), "mock") })
            browser.answered(mock.browse(checkNotNull(browser.tab)))
            assertTrue(signIn.outcome() is SignInOutcome.SignedIn)
        }

    @Test
    fun `the next sign-in opens the tab again, above an activity that is still there`() =
        withSession { mock, session ->
            val first = signIn(session)
            val browser = opened()
            checkNotNull(browser.tab)
            first.cancelAndJoin()
            val second = signIn(session)
            browser.pause().newIntent(main.get().opens.receive()).resume()
            browser.answered(mock.browse(checkNotNull(browser.tab)))
            assertTrue(second.outcome() is SignInOutcome.SignedIn)
        }

    @Test
    fun `without a browser it is not supported, and nothing is left begun`() =
        withSession { mock, session ->
            shadowOf(app).checkActivities(true)
            val signIn = signIn(session)
            val browser = opened()
            assertTrue(browser.get().isFinishing)
            assertEquals(ScreenFault.NotSupported, fault { signIn.outcome() })
        }

    @Test
    fun `the user's browser opens the tab, by its name, if it has tabs`() =
        withSession { _, session ->
            installBrowser("com.a.browser")
            val withTabs = signIn(session)
            val browser = opened()
            assertEquals("com.a.browser", browser.tab?.`package`)
            browser.pause().resume()
            withTabs.outcome()
        }

    @Test
    fun `an app whose manifest lacks the scheme is not set up`() =
        withMock { mock ->
            val session = SessionClient(mock.endpoint, mock.project) { store = MemoryStore() }
            assertEquals(ScreenFault.NotSetUp, fault { session.signInWithOAuth2(main.get(), "mock") })
            main.get().finish()
            assertEquals(ScreenFault.Interrupted, fault { session.signInWithOAuth2(main.get(), "mock") })
            session.close()
        }

    @Test
    fun `a bridge gives the URL and gets the one of the answer, also later`() =
        withSession { mock, session ->
            val start = session.beginOAuth2("mock")
            val input = JSONObject().put("url", start.url).put("callbackScheme", start.callbackScheme).toString()
            val shown = async(start = CoroutineStart.UNDISPATCHED) { BrowserForBridges().show(main.get(), input) }
            val browser = opened()
            val url = mock.browse(checkNotNull(browser.tab))
            browser.answered(url)
            assertEquals(url, JSONObject(checkNotNull(shown.await())).getString("url"))
            assertNull(BrowserForBridges().takeCallback())

            val closed = async(start = CoroutineStart.UNDISPATCHED) { BrowserForBridges().show(main.get(), input) }
            opened().pause().resume()
            assertNull(closed.await())

            val left = async(start = CoroutineStart.UNDISPATCHED) { BrowserForBridges().show(main.get(), input) }
            val below = opened()
            left.cancelAndJoin()
            below.answered(url)
            assertEquals(url, BrowserForBridges().takeCallback())
            assertNull(BrowserForBridges().takeCallback())
        }

    @Test
    fun `the manifest opens the callback to the browser alone, for the app's scheme, and keeps the other activity to the app`() {
        val manifest = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File("src/main/AndroidManifest.xml"))
        val activities = manifest.getElementsByTagName("activity")
        val byName = (0 until activities.length).map { activities.item(it) as Element }.associateBy { it.getAttribute("android:name") }
        assertEquals(setOf(BrowserActivity::class.java.name, CallbackActivity::class.java.name), byName.keys)
        val below = byName.getValue(BrowserActivity::class.java.name)
        assertEquals("false", below.getAttribute("android:exported"))
        assertEquals("singleTask", below.getAttribute("android:launchMode"))
        assertTrue(below.getAttribute("android:configChanges").split('|').containsAll(listOf("orientation", "screenSize", "uiMode")))
        val callback = byName.getValue(CallbackActivity::class.java.name)
        assertEquals("true", callback.getAttribute("android:exported"))
        val data = callback.getElementsByTagName("data").item(0) as Element
        assertEquals("\${appwriteSessionCallbackScheme}", data.getAttribute("android:scheme"))
        assertNotNull(manifest.getElementsByTagName("queries").item(0))
    }
}
