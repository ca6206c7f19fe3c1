// What every SecureStore must do, in the words of the core's own suite. Copy it to test a store of your own.

package dev.appwritesession.support

import dev.appwritesession.Persistence
import dev.appwritesession.SecureStore
import java.util.UUID
import java.util.concurrent.Callable
import java.util.concurrent.Executors

/** @param open opens the store, anew each time: a durable one finds its records again. */
internal class StoreConformance(private val open: () -> SecureStore) {
    /** Throws an [IllegalStateException] that says what the store does not do. */
    fun check() {
        whatWasNeverSavedIsNone()
        theLastSaveWins()
        anyTextComesBack()
        keysAreIndependent()
        quarantineFreesTheKeyAndKeepsTheRecord()
        aDurableRecordSurvivesReopening()
        threadsDoNotMixRecords()
    }

    private fun whatWasNeverSavedIsNone() {
        val (store, key) = open() to unused()
        store.holds(key, null)
        store.clear(key)
        store.quarantine(key, key.aside())
        store.holds(key, null)
        store.holds(key.aside(), null)
    }

    private fun theLastSaveWins() {
        val (store, key) = open() to unused()
        for (record in listOf("a", "a longer one", "b")) store.save(key, record)
        store.holds(key, "b")
        store.clear(key)
        store.holds(key, null)
    }

    private fun anyTextComesBack() {
        val store = open()
        for (record in listOf("", " \n", "{\"version\":\"1\"}", "\u00e9\u4e16\ud83d\udd11\u0000", "x".repeat(LONG))) {
            val key = unused()
            store.save(key, record)
            store.holds(key, record)
            store.clear(key)
        }
    }

    private fun keysAreIndependent() {
        val store = open()
        val first = unused()
        val keys = listOf(first, "$first#", first.uppercase(), "$first/../$first", "\u00fa\u010det-$first", first + "-".repeat(LONG))
        keys.forEachIndexed { number, key -> store.save(key, "$number") }
        keys.forEachIndexed { number, key -> store.holds(key, "$number") }
        store.clear(first)
        store.holds(first, null)
        keys.drop(1).forEachIndexed { number, key -> store.holds(key, "${number + 1}") }
        keys.forEach(store::clear)
    }

    private fun quarantineFreesTheKeyAndKeepsTheRecord() {
        val (store, key) = open() to unused()
        for (damaged in listOf("damaged once", "damaged twice")) {
            store.save(key, damaged)
            store.quarantine(key, key.aside())
            store.holds(key, null)
            store.holds(key.aside(), damaged)
        }
        store.quarantine(key, key.aside())
        store.holds(key.aside(), "damaged twice")
        store.save(key, "a new login")
        store.clear(key)
        store.holds(key.aside(), "damaged twice")
        store.clear(key.aside())
    }

    private fun aDurableRecordSurvivesReopening() {
        val (store, key) = open() to unused()
        if (store.persistence != Persistence.Durable) return
        store.save(key, "kept")
        open().holds(key, "kept")
        open().clear(key)
        open().holds(key, null)
    }

    private fun threadsDoNotMixRecords() {
        val (store, shared) = open() to unused()
        val threads = Executors.newFixedThreadPool(THREADS)
        val tasks =
            List(THREADS) { thread ->
                Callable {
                    val own = unused()
                    repeat(ROUNDS) { round ->
                        val record = "$thread:$round;".repeat(thread * ROUNDS + 1)
                        store.save(own, record)
                        store.save(shared, record)
                        store.holds(own, record)
                    }
                    store.clear(own)
                }
            }
        threads.invokeAll(tasks).forEach { it.get() }
        threads.shutdown()
        val last =
            store
                .load(shared)
                .orEmpty()
                .split(';')
                .dropLast(1)
                .toSet()
        check(last.size == 1) { "a key that all threads wrote holds pieces of several records" }
        store.clear(shared)
    }

    private fun SecureStore.holds(key: String, record: String?) {
        val found = load(key)
        check(found == record) { "under this key there should be ${record?.take(SHOWN)}, there is ${found?.take(SHOWN)}" }
    }

    private fun unused() = "https://conformance.example/v1#${UUID.randomUUID()}#default"

    private fun String.aside() = "$this#quarantine"

    private companion object {
        const val LONG = 4000
        const val THREADS = 4
        const val ROUNDS = 5
        const val SHOWN = 40
    }
}
