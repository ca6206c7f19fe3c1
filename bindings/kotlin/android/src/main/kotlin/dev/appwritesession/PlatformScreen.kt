package dev.appwritesession

import android.app.Activity

/** Marks what the optional modules of this library share with it. It is no API for apps, and can change with every release. */
@RequiresOptIn("This is for the optional modules of appwrite-session, and can change with every release.")
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.FUNCTION)
public annotation class ForScreenModules

/**
 * A screen of an optional module, for bridges to other languages, which know only its name. Its class has a constructor without
 * parameters.
 */
@ForScreenModules
public interface PlatformScreen {
    /**
     * Shows the screen above [activity].
     *
     * @param input what it is given, as JSON.
     * @return what the user answered, as JSON; null if the user closed it.
     * @throws SessionException.ScreenFailed if it could not do its work.
     */
    public suspend fun show(activity: Activity, input: String): String?
}

/** A browser's screen, whose answer can come when nobody waits for it any more. */
@ForScreenModules
public interface CallbackKeeper {
    /** The URL that opened the app while no sign-in waited for one, and forgets it; null if there is none. */
    public fun takeCallback(): String?
}

/**
 * The screens of the optional modules that the app contains. They are found by name, so that an app without a module links nothing of
 * it. The rules for R8 in each module keep these names.
 */
@OptIn(ForScreenModules::class)
internal object PlatformScreens {
    private const val BROWSER = "browser"
    private val classes =
        mapOf(
            "google" to "dev.appwritesession.google.GoogleForBridges",
            "passkey_get" to "dev.appwritesession.passkeys.PasskeyGetForBridges",
            "passkey_create" to "dev.appwritesession.passkeys.PasskeyCreateForBridges",
            BROWSER to "dev.appwritesession.browser.BrowserForBridges",
        )

    /**
     * Shows the screen of that name, as [PlatformScreen.show].
     *
     * @param activity the activity in front; null if there is none.
     * @throws SessionException.ScreenFailed if there is no such screen on Android, its module is not linked, or no activity is in front.
     */
    suspend fun show(name: String, activity: Activity?, input: String): String? {
        val known = classes[name] ?: throw SessionException.ScreenFailed(ScreenFault.NotSupported)
        val screen = made(known) as? PlatformScreen ?: throw SessionException.ScreenFailed(ScreenFault.NotLinked)
        return screen.show(activity.inFront(), input)
    }

    /** The callback that the browser's module keeps, if the app contains it. */
    fun takeCallback(): String? = (made(classes.getValue(BROWSER)) as? CallbackKeeper)?.takeCallback()

    private fun made(name: String): Any? =
        try {
            Class.forName(name).getDeclaredConstructor().newInstance()
        } catch (_: ClassNotFoundException) {
            null
        }
}

/**
 * This activity, if a screen can be shown above it.
 *
 * @throws SessionException.ScreenFailed if it is gone.
 */
@ForScreenModules
public fun Activity?.inFront(): Activity =
    this?.takeUnless { it.isFinishing || it.isDestroyed } ?: throw SessionException.ScreenFailed(ScreenFault.Interrupted)
