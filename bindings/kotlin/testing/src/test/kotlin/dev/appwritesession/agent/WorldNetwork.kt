// The network of a world, for OkHttp.

package dev.appwritesession.agent

import dev.appwritesession.testing.ffi.Line
import dev.appwritesession.testing.ffi.RawRequest
import dev.appwritesession.testing.ffi.TestWorld
import dev.appwritesession.testing.ffi.WireException
import kotlinx.coroutines.runBlocking
import okhttp3.Connection
import okhttp3.Handshake
import okhttp3.Interceptor
import okhttp3.OkHttpClient
import okhttp3.Protocol
import okhttp3.Request
import okhttp3.Response
import okhttp3.ResponseBody.Companion.toResponseBody
import okhttp3.Route
import okio.Buffer
import java.io.IOException
import java.net.Socket

/**
 * Makes the client reach the servers of a world, and no others. To be called last: the network interceptors that the builder has by then
 * are called as they are on a connection. Redirects are not followed.
 */
internal fun OkHttpClient.Builder.reaching(world: () -> TestWorld) {
    addInterceptor(WorldNetwork(world, networkInterceptors().toList()))
}

private class WorldNetwork(private val world: () -> TestWorld, private val interceptors: List<Interceptor>) : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response = OnConnection(chain, chain.request(), interceptors).proceed(chain.request())

    private inner class OnConnection(
        private val outer: Interceptor.Chain,
        private val request: Request,
        private val left: List<Interceptor>,
    ) : Interceptor.Chain by outer {
        override fun request(): Request = request

        override fun connection(): Connection = NoConnection

        override fun proceed(request: Request): Response {
            val next = left.firstOrNull() ?: return exchange(request)
            return next.intercept(OnConnection(outer, request, left.drop(1)))
        }
    }

    private fun exchange(request: Request): Response {
        val body = request.body?.let { Buffer().apply(it::writeTo).readByteArray() } ?: ByteArray(0)
        val headers = request.headers.map { (name, value) -> Line(name, value) }
        val answer =
            try {
                runBlocking { world().exchange(RawRequest(request.method, request.url.toString(), headers, body)) }
            } catch (broken: WireException) {
                throw IOException(broken)
            }
        val response =
            Response
                .Builder()
                .request(request)
                .protocol(Protocol.HTTP_1_1)
                .code(answer.status.toInt())
                .message("")
                .body(answer.body.toResponseBody())
        answer.headers.forEach { response.addHeader(it.name, it.value) }
        return response.build()
    }
}

private object NoConnection : Connection {
    override fun route(): Route = throw UnsupportedOperationException("there is no route in a world without sockets")

    override fun socket(): Socket = throw UnsupportedOperationException("there is no socket in a world without sockets")

    override fun handshake(): Handshake? = null

    override fun protocol(): Protocol = Protocol.HTTP_1_1
}
