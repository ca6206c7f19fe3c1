package dev.appwritesession

import okhttp3.Cookie
import okhttp3.CookieJar
import okhttp3.HttpUrl
import okhttp3.Interceptor
import okhttp3.Request
import okhttp3.Response
import java.net.HttpURLConnection.HTTP_UNAUTHORIZED
import java.net.ProtocolException

/** Whether OkHttp opens a web socket with this request. Network interceptors do not see these. */
internal fun Request.isWebSocket(): Boolean =
    header("Upgrade").equals("websocket", ignoreCase = true) && header("Sec-WebSocket-Key") != null

/**
 * The upgrade request of a web socket to a gateway.
 *
 * The credential has to be put on it before OkHttp follows redirects. [StayHome] makes sure that it does not follow one of those to
 * another origin with it.
 */
internal class WebSocketUpgrade(private val session: SessionClient, private val call: CallState) {
    fun send(chain: Interceptor.Chain): Response {
        val first = attempt(chain)
        if (first.code != HTTP_UNAUTHORIZED || call.verdict != Verdict.TryAgain) return first
        first.close()
        return attempt(chain)
    }

    private fun attempt(chain: Interceptor.Chain): Response {
        val request = chain.request()
        val authorization = session.authorizeHop(chain.call(), request) ?: return chain.proceed(request)
        call.check(authorization)
        val (jar, guarded) =
            try {
                chain.cookieJar to chain.withCookieJar(StayHome(request.url, chain.cookieJar))
            } catch (_: LinkageError) {
                throw SessionIOException(configError("web sockets of an OkHttp client with authorizeWith need OkHttp 5.3 or newer"))
            }
        val response = guarded.proceed(request.carrying(authorization.headers(), jar.loadForRequest(request.url)))
        call.verdict = if (response.code == HTTP_UNAUTHORIZED) session.reportHop(chain.call(), authorization) else null
        return response.newBuilder().request(request).build()
    }
}

/** OkHttp asks a cookie jar before each hop is sent, and takes no connection to another host before that. */
private class StayHome(private val home: HttpUrl, private val jar: CookieJar) : CookieJar by jar {
    /** None: they are on the request already, beside the credential's, which OkHttp would replace by them. */
    override fun loadForRequest(url: HttpUrl): List<Cookie> {
        if (url.scheme == home.scheme && url.host == home.host && url.port == home.port) return emptyList()
        // Not tried again, unlike other failures of the network.
        throw ProtocolException("the gateway redirected a web socket to another origin")
    }
}
