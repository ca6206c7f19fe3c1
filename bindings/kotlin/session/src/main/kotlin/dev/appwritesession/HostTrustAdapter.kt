package dev.appwritesession

import dev.appwritesession.ffi.HostTrust

/** The platform's [ServerTrust] as the core calls it: whatever goes wrong refuses, and its text stays here. */
internal class HostTrustAdapter(private val trust: ServerTrust) : HostTrust {
    @Suppress("TooGenericExceptionCaught", "SwallowedException")
    override fun trusts(chain: List<ByteArray>, host: String): Boolean =
        try {
            Callbacks.run(Callbacks.Kind.Trust) { trust.trusts(chain, host) }
        } catch (failed: Throwable) {
            false
        }
}
