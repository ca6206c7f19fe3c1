// What Robolectric links to of androidx.test, which is not on Maven Central. The tests use nothing of it.
@file:Suppress("ktlint:standard:package-name")

package androidx.test.internal.runner.intent

import android.content.Intent
import androidx.test.runner.intent.IntentMonitor

class IntentMonitorImpl : IntentMonitor {
    private val seen = mutableListOf<Intent>()

    fun signalIntent(intent: Intent) {
        seen += intent
    }
}
