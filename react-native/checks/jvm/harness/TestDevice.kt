package dev.appwritesession.reactnative.harness

import dev.appwritesession.SecureStore
import dev.appwritesession.UploadFile
import dev.appwritesession.UserPresence
import dev.appwritesession.agent.Device
import dev.appwritesession.reactnative.ClientConfig
import dev.appwritesession.reactnative.Host
import dev.appwritesession.reactnative.PresenceTexts
import java.io.File
import java.net.URI
import java.nio.file.Files
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger

/** A device in memory: stores and installations by name, with the faults that a test sets, and the user's answer. */
internal class TestDevice : Host {
    private val stores = ConcurrentHashMap<String, Device>()
    private val folder: File by lazy { Files.createTempDirectory("appwrite-session").toFile().apply { deleteOnExit() } }
    private val questions = AtomicInteger()
    private var installation = "installation"

    /** Whether the user passes the presence check. */
    @Volatile
    var present = true

    /** How often the user was asked. */
    val asked: Int get() = questions.get()

    override var store: SecureStore = watched(store("device"))
        private set

    /** The store of that name. It is created when it is first used. */
    fun store(name: String): Device = stores.getOrPut(name) { Device() }

    /** The next client uses that store, and belongs to that installation. */
    fun prepare(store: String, installation: String?) {
        this.store = watched(store(store))
        this.installation = installation ?: "installation"
    }

    override fun marker(place: ClientConfig.Place): File = folder.resolve(installation).apply { deleteOnExit() }

    override fun file(uri: String, name: String?, type: String?): UploadFile = UploadFile.at(File(URI(uri)), name, type)

    override fun presence(texts: PresenceTexts): UserPresence =
        UserPresence {
            Threads.note("presence")
            questions.incrementAndGet()
            present
        }

    private fun watched(device: Device): SecureStore =
        object : SecureStore by device {
            override fun load(key: String): String? = noted { device.load(key) }

            override fun save(key: String, record: String) = noted { device.save(key, record) }

            override fun clear(key: String) = noted { device.clear(key) }
        }

    private inline fun <T> noted(work: () -> T): T {
        Threads.note("store")
        return work()
    }
}
