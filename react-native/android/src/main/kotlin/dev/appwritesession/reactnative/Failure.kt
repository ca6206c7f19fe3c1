package dev.appwritesession.reactnative

import dev.appwritesession.SessionException
import kotlinx.coroutines.CancellationException

/** The failure of a call, for JavaScript. The codes are the same in all languages. */
internal data class Failure(
    val code: String,
    val message: String,
    val retryable: Boolean = false,
    val retryAfterMs: Long? = null,
    val failureCause: String? = null,
    val mayHaveArrived: Boolean = false,
    val status: Int? = null,
    val type: String? = null,
    val reason: String? = null,
    val origin: String? = null,
    val detail: String? = null,
) {
    companion object {
        /** The client is closed, or there never was one with that number. */
        val CLOSED = Failure("closed", "the client was closed")

        /** JavaScript cancelled the call. */
        val CANCELLED = Failure("cancelled", "the call was cancelled", mayHaveArrived = true)

        /** An unexpected exception. */
        val INTERNAL = Failure("internal", "a bug in react-native-appwrite-session; please report it", mayHaveArrived = true)

        /** The app does not contain the library for this device. */
        val NOT_LINKED = Failure("config", "the app has no libappwrite_session.so for this device; build it for the device's ABI")
    }
}

/** A call that this module itself refuses. */
internal class Refused(val failure: Failure) : Exception(failure.message)

/** A wrong configuration or argument. [message] says what to write instead. */
internal fun misconfigured(message: String) = Refused(Failure("config", message))

/** Converts an exception. The message of a foreign exception is not used: it could contain anything. */
internal fun Throwable.toFailure(): Failure =
    when (this) {
        is SessionException -> {
            Failure(
                code = code,
                message = message.orEmpty(),
                retryable = isRetryable,
                retryAfterMs = retryAfter?.inWholeMilliseconds,
                failureCause = failureCause?.code,
                mayHaveArrived = mayHaveArrived,
                status = status,
                type = appwriteType,
                reason = (this as? SessionException.SignedOut)?.reason?.code,
                origin = (this as? SessionException.OriginNotAllowed)?.origin,
                detail = detail,
            )
        }

        is Refused -> {
            failure
        }

        is CancellationException -> {
            Failure.CANCELLED
        }

        is LinkageError -> {
            Failure.NOT_LINKED
        }

        else -> {
            Failure.INTERNAL
        }
    }
