package dev.appwritesession

import dev.appwritesession.ffi.Authorization as FfiAuthorization

/**
 * The headers that authorize one request which the app sends by itself.
 *
 * They are for the URL that was asked about only: a client that follows redirects must not take them along to another origin.
 */
public class Authorization internal constructor(internal val ffi: FfiAuthorization) {
    /** The headers with the credential, to be put on the request as they are; for `Cookie`, in place of one that is there. */
    public fun headers(): List<Pair<String, String>> = ffi.headers().map { it.name to it.value }

    /** The id of the user whom the credential names. */
    public val userId: String get() = ffi.userId()

    /** Without the headers. */
    override fun toString(): String = "Authorization(redacted)"
}
