package dev.appwritesession

import kotlinx.coroutines.ExperimentalForInheritanceCoroutinesApi
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.map
import java.util.concurrent.ConcurrentHashMap

/**
 * The last change that was shown to the app. A newer one replaces it without a lock, so that collectors, which can run inside
 * [show], never run under one.
 */
internal class Shown(first: Change) {
    val changes = MutableStateFlow(first)

    /** Shows [change] unless a later one has been shown. */
    fun show(change: Change) {
        while (true) {
            val last = changes.value
            if (change.number <= last.number || changes.compareAndSet(last, change)) return
        }
    }
}

/**
 * The states of [shown], as a flow that keeps [client] alive while it is held or collected: the states of a client that nobody uses
 * any more end with it.
 */
@OptIn(ExperimentalForInheritanceCoroutinesApi::class)
internal class StatesOf(private val client: SessionClient, private val shown: Shown) : StateFlow<SessionState> {
    override val value: SessionState get() = shown.changes.value.state

    override val replayCache: List<SessionState> get() = listOf(value)

    override suspend fun collect(collector: FlowCollector<SessionState>): Nothing {
        val collection = Any()
        collected[collection] = client
        try {
            shown.changes
                .map { it.state }
                .distinctUntilChanged()
                .collect(collector)
            awaitCancellation()
        } finally {
            collected.remove(collection)
        }
    }

    private companion object {
        /** A coroutine that waits for a state is reachable only from the flow that it waits for. */
        val collected = ConcurrentHashMap<Any, SessionClient>()
    }
}
