// The way into the core and back: what every call of the API does around the call of the FFI.

package dev.appwritesession

import dev.appwritesession.ffi.CoreException
import dev.appwritesession.ffi.InternalException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext
import java.nio.charset.CharacterCodingException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlin.coroutines.Continuation
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.intrinsics.COROUTINE_SUSPENDED
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn
import kotlin.coroutines.resume
import kotlin.coroutines.startCoroutine

/** Runs [call], and throws what it throws as a [SessionException]. */
internal inline fun <T> translated(call: () -> T): T =
    try {
        call()
    } catch (failed: CoreException.Failed) {
        throw failed.toApi()
    } catch (_: InternalException) {
        // A panic. Its message stays where it is: it could hold anything.
        throw SessionException.Internal(SessionException.Details("internal", "a bug in appwrite-session; please report it"))
    } catch (_: CharacterCodingException) {
        throw notUnicode()
    }

internal fun notUnicode(): SessionException.Config =
    configError(
        "a string is not valid Unicode: it contains a surrogate without its partner, which happens when a text is cut inside an emoji",
    )

internal fun configError(text: String): SessionException.Config = SessionException.Config(SessionException.Details("config", text))

/** Runs [call] as [translated] does, and continues on a thread that the app may block. */
internal suspend inline fun <T> crossing(call: () -> T): T =
    try {
        translated(call)
    } finally {
        leaveCore()
    }

/**
 * Leaves the thread on which the core has resumed this coroutine, if the coroutine's dispatcher does not do that by itself.
 *
 * With [Dispatchers.Unconfined], without a dispatcher (`suspend fun main`) and with the unconfined test dispatchers, the app's code would
 * otherwise run on the core's own thread, inside a call of the core, and block every client of the process.
 */
@PublishedApi
internal suspend fun leaveCore() {
    val context = currentCoroutineContext()
    val interceptor = context[ContinuationInterceptor]
    if (interceptor !is CoroutineDispatcher || !interceptor.isDispatchNeeded(context)) {
        // Not `withContext`, which returns on this thread if its block is done before the coroutine suspends.
        suspendCoroutineUninterceptedOrReturn<Unit> { continuation ->
            resumption.dispatch(context, Runnable { continuation.resume(Unit) })
            COROUTINE_SUSPENDED
        }
    }
}

/** A view of its own, so that an app that blocks every thread of [Dispatchers.IO] does not hold up the coroutines that it waits for. */
private val resumption = Dispatchers.IO.limitedParallelism(MOST_RESUMED)
private const val MOST_RESUMED = 1024

/**
 * Blocks the calling thread until [work] is done, which must do nothing but call the core.
 *
 * @param isCancelled asked every [CANCELLATION_MILLIS]: OkHttp 4 does not notify anybody when a call is cancelled.
 * @throws InterruptedException if the thread is interrupted.
 * @throws Cancelled once [isCancelled] says so.
 */
internal fun <T> blocking(isCancelled: (() -> Boolean)? = null, work: suspend () -> T): T {
    val result = CompletableFuture<T>()
    val job = Job()
    // Without a dispatcher: all threads of a pool can be waiting here, and Dispatchers.Unconfined starts nothing inside itself.
    work.startCoroutine(Continuation(job) { it.fold(result::complete, result::completeExceptionally) })
    return try {
        result.await(isCancelled)
    } catch (failed: ExecutionException) {
        throw failed.cause ?: failed
    } finally {
        job.cancel()
    }
}

private fun <T> CompletableFuture<T>.await(isCancelled: (() -> Boolean)?): T {
    if (isCancelled == null) return get()
    while (!isCancelled()) {
        try {
            return get(CANCELLATION_MILLIS, TimeUnit.MILLISECONDS)
        } catch (_: TimeoutException) {
            continue
        }
    }
    throw Cancelled()
}

/** The wait of [blocking] was cancelled. */
internal class Cancelled : Exception()

private const val CANCELLATION_MILLIS = 20L
