package dev.appwritesession

import android.content.Context
import android.content.pm.PackageManager
import android.os.Build
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.UserNotAuthenticatedException
import java.security.GeneralSecurityException
import java.security.InvalidAlgorithmParameterException
import java.security.KeyStore
import java.security.ProviderException
import javax.crypto.BadPaddingException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * AES-256-GCM with a key of the Android Keystore, in StrongBox where there is one. The key is made at the first [seal], belongs to
 * this device, and needs no user to be present.
 *
 * A sealed record is a version, the nonce and the ciphertext with its tag.
 */
internal class KeystoreCipher(private val context: Context) : RecordCipher {
    @Synchronized
    override fun seal(record: ByteArray, key: String): ByteArray =
        told {
            val cipher = encrypting()
            cipher.updateAAD(key.encodeToByteArray())
            byteArrayOf(VERSION) + cipher.iv + cipher.doFinal(record)
        }

    @Synchronized
    override fun open(sealed: ByteArray, key: String): ByteArray =
        told {
            if (sealed.size < HEAD_BYTES || sealed[0] != VERSION) throw StoreException.Corrupt()
            // A record without its key comes from elsewhere: from a backup, or from before the keystore was emptied.
            val secret = keystore().getKey(ALIAS, null) ?: throw StoreException.Corrupt()
            val cipher = Cipher.getInstance(TRANSFORMATION)
            cipher.init(Cipher.DECRYPT_MODE, secret, GCMParameterSpec(TAG_BITS, sealed, 1, NONCE_BYTES))
            cipher.updateAAD(key.encodeToByteArray())
            cipher.doFinal(sealed, HEAD_BYTES, sealed.size - HEAD_BYTES)
        }

    /** With the key that is there, or a new one if there is none, or one that the system has made unusable for ever. */
    private fun encrypting(): Cipher =
        try {
            encryptingWith(keystore().getKey(ALIAS, null) as SecretKey? ?: newKey())
        } catch (_: KeyPermanentlyInvalidatedException) {
            encryptingWith(newKey())
        }

    private fun encryptingWith(key: SecretKey) = Cipher.getInstance(TRANSFORMATION).apply { init(Cipher.ENCRYPT_MODE, key) }

    private fun keystore(): KeyStore = KeyStore.getInstance(KEYSTORE).apply { load(null) }

    private fun newKey(): SecretKey {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P &&
            context.packageManager.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE)
        ) {
            try {
                return generate { setIsStrongBoxBacked(true) }
            } catch (_: ProviderException) {
                // It is full, or busy. The ordinary keystore is hardware as well, on nearly every device.
            } catch (_: InvalidAlgorithmParameterException) {
                // It cannot do this kind of key.
            }
        }
        return generate {}
    }

    private fun generate(more: KeyGenParameterSpec.Builder.() -> Unit): SecretKey {
        val spec =
            KeyGenParameterSpec
                .Builder(ALIAS, KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .setKeySize(KEY_BITS)
                .apply(more)
                .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, KEYSTORE).apply { init(spec) }.generateKey()
    }

    /** What the keystore throws, as one of the three answers that a store can give. */
    private fun <T> told(work: () -> T): T =
        try {
            work()
        } catch (_: UserNotAuthenticatedException) {
            throw StoreException.Locked()
        } catch (_: KeyPermanentlyInvalidatedException) {
            throw StoreException.Corrupt()
        } catch (_: BadPaddingException) {
            // The tag does not fit: another key, another record key, or changed bytes.
            throw StoreException.Corrupt()
        } catch (_: GeneralSecurityException) {
            throw StoreException.Unavailable()
        } catch (_: ProviderException) {
            // How the keystore's own service says that it is gone or busy.
            throw StoreException.Unavailable()
        }

    private companion object {
        const val KEYSTORE = "AndroidKeyStore"
        const val ALIAS = "dev.appwritesession.records"
        const val TRANSFORMATION = "AES/GCM/NoPadding"
        const val VERSION: Byte = 1
        const val KEY_BITS = 256
        const val NONCE_BYTES = 12
        const val TAG_BITS = 128
        const val HEAD_BYTES = 1 + NONCE_BYTES
    }
}
