package dev.appwritesession

/**
 * What failed in the network, in TLS or in HTTP.
 *
 * @property code the stable name, the same in every language.
 */
public enum class FailureCause(public val code: String) {
    /** The host's name could not be resolved. */
    Dns("dns"),

    /** The host refused the connection: nothing listens on the port. */
    Refused("refused"),

    /** There is no route to the host, or the device has no network. */
    Unreachable("unreachable"),

    /** An established connection broke, or did not answer any more and was given up. */
    Reset("reset"),

    /** The server's certificate has expired. */
    TlsExpired("tls_expired"),

    /** The server's certificate is not valid yet. The device's clock may be wrong. */
    TlsNotYetValid("tls_not_yet_valid"),

    /** The server's certificate is for another host. */
    TlsWrongHost("tls_wrong_host"),

    /** No trusted authority issued the server's certificate. */
    TlsUnknownIssuer("tls_unknown_issuer"),

    /** The server's certificate was revoked. */
    TlsRevoked("tls_revoked"),

    /** The server's certificate is trusted, and has none of the keys that the app has pinned. */
    TlsPin("tls_pin"),

    /** Something else in the TLS handshake failed. */
    TlsOther("tls_other"),

    /** The proxy asks for credentials, or does not accept those that it got. */
    ProxyCredentials("proxy_credentials"),

    /** The proxy refused the connection otherwise. */
    ProxyRefused("proxy_refused"),

    /** No connection was established within [SessionOptions.connectTimeout]. */
    TimedOutConnect("timed_out_connect"),

    /** No byte moved for [SessionOptions.idleTimeout]. */
    TimedOutIdle("timed_out_idle"),

    /** [SessionOptions.totalTimeout], or the time limit of the one call, passed. */
    TimedOutTotal("timed_out_total"),

    /** The answer is not HTTP, or its head has too many or too long headers. */
    Protocol("protocol"),

    /** The answer's body is longer than the limit for it. */
    TooLarge("too_large"),

    /** A cause that this version does not know. */
    Other("other"),
    ;

    internal companion object {
        /** The cause of that stable name. */
        fun of(code: String): FailureCause = entries.firstOrNull { it.code == code } ?: Other
    }
}
