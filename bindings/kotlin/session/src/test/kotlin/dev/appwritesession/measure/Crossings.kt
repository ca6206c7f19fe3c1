// What it costs to cross into the core and back, in microseconds.

package dev.appwritesession.measure

import dev.appwritesession.MemoryStore
import dev.appwritesession.SessionClient
import dev.appwritesession.ThreadAttachment
import kotlinx.coroutines.runBlocking

private const val ROUNDS = 20_000

fun main(arguments: Array<String>) {
    val session = SessionClient("https://appwrite.example.com/v1", "demo") { store = MemoryStore() }
    if ("detach" in arguments) {
        // As JNA does it if nobody says otherwise.
        ThreadAttachment.set(detach = true)
    }
    runBlocking {
        session.restored()
        report("sync: persistence") { session.persistence }
        report("async: restored()") { session.restored() }
        session.close()
    }
}

private suspend fun report(what: String, call: suspend () -> Unit) {
    // The first rounds warm the JVM up.
    repeat(ROUNDS) { call() }
    val begin = System.nanoTime()
    repeat(ROUNDS) { call() }
    println("| $what | ${"%.1f".format((System.nanoTime() - begin) / 1000.0 / ROUNDS)} |")
}
