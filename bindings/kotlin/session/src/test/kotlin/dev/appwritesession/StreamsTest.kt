package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.withMock
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.retry
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.net.InetAddress
import java.net.ServerSocket
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

@Suppress("UnusedPrivateMember") // The code of the README.
internal class StreamsTest {
    // README
    private suspend fun documents(session: SessionClient, photo: File, archive: File) {
        session.request("GET", "/export").stream().use { export ->
            export.requireSuccess().chunks().collect { println("${it.size} bytes") }
        }

        val news = session.request("GET", "/news").events() // server-sent events
        news.flow().retry { it is SessionException && it.isRetryable }.collect { println(it.data) }

        session.put("/photo") {
            file(UploadFile.at(photo, contentType = "image/jpeg"))
            onProgress { println("${it.bytes} of ${it.total} bytes") }
        }
        session.post("/photos") { multipart(Multipart().text("title", "Summer").file("photo", UploadFile.at(photo))) }
        session.request("GET", "/archive").downloadTo(archive).requireSuccess()
    }
    // README

    @TempDir
    lateinit var folder: File

    private fun signedIn(test: suspend kotlinx.coroutines.CoroutineScope.(Mock, SessionClient) -> Unit) =
        withMock { mock ->
            mock.ada()
            val session =
                SessionClient(mock.endpoint, mock.project) {
                    store = MemoryStore()
                    gateway(mock.gateway)
                }
            session.signInWithEmail("ada@example.com", Mock.PASSWORD)
            test(mock, session)
            session.close()
        }

    @Test
    fun `the chunks of an answer come one by one`() =
        signedIn { mock, session ->
            val stream = session.request("GET", "/gateway/feed").stream().requireSuccess()
            assertEquals(200, stream.status)
            val chunks = Channel<String>(Channel.UNLIMITED)
            val reading = launch { stream.chunks().collect { chunks.send(it.decodeToString()) } }
            for (text in listOf("one", "two")) {
                mock.control("POST", "/feed", """{"data":"$text"}""")
                assertEquals(text, chunks.receive())
            }
            mock.control("DELETE", "/feed")
            reading.join()
            assertThrows<IllegalStateException> { stream.chunks().collect {} }
        }

    @Test
    fun `an answer that broke off is an error and no end`() =
        signedIn { mock, session ->
            val stream = session.request("GET", "/gateway/feed").stream()
            mock.control("POST", "/feed", """{"data":"one"}""")
            mock.control("POST", "/feed/break")
            assertThrows<SessionException.Network> { stream.chunks().collect {} }
        }

    @Test
    fun `the events come one by one and over a broken connection until the gateway ends them`() =
        signedIn { mock, session ->
            val events = session.request("GET", "/gateway/events").events()
            mock.control("POST", "/feed", """{"data":"one"}""")
            assertEquals("one", events.next()?.data)
            mock.control("POST", "/feed/break")
            mock.control("POST", "/feed", """{"data":"two","kind":"tick"}""")
            val second = events.flow().retry { it is SessionException && it.isRetryable }
            mock.control("DELETE", "/feed")
            assertEquals(listOf("tick 2 two"), second.toList().map { "${it.kind} ${it.id} ${it.data}" })
            assertEquals(null, events.next())
            assertThrows<SessionException.InvalidResponse> { session.request("GET", "/gateway/whoami").events() }
        }

    @Test
    fun `who takes no more events closes them`() =
        signedIn { mock, session ->
            val events = session.request("GET", "/gateway/events").events()
            mock.control("POST", "/feed", """{"data":"one"}""")
            mock.control("POST", "/feed", """{"data":"two"}""")
            assertEquals(
                1,
                events
                    .flow()
                    .take(1)
                    .toList()
                    .size,
            )
            assertEquals(null, events.next())
        }

    @Test
    fun `a form is sent with its files and tells how far it is`() =
        signedIn { _, session ->
            val photo = File(folder, "photo.jpg").apply { writeBytes(ByteArray(300_000)) }
            val told = mutableListOf<Transfer>()
            val test = Thread.currentThread()
            val form = Multipart().text("title", "Summer").file("photo", UploadFile.at(photo, contentType = "image/jpeg"))
            val answer =
                session.post("/gateway/form") {
                    multipart(form)
                    onProgress {
                        assertEquals(test, Thread.currentThread())
                        told += it
                    }
                }
            val fields =
                answer
                    .decode<JsonObject>()
                    .getValue("fields")
                    .jsonArray
                    .map { it.jsonObject }
            assertEquals("\"Summer\"", fields[0]["text"].toString())
            assertEquals("\"photo.jpg\" \"image/jpeg\" 300000", fields[1].run { "${get("fileName")} ${get("type")} ${get("length")}" })
            val last = told.last { it.direction == Transfer.Direction.Up }
            assertTrue(last.bytes > 300_000 && last.bytes == last.total, "$last")
            assertFalse("$form ${UploadFile.at(photo)}".contains("photo"))
        }

