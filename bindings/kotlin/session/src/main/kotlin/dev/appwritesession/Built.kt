package dev.appwritesession

import dev.appwritesession.ffi.HostPresence
import dev.appwritesession.ffi.HostTrust
import dev.appwritesession.ffi.ClientOptions as FfiClientOptions

/** What clients are built from: the app's options, and for what they do not name the platform's own. */
internal class Built private constructor(
    val options: FfiClientOptions,
    val store: HostStoreAdapter?,
    val trust: HostTrust?,
    val presence: HostPresence?,
) {
    companion object {
        /** Also loads the library. */
        fun of(endpoint: String, project: String, configure: SessionOptions.() -> Unit): Built {
            ThreadAttachment.keep()
            LibraryOfLoader.load()
            val options = SessionOptions().apply(configure)
            val platform = Platform.current
            return Built(
                options.toFfi(endpoint, project),
                (options.store ?: platform?.store)?.let(::HostStoreAdapter),
                platform?.trust?.let(::HostTrustAdapter),
                options.presence?.let(::HostPresenceAdapter),
            )
        }
    }
}
