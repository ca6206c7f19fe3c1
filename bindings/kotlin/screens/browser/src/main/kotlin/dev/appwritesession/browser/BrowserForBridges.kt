package dev.appwritesession.browser

import android.app.Activity
import dev.appwritesession.CallbackKeeper
import dev.appwritesession.ForScreenModules
import dev.appwritesession.PlatformScreen
import org.json.JSONObject

/** The browser by the name `browser`: `{"url", "callbackScheme"}` to `{"url"}`, the one that the browser returned with. */
@ForScreenModules
public class BrowserForBridges :
    PlatformScreen,
    CallbackKeeper {
    /** As [PlatformScreen.show]. An answer that comes after the coroutine was cancelled is for [takeCallback]. */
    override suspend fun show(activity: Activity, input: String): String? {
        val asked = JSONObject(input)
        val desk = CallbackDesk.ofProcess
        val visit = desk.begin()
        var usedUp = false
        try {
            activity.openBrowser(asked.getString("url"), asked.getString("callbackScheme"), visit)
            return visit.answer().also { usedUp = true }?.let { JSONObject().put("url", it).toString() }
        } finally {
            desk.end(visit, keepsAnswer = !usedUp)
        }
    }

    /** As [CallbackKeeper.takeCallback]. */
    override fun takeCallback(): String? = CallbackDesk.ofProcess.take()
}
