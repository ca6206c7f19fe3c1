package dev.appwritesession.mock

import org.junit.jupiter.api.Assertions.assertEquals
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
}
