package dev.appwritesession

import android.content.Context
import android.os.UserManager
import android.util.AtomicFile
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import java.security.MessageDigest

/**
 * Keeps each record in a file that no backup contains, encrypted with a key that never leaves the Android Keystore.
 *
 * Records are bound to the key that they are under: a file that was moved or copied is not read. Before the device's first unlock
 * after a start it is [StoreException.Locked].
 */
internal class KeystoreStore(private val context: Context, private val cipher: RecordCipher = KeystoreCipher(context)) : SecureStore {
    override val persistence: Persistence = Persistence.Durable

    override fun load(key: String): String? =
        onUnlockedDevice {
            val sealed =
                try {
                    file(key).readFully()
                } catch (_: FileNotFoundException) {
                    return@onUnlockedDevice null
                }
            cipher.open(sealed, key).decodeToString(throwOnInvalidSequence = false)
        }

    override fun save(key: String, record: String): Unit =
        onUnlockedDevice {
            val sealed = cipher.seal(record.encodeToByteArray(), key)
            val file = file(key)
            val stream = file.startWrite()
            try {
                stream.write(sealed)
            } catch (failed: IOException) {
                file.failWrite(stream)
                throw failed
            }
            file.finishWrite(stream)
            // It only logs when it cannot replace the file.
            if (!file.readFully().contentEquals(sealed)) throw StoreException.Unavailable()
        }

    override fun clear(key: String): Unit =
        onUnlockedDevice {
            val file = file(key)
            file.delete()
            if (file.baseFile.exists()) throw StoreException.Unavailable()
        }

    override fun quarantine(key: String, aside: String): Unit =
        onUnlockedDevice {
            val readable =
                try {
                    load(key)
                } catch (_: StoreException.Corrupt) {
                    null
                }
            if (readable != null) {
                // What is sealed opens under its own key only.
                save(aside, readable)
                clear(key)
            } else {
                val from = file(key).baseFile
                if (from.exists() && !from.renameTo(file(aside).baseFile)) throw StoreException.Unavailable()
            }
        }

    private fun <T> onUnlockedDevice(work: () -> T): T {
        val users = context.getSystemService(UserManager::class.java)
        if (users != null && !users.isUserUnlocked) throw StoreException.Locked()
        return try {
            // Two clients of one process can have the same key, and an AtomicFile has no lock of its own.
            synchronized(LOCK) { work() }
        } catch (_: IOException) {
            throw StoreException.Unavailable()
        }
    }

    /** The name is a hash: keys hold what no file name may. */
    private fun file(key: String): AtomicFile {
        val folder = File(context.noBackupFilesDir, "appwrite-session")
        if (!folder.isDirectory && !folder.mkdirs() && !folder.isDirectory) throw StoreException.Unavailable()
        val hash = MessageDigest.getInstance("SHA-256").digest(key.encodeToByteArray())
        return AtomicFile(File(folder, hash.joinToString("") { "%02x".format(it) }))
    }

    private companion object {
        val LOCK = Any()
    }
}
