package dev.appwritesession.reactnative

import dev.appwritesession.SessionException
import kotlinx.coroutines.CancellationException

/** Why a call failed, as JavaScript is told. The codes and their meaning are those of all languages. */
internal data class Failure(
    val code: String,
    val message: String,
    val retryable: Boolean = false,
    val retryAfterMs: Long? = null,
    val status: Int? = null,
    val type: String? = null,
    val reason: String? = null,
    val origin: String? = null,
) {
    companion object {
        /** Its client is closed, or there never was one of that number. */
        val CLOSED = Failure("closed", "the client was closed")

        /** JavaScript cancelled the call. */
        val CANCELLED = Failure("cancelled", "the call was cancelled")

        /** What should not have happened. */
        val INTERNAL = Failure("internal", "a bug in react-native-appwrite-session; please report it")

        /** The app is packed without the library that this device needs. */
        val NOT_LINKED = Failure("config", "the app has no libappwrite_session.so for this device; build it for the device's ABI")
    }
}

/** A call that this module refuses by itself. */
internal class Refused(val failure: Failure) : Exception(failure.message)

/** A configuration that cannot work; [message] says what to write instead. */
internal fun misconfigured(message: String) = Refused(Failure("config", message))

/** What JavaScript is told of this. No text of a foreign exception: it could hold anything. */
internal fun Throwable.toFailure(): Failure =
    when (this) {
        is SessionException -> {
            Failure(
                code = code,
                message = message.orEmpty(),
                retryable = isRetryable,
                retryAfterMs = retryAfter?.inWholeMilliseconds,
                status = status,
                type = appwriteType,
                reason = (this as? SessionException.SignedOut)?.reason?.code,
                origin = (this as? SessionException.OriginNotAllowed)?.origin,
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
