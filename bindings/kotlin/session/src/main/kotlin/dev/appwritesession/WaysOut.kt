package dev.appwritesession

import dev.appwritesession.ffi.CoreProxy
import dev.appwritesession.ffi.PinOptions
import java.time.Instant

/**
 * Which keys a server may have, in addition to the usual judgement of its certificates. Another key is a network error with the cause
 * [FailureCause.TlsPin].
 *
 * @param pins such as `sha256/r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=`: at least two, of which one is the backup.
 * @param until until when they are enforced; always if not given.
 */
public class Pins
    @JvmOverloads
    constructor(private val pins: List<String>, private val until: Instant? = null) {
        internal fun toFfi() = PinOptions(pins, until?.toEpochMilli()?.coerceAtLeast(0)?.toULong())

        /** How many there are, and until when. */
        override fun toString(): String = "Pins(count=${pins.size}, until=$until)"
    }

/**
 * The proxy that all requests go through. One that refuses the credentials is a network error with the cause
 * [FailureCause.ProxyCredentials].
 */
public class Proxy private constructor(internal val ffi: CoreProxy) {
    /** The same proxy with a user name and a password. */
    public fun credentials(user: String, password: String): Proxy = Proxy(translated { ffi.withCredentials(user, password) })

    /** That it is a proxy: its URL can hold a password. */
    override fun toString(): String = "Proxy"

    /** Makes proxies. */
    public companion object {
        /** The proxy at [url], which has the scheme `http` or `https`. It is checked when the client is built. */
        @JvmStatic
        public fun at(url: String): Proxy = of { CoreProxy.at(url) }

        /** The proxy that the environment variables name, if they name one. */
        @JvmStatic
        public fun environment(): Proxy = of { CoreProxy.environment() }

        private fun of(make: () -> CoreProxy): Proxy {
            LibraryOfLoader.load()
            return Proxy(translated(make))
        }
    }
}
