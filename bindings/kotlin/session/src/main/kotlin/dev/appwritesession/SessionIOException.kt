package dev.appwritesession

import java.io.IOException

/**
 * What an OkHttp call fails with when the session does not allow it.
 *
 * @property cause why.
 */
public class SessionIOException internal constructor(override val cause: SessionException) : IOException(cause.message, cause)
