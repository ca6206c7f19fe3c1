package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.withMock
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotSame
import org.junit.jupiter.api.Test
import java.io.File
import java.net.URLClassLoader
import java.util.concurrent.TimeUnit
import java.util.function.Function

/** A client with a store, to be loaded by a class loader of its own; knows types of Java only from outside. */
internal class InLoader : Function<List<String>, List<String>> {
    /** Signs in, and returns what the store has: its one record, or nothing. */
    override fun apply(arguments: List<String>): List<String> {
        val (endpoint, project, email) = arguments
        val records = java.util.concurrent.ConcurrentHashMap<String, String>()
        val kept =
            object : SecureStore by MemoryStore() {
                override fun load(key: String) = records[key]

                override fun save(key: String, record: String) {
                    records[key] = record
                }
            }
        val session = SessionClient(endpoint, project) { store = kept }
        return runBlocking {
            session.restored()
            session.signInWithEmail(email, Mock.PASSWORD)
            session.state.value
            records.values.map { record -> if ("\"name\":\"Bob\"" in record) "Bob" else "Ada" }
        }
    }
}

/** Keeps the process busy with a dialog that never ends. */
internal object OpenDialog {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (endpoint, project, gateway) = arguments
        val shown = java.util.concurrent.CountDownLatch(1)
        val session =
            SessionClient(endpoint, project) {
                store = MemoryStore()
                gateway(gateway)
                requirePresence(PresencePolicy.Always) {
                    shown.countDown()
                    Thread.sleep(Long.MAX_VALUE)
                    true
                }
            }
        runBlocking { session.signInWithEmail("ada@example.com", Mock.PASSWORD) }
        // It keeps the thread that the first client's store was called on: the dialog is the first thing that is called on its own.
        val reading = java.util.concurrent.CountDownLatch(1)
        SessionClient(endpoint, project) {
            accountSlot = "busy"
            store =
                object : SecureStore by MemoryStore() {
                    override fun load(key: String): String? {
                        reading.countDown()
                        Thread.sleep(Long.MAX_VALUE)
                        return null
                    }
                }
        }
        reading.await()
        kotlin.concurrent.thread(isDaemon = true) { runCatching { session.authorizeBlocking("/gateway/open") } }
        shown.await()
        println("shown")
    }
}

internal class LoadersTest {
    private val classPath = System.getProperty("java.class.path").split(File.pathSeparator)

    private fun loader(): URLClassLoader =
        URLClassLoader(classPath.map { File(it).toURI().toURL() }.toTypedArray(), ClassLoader.getPlatformClassLoader())

    @Suppress("UNCHECKED_CAST")
    private fun inNewLoader(): Function<List<String>, List<String>> =
        loader()
            .loadClass(InLoader::class.java.name)
            .getDeclaredConstructor()
            .apply { isAccessible = true }
            .newInstance() as Function<List<String>, List<String>>

    @Test
    fun `each class loader's client saves in its own store`() =
        withMock { mock ->
            mock.ada()
            mock.control("POST", "/users", """{"email":"bob@example.com","password":"${Mock.PASSWORD}","name":"Bob"}""")
            val ada = listOf(mock.endpoint, mock.project, "ada@example.com")
            val bob = listOf(mock.endpoint, mock.project, "bob@example.com")
            val (first, second) = InLoader() to inNewLoader()
            assertNotSame(first.javaClass, second.javaClass)
            assertEquals(listOf("Ada"), first.apply(ada))
            assertEquals(listOf("Bob"), second.apply(bob))
            assertEquals(listOf("Ada"), first.apply(ada))
            assertEquals(listOf("Bob"), inNewLoader().apply(bob))
            assertEquals(null, System.getProperty("uniffi.component.appwrite_session.libraryOverride"))
        }

    @Test
    fun `an open dialog does not keep the process alive`() =
        withMock { mock ->
            mock.ada()
            val process =
                ProcessBuilder(
                    File(System.getProperty("java.home"), "bin/java").path,
                    "-Djna.library.path=${System.getProperty("jna.library.path")}",
                    "-cp",
                    classPath.joinToString(File.pathSeparator),
                    OpenDialog::class.java.name,
                    mock.endpoint,
                    mock.project,
                    mock.gateway,
                ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
            assertEquals("shown", process.inputStream.bufferedReader().readLine())
            val ended = process.waitFor(15, TimeUnit.SECONDS)
            process.destroyForcibly()
            assertFalse(!ended, "the process has ended by itself")
        }
}
