package dev.appwritesession

import okhttp3.HttpUrl.Companion.toHttpUrlOrNull
import okhttp3.Interceptor
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import java.net.HttpURLConnection.HTTP_UNAUTHORIZED

/**
 * Authorizes this client's requests to the session's gateways, and no others: the same origin rule as for the session's own calls,
 * applied anew after each redirect. Retrofit and Ktor work over such a client.
 *
 * - Requests to other origins pass as they are, always.
 * - A request to a gateway while nobody is signed in fails with [SessionIOException] before it leaves.
 * - A 401 of a gateway is reported for arbitration, which can end the session, see [SessionClient.state]. The answer is returned; if
 *   the user signed in anew meanwhile, the request is sent once more first.
 * - Carriers that the app set itself do not reach a gateway. Other cookies do.
 * - No [Response.request] holds the credential, and OkHttp's cache never stores it. Interceptors that log belong in front: as
 *   application interceptors, or as network interceptors added before this.
 *
 * Web sockets skip network interceptors: give them the headers of [SessionClient.authorize].
 */
public fun OkHttpClient.Builder.authorizeWith(session: SessionClient): OkHttpClient.Builder =
    addInterceptor(RepeatWithNewCredential).addNetworkInterceptor(session.interceptor())

/**
 * The interceptor behind [authorizeWith], without the repetition, for [OkHttpClient.Builder.addNetworkInterceptor].
 *
 * It refuses to be an application interceptor, with [IllegalStateException] at the first request: there it would see a call only
 * once, and OkHttp would carry the credential along when it follows a redirect to another origin.
 */
public fun SessionClient.interceptor(): Interceptor = SessionInterceptor(this)

/** Notes, with the request, that it was denied with a credential that is no longer the one in use. */
private class Attempt {
    @Volatile
    var outdated = false
}

/** As an application interceptor, which alone may send a request twice. */
private object RepeatWithNewCredential : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        val attempt = Attempt()
        val request =
            chain
                .request()
                .newBuilder()
                .tag(Attempt::class.java, attempt)
                .build()
        val response = chain.proceed(request)
        val once = request.body?.let { it.isOneShot() || it.isDuplex() } ?: false
        if (response.code != HTTP_UNAUTHORIZED || !attempt.outdated || once) return response
        response.close()
        return chain.proceed(request)
    }
}

private class SessionInterceptor(private val session: SessionClient) : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        checkNotNull(chain.connection()) {
            "add the session's interceptor with addNetworkInterceptor, or use authorizeWith(session)"
        }
        val request = chain.request()
        val authorization = authorization(request) ?: return chain.proceed(request)
        val headers = authorization.headers()
        val response = chain.proceed(authorized(request, headers))
        if (response.code == HTTP_UNAUTHORIZED) {
            report(authorization)
            request.tag(Attempt::class.java)?.outdated = isOutdated(request, headers)
        }
        return withoutCredential(response, request)
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
        } catch (closed: SessionException.Closed) {
            // A closed client refuses every URL; others are none of its business even so.
            if (isOfGateway(request)) throw SessionIOException(closed) else null
        } catch (refused: SessionException) {
            throw SessionIOException(refused)
        }

    private fun isOfGateway(request: Request): Boolean =
        session.gateways.mapNotNull { it.toHttpUrlOrNull() }.any {
            it.scheme == request.url.scheme && it.host == request.url.host && it.port == request.url.port
        }

    private fun authorized(request: Request, headers: List<Pair<String, String>>): Request {
        val builder = request.newBuilder()
        CARRIERS.forEach(builder::removeHeader)
        val others = request.headers(COOKIE).flatMap(::pairs).filterNot { it.startsWith(SESSION_COOKIE) }
        val cookies = headers.filter { (name, _) -> name.equals(COOKIE, ignoreCase = true) }.flatMap { (_, value) -> pairs(value) }
        val own = others.filterNot { nameOf(it) in cookies.map(::nameOf) }
        builder.removeHeader(COOKIE)
        if ((cookies + own).isNotEmpty()) builder.header(COOKIE, (cookies + own).joinToString("; "))
        headers.filterNot { (name, _) -> name.equals(COOKIE, ignoreCase = true) }.forEach { (name, value) -> builder.header(name, value) }
        return builder.build()
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

    private fun isOutdated(request: Request, headers: List<Pair<String, String>>): Boolean =
        try {
            session.authorizeBlocking(request.url.toString()).headers() != headers
        } catch (_: SessionException) {
            false
        }

    /**
     * The answer as one to the app's own request. The cache writes down those request headers that an answer varies by: the
     * credential must not be among them, and an answer that varies by it is no answer to the next user's request.
     */
    private fun withoutCredential(response: Response, request: Request): Response {
        val answer = response.newBuilder().request(request)
        val varies =
            response.headers
                .values("Vary")
                .flatMap { it.split(',') }
                .map { it.trim().lowercase() }
        if (varies.any { it in VARYING }) answer.header("Vary", "*")
        return answer.build()
    }

    private companion object {
        const val COOKIE = "Cookie"
        const val SESSION_COOKIE = "a_session_"
        val CARRIERS = listOf("X-Appwrite-Session", "X-Fallback-Cookies", "X-Appwrite-JWT")
        val VARYING = (CARRIERS + COOKIE).map(String::lowercase).toSet()
    }
}
