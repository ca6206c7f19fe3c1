package dev.appwritesession.browser

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import androidx.browser.customtabs.CustomTabsClient
import androidx.browser.customtabs.CustomTabsIntent
import dev.appwritesession.ForScreenModules
import dev.appwritesession.ScreenFault
import dev.appwritesession.SessionException
import dev.appwritesession.inFront

/**
 * Lies below the browser's tab in the app's task, and shows nothing itself. It opens the tab, is opened again with the answer, which closes
 * the tab above it, and notices when the user comes back without one. The system can end it, and the process with it, while the tab is
 * open: what it must know is in its saved state.
 */
public class BrowserActivity : Activity() {
    private var opened = false
    private var settled = false

    private val visit get() = intent.getIntExtra(VISIT, 0)

    /** Takes over what an earlier instance knew. */
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        opened = savedInstanceState?.getBoolean(OPENED) ?: false
    }

    /** The answer, or the next sign-in. */
    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        if (intent.hasExtra(OPEN)) opened = false
        // The answer has no number: it closes the visit that it is for.
        if (!intent.hasExtra(VISIT)) intent.putExtra(VISIT, visit)
        setIntent(intent)
    }

    /** Decides what to do, now that it is in front. */
    override fun onResume() {
        super.onResume()
        when (val step = nextStep(intent.getStringExtra(OPEN), intent.getStringExtra(CALLBACK), opened)) {
            is Step.Open -> {
                opened = true
                open(step.url)
            }

            is Step.Answered -> {
                settle { answered(step.url) }
            }

            Step.Closed -> {
                settle { closed(visit) }
            }
        }
    }

    /** Keeps whether the tab was opened. */
    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        outState.putBoolean(OPENED, opened)
    }

    /** The app's own screen was opened anew, for example by its icon, which ended this one and the tab. */
    override fun onDestroy() {
        if (isFinishing && !settled) CallbackDesk.ofProcess.closed(visit)
        super.onDestroy()
    }

    private fun open(url: String) {
        val tab =
            CustomTabsIntent
                .Builder()
                .build()
                .intent
                .setData(Uri.parse(url))
        // The user's own browser, if it has tabs. By its name, so that no other app takes the URL for one of its own.
        val browser = CustomTabsClient.getPackageName(this, null)
        if (!opens(tab.setPackage(browser)) && !(browser != null && opens(tab.setPackage(null)))) {
            settle { failed(visit, ScreenFault.NotSupported) }
        }
    }

    private fun opens(intent: Intent): Boolean =
        try {
            startActivity(intent)
            true
        } catch (_: ActivityNotFoundException) {
            false
        } catch (_: SecurityException) {
            // A browser of another profile, or one that the device's administrator has locked.
            false
        }

    /** Tells the sign-in how it ended, and gives the front to the app. */
    private fun settle(tell: CallbackDesk.() -> Unit) {
        settled = true
        CallbackDesk.ofProcess.tell()
        // The system has ended the app's own screens, too.
        if (isTaskRoot) packageManager.getLaunchIntentForPackage(packageName)?.let(::startActivity)
        finish()
    }

    internal companion object {
        private const val OPEN = "dev.appwritesession.browser.OPEN"
        private const val CALLBACK = "dev.appwritesession.browser.CALLBACK"
        private const val VISIT = "dev.appwritesession.browser.VISIT"
        private const val OPENED = "dev.appwritesession.browser.OPENED"

        /** What opens [url] for a visit of that number. */
        fun opening(context: Context, url: String, number: Int): Intent =
            Intent(context, BrowserActivity::class.java).putExtra(OPEN, url).putExtra(VISIT, number)

        /** What brings the answer [url], and closes the tab. */
        fun answering(context: Context, url: String): Intent =
            Intent(context, BrowserActivity::class.java)
                .putExtra(CALLBACK, url)
                .addFlags(Intent.FLAG_ACTIVITY_CLEAR_TOP or Intent.FLAG_ACTIVITY_SINGLE_TOP)
    }
}

/** What [BrowserActivity] does when it is in front. */
internal sealed interface Step {
    data class Open(val url: String) : Step

    data class Answered(val url: String) : Step

    data object Closed : Step
}

/** Decides it: an answer counts always, the tab is opened once, and who is in front again without an answer has come back. */
internal fun nextStep(open: String?, callback: String?, opened: Boolean): Step =
    when {
        callback != null -> Step.Answered(callback)
        open != null && !opened -> Step.Open(open)
        else -> Step.Closed
    }

/**
 * Opens the browser above this activity.
 *
 * @throws SessionException.ScreenFailed if the app could not be opened with the answer, or this activity is gone.
 */
@OptIn(ForScreenModules::class)
internal fun Activity.openBrowser(url: String, callbackScheme: String, visit: CallbackDesk.Visit) {
    inFront()
    // An https callback has a host and a path of the app's own, which Android and the app's domain know.
    val callback =
        Intent(
            Intent.ACTION_VIEW,
            Uri.parse("$callbackScheme://oauth2"),
        ).addCategory(Intent.CATEGORY_BROWSABLE).setPackage(packageName)
    val known =
        callbackScheme == "https" ||
            packageManager.queryIntentActivities(callback, 0).any { it.activityInfo.name == CallbackActivity::class.java.name }
    if (!known) throw SessionException.ScreenFailed(ScreenFault.NotSetUp)
    startActivity(BrowserActivity.opening(this, url, visit.number))
}
