package dev.appwritesession.reactnative

import android.content.Context
import dev.appwritesession.AppwriteSession
import dev.appwritesession.SecureStore
import dev.appwritesession.UserPresence
import java.io.File
import java.security.MessageDigest

/** What clients use of the device. Tests are a device of their own. */
internal interface Host {
    /** Where sessions rest; null for the platform's own secure store. */
    val store: SecureStore?

    /** Where the file goes that says that the session of [place] is of this installation. It is removed with the app. */
    fun marker(place: ClientConfig.Place): File

    /** How the user is asked to prove to be there. */
    fun presence(texts: PresenceTexts): UserPresence
}

/** What the dialog says that asks the user to prove to be there. */
internal data class PresenceTexts(val title: String, val subtitle: String?, val cancel: String)

/** An Android device. Holds the application alone, so that it outlives a reload of JavaScript. */
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

    override fun presence(texts: PresenceTexts): UserPresence = BiometricPresence(application, texts)
}
