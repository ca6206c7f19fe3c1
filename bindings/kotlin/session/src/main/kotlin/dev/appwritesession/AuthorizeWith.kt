package dev.appwritesession

import okhttp3.Interceptor
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import java.net.HttpURLConnection.HTTP_UNAUTHORIZED

/**
 * Authorizes this client's requests to the session's gateways, and no others: the same origin rule as for the session's own calls,
 * applied anew after each redirect. Retrofit and Ktor work over such a client.
 *
 * - Requests to other origins pass as they are.
 * - A request to a gateway while nobody is signed in fails with [SessionIOException] before it leaves.
 * - A call belongs to the user who is signed in when it starts. If another user is signed in when it, or a later hop or repetition of
 *   it, is to be sent, it fails with [SessionException.Superseded] in a [SessionIOException].
 * - A redirect from a gateway takes no more along than the session's own calls do: to another gateway no headers of the app but those
 *   that describe the body and the usual ones, and to another origin only a GET or HEAD without a body. Anything else, a redirect from
 *   https to http, and a URL with a user name fail with [SessionException.InvalidRedirect] in a [SessionIOException]. A call that was
 *   redirected away from the gateways carries no credential again, also if it is redirected back.
 * - A 401 of a gateway is reported for arbitration, which can end the session, see [SessionClient.state]. The answer is returned; if
 *   the same user has another credential by now, the refused request is sent once more first. What went before it, such as a POST
 *   that was redirected, is not. A request with a method that is not idempotent is sent once more only if the gateway says that its
 *   service did not see it (`X-Problem-Type: session_invalid` and the like).
 * - Cancelling the call, its timeout, and interrupting its thread end the wait for the session's store, for the user's presence and for
 *   the arbitration.
 * - Carriers that the app set itself do not reach a gateway. Other cookies do.
 * - No [Response.request] holds the credential.
 * - Answers to requests that carried the credential are `no-store`, and OkHttp's cache answers none of them: it does not tell users
 *   apart.
 * - Web sockets carry the credential on their upgrade request. Its redirects are followed within the gateway's origin only. This needs
 *   OkHttp 5.3 or newer; with an older one such a web socket fails with [SessionException.Config] in a [SessionIOException].
 *
 * Interceptors that log belong in front: as application interceptors added before this, or as network interceptors added before this.
 */
public fun OkHttpClient.Builder.authorizeWith(session: SessionClient): OkHttpClient.Builder {
    val carrying = CarryingInterceptor(session)
    return addInterceptor(CallInterceptor(session, carrying.calls)).addNetworkInterceptor(carrying)
}

/**
 * The interceptor behind [authorizeWith] for [OkHttpClient.Builder.addNetworkInterceptor]: without repetition, without web sockets,
 * and a call belongs to the user of its first authorized request.
 *
 * It refuses to be an application interceptor, with [IllegalStateException] at the first request: there it would see a call only
 * once, and OkHttp would carry the credential along when it follows a redirect to another origin.
 */
public fun SessionClient.interceptor(): Interceptor = CarryingInterceptor(this)

/** What must happen once for each call, and what only an application interceptor may do: send a request twice. */
private class CallInterceptor(private val session: SessionClient, private val calls: Calls) : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        val call = calls.of(chain.call())
        call.belongsTo((session.change.state as? SessionState.SignedIn)?.user?.id)
        val request = chain.request()
        return when {
            !session.isGateway(request.url.toString()) -> sendTwice(chain, call, request)
            request.isWebSocket() -> WebSocketUpgrade(session, call).send(chain)
            else -> sendTwice(chain, call, request.withoutCache())
        }
    }

    /** Redirects can lead from any origin to a gateway. */
    private fun sendTwice(chain: Interceptor.Chain, call: CallState, request: Request): Response {
        val response = chain.proceed(request)
        if (!call.takesAnother(response)) return response
        response.close()
        // Only the last hop was refused.
        return chain.proceed(response.request)
    }

    /** Neither from the cache nor into it. Directives of the app, such as `only-if-cached`, stay. */
    private fun Request.withoutCache(): Request =
        if (cacheControl.noStore) this else newBuilder().addHeader("Cache-Control", NO_STORE).build()
}

/** Whether [response] is a refusal of which a repetition is promising and does no harm. */
private fun CallState.takesAnother(response: Response): Boolean {
    val request = response.request
    val once = request.body?.let { it.isOneShot() || it.isDuplex() } ?: false
    val verdict = verdict ?: return false
    return response.code == HTTP_UNAUTHORIZED && !once &&
        verdict.allowsRepetition(request.method, response.header("X-Problem-Type"))
}

internal const val NO_STORE = "no-store"