    @Test
    fun `what the observer throws is thrown by the call`() =
        signedIn { _, session ->
            val whole = session.request("GET", "/gateway/bytes/100000").onProgress { error("no more") }
            val failed = assertThrows<IllegalStateException> { whole.downloadTo(File(folder, "archive.zip")) }
            assertEquals("no more", failed.message)
        }

    @Test
    fun `a download is whole or leaves nothing`() =
        signedIn { _, session ->
            val file = File(folder, "archive.zip")
            val answer = session.request("GET", "/gateway/bytes/100000").downloadTo(file)
            assertTrue(answer.isSuccess && answer.bytes.isEmpty())
            assertArrayEquals(session.get("/gateway/bytes/100000").bytes, file.readBytes())
            val other = File(folder, "other.zip")
            assertThrows<SessionException.ResponseTooLarge> {
                session.request("GET", "/gateway/bytes/100000").responseLimit(10).downloadTo(other)
            }
            assertEquals(404, session.request("GET", "/gateway/status/404").downloadTo(other).status)
            assertEquals(listOf("archive.zip"), folder.list().orEmpty().toList())
            val missing = assertThrows<SessionException.FileFailed> { session.put("/gateway/form") { file(UploadFile.at(other)) } }
            assertEquals("not_found", missing.detail)
        }

    @Test
    fun `who cancels the collection closes the connection`() =
        withMock { mock ->
            mock.ada()
            ServerSocket(0, 1, InetAddress.getByName("127.0.0.1")).use { server ->
                val hungUp = CompletableFuture<Boolean>()
                thread(isDaemon = true) {
                    server.accept().use { socket ->
                        val input = socket.getInputStream()
                        generateSequence { input.lineIsEmpty() }.first { it }
                        socket.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none".toByteArray())
                        hungUp.complete(runCatching { input.read() }.getOrDefault(-1) == -1)
                    }
                }
                val session =
                    SessionClient(mock.endpoint, mock.project) {
                        store = MemoryStore()
                        gateway("http://127.0.0.1:${server.localPort}")
                    }
                session.signInWithEmail("ada@example.com", Mock.PASSWORD)
                val stream = session.request("GET", "/").stream()
                assertEquals(9, stream.length)
                val came = CompletableDeferred<Unit>()
                val reading = launch { stream.chunks().collect { came.complete(Unit) } }
                came.await()
                reading.cancelAndJoin()
                assertTrue(hungUp.get(1, TimeUnit.SECONDS))
                session.close()
            }
        }

    @Test
    fun `pins and proxies are checked when the client is built and show no secret`() {
        val proxy = Proxy.at("ftp://proxy.example.com").credentials("ada", "canary")
        assertFalse("$proxy ${Pins(listOf("canary"))}".contains("canary"))

        fun build(configure: SessionOptions.() -> Unit) =
            assertThrows<SessionException.Config> { SessionClient("https://appwrite.example.com/v1", "demo", configure) }
        build { proxy(proxy) }
        build { endpointPins(Pins(listOf("canary"))) }
        build { gateway("https://api.example.com", pins = Pins(listOf("canary"))) }
    }

    @Test
    fun `the README has this code`() {
        val shown = File("../README.md").readText().substringAfter("## Streams, events and files").substringAfter("```kotlin\n")
        val here = File("src/test/kotlin/dev/appwritesession/StreamsTest.kt").readText().split("    // README\n")[1]
        val plain = here.lines().joinToString("\n") { it.removePrefix("    ") }.replace("private ", "")
        assertEquals(plain.trim(), shown.substringBefore("```").trim())
    }

    private fun java.io.InputStream.lineIsEmpty(): Boolean {
        val line = StringBuilder()
        while (!line.endsWith("\r\n")) line.append(read().toChar())
        return line.length == 2
    }
}
