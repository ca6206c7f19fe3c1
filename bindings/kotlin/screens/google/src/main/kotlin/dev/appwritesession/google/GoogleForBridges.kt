package dev.appwritesession.google

import android.app.Activity
import androidx.credentials.CredentialManager
import dev.appwritesession.ForScreenModules
import dev.appwritesession.PlatformScreen
import org.json.JSONObject

/** Google's screen by the name `google`: `{"serverClientId", "nonce", "button"?}`, where the nonce is hashed, to `{"token"}`. */
@ForScreenModules
public class GoogleForBridges internal constructor(private val manager: (Activity) -> CredentialManager) : PlatformScreen {
    /** Google's screen. */
    public constructor() : this(CredentialManager::create)

    /** As [PlatformScreen.show]. */
    override suspend fun show(activity: Activity, input: String): String? {
        val asked = JSONObject(input)
        val screen = GoogleScreen(activity, asked.optString("serverClientId"), asked.optBoolean("button"), manager(activity))
        return screen.show(asked.getString("nonce"))?.let { JSONObject().put("token", it.token).toString() }
    }
}
