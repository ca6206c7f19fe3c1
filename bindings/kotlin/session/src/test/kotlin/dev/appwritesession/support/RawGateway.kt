// A gateway of the app that answers what a test says, and tells what reached it.

package dev.appwritesession.support

import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.security.MessageDigest
import java.util.Base64
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.concurrent.thread

internal class Received(val method: String, val path: String, private val headers: List<Pair<String, String>>) {
    fun header(name: String): String? = headers.firstOrNull { it.first.equals(name, ignoreCase = true) }?.second

    fun all(name: String): List<String> = headers.filter { it.first.equals(name, ignoreCase = true) }.map { it.second }

    /** The session cookie, or null. */
    val credential: String? get() = header("Cookie")?.substringAfter("a_session_", "")?.ifEmpty { null }
}

/** @param answer the whole head of the answer, without the empty line; the path is its body. */
internal class RawGateway(private val answer: (Received) -> String) : AutoCloseable {
    private val server = ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))
    private val sockets = ConcurrentLinkedQueue<Socket>()
    val received = ConcurrentLinkedQueue<Received>()
    val url = "http://127.0.0.1:${server.localPort}"

    init {
        thread(isDaemon = true) {
            runCatching {
                while (true) server.accept().let { thread(isDaemon = true) { runCatching { serve(it) } } }
            }
        }
    }

    private fun serve(socket: Socket) {
        sockets += socket
        val input = socket.getInputStream().bufferedReader(Charsets.ISO_8859_1)
        val (method, path) = input.readLine().split(' ')
        val headers =
            generateSequence { input.readLine().ifEmpty { null } }
                .map { it.substringBefore(':') to it.substringAfter(':').trim() }
                .toList()
        val request = Received(method, path, headers)
        repeat(request.header("Content-Length")?.toInt() ?: 0) { input.read() }
        received += request
        val head = answer(request)
        val body = if (head.startsWith("HTTP/1.1 101")) "" else path
        val length = if (body.isEmpty()) "" else "Content-Length: ${body.length}\r\nConnection: close\r\n"
        socket.getOutputStream().write("$head\r\n$length\r\n$body".toByteArray())
        // A web socket stays open.
        if (body.isNotEmpty()) socket.close()
    }

    override fun close() {
        server.close()
        sockets.forEach(Socket::close)
    }

    companion object {
        /** The head with which a web socket is accepted. */
        fun upgraded(request: Received): String {
            val key = request.header("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            val accept = Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(key.toByteArray()))
            return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: $accept"
        }
    }
}
