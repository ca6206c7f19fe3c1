package dev.appwritesession

import dev.appwritesession.ffi.GatewayEvent
import dev.appwritesession.ffi.GatewayEventReader
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * A server-sent event.
 *
 * @property kind the kind of event that the server says; `message` if it says none.
 * @property id the id of the last event that had one; empty if none had.
 * @property data the text. Lines are separated by a line feed.
 */
public class Event internal constructor(public val kind: String, public val id: String, public val data: String) {
    /** The kind alone: the rest can hold secrets of the app. */
    override fun toString(): String = "Event(kind=$kind)"
}

/**
 * The server-sent events of a gateway. They hold a connection until they have ended or are closed. All of it can be used from any thread.
 *
 * If the stream of an idempotent call ends or breaks, it is asked for again with `Last-Event-ID` and the credential of that moment,
 * until the gateway answers with 204. The events of any other call end with their stream.
 */
public class GatewayEvents internal constructor(private val reader: GatewayEventReader, private val settled: () -> Unit) : AutoCloseable {
    /**
     * The next event, or null when there are no more. One call at a time; a second one waits for the first. Cancelling the coroutine
     * loses no event and does not close the stream.
     *
     * @throws SessionException if the events do not come. After one that [SessionException.isRetryable] the next call asks for the events
     *   again, from where they broke off; after any other there are no more.
     */
    public suspend fun next(): Event? =
        try {
            crossing { reader.next() }?.toApi()
        } finally {
            settled()
        }

    /**
     * The events from now on. The end of the collection closes the stream: also when the collector is cancelled, takes no more or fails.
     *
     * Only an error of [next] that [SessionException.isRetryable] leaves it open. The flow fails with the error, and who collects it again
     * goes on from where the events broke off, as with `retry { it is SessionException && it.isRetryable }`.
     */
    public fun flow(): Flow<Event> =
        flow {
            var goesOn = false
            try {
                while (true) {
                    val event =
                        try {
                            next()
                        } catch (failed: SessionException) {
                            goesOn = failed.isRetryable
                            throw failed
                        }
                    emit(event ?: break)
                }
            } finally {
                if (!goesOn) close()
            }
        }

    /** Closes the connection. A wait for the next event ends with null. Never waits; a second call does nothing. */
    override fun close(): Unit = reader.end()

    /** That it is a stream of events, and nothing of them. */
    override fun toString(): String = "GatewayEvents"
}

private fun GatewayEvent.toApi() = Event(kind, id, data)
