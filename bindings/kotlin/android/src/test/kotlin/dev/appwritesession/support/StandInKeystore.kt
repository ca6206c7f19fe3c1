// A stand-in for the Android Keystore: a security provider of its name that keeps keys in memory and can be made to fail.

package dev.appwritesession.support

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.StrongBoxUnavailableException
import org.junit.rules.ExternalResource
import java.io.InputStream
import java.io.OutputStream
import java.security.Key
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.SecureRandom
import java.security.Security
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import javax.crypto.spec.SecretKeySpec

/** The rule that puts it in place for one test. */
internal class StandInKeystore : ExternalResource() {
    override fun before() {
        keys.clear()
        specs.clear()
        failing = null
        strongBox = true
        Security.addProvider(StandIn())
    }

    override fun after(): Unit = Security.removeProvider(NAME)

    /** What was asked for when keys were made. */
    val generated: List<KeyGenParameterSpec> get() = specs.toList()

    /** Throws this from every access. */
    fun fail(with: (() -> Throwable)?) {
        failing = with
    }

    /** Throws this from the next access. */
    fun failOnce(with: () -> Throwable) {
        failing = {
            failing = null
            with()
        }
    }

    /** As a StrongBox that is full. */
    fun refuseStrongBox() {
        strongBox = false
    }

    /** As when the device's keystore was emptied, or the file came from another device. */
    fun forgetKeys(): Unit = keys.clear()

    /** As when another app data of the same alias was put back. */
    fun replaceKeys(): Unit = keys.keys.toList().forEach { keys[it] = newKey(AES_BITS) }

    private class StandIn : Provider(NAME, "1", "a stand-in for tests") {
        init {
            put("KeyStore.$NAME", Store::class.java.name)
            put("KeyGenerator.AES", Generator::class.java.name)
        }
    }

    class Generator : KeyGeneratorSpi() {
        private lateinit var spec: KeyGenParameterSpec

        override fun engineInit(random: SecureRandom?): Unit = error("not used")

        override fun engineInit(size: Int, random: SecureRandom?): Unit = error("not used")

        override fun engineInit(params: AlgorithmParameterSpec, random: SecureRandom?) {
            spec = params as KeyGenParameterSpec
        }

        override fun engineGenerateKey(): SecretKey {
            failing?.let { throw it() }
            if (spec.isStrongBoxBacked && !strongBox) throw StrongBoxUnavailableException()
            specs += spec
            return newKey(spec.keySize).also { keys[spec.keystoreAlias] = it }
        }
    }

    class Store : KeyStoreSpi() {
        override fun engineGetKey(alias: String, password: CharArray?): Key? {
            failing?.let { throw it() }
            return keys[alias]
        }

        override fun engineLoad(stream: InputStream?, password: CharArray?) {
            check(stream == null && password == null)
        }

        override fun engineContainsAlias(alias: String): Boolean = alias in keys

        override fun engineAliases(): Enumeration<String> = Collections.enumeration(keys.keys)

        override fun engineSize(): Int = keys.size

        override fun engineIsKeyEntry(alias: String): Boolean = alias in keys

        override fun engineDeleteEntry(alias: String) {
            keys -= alias
        }

        override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null

        override fun engineGetCertificate(alias: String): Certificate? = null

        override fun engineGetCreationDate(alias: String): Date? = null

        override fun engineIsCertificateEntry(alias: String): Boolean = false

        override fun engineGetCertificateAlias(certificate: Certificate): String? = null

        override fun engineSetKeyEntry(
            alias: String,
            key: Key,
            password: CharArray?,
            chain: Array<Certificate>?,
        ) = error("not used")

        override fun engineSetKeyEntry(alias: String, key: ByteArray, chain: Array<Certificate>?): Unit = error("not used")

        override fun engineSetCertificateEntry(alias: String, certificate: Certificate): Unit = error("not used")

        override fun engineStore(stream: OutputStream?, password: CharArray?): Unit = error("not used")
    }

    private companion object {
        const val NAME = "AndroidKeyStore"
        const val AES_BITS = 256
        val keys: MutableMap<String, SecretKey> = Collections.synchronizedMap(mutableMapOf())
        val specs: MutableList<KeyGenParameterSpec> = Collections.synchronizedList(mutableListOf())

        @Volatile
        var strongBox = true

        @Volatile
        var failing: (() -> Throwable)? = null

        fun newKey(bits: Int) = SecretKeySpec(ByteArray(bits / Byte.SIZE_BITS).also(SecureRandom()::nextBytes), "AES")
    }
}
