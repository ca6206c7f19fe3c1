package dev.appwritesession

import okhttp3.Cookie
import okhttp3.Interceptor
import okhttp3.Request
import okhttp3.Response
import java.io.IOException
import java.net.HttpURLConnection.HTTP_UNAUTHORIZED

/** Puts the credential on each hop of a call that goes to a gateway, and reports when it is refused there. */
internal class CarryingInterceptor(private val session: SessionClient) : Interceptor {
    val calls = Calls()

    override fun intercept(chain: Interceptor.Chain): Response {
        checkNotNull(chain.connection()) {
            "add the session's interceptor with addNetworkInterceptor, or use authorizeWith(session)"
        }
        val call = calls.of(chain.call())
        call.verdict = null
        val request = call.follow(session, chain.request())
        val authorization = if (call.hasLeft) null else session.authorizeHop(chain.call(), request)
        if (authorization == null) return chain.proceed(request)
        call.check(authorization)
        call.carried(request.url)
        val response = chain.proceed(request.carrying(authorization.headers()))
        if (response.code == HTTP_UNAUTHORIZED) {
            try {
                call.verdict = session.reportHop(chain.call(), authorization)
            } catch (cancelled: IOException) {
                response.close()
                throw cancelled
            }
        }
        return response.ofNobody(request)
    }
}

/** This request with exactly the carrier of [headers], and with its own cookies and [more] beside it. */
internal fun Request.carrying(headers: List<Pair<String, String>>, more: List<Cookie> = emptyList()): Request {
    val builder = newBuilder()
    CARRIERS.forEach(builder::removeHeader)
    val (carrierCookies, others) = headers.partition { (name, _) -> name.equals(COOKIE, ignoreCase = true) }
    val carried = carrierCookies.flatMap { (_, value) -> pairs(value) }
    val own = this.headers(COOKIE).flatMap(::pairs) + more.map { "${it.name}=${it.value}" }
    val names = carried.map(::nameOf)
    val cookies = carried + own.filterNot { it.startsWith(SESSION_COOKIE) || nameOf(it) in names }
    builder.removeHeader(COOKIE)
    if (cookies.isNotEmpty()) builder.header(COOKIE, cookies.joinToString("; "))
    others.forEach { (name, value) -> builder.header(name, value) }
    return builder.build()
}

/**
 * This answer as one to the app's own [request], which does not hold the credential, and as one that no cache keeps: it could be
 * served to another user.
 */
internal fun Response.ofNobody(request: Request): Response =
    newBuilder()
        .request(request)
        .header("Cache-Control", NO_STORE)
        .build()

private fun pairs(cookies: String) = cookies.split(';').map(String::trim).filter(String::isNotEmpty)

private fun nameOf(pair: String) = pair.substringBefore('=')

private const val COOKIE = "Cookie"
private const val SESSION_COOKIE = "a_session_"
private val CARRIERS = listOf("X-Appwrite-Session", "X-Fallback-Cookies", "X-Appwrite-JWT")
