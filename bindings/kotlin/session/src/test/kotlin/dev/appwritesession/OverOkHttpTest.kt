package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.withMock
import io.ktor.client.HttpClient
import io.ktor.client.engine.okhttp.OkHttp
import io.ktor.client.request.get
import io.ktor.client.statement.bodyAsText
import okhttp3.OkHttpClient
import okhttp3.ResponseBody
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import retrofit2.Response
import retrofit2.Retrofit
import retrofit2.http.GET

/** What apps put on top of OkHttp carries the session without knowing of it. */
internal class OverOkHttpTest {
    interface Api {
        @GET("/gateway/whoami")
        suspend fun whoAmI(): Response<ResponseBody>
    }

    private suspend fun signedIn(mock: Mock): SessionClient {
        val session =
            SessionClient(mock.endpoint, mock.project) {
                store = MemoryStore()
                gateway(mock.gateway)
            }
        session.signInWithEmail("ada@example.com", Mock.PASSWORD)
        mock.control("DELETE", "/journal")
        return session
    }

    private fun authorized(session: SessionClient) = OkHttpClient.Builder().authorizeWith(session).build()

    @Test
    fun `Retrofit works over an authorized client`() =
        withMock { mock ->
            val id = mock.ada()
            val session = signedIn(mock)
            val retrofit =
                Retrofit
                    .Builder()
                    .baseUrl(mock.gateway)
                    .client(authorized(session))
                    .build()
            val answer = retrofit.create(Api::class.java).whoAmI()
            assertEquals(200, answer.code())
            assertTrue(
                answer
                    .body()
                    ?.string()
                    .orEmpty()
                    .contains(id),
            )
            assertEquals("GET gateway /gateway/whoami cookie 200", mock.wire().first())
            session.close()
        }

    @Test
    fun `Ktor works over an authorized client`() =
        withMock { mock ->
            val id = mock.ada()
            val session = signedIn(mock)
            HttpClient(OkHttp) { engine { preconfigured = authorized(session) } }.use { ktor ->
                val answer = ktor.get("${mock.gateway}/gateway/whoami")
                assertEquals(200, answer.status.value)
                assertTrue(answer.bodyAsText().contains(id))
                ktor.get("${mock.foreign}/gateway/open")
            }
            assertEquals("GET gateway /gateway/whoami cookie 200", mock.wire().first())
            assertEquals("GET foreign /gateway/open none 200", mock.wire().last())
            session.close()
        }
}
