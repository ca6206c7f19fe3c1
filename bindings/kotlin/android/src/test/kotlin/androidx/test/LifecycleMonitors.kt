// What Robolectric links to of androidx.test, which is not on Maven Central. The tests use nothing of it.
@file:Suppress("ktlint:standard:package-name")

package androidx.test.internal.runner.lifecycle

import android.app.Activity
import android.app.Application
import androidx.test.runner.lifecycle.ActivityLifecycleCallback
import androidx.test.runner.lifecycle.ActivityLifecycleMonitor
import androidx.test.runner.lifecycle.ApplicationLifecycleMonitor
import androidx.test.runner.lifecycle.ApplicationStage
import androidx.test.runner.lifecycle.Stage

class ActivityLifecycleMonitorImpl : ActivityLifecycleMonitor {
    private val stages = mutableMapOf<Activity, Stage>()

    fun signalLifecycleChange(stage: Stage, activity: Activity) {
        stages[activity] = stage
    }

    override fun addLifecycleCallback(callback: ActivityLifecycleCallback): Unit = error("nobody listens")

    override fun removeLifecycleCallback(callback: ActivityLifecycleCallback): Unit = error("nobody listens")

    override fun getLifecycleStageOf(activity: Activity): Stage = stages.getValue(activity)

    override fun getActivitiesInStage(stage: Stage): Collection<Activity> = stages.filterValues { it == stage }.keys
}

class ApplicationLifecycleMonitorImpl : ApplicationLifecycleMonitor {
    private val stages = mutableMapOf<Application, ApplicationStage>()

    fun signalLifecycleChange(application: Application, stage: ApplicationStage) {
        stages[application] = stage
    }
}
