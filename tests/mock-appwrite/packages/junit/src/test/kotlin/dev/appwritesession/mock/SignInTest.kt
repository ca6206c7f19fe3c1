package dev.appwritesession.mock

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Nested
import org.junit.jupiter.api.RepeatedTest
import org.junit.jupiter.api.Test
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse

private const val ADA = """{"email": "ada@example.com", "password": "correct horse"}"""

private fun signIn(
    endpoint: String,
    project: String,
): Int {
    val request =
        HttpRequest
            .newBuilder(URI("$endpoint/account/sessions/email"))
            .header("content-type", "application/json")
            .header("x-appwrite-project", project)
            .POST(HttpRequest.BodyPublishers.ofString(ADA))
            .build()
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode()
}

@WithMockAppwrite(profile = "2.7")
class SignInTest {
    @Test
    fun `Ada signs in`(appwrite: MockAppwrite) {
        appwrite.control("POST", "/users", """{"email": "ada@example.com", "password": "correct horse"}""")
        assertEquals(201, signIn(appwrite.endpoint, appwrite.project))
    }

    @RepeatedTest(2)
    fun `each test finds a mock without users`(appwrite: MockAppwrite) {
        assertEquals("2.7", appwrite.profile)
        assertEquals("[]", appwrite.control("GET", "/users"))
        appwrite.control("POST", "/users", ADA)
    }

    @Nested
    inner class Inside {
        @Test
        fun `a nested class has the mock of the class around it`(appwrite: MockAppwrite) {
            assertEquals("2.7", appwrite.profile)
            assertTrue("no such control" in runCatching { appwrite.control("POST", "/nothing") }.exceptionOrNull()?.message.orEmpty())
        }
    }
}
