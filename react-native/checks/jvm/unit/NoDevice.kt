package dev.appwritesession.reactnative

import dev.appwritesession.Carrier
import dev.appwritesession.MemoryStore
import dev.appwritesession.Persistence
import dev.appwritesession.SecureStore
import dev.appwritesession.UploadFile
import dev.appwritesession.UserPresence
import java.io.File

/** A configuration whose servers answer nothing. */
internal fun config(slot: String? = null, attempts: Int? = null) =
    ClientConfig(
        place = ClientConfig.Place("http://127.0.0.1:9/v1", "demo", slot),
        gateways = listOf("http://127.0.0.1:9" to Carrier.Cookie),
        persistence = Persistence.Durable,
        readOnly = false,
        forgetAfterReinstall = false,
        presence = null,
        connectTimeoutMs = null,
        idleTimeoutMs = null,
        totalTimeoutMs = null,
        attempts = attempts,
        responseLimit = null,
        rootCertificates = emptyList(),
    )

/** A device that has nothing but a store. */
internal object NoDevice : Host {
    override val store: SecureStore = MemoryStore()

    override fun marker(place: ClientConfig.Place): File = error("nobody asked for it")

    override fun file(uri: String, name: String?, type: String?): UploadFile = error("nobody asked for it")

    override fun presence(texts: PresenceTexts): UserPresence = error("nobody asked for it")
}
