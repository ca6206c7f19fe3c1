// How much memory an answer takes while it is read, as a multiple of its size.

package dev.appwritesession.measure

import dev.appwritesession.MemoryStore
import dev.appwritesession.SessionClient
import kotlinx.coroutines.runBlocking
import java.io.File

/** Arguments: endpoint, project, gateway, e-mail, password, how many bytes. */
fun main(arguments: Array<String>) {
    val (endpoint, project, gateway) = arguments
    val (email, password) = arguments.drop(3)
    val size = arguments.last().toLong()
    val session =
        SessionClient(endpoint, project) {
            store = MemoryStore()
            gateway(gateway)
            responseLimit = size
        }
    runBlocking {
        session.signInWithEmail(email, password)
        session.get("/gateway/bytes/1000")
        val before = kilobytes("VmRSS")
        val answer = session.get("/gateway/bytes/$size")
        check(answer.bytes.size.toLong() == size)
        println("%.2f".format((kilobytes("VmHWM") - before) * 1024.0 / size))
    }
}

private fun kilobytes(what: String) =
    File("/proc/self/status")
        .readLines()
        .first { it.startsWith(what) }
        .filter(Char::isDigit)
        .toLong()
