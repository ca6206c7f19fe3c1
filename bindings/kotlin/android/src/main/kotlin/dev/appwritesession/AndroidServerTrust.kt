package dev.appwritesession

import android.net.http.X509TrustManagerExtensions
import java.security.KeyStore
import java.security.cert.CertificateException
import java.security.cert.CertificateFactory
import java.security.cert.X509Certificate
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager

/**
 * Android's own judgement of servers: its trusted roots, what the device's owner and the user added or took away, and the app's
 * network security configuration with its pins.
 */
internal class AndroidServerTrust(private val manager: () -> X509TrustManager = ::platformTrustManager) : ServerTrust {
    private val extensions by lazy { X509TrustManagerExtensions(manager()) }
    private val certificates = CertificateFactory.getInstance("X.509")

    override fun trusts(chain: List<ByteArray>, host: String): Boolean =
        try {
            val parsed = chain.map { certificates.generateCertificate(it.inputStream()) as X509Certificate }
            extensions.checkServerTrusted(parsed.toTypedArray(), KEY_EXCHANGE, host)
            true
        } catch (_: CertificateException) {
            false
        }

    private companion object {
        /** Of TLS 1.3, where the certificate does not tell it. */
        const val KEY_EXCHANGE = "UNKNOWN"
    }
}

private fun platformTrustManager(): X509TrustManager {
    val factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
    factory.init(null as KeyStore?)
    return factory.trustManagers.filterIsInstance<X509TrustManager>().first()
}
