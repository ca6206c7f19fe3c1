package dev.appwritesession

import okhttp3.Interceptor
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import java.net.HttpURLConnection.HTTP_UNAUTHORIZED

/**
 * Authorizes this client's requests to the session's gateways, and no others: the same origin rule as for the session's own calls,
 * applied anew after each redirect. Retrofit works over such a client.
 *
 * A request to a gateway while nobody is signed in fails with [SessionIOException] before it leaves. A 401 of a gateway is reported
 * for arbitration, and returned.
 */
public fun OkHttpClient.Builder.authorizeWith(session: SessionClient): OkHttpClient.Builder = addNetworkInterceptor(session.interceptor())

/**
 * The interceptor behind [authorizeWith]. It is a network interceptor: as an application interceptor it would see a call only once,
 * and OkHttp would carry the credential across redirects; so it refuses to be one.
 */
public fun SessionClient.interceptor(): Interceptor = SessionInterceptor(this)

private class SessionInterceptor(private val session: SessionClient) : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        checkNotNull(chain.connection()) {
            "add the session's interceptor with addNetworkInterceptor, or use authorizeWith(session)"
        }
        val request = chain.request()
        val authorization = authorization(request) ?: return chain.proceed(request)
        val response = chain.proceed(authorized(request, authorization))
        if (response.code == HTTP_UNAUTHORIZED) report(authorization)
        return response
    }

    /** None for a URL that is no gateway's. */
    private fun authorization(request: Request): Authorization? =
        try {
            session.authorizeBlocking(request.url.toString())
        } catch (_: SessionException.OriginNotAllowed) {
            null
        } catch (_: SessionException.Config) {
            // A URL that could not be a gateway's, such as one of plain HTTP.
            null
        } catch (refused: SessionException) {
            throw SessionIOException(refused)
        }

    private fun authorized(request: Request, authorization: Authorization): Request {
        val builder = request.newBuilder()
        CARRIERS.forEach(builder::removeHeader)
        for ((name, value) in authorization.headers()) {
            if (name.equals(COOKIE, ignoreCase = true)) {
                builder.header(COOKIE, (listOf(value) + ownCookies(request, value)).joinToString("; "))
            } else {
                builder.header(name, value)
            }
        }
        return builder.build()
    }

    /** The app's own cookies that the session does not set itself. */
    private fun ownCookies(request: Request, ofSession: String): List<String> {
        val set = pairs(ofSession).map(::nameOf)
        return request.headers(COOKIE).flatMap(::pairs).filter { nameOf(it) !in set && !it.startsWith("a_session_") }
    }

    private fun pairs(cookies: String) = cookies.split(';').map(String::trim).filter(String::isNotEmpty)

    private fun nameOf(pair: String) = pair.substringBefore('=')

    private fun report(authorization: Authorization) {
        try {
            session.reportUnauthorizedBlocking(authorization)
        } catch (_: SessionException) {
            // The gateway's answer is the answer, whatever became of the question.
        }
    }

    private companion object {
        const val COOKIE = "Cookie"
        val CARRIERS = listOf("X-Appwrite-Session", "X-Fallback-Cookies", "X-Appwrite-JWT")
    }
}
