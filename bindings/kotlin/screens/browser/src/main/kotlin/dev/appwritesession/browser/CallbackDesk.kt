package dev.appwritesession.browser

import dev.appwritesession.ScreenFault
import dev.appwritesession.SessionException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration.Companion.hours

/**
 * Where the browser's answer and the sign-in that waits for it meet. One sign-in can wait at a time. An answer that nobody waits for is
 * kept, once and in memory only: it signs in, so it is not written anywhere.
 *
 * All functions can be called from any thread.
 */
internal class CallbackDesk {
    private var last = 0
    private var waiting: Visit? = null
    private var kept: String? = null

    /**
     * Begins a visit to the browser. What was kept for an earlier one is dropped, because its sign-in is replaced.
     *
     * @throws SessionException.ScreenFailed if another one waits.
     */
    @Synchronized
    fun begin(): Visit {
        if (waiting != null) throw SessionException.ScreenFailed(ScreenFault.Interrupted)
        kept = null
        last += 1
        return Visit(last).also { waiting = it }
    }

    /**
     * Ends a visit: its sign-in does not wait any more. With [keepsAnswer] its answer, if it has one, is kept for the one that asks
     * next.
     */
    @Synchronized
    fun end(visit: Visit, keepsAnswer: Boolean) {
        if (waiting !== visit) return
        waiting = null
        if (keepsAnswer) kept = visit.url
    }

    /** The browser has returned with [url], for the sign-in that waits, or for the one that asks next. */
    @Synchronized
    fun answered(url: String) {
        // Any app can send one. No callback of Appwrite is that long.
        if (url.length > LONGEST) return
        val visit = waiting
        when {
            visit == null -> kept = url
            visit.answer.complete(url) -> visit.url = url
        }
    }

    /** The user has come back from visit [number] without an answer. */
    fun closed(number: Int) {
        waits(number)?.answer?.complete(null)
    }

    /** The browser could not be opened for visit [number]. */
    fun failed(number: Int, fault: ScreenFault) {
        waits(number)?.answer?.completeExceptionally(SessionException.ScreenFailed(fault))
    }

    /**
     * Keeps [url] for the sign-in that asks next, because it was not used. One that came meanwhile is newer, and a sign-in that waits has
     * taken the place of the one that it is for.
     */
    @Synchronized
    fun keep(url: String) {
        if (kept == null && waiting == null) kept = url
    }

    /** The answer that is kept, which is forgotten; null if there is none. */
    @Synchronized
    fun take(): String? = kept.also { kept = null }

    @Synchronized
    private fun waits(number: Int): Visit? = waiting?.takeIf { it.number == number }

    /** One visit to the browser. */
    class Visit(val number: Int) {
        internal val answer = CompletableDeferred<String?>()
        internal var url: String? = null

        /**
         * Waits for the browser's answer, at most as long as the sign-in is good for.
         *
         * @return null if the user came back without one.
         */
        suspend fun answer(): String? = withTimeoutOrNull(LIFE) { answer.await() }
    }

    companion object {
        /** That of this process. */
        val ofProcess = CallbackDesk()

        private const val LONGEST = 16_384
        private val LIFE = 1.hours
    }
}
