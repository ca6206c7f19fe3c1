package dev.appwritesession

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.security.cert.CertificateException
import java.security.cert.X509Certificate
import javax.net.ssl.X509TrustManager

/** What is asked of Android, and what its answers mean. Android's own judgement is on devices only. */
@RunWith(RobolectricTestRunner::class)
internal class AndroidServerTrustTest {
    /** A trust manager as Android's: with the method that takes the host, which [android.net.http.X509TrustManagerExtensions] calls. */
    class Manager(private val trusted: Boolean) : X509TrustManager {
        val asked = mutableListOf<Pair<List<X509Certificate>, String>>()

        @Suppress("unused", "UnusedParameter")
        fun checkServerTrusted(chain: Array<X509Certificate>, authType: String, host: String): List<X509Certificate> {
            asked += chain.toList() to host
            if (!trusted) throw CertificateException("canary")
            return chain.toList()
        }

        override fun checkClientTrusted(chain: Array<X509Certificate>, authType: String): Unit = error("not asked")

        override fun checkServerTrusted(chain: Array<X509Certificate>, authType: String): Unit = error("not asked without the host")

        override fun getAcceptedIssuers(): Array<X509Certificate> = emptyArray()
    }

    /** A self-signed certificate for localhost. */
    private val certificate =
        java.util.Base64.getMimeDecoder().decode(
            checkNotNull(javaClass.getResource("/localhost.pem"))
                .readText()
                .lines()
                .filterNot { it.startsWith("-") }
                .joinToString(""),
        )

    @Test
    fun `Android is asked with the chain and the host, and its word is passed on`() {
        for (verdict in listOf(true, false)) {
            val manager = Manager(verdict)
            assertEquals(verdict, AndroidServerTrust { manager }.trusts(listOf(certificate, certificate), "api.example.com"))
            val (chain, host) = manager.asked.single()
            assertEquals("api.example.com", host)
            assertEquals(2, chain.size)
            assertTrue(chain.first().encoded.contentEquals(certificate))
        }
    }

    @Test
    fun `what is no certificate is not trusted, and Android is not asked`() {
        val manager = Manager(true)
        assertFalse(AndroidServerTrust { manager }.trusts(listOf("nonsense".toByteArray()), "api.example.com"))
        assertTrue(manager.asked.isEmpty())
    }

    @Test
    fun `what goes wrong on the way refuses, and its text stays`() {
        assertFalse(HostTrustAdapter(AndroidServerTrust { error("canary") }).trusts(listOf(certificate), "api.example.com"))
    }
}
