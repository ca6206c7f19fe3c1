package dev.appwritesession

import android.app.Activity
import java.lang.ref.WeakReference
import java.util.concurrent.atomic.AtomicReference

private val current = AtomicReference<WeakReference<Activity>?>()

/**
 * Shows a sheet above this activity, one at a time for the whole process: a button that is tapped twice shows no second one above the
 * first. A sheet whose activity is destroyed stands in nobody's way, although its answer may never come.
 *
 * @throws SessionException.ScreenFailed if this activity is gone, or another sheet is shown.
 */
@ForScreenModules
public suspend fun <T> Activity?.inTurn(show: suspend (activity: Activity) -> T): T {
    val activity = inFront()
    val turn = WeakReference(activity)
    val before = current.get()
    val isFree = before?.get()?.isDestroyed ?: true
    if (!isFree || !current.compareAndSet(before, turn)) throw SessionException.ScreenFailed(ScreenFault.Interrupted)
    try {
        return show(activity)
    } finally {
        current.compareAndSet(turn, null)
    }
}
