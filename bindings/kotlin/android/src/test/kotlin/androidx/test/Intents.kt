// What Robolectric links to of androidx.test, which is not on Maven Central. The tests use nothing of it.
@file:Suppress("ktlint:standard:package-name")

package androidx.test.runner.intent

import android.app.Instrumentation
import android.content.Intent

interface IntentMonitor

interface IntentStubber {
    fun getActivityResultForIntent(intent: Intent): Instrumentation.ActivityResult?
}

object IntentMonitorRegistry {
    lateinit var registered: IntentMonitor

    @JvmStatic
    fun registerInstance(monitor: IntentMonitor) {
        registered = monitor
    }
}

object IntentStubberRegistry {
    @JvmStatic
    fun isLoaded(): Boolean = false

    @JvmStatic
    fun getInstance(): IntentStubber = error("there is none")
}
