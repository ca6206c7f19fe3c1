package dev.appwritesession.browser

import android.app.Activity
import android.os.Bundle

/**
 * What the browser opens with the answer. It hands the URL to [BrowserActivity], and is gone.
 *
 * It is another activity than that one, because any app can open it, while the other one must be reached in the app's own task, below the
 * tab, wherever the browser has opened this one. Any app can send a URL: whether it is the answer to the sign-in, the client decides.
 */
public class CallbackActivity : Activity() {
    /** Hands the URL over. */
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        intent.dataString?.let { startActivity(BrowserActivity.answering(this, it)) }
        finish()
    }
}
