package dev.appwritesession.reactnative

import android.content.Context
import android.net.Uri
import dev.appwritesession.AppwriteSession
import dev.appwritesession.SecureStore
import dev.appwritesession.UploadFile
import dev.appwritesession.UserPresence
import java.io.File
import java.security.MessageDigest

/** What clients need from the device. Tests provide their own. */
internal interface Host {
    /** The store for sessions; null for the platform's own secure store. */
    val store: SecureStore?

    /** The file that marks this installation, for the session of [place]. It is removed with the app. */
    fun marker(place: ClientConfig.Place): File

    /** The file at that URI, which is opened when it is sent. Without a [name] or a [type], it has its own. */
    fun file(uri: String, name: String?, type: String?): UploadFile

    /** Asks the user for biometrics or the device passcode. */
    fun presence(texts: PresenceTexts): UserPresence
}

/** The texts of the dialog that asks for biometrics or the device passcode. */
internal data class PresenceTexts(val title: String, val subtitle: String?, val cancel: String)

/** An Android device. It refers to the application only, so that it can be used after a reload of JavaScript. */
internal class AndroidHost(context: Context) : Host {
    private val application = context.applicationContext

    init {
        AppwriteSession.initialize(application)
    }

    override val store: SecureStore? = null

    override fun marker(place: ClientConfig.Place): File {
        val hash = MessageDigest.getInstance("SHA-256").digest(place.name.encodeToByteArray())
        return File(application.noBackupFilesDir, "appwrite-session-installed-" + hash.joinToString("") { "%02x".format(it) })
    }

    override fun file(uri: String, name: String?, type: String?): UploadFile {
        val parsed = Uri.parse(uri)
        if (parsed.scheme.equals("content", ignoreCase = true)) {
            return UploadFile.at(application.contentResolver, parsed, name, type)
        }
        return UploadFile.at(parsed.path.orEmpty(), name, type)
    }

    override fun presence(texts: PresenceTexts): UserPresence = BiometricPresence(application, texts)
}
