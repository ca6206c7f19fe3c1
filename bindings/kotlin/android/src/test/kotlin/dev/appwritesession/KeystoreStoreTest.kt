package dev.appwritesession

import android.content.Context
import android.content.pm.PackageManager
import android.os.UserManager
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.UserNotAuthenticatedException
import dev.appwritesession.support.StandInKeystore
import dev.appwritesession.support.StoreConformance
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.security.KeyStoreException
import java.security.ProviderException
import java.security.UnrecoverableKeyException

@RunWith(RobolectricTestRunner::class)
internal class KeystoreStoreTest {
    @get:Rule
    val keystore = StandInKeystore()

    private val context: Context = RuntimeEnvironment.getApplication()
    private val store get() = KeystoreStore(context)
    private val folder = File(context.noBackupFilesDir, "appwrite-session")

    private fun files(): List<File> = folder.listFiles().orEmpty().toList()

    @Test
    fun `it does what every store must do`() = StoreConformance { KeystoreStore(context) }.check()

    @Test
    fun `a record outlives its store, and the file does not show it`() {
        store.save(KEY, "canary 1")
        store.save(KEY, "canary 2 \u00e9")
        assertEquals("canary 2 \u00e9", store.load(KEY))
        assertEquals(Persistence.Durable, store.persistence)
        val file = files().single()
        assertFalse(file.readText(Charsets.ISO_8859_1).contains("canary"))
        assertFalse(file.name.contains("example"))
        assertTrue("where no backup looks", file.path.startsWith(context.noBackupFilesDir.path))
        store.clear(KEY)
        assertNull(store.load(KEY))
        assertTrue(files().isEmpty())
        store.clear(KEY)
    }

    @Test
    fun `the key is AES-256-GCM, made once, and needs nobody to be present`() {
        store.save(KEY, "a")
        store.save("another", "b")
        val spec = keystore.generated.single()
        assertEquals(256, spec.keySize)
        assertEquals(KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT, spec.purposes)
        assertEquals(listOf(KeyProperties.BLOCK_MODE_GCM), spec.blockModes.toList())
        assertTrue(spec.isRandomizedEncryptionRequired)
        assertFalse(spec.isUserAuthenticationRequired || spec.isStrongBoxBacked)
    }

    @Test
    fun `the key is in StrongBox where there is one, and elsewhere when that is full`() {
        shadowOf(context.packageManager).setSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE, true)
        store.save(KEY, "a")
        assertTrue(keystore.generated.single().isStrongBoxBacked)
        keystore.forgetKeys()
        keystore.refuseStrongBox()
        store.save(KEY, "b")
        assertFalse(keystore.generated.last().isStrongBoxBacked)
        assertEquals("b", store.load(KEY))
    }

    @Test
    fun `two records are two files, and one is not read in place of the other`() {
        store.save(KEY, "first")
        store.save("another", "second")
        val (one, other) = files().sortedBy { it.readBytes().size }
        one.copyTo(other, overwrite = true)
        val read = listOf(KEY, "another").map { key -> runCatching { store.load(key) } }
        assertEquals(1, read.count { it.isSuccess })
        assertTrue(read.single { it.isFailure }.exceptionOrNull() is StoreException.Corrupt)
    }

    @Test
    fun `what no longer fits its key is corrupt, and is set aside without being read`() {
        val damages =
            mapOf<String, (File) -> Unit>(
                "truncated" to { it.writeBytes(it.readBytes().dropLast(1).toByteArray()) },
                "empty" to { it.writeBytes(ByteArray(0)) },
                "a flipped bit" to { file -> file.writeBytes(file.readBytes().also { it[20] = (it[20].toInt() xor 1).toByte() }) },
                "a newer version" to { file -> file.writeBytes(file.readBytes().also { it[0] = 9 }) },
                "the key gone" to { keystore.forgetKeys() },
                "the key replaced" to { keystore.replaceKeys() },
            )
        for ((damage, inflict) in damages) {
            store.save(KEY, "a record")
            inflict(files().single())
            assertThrows(damage, StoreException.Corrupt::class.java) { store.load(KEY) }
            assertEquals("$damage: nothing is deleted", 1, files().size)
            store.quarantine(KEY, "aside")
            assertNull(damage, store.load(KEY))
            assertThrows(damage, StoreException.Corrupt::class.java) { store.load("aside") }
            store.save(KEY, "anew")
            assertEquals(damage, "anew", store.load(KEY))
            files().forEach { assertTrue(it.delete()) }
        }
        store.quarantine("nothing", "aside")
    }

    @Test
    fun `what the keystore throws is told as what it means`() {
        store.save(KEY, "a record")
        val meanings =
            mapOf<() -> Throwable, Class<out StoreException>>(
                { UserNotAuthenticatedException("canary") } to StoreException.Locked::class.java,
                { KeyPermanentlyInvalidatedException("canary") } to StoreException.Corrupt::class.java,
                { UnrecoverableKeyException("canary") } to StoreException.Unavailable::class.java,
                { KeyStoreException("canary") } to StoreException.Unavailable::class.java,
                { ProviderException("canary") } to StoreException.Unavailable::class.java,
            )
        for ((failure, meaning) in meanings) {
            keystore.fail(failure)
            val told = assertThrows(meaning) { store.load(KEY) }
            assertFalse(told.stackTraceToString().contains("canary"))
        }
        keystore.fail(null)
        assertEquals("a record", store.load(KEY))
    }

    @Test
    fun `a key that was made unusable for ever is replaced at the next save`() {
        store.save(KEY, "a record")
        keystore.failOnce { KeyPermanentlyInvalidatedException() }
        store.save(KEY, "anew")
        assertEquals("anew", store.load(KEY))
        assertEquals(2, keystore.generated.size)
    }

    @Test
    fun `before the first unlock it is locked, and nothing is touched`() {
        store.save(KEY, "a record")
        val users = shadowOf(context.getSystemService(UserManager::class.java))
        users.setUserUnlocked(false)
        assertThrows(StoreException.Locked::class.java) { store.load(KEY) }
        assertThrows(StoreException.Locked::class.java) { store.save(KEY, "b") }
        assertThrows(StoreException.Locked::class.java) { store.clear(KEY) }
        assertThrows(StoreException.Locked::class.java) { store.quarantine(KEY, "aside") }
        users.setUserUnlocked(true)
        assertEquals("a record", store.load(KEY))
    }

    @Test
    fun `a full disk is told, and the record of before stays`() {
        store.save(KEY, "a record")
        val unfinished = Path.of("${files().single()}.new")
        Files.createSymbolicLink(unfinished, Path.of("/dev/full"))
        assertThrows(StoreException.Unavailable::class.java) { store.save(KEY, "another") }
        Files.deleteIfExists(unfinished)
        assertEquals("a record", store.load(KEY))
    }

    @Test
    fun `a folder that cannot be made is told`() {
        folder.deleteRecursively()
        folder.writeText("in the way")
        assertThrows(StoreException.Unavailable::class.java) { store.load(KEY) }
        assertThrows(StoreException.Unavailable::class.java) { store.save(KEY, "a record") }
        assertTrue(folder.delete())
    }

    private companion object {
        const val KEY = "https://appwrite.example.com/v1#demo#default"
    }
}
